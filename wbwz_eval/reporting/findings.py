"""Headline findings: sentences that are written from the numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from wbwz_eval.reporting.pieces import Bullets
from wbwz_eval.reporting.sections.drivers import compared, parts_of_change
from wbwz_eval.reporting.sections.quality import amounts, unit_of
from wbwz_eval.reporting.sections.ranking import moved_clearly
from wbwz_eval.reporting.view import Peers, attained, digits, dimensions, has_intervals, peers
from wbwz_eval.reporting.wording import listed, number, percent, place, signed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wbwz_eval.scoring.scores import Scores

_FEW_GROUPS = 8
_SATURATED = 0.9
_WHOLE = 1 - 1e-9


def findings(scores: Scores) -> Bullets:
    """Return what a reader should know first; what the data do not say is left out."""
    groups = peers(scores)
    found = [
        ("范围", _scope(scores)),
        *_leaders(scores, groups),
        ("分不出先后", _not_told_apart(groups)),
        ("进退", _movement(scores)),
        ("升降", _change(scores)),
        ("维度", _dimensions(scores)),
        ("满分", _full_marks(scores)),
        ("等次", _grades(scores)),
        ("否优", _vetoes(scores)),
        ("加扣分", _adjusted(scores)),
        ("数据", _gaps(scores)),
    ]
    return Bullets(tuple((head, said) for head, said in found if said))


def _scope(scores: Scores) -> str:
    table = scores.scores
    ranked = int(table["rank"].notna().sum())
    groups = table["group"].nunique()
    said = f"{scores.header['level_name']}共 {len(table)} 个被评对象"
    said += f"，分 {groups} 组" if groups > 1 else ""
    if ranked == len(table):
        return f"{said}，全部有位次。"
    reasons = table.loc[table["rank"].isna(), "standing"].value_counts(sort=False)
    why = "、".join(f"“{reason}”{count} 个" for reason, count in reasons.items())
    return f"{said}，{f'{ranked} 个' if ranked else '没有一个'}有位次；没有位次的，{why}。"


def _leaders(scores: Scores, groups: Sequence[Peers]) -> list[tuple[str, str]]:
    led = [(group.name, _leader(scores, group)) for group in groups if len(group.ranked)]
    if not led:
        return [("居首", "本期没有对象取得位次。")]
    if len(led) > _FEW_GROUPS:
        return [("居首", "；".join(f"{name}：{said}" for name, said in led) + "。")]
    return [(name, f"{said}。") for name, said in led]


def _leader(scores: Scores, group: Peers) -> str:
    places, ranked = digits(scores), group.ranked
    best = ranked["rank"].min()
    first, rest = ranked[ranked["rank"] == best], ranked[ranked["rank"] > best]
    total = number(first["total"].iloc[0], places)
    if len(ranked) == 1:
        return f"只有{first['name'].iloc[0]}参评，得 {total} 分"
    if rest.empty:
        return f"{len(first)} 个对象总分都是 {total} 分，全部并列第一"
    if len(first) > 1:
        return f"{listed(first['name'])}以 {total} 分并列第一"
    second = rest[rest["rank"] == rest["rank"].min()]
    behind = number(second["total"].iloc[0], places)
    said = f"{first['name'].iloc[0]}以 {total} 分居首，{listed(second['name'], 3)}以 {behind} 分居次"
    if behind == total:
        said += "（差距小于显示的位数，或按并列处理顺序分出先后）"
    rivals = rest[rest["rank_low"] == best]
    return f"{said}；但区间相交，可能居首的还有{listed(rivals['name'], 4)}" if len(rivals) else said


def _not_told_apart(groups: Sequence[Peers]) -> str:
    table = pd.concat([group.ranked for group in groups])
    doubtful = int((table["rank_low"] < table["rank_high"]).sum())
    if not doubtful or not has_intervals(table):
        return ""
    who = f"全部 {doubtful} 个对象" if doubtful == len(table) else f"{len(table)} 个对象中有 {doubtful} 个"
    return f"因样本小，{who}的位次只能定到一个区间。"


def _movement(scores: Scores) -> str:
    if scores.header["previous_period"] is None:
        return "之前没有可比的一期，本期不列进退。"
    moved = scores.scores[scores.scores["movement"].notna()]
    before = scores.header["previous_period_name"]
    if moved.empty:
        return f"没有对象在本期和{before}都有同组位次，不列进退。"
    changed = moved[moved["movement"] != 0]
    if changed.empty:
        return f"{len(moved)} 个对象的位次与{before}相同。"
    clear = changed[[moved_clearly(row) for row in changed.to_dict("records")]]
    if clear.empty:
        return f"与{before}相比有 {len(changed)} 个对象位次变动，但都没有超出位次区间。"
    said = [text for text in (_most(clear, up=True), _most(clear, up=False)) if text]
    inside = len(changed) - len(clear)
    if inside:
        said.append(f"另有 {inside} 个对象的变动没有超出位次区间")
    return f"与{before}相比，{'；'.join(said)}。"


def _most(moved: pd.DataFrame, *, up: bool) -> str:
    steps = moved["movement"] if up else -moved["movement"]
    if steps.max() <= 0:
        return "没有对象进位" if up else "没有对象退位"
    most = moved[steps == steps.max()]
    word = "进" if up else "退"
    if len(most) > 1:
        return f"{word}位最多的是{listed(most['name'], 3)}，各{word} {steps.max():g} 位"
    row = most.iloc[0]
    return (
        f"{word}位最多的是{row['name']}（{row['group_name']}），"
        f"由第 {place(row['previous_rank'])} 位到第 {place(row['rank'])} 位，{word} {steps.max():g} 位"
    )


def _change(scores: Scores) -> str:
    both = compared(scores)
    if both.empty:
        return ""
    places = digits(scores)
    shown = both["delta"].map(lambda value: float(signed(value, places).replace("−", "-")))
    up, down = int((shown > 0).sum()), int((shown < 0).sum())
    counts = [(up, "上升"), (down, "下降"), (len(both) - up - down, "持平")]
    said = "、".join(f"{word} {count} 个" for count, word in counts if count)
    mean = parts_of_change(scores)[[d.id for d in dimensions(scores)]].mean()
    text = f"总分较上期{said}，平均变化 {signed(float(both['delta'].mean()), places)} 分"
    most = max(dimensions(scores), key=lambda d: abs(mean[d.id]))
    if len(mean) > 1 and float(number(abs(mean[most.id]), places)):
        text += f"，其中{most.name}的影响最大（{signed(float(mean[most.id]), places)} 分）"
    return f"{text}。"


def _dimensions(scores: Scores) -> str:
    places = digits(scores)
    names = {d.id: d.name for d in dimensions(scores)}
    middle = attained(scores, scores.scores).median().dropna()
    if middle.empty:
        return "各维度都没有得分。"
    if len(middle) == 1:
        return f"{names[middle.index[0]]}得分率的中位数为 {number(middle.iloc[0], places)}%。"
    low, high = number(middle.min(), places), number(middle.max(), places)
    if low == high:
        return f"{len(middle)} 个维度得分率的中位数都是 {low}%。"
    weak = [names[name] for name in middle.index if number(middle[name], places) == low]
    strong = [names[name] for name in middle.index if number(middle[name], places) == high]
    return f"得分率中位数最低的是{'、'.join(weak)}（{low}%），最高的是{'、'.join(strong)}（{high}%）。"


def _full_marks(scores: Scores) -> str:
    """Say how much of the evaluation no longer tells anybody apart."""
    leaves = scores.nodes[(scores.nodes["kind"] == "indicator") & scores.nodes["points"].notna()]
    leaves = leaves[leaves["status"] == "scored"]
    if leaves.empty:
        return ""
    full = leaves["points"] >= leaves["full"] - 1e-9
    if not full.any():
        return ""
    said = f"指标得分中满分的占 {percent(float(full.mean()))}"
    by_node = full.groupby(leaves["node"]).agg(["mean", "size"])
    names = leaves.drop_duplicates("node").set_index("node")["name"]
    order = [node for node in names.index if by_node.loc[node, "size"] > 1]
    everybody = [names[node] for node in order if by_node.loc[node, "mean"] == 1]
    nearly = [names[node] for node in order if _SATURATED <= by_node.loc[node, "mean"] < 1]
    if everybody:
        said += f"；{listed(everybody, 4)}人人满分，分不出高下"
    if nearly:
        said += f"；{listed(nearly, 4)}九成以上满分"
    return f"{said}。"


def _grades(scores: Scores) -> str:
    graded = scores.scores[scores.scores["grade"] != ""]
    if graded.empty:
        return ""
    counts = graded["grade"].value_counts()
    said = "、".join(f"{grade} {counts.get(grade, 0)} 个" for grade in scores.header["grade_order"])
    return f"{said}。"


def _vetoes(scores: Scores) -> str:
    vetoed = scores.scores[scores.scores["veto"] != ""]
    if vetoed.empty:
        return "本期没有一票否优。" if (scores.method["一级指标"] == "否优").any() else ""
    named = [f"{row['name']}（{row['veto']}）" for row in vetoed.to_dict("records")]
    return f"{len(vetoed)} 个对象被一票否优：{listed(named, 6)}。得分照列，等次受限。"


def _adjusted(scores: Scores) -> str:
    places, said = digits(scores), []
    for column, word in (("bonus", "附加分"), ("deduction", "扣分")):
        who = scores.scores[scores.scores[column] > 0]
        if len(who):
            top = who[who[column] == who[column].max()]
            most = number(top[column].iloc[0], places)
            said.append(f"{len(who)} 个对象有{word}，最多的是{listed(top['name'], 3)}（{most} 分）")
    return "；".join(said) + "。" if said else ""


def _gaps(scores: Scores) -> str:
    found = [
        f"{row['kind']} {int(row['amount'])} {unit_of(row['kind'])}（{int(row['entities'])} 个对象）"
        for row in amounts(scores).to_dict("records")
    ]
    partly = scores.scores[scores.scores["coverage"] < _WHOLE]
    if len(partly):
        worst = partly.nsmallest(1, "coverage").iloc[0]
        lowest = f"{worst['name']}（{percent(worst['coverage'], 0)}）"
        found.append(f"数据覆盖不足 100% 的 {len(partly)} 个，最低的是{lowest}")
    return "、".join(found) + "。" if found else "没有缺数、迟报和小样本，数据覆盖都是 100%。"
