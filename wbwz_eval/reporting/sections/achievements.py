"""What a period brought, in a bulletin: innovation, satisfaction, contests, practices, use of results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.periods import label_zh
from wbwz_eval.reporting.pieces import Piece, Prose, Stack
from wbwz_eval.reporting.sections.listing import Shown, listing
from wbwz_eval.reporting.view import digits
from wbwz_eval.reporting.wording import listed, number, percent
from wbwz_eval.scoring.opinions import Survey
from wbwz_eval.tracking import achievements as found

if TYPE_CHECKING:
    import pandas as pd

    from wbwz_eval.scoring.scores import Scores
    from wbwz_eval.tracking.situation import Situation

_WHO = Shown("name", "对象")


def innovations(situation: Situation) -> Stack:
    """Return the results of innovation: documents in force, recognition, what spread."""
    parts: list[Piece] = []
    said = [
        f"{title} {count}{f' / {of}（{percent(count / of, 0)}）' if of else ''} 项"
        for title, count, of in found.innovation_counts(situation)
    ]
    if said:
        parts.append(Prose(("；".join(said) + "。",)))
    outputs = found.outputs(situation)
    if len(outputs):
        kinds = outputs["kind"].value_counts(sort=False)
        counts = "、".join(f"{kind} {count}" for kind, count in kinds.items())
        columns: tuple[Shown, ...] = (
            _WHO,
            Shown("kind", "类别", "text"),
            Shown("title", "成果"),
            Shown("doc_no", "文号"),
            Shown("issued_on", "印发", "day"),
        )
        parts.append(listing(f"制度机制成果（{len(outputs)} 项：{counts}）", outputs, columns))
    awards = found.dated(situation, "awards", "awarded_on")
    if len(awards):
        columns = (
            _WHO,
            Shown("achievement", "成果"),
            Shown("award_level", "层级", "text"),
            Shown("doc_no", "文号"),
        )
        parts.append(listing("表彰认可", awards, columns))
    highlights = found.dated(situation, "highlights", "recognised_on")
    if len(highlights):
        columns = (
            _WHO,
            Shown("title", "亮点"),
            Shown("project", "所属项目"),
            Shown("recognition_level", "认可", "text"),
            Shown("replicated_by", "推广到"),
        )
        parts.append(listing("创新亮点", highlights, columns))
    return Stack(tuple(parts) or (Prose(("本期没有创新成果的记录。",)),))


def satisfaction(scores: Scores, situation: Situation) -> Piece:
    """Return each entity's satisfaction with the number of answers and the interval."""
    surveys = [
        name
        for name, indicator in situation.methodology.indicators.items()
        if isinstance(indicator.measure, Survey)
    ]
    nodes = scores.nodes
    table = nodes[nodes["node"].isin(surveys) & (nodes["kind"] == "indicator")]
    if table.empty:
        return Prose(("这一层级不评群众满意度。",))
    places = digits(scores)
    known = table[table["value"].notna()]
    if known.empty:
        return Prose(("本期没有满意度调查。",))
    least = scores.header["small_sample"]
    about = scores.scores.set_index("entity_id")
    known = known.assign(
        who=known["entity_id"].map(about["name"]),
        group=known["entity_id"].map(about["group_name"]),
        span=[
            f"{number(low, places)}~{number(high, places)}" if low == low else ""  # noqa: PLR0124 - NaN
            for low, high in zip(known["value_low"], known["value_high"], strict=True)
        ],
        few=[f"少于 {least:.0f} 人" if least is not None and count < least else "" for count in known["n"]],
    ).sort_values(["value", "entity_id"], ascending=[False, True], kind="stable")
    middle = number(float(known["value"].median()), places)
    said = f"有调查的 {len(known)} 个对象，答卷 {known['n'].sum():.0f} 份（不含不了解），得分中位 {middle}。"
    columns: tuple[Shown, ...] = (
        Shown("who", "对象", below="group"),
        Shown("value", "满意度", "number", places),
        Shown("n", "答卷（份）", "count"),
        Shown("span", "95% 区间", "text"),
        Shown("few", "样本", "text"),
    )
    note = "区间相交的，先后不能区分；区间按 Wilson 法，偏宽。" if (known["span"] != "").any() else ""
    notes = (note,) if note else ()
    return Stack((Prose((said,)), listing("群众满意度", known, columns, most=60, notes=notes)))


def contests(situation: Situation) -> Piece:
    """Return the contests of the period with the first three."""
    table = found.contests(situation)
    if table.empty:
        return Prose(("本期没有练兵比武的记录。",))
    columns: tuple[Shown, ...] = (
        Shown("kind", "项目", below="type"),
        Shown("held_on", "日期", "day"),
        Shown("n", "参赛（人）", "count"),
        Shown("first", "前三名（成绩）", "long"),
    )
    return listing(f"练兵比武（{len(table)} 场）", table, columns)


def practices(situation: Situation) -> Stack:
    """Return good practices, service brands and who took part."""
    parts: list[Piece] = []
    table = found.practices(situation)
    if len(table):
        columns: tuple[Shown, ...] = (
            _WHO,
            Shown("dimension", "维度", "text"),
            Shown("title", "做法"),
            Shown("text", "成效", "long"),
            Shown("published_on", "刊发", "day"),
        )
        parts.append(listing(f"典型经验（{len(table)} 条）", table, columns))
    brands = found.brands(situation)
    if len(brands):
        columns = (
            _WHO,
            Shown("brand", "服务品牌"),
            Shown("standard_doc", "服务标准"),
            Shown("satisfaction", "满意度（%）", "number"),
            Shown("recognised_level", "认可", "text"),
        )
        parts.append(listing(f"服务品牌（{len(brands)} 个）", brands, columns))
    groups = found.taking_part(situation)
    if len(groups):
        columns = (
            Shown("group", "群体"),
            Shown("events", "活动（次）", "count"),
            Shown("people", "参加（人次）", "count"),
            Shown("entities", "涉及对象", "count"),
        )
        parts.append(listing("群众和群团参与", groups, columns))
    return Stack(tuple(parts) or (Prose(("本期没有典型经验的记录。",)),))


def result_uses(situation: Situation) -> Piece:
    """Return what was made of results: praise, talks, training."""
    table = found.uses(situation)
    if table.empty:
        return Prose(("本期没有结果运用的登记。",))
    said = "；".join(
        f"{action} {len(part)} 个（{listed(part['name'], 8)}）"
        for action, part in table.groupby("action", sort=False)
    )
    columns: tuple[Shown, ...] = (
        _WHO,
        Shown("of", "依据的期"),
        Shown("grade", "等次", "text"),
        Shown("action", "运用方式", "text"),
        Shown("basis", "依据"),
        Shown("used_on", "日期", "day"),
    )
    return Stack(
        (Prose((f"{said}。",)), listing("结果运用", table.assign(of=_labels(situation, table)), columns))
    )


def _labels(situation: Situation, table: pd.DataFrame) -> list[str]:
    """Return the periods' names; what names no period stays as the ledger has it."""
    said = []
    for text in table["period"]:
        try:
            said.append(label_zh(situation.campaign.period(str(text))))
        except CampaignError:
            said.append(str(text))
    return said
