"""The report on the data themselves: how complete, how late, how telling, how trustworthy, at what cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from wbwz_eval.campaign.returns import LATE, MISSING, returns_of
from wbwz_eval.reporting.fields_shown import FIELDS_SHOWN
from wbwz_eval.reporting.pieces import Bullets, Piece, Prose, Stack
from wbwz_eval.reporting.sections.listing import Shown, listing
from wbwz_eval.reporting.wording import listed, number, percent
from wbwz_eval.review.data_quality import (
    CEILING_SHARE,
    CHANCE,
    bunching,
    burden,
    ceilings,
    coverage,
    diverging,
    raters,
)
from wbwz_eval.review.history import history, up_to, winners

if TYPE_CHECKING:
    from wbwz_eval.scoring.scores import Scores
    from wbwz_eval.tracking.situation import Situation

_MOST, _FAR = 15, 2.0
_PERIODS = 8


def quality_findings(scores: Scores, situation: Situation) -> Bullets:
    """Return what is worth looking at first."""
    covered, mute = coverage(scores), ceilings(scores)
    missing = covered[covered["missing"] > 0]
    told = mute[mute["mute"]]
    steep = _suspicious(scores, situation)
    apart = diverging(scores, situation.methodology)
    cost = burden(situation, FIELDS_SHOWN)
    late = _returns(situation)["state"].value_counts()
    cells, unread = int(cost["cells"].sum()), int(cost["unread"].sum())
    found = [
        ("完整", f"{len(covered)} 项指标中，有缺数的 {len(missing)} 项{_names(missing)}。"),
        (
            "及时",
            f"应报 {late.sum()} 份次，迟报 {late.get(LATE, 0)}，缺报 {late.get(MISSING, 0)}。"
            if len(late)
            else "",
        ),
        ("区分", f"几乎不区分高低的指标 {len(told)} 项{_names(told)}。"),
        ("聚集", f"值聚在界限之上的 {len(steep)} 处{_names(steep)}。" if len(steep) else ""),
        ("背离", f"配对指标背离 {len(apart)} 对次{_names(apart)}。" if len(apart) else ""),
        ("负担", f"本期填报约 {cells} 格，没有用到的占 {percent(unread / cells)}。" if cells else ""),
    ]
    return Bullets(tuple((head, said) for head, said in found if said))


def _names(table: pd.DataFrame) -> str:
    return f"：{listed(dict.fromkeys(table['name']), 6)}" if len(table) else ""


def completeness(scores: Scores) -> Piece:
    """Return how many entities each indicator could be scored for, the least covered first."""
    table = coverage(scores).sort_values("share", kind="stable", na_position="last")
    gaps = table[table["share"] < 1]
    if gaps.empty:
        return Prose(("适用的指标全部有数据。",))
    columns = (
        Shown("name", "指标", below="node"),
        Shown("scored", "计分", "count"),
        Shown("missing", "缺数", "count"),
        Shown("small_n", "小样本", "count"),
        Shown("not_applicable", "不适用", "count"),
        Shown("share", "覆盖", "share", 0),
    )
    return listing("数据不全的指标（对象数）", gaps, columns)


def lateness(situation: Situation) -> Piece:
    """Return who reported late or not at all, most often first."""
    table = _returns(situation)
    if table.empty:
        return Prose(("本期没有应报的台账。",))
    late = table[table["state"].isin([LATE, MISSING])]
    if late.empty:
        return Prose((f"应报 {len(table)} 份次，全部按时。",))
    found = late.groupby("entity_id", as_index=False).agg(
        late=("state", lambda own: int((own == LATE).sum())),
        missing=("state", lambda own: int((own == MISSING).sum())),
    )
    owed = table["entity_id"].value_counts()
    found = found.assign(
        name=situation.names(found["entity_id"]),
        owed=found["entity_id"].map(owed),
        sum=found["late"] + found["missing"],
    )
    found["share"] = found["sum"] / found["owed"]
    found = found.sort_values(["sum", "entity_id"], ascending=[False, True], kind="stable")
    columns = (
        Shown("name", "对象"),
        Shown("owed", "应报", "count"),
        Shown("late", "迟报", "count"),
        Shown("missing", "缺报", "count"),
        Shown("share", "占应报", "share", 0),
    )
    return listing("迟报和缺报最多的", found, columns, most=_MOST)


def telling(scores: Scores, situation: Situation) -> Stack:
    """Return indicators at their ceiling, and limits above which values bunch."""
    parts: list[Piece] = []
    mute = ceilings(scores)
    mute = mute[mute["mute"]].sort_values("full", ascending=False, kind="stable")
    if len(mute):
        columns: tuple[Shown, ...] = (
            Shown("name", "指标", below="node"),
            Shown("n", "计分对象", "count"),
            Shown("full", "满分的占", "share", 0),
            Shown("spread", "标准差（满分的%）", "number"),
        )
        note = f"满分的占 {percent(CEILING_SHARE, 0)} 以上，或标准差不到满分的 1%：对位次几乎不起作用。"
        parts.append(listing("几乎不区分高低的指标", mute, columns, notes=(note,)))
    else:
        parts.append(Prose(("各项指标都能区分高低。",)))
    steep = _suspicious(scores, situation)
    if len(steep):
        columns = (
            Shown("name", "指标", below="node"),
            Shown("limit", "界限", "number"),
            Shown("better", "刚过界限", "count"),
            Shown("worse", "刚不到界限", "count"),
            Shown("odds", "偶然的可能", "text"),
        )
        note = "刚过、刚不到：离界限一个单位（百分点）以内；两侧若本来一样，出现这样多的可能不到 5%。"
        parts.append(listing("值聚在界限之上", steep, columns, notes=(note,)))
    else:
        parts.append(Prose(("没有发现值聚在计分界限之上。",)))
    return Stack(tuple(parts))


def rating(scores: Scores, situation: Situation) -> Stack:
    """Return lenient and severe raters, and void ballots."""
    table = raters(scores, situation)
    if table.empty:
        return Stack((Prose(("本期没有评议票。",)),))
    known = table[table["n"] > 0]
    spread = float(known["lenient"].std(ddof=0))
    far = known[known["lenient"].abs() > _FAR * spread] if spread > 0 else known.iloc[:0]
    void = table[table["void"] > 0]
    said = (
        f"评议人 {table['rater'].nunique()} 个，有效票 {table['n'].sum():.0f} 张，"
        f"废票 {table['void'].sum():.0f} 张；"
        f"各人给分与同一对象平均分之差，标准差 {number(spread, 2)} 分。"
    )
    parts: list[Piece] = [Prose((said,))]
    if len(far):
        columns: tuple[Shown, ...] = (
            Shown("rater", "评议人", below="group"),
            Shown("n", "有效票", "count"),
            Shown("lenient", "宽严", "signed", 2),
            Shown("spread", "自己给分的标准差", "number", 2),
        )
        far = far.sort_values("lenient", ascending=False, kind="stable")
        note = "宽严：给分减同一对象全部有效票的平均，正为宽；列出的超过两个标准差。"
        parts.append(listing("明显偏宽或偏严的评议人", far, columns, most=_MOST, notes=(note,)))
    if len(void):
        columns = (
            Shown("rater", "评议人", below="group"),
            Shown("void", "废票", "count"),
            Shown("why", "原因"),
        )
        parts.append(listing("废票", void.sort_values("void", ascending=False), columns, most=_MOST))
    return Stack(tuple(parts))


def counter_pairs(scores: Scores, situation: Situation) -> Piece:
    """Return who meets an indicator while its counterpart shows that the matter was not served."""
    pairs = situation.methodology.counter_pairs
    if not pairs:
        return Prose(("评价办法没有规定配对指标。",))
    table = diverging(scores, situation.methodology)
    said = "、".join(f"{pair.indicator} 与 {pair.against}" for pair in pairs)
    if table.empty:
        return Prose((f"配对指标 {said}：没有背离的对象。",))
    columns = (
        Shown("name", "对象"),
        Shown("indicator", "指标"),
        Shown("first", "得分率（%）", "number", 0),
        Shown("against", "配对指标"),
        Shown("second", "得分率（%）", "number", 0),
        Shown("apart", "相差", "number", 0),
    )
    note = "前一项得分率高出后一项超过办法规定的界限：数字可能好看，事没有办好，应当核实。"
    return listing(f"配对指标背离（{said}）", table, columns, notes=(note,))


def repeated_winners(scores: Scores, situation: Situation) -> Piece:
    """Return who keeps being first: the same ones always, or everybody in turn."""
    campaign, span = situation.campaign, situation.period
    spans = up_to(campaign, span)[-_PERIODS:]
    table = history(campaign, spans, str(scores.header["level"]))
    periods = table["period"].nunique()
    won = winners(table)
    if periods <= 1 or won.empty:
        return Prose(("只有一期结果，看不出重复居首。",))
    columns = (
        Shown("name", "对象", below="group_name"),
        Shown("times", "居首", "count"),
        Shown("of", "有位次的期", "count"),
        Shown("running", "截至本期连续", "count"),
    )
    note = "一直是同一个，或者轮流居首，都值得问原因。"
    return listing(f"近 {periods} 期居组内首位的", won, columns, most=_MOST, notes=(note,))


def reporting_burden(situation: Situation) -> Piece:
    """Return what reporting cost, ledger by ledger, and which filled columns nobody reads."""
    table = burden(situation, FIELDS_SHOWN)
    table = table[table["cells"] > 0].sort_values("cells", ascending=False, kind="stable")
    if table.empty:
        return Prose(("本期没有填报。",))
    entities = len(situation.entities)
    cells = int(table["cells"].sum())
    said = f"{entities} 个对象，本期新报 {table['rows'].sum():.0f} 行、{cells} 格，"
    said += f"平均每个 {cells / entities:.0f} 格。"
    table = table.assign(
        idle=[listed(labels, 8) for labels in table["idle"]], share=table["unread"] / table["cells"]
    )
    columns = (
        Shown("name", "台账"),
        Shown("rows", "行", "count"),
        Shown("cells", "格", "count"),
        Shown("share", "没有用到", "share", 0),
        Shown("idle", "没有用到的列", "long"),
    )
    note = "没有用到：没有指标读取，没有核对和时限引用，也没有报告列出。可以考虑不再要求填报。"
    return Stack((Prose((said,)), listing("填报负担", table, columns, notes=(note,))))


def _suspicious(scores: Scores, situation: Situation) -> pd.DataFrame:
    table = bunching(scores, situation.methodology)
    table = table[table["chance"] < CHANCE].sort_values("chance", kind="stable")
    return table.assign(odds=[percent(chance, 2) for chance in table["chance"]])


def _returns(situation: Situation) -> pd.DataFrame:
    table = returns_of(situation.campaign, situation.period)
    return table[table["entity_id"].isin(situation.entities.index)]
