"""What is proposed, what it would have done to past periods, and how far the decision is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from wbwz_eval.campaign.decisions import VOICES, Comment, Proposal
from wbwz_eval.reporting import paired_charts
from wbwz_eval.reporting.pieces import Picture, Piece, Prose, Stack
from wbwz_eval.reporting.sections.listing import Shown, listing
from wbwz_eval.reporting.sections.review_findings import CHANCE, REST
from wbwz_eval.reporting.wording import listed, number, percent, signed
from wbwz_eval.review.versions.target_changes import OF_METHOD

if TYPE_CHECKING:
    from wbwz_eval.campaign.decisions import ApprovalRecord, Decision
    from wbwz_eval.reporting.reviewing import Proposed, Review
    from wbwz_eval.review.versions.backtest import BackTest

_NONE = Prose(("没有待决定的版本，也没有指定要试的版本。",))
_MOST = 20


def proposed_changes(review: Review) -> Piece:
    """Return what the proposed version says otherwise."""
    proposed = review.proposed
    if proposed is None:
        return _NONE
    old, new = review.header["methodology_version"], proposed.methodology.version
    if proposed.diff.empty:
        return Prose((f"{new} 与 {old} 除版本名外没有区别。",))
    columns = (
        Shown("about", "对象", below="level"),
        Shown("item", "项目"),
        Shown("old", str(old), "long"),
        Shown("new", new, "long"),
    )
    return listing(
        f"{old} 与 {new} 的区别（{len(proposed.diff)} 处）", proposed.diff, columns, most=60, rest=REST
    )


def backtest_summary(review: Review) -> Stack:
    """Return, period by period, who would have moved."""
    proposed = review.proposed
    if proposed is None:
        return Stack((_NONE,))
    found = proposed.backtest
    if found is None:
        return Stack((Prose((f"{proposed.methodology.version} 没有这个层级的规则，没有回测。",)),))
    columns = (
        Shown("period_name", "期"),
        Shown("version", "当时的办法", "text"),
        Shown("ranked", "有位次", "count"),
        Shown("movers", "位次变动", "count"),
        Shown("shift", "平均移动", "number", 2),
        Shown("largest", "最大移动", "count"),
        Shown("regraded", "等次变动", "count"),
        Shown("agreement", "次序一致 τ", "number", 2),
    )
    note = "次序一致：组内两种办法所排次序的 Kendall τ-b，1 为完全相同。已冻结的期用冻结时的数据。"
    title = f"过去各期按 {proposed.methodology.version} 重算，与当时的办法对照"
    return Stack(
        (listing(title, found.summary, columns, notes=(note,)), *_slopes(proposed, found), _movers(found))
    )


def _slopes(proposed: Proposed, found: BackTest) -> list[Piece]:
    """Return a slope chart of the last period for each group in which somebody moves."""
    last = found.periods[-1].id
    table = found.entities[(found.entities["period"] == last)]
    table = table[table["rank_old"].notna() & table["rank_new"].notna()]
    parts: list[Piece] = []
    still = []
    for name, group in table.groupby("group_name", sort=False):
        moved = group[group["moved"] != 0]
        if moved.empty:
            still.append(str(name))
            continue
        shown = (
            group if len(group) <= _MOST else moved.sort_values("moved", key=abs, ascending=False).head(_MOST)
        )
        version, period = str(group["version"].iloc[0]), str(group["period_name"].iloc[0])
        items = [
            paired_charts.Slope(row["name"], row["rank_old"], row["rank_new"])
            for row in shown.sort_values("rank_old").to_dict("records")
        ]
        said = "；".join(
            f"{row['name']} {row['rank_old']:g}→{row['rank_new']:g}"
            for row in moved.head(_MOST).to_dict("records")
        )
        more = "" if len(shown) == len(group) else f"（只画变动最大的 {len(shown)} 个）"
        caption = f"{name}，{period}：位次由 {version}（左）到 {proposed.methodology.version}（右）{more}"
        picture = paired_charts.slopes(items, (version, proposed.methodology.version))
        parts.append(Picture(picture, f"{name}位次的变动：{said}。", caption))
    if still:
        parts.append(Prose((f"最近一期位次没有变动的组：{listed(still, 10)}。",), "note"))
    return parts


def _movers(found: BackTest) -> Piece:
    table = found.entities
    touched = table[(table["moved"].fillna(0) != 0) | (table["grade_old"] != table["grade_new"])]
    if touched.empty:
        return Prose(("过去各期没有一个对象的位次或等次会变。",))
    touched = touched.sort_values("moved", key=lambda own: own.abs(), ascending=False, kind="stable")
    touched = touched.assign(
        ranks=[
            f"{_place(old)}→{_place(new)}"
            for old, new in zip(touched["rank_old"], touched["rank_new"], strict=True)
        ],
        grades=[
            old if old == new else f"{old or '—'}→{new or '—'}"
            for old, new in zip(touched["grade_old"], touched["grade_new"], strict=True)
        ],
    )
    columns = (
        Shown("name", "对象", below="group_name"),
        Shown("period_name", "期"),
        Shown("ranks", "位次", "text"),
        Shown("grades", "等次", "text"),
        Shown("change", "总分变化", "signed", 2),
    )
    return listing(f"位次或等次会变的（{len(touched)} 对象次）", touched, columns, most=_MOST, rest=REST)


def _place(rank: float) -> str:
    return "—" if pd.isna(rank) else f"{rank:g}"


def backtest_effects(review: Review) -> Stack:
    """Return how stable places are from period to period, what becomes of groups, and who gains by size."""
    proposed = review.proposed
    if proposed is None or proposed.backtest is None:
        return Stack((_NONE if proposed is None else Prose(("没有回测。",)),))
    found = proposed.backtest
    parts: list[Piece] = []
    if len(found.stability):
        columns: tuple[Shown, ...] = (
            Shown("before_name", "由"),
            Shown("period_name", "到"),
            Shown("tau_old", "τ：当时的办法", "number", 2),
            Shown("tau_new", "τ：新版本", "number", 2),
            Shown("shift_old", "移动：当时", "number", 2),
            Shown("shift_new", "移动：新版本", "number", 2),
        )
        notes = (
            "τ：前后两期组内次序的 Kendall τ-b；移动：两期位次平均相差。",
            "τ 太低，位次多半是噪声；太高，比不出新的先后。",
        )
        parts.append(listing("位次在前后两期之间稳不稳", found.stability, columns, notes=notes))
    columns = (
        Shown("group_name", "组别"),
        Shown("n", "对象", "count"),
        Shown("change", "总分平均变化", "signed", 2),
        Shown("movers", "位次变动（对象次）", "count"),
    )
    parts.append(listing("对各组的影响", found.groups, columns))
    parts.append(Prose((_size_said(found),)))
    return Stack(tuple(parts))


def _size_said(found: BackTest) -> str:
    rows = found.size.set_index("what")
    change, old, new = (rows.loc[what] for what in ("change", "old", "new"))
    if pd.isna(change["rho"]):
        return "对象太少，或新旧总分处处相同，看不出新版本偏向工作量大的还是小的。"
    said = (
        f"工作量（计入的台账行数）与总分的组内相关：当时的办法 {number(old['rho'], 2)}，"
        f"新版本 {number(new['rho'], 2)}；"
        f"与总分变化的相关 {number(change['rho'], 2)}（p = {number(change['p'], 3)}）。"
        f"工作量小的一半平均 {signed(change['small'], 2)} 分，大的一半 {signed(change['large'], 2)} 分。"
    )
    if change["p"] < CHANCE:
        return f"{said}新版本对工作量{'大' if change['rho'] > 0 else '小'}的对象有利。"
    return f"{said}这点差别可能出于偶然。"


def burden_change(review: Review) -> Piece:
    """Return which reported fields the proposed version needs more or less."""
    proposed = review.proposed
    if proposed is None:
        return _NONE
    if proposed.fields.empty:
        return Prose((f"{proposed.methodology.version} 用到的填报字段与现行办法相同。",))
    columns = (
        Shown("need", "", "text"),
        Shown("ledger_name", "台账"),
        Shown("field_name", "字段"),
        Shown("cells", "最近一期填报格数", "count"),
    )
    return listing("填报字段的增减", proposed.fields, columns, head=2)


def changed_targets(review: Review) -> Piece:
    """Return the targets that were changed in mid-year, those lowered first."""
    table = review.targets
    if table.empty:
        return Prose(("没有年中调整的目标。",))
    table = table.sort_values("lowered", ascending=False, kind="stable")
    table = table.assign(
        who=table["name"].where(table["source"] != OF_METHOD, OF_METHOD),
        way=[
            f"{number(row['old'], 1)}→{number(row['new'], 1)}（{'下调' if row['lowered'] else '提高'}）"
            for row in table.to_dict("records")
        ],
        reason=table["reason"].where(table["reason"] != "", "没有写"),
        approver=table["approver"].where(table["approver"] != "", "没有写"),
    )
    columns = (
        Shown("who", "对象", below="item"),
        Shown("changed_on", "日期", "day"),
        Shown("way", "由→到", "text"),
        Shown("reason", "理由"),
        Shown("approver", "批准人", "text"),
    )
    return listing("年中调整的目标", table, columns, most=60)


def approval_record(review: Review) -> Stack:
    """Return what became of the version in force and of the proposed one, entry by entry."""
    parts: list[Piece] = [
        _entries(
            str(review.header["methodology_version"]), review.record, review.header["methodology_digest"]
        )
    ]
    method = None if review.proposed is None else review.proposed.methodology
    if review.proposed and method and method.digest != review.header["methodology_digest"]:
        parts.append(_entries(method.version, review.proposed.record, method.digest))
    committee = review.committee
    if committee is not None:
        base = "全体成员" if committee.majority_of == "members" else "到会成员"
        rule = (
            f"{committee.name}表决规则：应到 {len(committee.members)} 人，"
            f"至少 {committee.least_present} 人表决，"
            f"赞成超过{base}的 {percent(committee.majority, 0)} 为通过；"
            f"征求意见至少 {committee.comment_days} 个工作日。"
        )
        parts.append(Prose((rule,), "note"))
    return Stack(tuple(parts))


def _entries(version: str, record: ApprovalRecord, digest: str) -> Piece:
    if not record.entries:
        return Prose((f"{version}（摘要 {digest[:12]}）还没有提出。",))
    rows = [
        {
            "on": pd.Timestamp(entry.on),
            "kind": _KINDS[entry.kind],
            "by": f"{entry.by} {entry.role}".strip()
            if isinstance(entry, Proposal | Comment)
            else entry.committee,
            "said": entry.reason
            if isinstance(entry, Proposal)
            else entry.text
            if isinstance(entry, Comment)
            else _decided(entry),
            "digest": entry.digest[:12],
        }
        for entry in record.entries
    ]
    columns = (
        Shown("kind", "", "text"),
        Shown("on", "日期", "day"),
        Shown("by", "谁"),
        Shown("said", "内容", "long"),
        Shown("digest", "所指摘要", "text"),
    )
    current = "" if record.entries[-1].digest == digest else "；此后办法文件被改动过"
    return listing(
        f"{version} 的提出、意见和决定（现在的摘要 {digest[:12]}{current}）", pd.DataFrame(rows), columns
    )


_KINDS = {"proposal": "提出", "comment": "意见", "decision": "决定"}


def _decided(entry: Decision) -> str:
    verdict = f"批准，自 {entry.effective_from} 起生效" if entry.approved else "未获通过"
    names = "、".join(
        f"{vote.name}{f'（{vote.role}）' if vote.role else ''}{VOICES[vote.voice]}" for vote in entry.votes
    )
    return f"{verdict}；{entry.document}；{entry.said}：{names}"
