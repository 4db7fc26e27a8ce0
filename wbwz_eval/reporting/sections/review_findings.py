"""The first page of the committee's review: what was found, in plain words, and what is to be decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wbwz_eval.reporting.pieces import Bullets, Prose, Stack
from wbwz_eval.reporting.wording import listed, number, percent, signed
from wbwz_eval.review.uncertainty.robustness import HIGH, LOW
from wbwz_eval.review.versions.fields_needed import LESS, MORE
from wbwz_eval.scoring.node_table import DIMENSION, INDICATOR

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from wbwz_eval.reporting.reviewing import Proposed, Review

SURE = 0.9
"""From this share of draws on one entity is told to stand before another."""
CHANCE = 0.05
"""From this p-value up an effect may be chance."""
REST = "行没有列出"
"""What is said of the rows of a table that are not shown."""
_FIRST, _MOSTLY = 3, 0.8


def review_findings(review: Review) -> Bullets:
    """Return what the tests showed, most important first; each sentence is written from its numbers."""
    found = [
        ("状态", _standing(review)),
        ("位次把握", _sure(review)),
        ("前三名", _leaders(review)),
        ("影响位次的", _drivers(review)),
        ("权重", _weights(review)),
        ("指标", _indicators(review)),
        ("对照文件", _aspects(review)),
        ("目标调整", _targets(review)),
        ("回测", _backtested(review)),
    ]
    return Bullets(tuple((head, said) for head, said in found if said))


def decisions(review: Review) -> Stack:
    """Return the three decisions that the committee is asked for."""
    asked = (("其一", _on_version(review)), ("其二", _on_places(review)), ("其三", _on_indicators(review)))
    committee = review.committee
    by = (
        f"由{committee.name}决定：应到 {len(committee.members)} 人，至少 {committee.least_present} 人表决。"
        if committee
        else "campaign.yaml 没有写明由谁决定。"
    )
    return Stack((Bullets(asked), Prose((by,), "note")))


def _standing(review: Review) -> str:
    head = review.header
    if head["methodology_status"] == "approved":
        approval = head["approvals"][0]
        how = f"由{approval['by']}于 {approval['on']} 批准（{approval['document']}）"
        return f"现行办法 {head['methodology_version']} 已{how}。"
    return f"现行办法 {head['methodology_version']} 未经批准：各期通报只是试算，不能冻结公布。"


def _sure(review: Review) -> str:
    table, found = review.robustness.entities, review.robustness
    fixed = int((table["low"] == table["high"]).sum())
    pairs = neighbours(review)
    unsure = int((pairs["over_next"] < SURE).sum())
    many = f"{fixed} 个" if fixed else "没有一个"
    said = f"{found.choices.draws} 次抽样，位次平均移动 {number(found.shift, 2)} 位；"
    said += f"{len(table)} 个有位次的对象中，{many}的位次在九成抽样里不变"
    return f"{said}；相邻的 {len(pairs)} 对里，{unsure} 对分不出先后（把握不足 {percent(SURE, 0)}）。"


def neighbours(review: Review) -> pd.DataFrame:
    """Return everybody who has a next in the table, with how often it stands before that one."""
    table = review.robustness.entities
    return table[table["over_next"].notna()]


def _leaders(review: Review) -> str:
    """Say whether the first three hold where only weights move (a demand of its own in the checklist)."""
    table = review.by_weights.entities
    spread = review.by_weights.choices.weights
    assert spread is not None
    by = percent(spread.spread, 0)
    first = table[table["rank"] <= _FIRST]
    turned = first[first["same"] < SURE]
    if first.empty:
        return ""
    if turned.empty:
        return f"只让权重各变动 ±{by}，各组前三名的位次在九成以上的抽样里都不变。"
    named = [
        f"{row['name']}（第 {row['rank']:g} 位，{percent(row['same'], 0)} 不变）"
        for row in turned.to_dict("records")
    ]
    return f"只让权重各变动 ±{by}，前三名里有 {len(turned)} 个的位次不稳：{_some(named, 4)}。"


def _drivers(review: Review) -> str:
    table = review.robustness.drivers
    known = table[table["total"].notna()].sort_values("total", ascending=False)
    if known.empty:
        return "声明的各种选择都不移动位次。"
    if len(known) == 1:
        return f"只声明了{known['name'].iloc[0]}这一种不确定。"
    first, rest = known.iloc[0], known.iloc[1:]
    said = (
        f"主要是{first['name']}（总效应 {number(first['total'], 2)}，"
        f"95% 区间 {number(first['total_low'], 2)}–{number(first['total_high'], 2)}）"
    )
    named = [f"{row['name']} {number(row['total'], 2)}" for row in rest.head(2).to_dict("records")]
    return f"{said}，其次是{'、'.join(named)}。"


def _some(names: Iterable[str], most: int) -> str:
    """Join names with 、; that there are more is said, their number stands before."""
    every = list(names)
    return "、".join(every[:most]) + ("等" if len(every) > most else "")


def top_kind(table: pd.DataFrame) -> tuple[str, str]:
    """Return of what kind the children of the top are, and what people call them.

    A tree without dimensions has indicators there.
    """
    return (DIMENSION, "维度") if (table["kind"] == DIMENSION).any() else (INDICATOR, "指标")


def _weights(review: Review) -> str:
    table = review.coherence.weights
    kind, noun = top_kind(table)
    tops = table[table["kind"] == kind]
    off = tops[tops["differs"].astype(bool)]
    if tops["relative"].isna().all():
        return f"数据太少，看不出各{noun}在总分里的实际影响。"
    if off.empty:
        return f"各{noun}在总分里的实际影响与名义权重没有可靠的差别。"
    named = [
        f"{row['name']}（名义 {percent(row['nominal'], 0)}，实际 {percent(row['relative'], 0)}）"
        for row in off.to_dict("records")
    ]
    return f"实际影响与名义权重不符的{noun}：{listed(named, 5)}。"


def _indicators(review: Review) -> str:
    coherence = review.coherence
    mute = coherence.indicators[coherence.indicators["mute"].astype(bool)]
    against = coherence.indicators[coherence.indicators["against"].astype(bool)]
    pairs = coherence.correlations[coherence.correlations["redundant"].astype(bool)]
    said = []
    if len(mute):
        said.append(f"{len(mute)} 项几乎分不出高低（{_some(mute['name'], 4)}）")
    if len(against):
        said.append(f"{len(against)} 项与本维度相反（{_some(against['name'], 4)}）")
    if len(pairs):
        named = [f"{row['first_name']}与{row['second_name']}" for row in pairs.to_dict("records")]
        said.append(f"{len(pairs)} 对几乎重复（{_some(named, 3)}）")
    if not said:
        return f"{len(coherence.indicators)} 项指标各能分出高低，没有与本维度相反的，也没有重复的。"
    return f"{len(coherence.indicators)} 项指标中，{'；'.join(said)}。"


def _aspects(review: Review) -> str:
    table, loose = review.coherence.aspects, review.coherence.unmatched
    if table.empty:
        return ""
    gaps = table[table["gap"].astype(bool)]
    said = f"文件要求的 {len(table)} 个看点"
    said += (
        f"中，{len(gaps)} 个没有计分指标对应（{_some(gaps['aspect'], 4)}）"
        if len(gaps)
        else "都有计分指标对应"
    )
    if len(loose):
        said += f"；{len(loose)} 项指标在文件里找不到看点（{_some(loose['name'], 4)}）"
    return f"{said}。"


def _targets(review: Review) -> str:
    table = review.targets
    if table.empty:
        return "没有年中调整的目标。"
    lowered = table[table["lowered"].astype(bool)]
    unsaid = table[(table["reason"] == "") | (table["approver"] == "")]
    said = f"年中调整目标 {len(table)} 处，其中下调 {len(lowered)} 处"
    said += (
        f"（{_some(dict.fromkeys(lowered['name'].where(lowered['name'] != '', lowered['item'])), 4)}）"
        if len(lowered)
        else ""
    )
    said += f"；没有写理由或批准人的 {len(unsaid)} 处" if len(unsaid) else "，都有理由和批准人"
    return f"{said}。"


def _backtested(review: Review) -> str:
    proposed = review.proposed
    if proposed is None:
        return ""
    version = proposed.methodology.version
    said = f"{version} 与现行办法相比改 {len(proposed.diff)} 处。"
    if proposed.backtest is None:
        return f"{said}它没有这个层级的规则，没有回测。"
    summary, stability = proposed.backtest.summary, proposed.backtest.stability
    said += (
        f"过去 {len(summary)} 期按它重算：位次变动 {summary['movers'].sum():.0f} 对象次"
        f"（共 {summary['ranked'].sum():.0f}），等次变动 {summary['regraded'].sum():.0f}"
    )
    if stability[["tau_old", "tau_new"]].notna().any().all():
        said += (
            f"；前后两期次序的一致程度由 {number(stability['tau_old'].mean(), 2)} "
            f"到 {number(stability['tau_new'].mean(), 2)}"
        )
    return f"{said}。{_on_size(proposed)}{_on_fields(proposed)}"


def _on_size(proposed: Proposed) -> str:
    assert proposed.backtest is not None
    sizes = proposed.backtest.size
    row = sizes[sizes["what"] == "change"].to_dict("records")[0]
    if not row["p"] < CHANCE:
        return "看不出它偏向工作量大或小的对象。"
    side = "大" if row["rho"] > 0 else "小"
    return (
        f"它偏向工作量{side}的对象（ρ = {number(row['rho'], 2)}）："
        f"小的一半平均 {signed(row['small'], 2)} 分，大的一半 {signed(row['large'], 2)} 分。"
    )


def _on_fields(proposed: Proposed) -> str:
    counts = proposed.fields["need"].value_counts()
    more, less = int(counts.get(MORE, 0)), int(counts.get(LESS, 0))
    if not more and not less:
        return "填报字段没有增减。"
    return f"填报字段多要 {more} 个，少要 {less} 个。"


def _on_version(review: Review) -> str:
    head, proposed = review.header, review.proposed
    if proposed is not None:
        digest, version = proposed.methodology.digest[:12], proposed.methodology.version
        comments = len(proposed.record.comments_on(proposed.methodology.digest))
        known = f"已收到 {comments} 条意见" if comments else "还没有意见"
        return f"是否批准 {version}（摘要 {digest}），从哪天起生效？{known}；它改了什么、回测如何，见八、九。"
    if head["methodology_status"] != "approved":
        return (
            f"是否批准现行的 {head['methodology_version']}（摘要 {head['methodology_digest'][:12]}）？"
            "不批准，各期通报只能标“试算，未批准”，不能冻结公布。"
        )
    return f"没有待批的版本：是否维持 {head['methodology_version']}？"


def _on_places(review: Review) -> str:
    pairs = neighbours(review)
    unsure = pairs[pairs["over_next"] < SURE]
    if unsure.empty:
        return "位次可以照原样公布：相邻的先后都有九成以上的把握。是否同意？"
    grades = [column for column in review.header["grade_order"] if column in review.robustness.entities]
    table = review.robustness.entities
    doubtful = table[table[grades].max(axis=1) < SURE] if grades else table.iloc[:0]
    interval = f"位次区间（抽样的第 {number(100 * LOW, 0)} 到第 {number(100 * HIGH, 0)} 百分位）"
    if len(unsure) > _MOSTLY * len(pairs):
        # asking for a second look at nearly everybody would be asking for nothing
        return (
            f"{len(pairs)} 对相邻的对象里有 {len(unsure)} 对分不出先后：是否不公布逐个的位次，"
            f"只公布{interval}{'和等次' if grades else ''}，并按第四部分的原因改进办法？"
        )
    said = f"有 {len(unsure)} 对相邻的对象分不出先后：是否在通报里同时公布{interval}"
    if len(doubtful):
        said += (
            f"，并对等次没有九成把握的 {len(doubtful)} 个对象（{_some(doubtful['name'], 4)}）先复核再定等次"
        )
    return f"{said}？"


def _on_indicators(review: Review) -> str:
    coherence = review.coherence
    mute = coherence.indicators[coherence.indicators["mute"].astype(bool)]
    pairs = coherence.correlations[coherence.correlations["redundant"].astype(bool)]
    gaps = coherence.aspects[coherence.aspects["gap"].astype(bool)]
    asked = []
    if len(mute):
        asked.append(f"修订或停用分不出高低的 {len(mute)} 项（{_some(mute['name'], 4)}）")
    if len(pairs):
        worst = pairs.iloc[pairs["r"].abs().argmax()]
        asked.append(
            f"合并几乎重复的指标（{len(pairs)} 对，最像的是{worst['first_name']}与{worst['second_name']}，"
            f"r = {number(worst['r'], 2)}）"
        )
    if len(gaps):
        asked.append(f"为没有指标的 {len(gaps)} 个看点补指标（{_some(gaps['aspect'], 4)}）")
    if not asked:
        return "指标不需要修订：是否同意？"
    return f"是否{'；是否'.join(asked)}？"
