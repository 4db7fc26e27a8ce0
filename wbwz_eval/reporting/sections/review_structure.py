"""Whether weights and indicators are what they seem, and whether they serve the document."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from wbwz_eval.reporting import paired_charts
from wbwz_eval.reporting.pieces import Cell, Column, Picture, Piece, Prose, Stack, Table
from wbwz_eval.reporting.sections.listing import Shown, listing
from wbwz_eval.reporting.sections.review_findings import REST, top_kind
from wbwz_eval.reporting.wording import NONE, listed, number, percent
from wbwz_eval.review.data_quality import CEILING_SHARE, LITTLE_SPREAD
from wbwz_eval.review.structure.coherence import REDUNDANT
from wbwz_eval.review.structure.item_sets import ALL, TOP
from wbwz_eval.scoring.node_table import DIMENSION, INDICATOR

if TYPE_CHECKING:
    from wbwz_eval.reporting.reviewing import Review

_MOST = 20
_SPARSE = 0.2


def weights_in_effect(review: Review) -> Stack:
    """Return what each dimension and indicator really weighs, against the weight that the method gives it."""
    table = review.coherence.weights
    parts: list[Piece] = []
    kind, noun = top_kind(table)
    tops = table[table["kind"] == kind]
    parts += _weight_pictures(tops, f"各{noun}")
    for code, name in zip(tops["node"], tops["name"], strict=True):
        own = table[(table["kind"] == INDICATOR) & (table["dimension"] == code)]
        parts += _weight_pictures(own, f"{name}各指标")
    columns = (
        Shown("name", "名称", below="node"),
        Shown("nominal", "名义权重", "share"),
        Shown("smooth", "相关比 S", "number", 2),
        Shown("relative", "实际影响", "share"),
        Shown("covariance", "方差份额", "share"),
        Shown("n", "对象数", "count"),
    )
    notes: tuple[str, ...] = (
        (
            "相关比 S：这一项若人人相同，总分的方差会减少的份额（Paruolo、Saisana、Saltelli 2013）；"
            "实际影响是各项 S 折成合计 100%。"
        ),
        (
            "方差份额：这一项连同它与别项的相关在总分方差里所占的份额（Wang、Stanley 1970），合计 100%。"
            "两种口径回答不同的问题，不必相等。"
        ),
        "统计的是本层级全部对象，各组合在一起。",
    )
    known = table[table["relative"].notna()]
    # a node between dimension and indicator has no share of its own
    mute = table[table["relative"].isna() & table["kind"].isin([DIMENSION, INDICATOR])]
    if len(mute):
        notes += (f"数据太少或人人相同而没有列出的：{listed(mute['name'], 8)}。",)
    parts.append(listing("名义权重与实际影响", known, columns, most=60, notes=notes))
    return Stack(tuple(parts))


def _weight_pictures(table: pd.DataFrame, title: str) -> list[Piece]:
    """Return a picture of nominal and effective weights; none where fewer than two are known."""
    own = table[table["relative"].notna()].sort_values("nominal", ascending=False, kind="stable")
    if len(own) <= 1:
        return []
    items = [
        paired_charts.Pair(
            row["name"],
            100 * row["nominal"],
            100 * row["relative"],
            f"{number(100 * row['nominal'], 1)}→{number(100 * row['relative'], 1)}",
            bool(row["differs"]),
        )
        for row in own.to_dict("records")
    ]
    high = 100 * float(own[["nominal", "relative"]].max().max())
    off = own[own["differs"].astype(bool)]
    alt = f"{title}的名义权重与实际影响（%）；可靠地不同的有 {len(off)} 个"
    alt += f"：{listed(off['name'], 6)}。" if len(off) else "。"
    caption = f"{title}：名义权重与在总分里的实际影响（%；红的可靠地不同）"
    return [Picture(paired_charts.pairs(items, ("名义", "实际"), (0.0, high * 1.05 or 1.0)), alt, caption)]


def consistency_table(review: Review) -> Stack:
    """Return how the indicators of each dimension hang together, and the dimensions with each other."""
    sets = review.coherence.sets
    within = review.coherence.dimensions.set_index("node")
    rows = sets.assign(
        within=sets["set"].map(within["within"]),
        across=sets["set"].map(within["across"]),
        alpha_interval=[
            NONE
            if pd.isna(row["alpha_low"])
            else f"{number(row['alpha_low'], 2)}–{number(row['alpha_high'], 2)}"
            for row in sets.to_dict("records")
        ],
    )
    columns = (
        Shown("set_name", "一组指标"),
        Shown("used", "指标数", "count"),
        Shown("n", "对象数", "count"),
        Shown("alpha", "α", "number", 2),
        Shown("alpha_interval", "95% 区间", "text"),
        Shown("omega", "ω", "number", 2),
        Shown("within", "内部相关", "number", 2),
        Shown("across", "与外部相关", "number", 2),
        Shown("note", "说明", "long"),
    )
    notes = (
        (
            "α：Cronbach（1951），区间按 Feldt（1965）；ω：McDonald（1999），单因子。"
            "0.7 以上通常认为测的是一件事；低不一定错：一个维度可以由互不替代的几件事组成。"
        ),
        "内部相关低于与外部相关的维度，指标可能放错了地方。",
    )
    parts: list[Piece] = [listing("各维度内部是否一致", rows, columns, notes=notes), _components(review)]
    parts.append(_between(review))
    return Stack(tuple(parts))


def _components(review: Review) -> Piece:
    found = []
    for key, title in ((TOP, "五个维度合看"), (ALL, "全部指标合看")):
        own = review.coherence.components[review.coherence.components["set"] == key]
        line = review.coherence.sets[review.coherence.sets["set"] == key]
        flat = key == TOP and review.coherence.dimensions.empty
        if own.empty or line.empty or flat:
            continue
        above = int(line["above_one"].iloc[0])
        first = float(own["share"].iloc[0])
        kmo = float(line["kmo"].iloc[0])
        title = f"{int(line['used'].iloc[0])} 个维度合看" if key == TOP else title  # noqa: PLW2901 - its number
        said = f"{title}，主成分里特征值大于 1 的有 {above} 个，第一个解释 {percent(first, 0)}"
        said += f"（KMO {number(kmo, 2)}）" if kmo == kmo else ""  # noqa: PLR0124 - NaN
        found.append(f"{said}。")
    return Prose(tuple(found) or ("对象太少，没有做主成分分析。",))


def _between(review: Review) -> Piece:
    """Return the correlations of the dimensions as a square table, darker where stronger."""
    table = review.coherence.between
    tops = review.coherence.dimensions
    codes, names = list(tops["node"]), list(tops["name"])
    if len(codes) <= 1:
        return Prose(("只有一个维度。" if codes else "指标不分维度。",))
    known = {}
    for row in table.to_dict("records"):
        known[row["first"], row["second"]] = known[row["second"], row["first"]] = row["r"]
    lines = []
    for code, name in zip(codes, names, strict=True):
        cells = [Cell(name)]
        for other in codes:
            r = known.get((code, other), float("nan"))
            if code == other:
                cells.append(Cell("1"))
            else:
                cells.append(Cell(number(r, 2), shade=0.0 if pd.isna(r) else abs(r) ** 2))
        lines.append(tuple(cells))
    columns = (Column("维度"), *(Column(name, "number") for name in names))
    return Table("维度之间的相关（Pearson）", columns, tuple(lines))


def doubtful_indicators(review: Review) -> Stack:
    """Return indicators that tell nothing apart, work against their dimension, repeat others or lack data."""
    coherence = review.coherence
    table = coherence.indicators
    # where the tree has no dimensions an indicator is its own
    home = table["dimension_name"].where(table["dimension"] != table["node"], "")
    table = table.assign(dimension_name=home)
    parts: list[Piece] = []
    mute = table[table["mute"].astype(bool)]
    if len(mute):
        columns: tuple[Shown, ...] = (
            Shown("name", "指标", below="dimension_name"),
            Shown("nominal", "名义权重", "share"),
            Shown("full", "满分的占", "share", 0),
            Shown("nought", "零分的占", "share", 0),
            Shown("spread", "标准差（满分的%）", "number"),
        )
        little = number(LITTLE_SPREAD, 0)
        note = f"满分或零分的占 {percent(CEILING_SHARE, 0)} 以上，或标准差不到满分的 {little}%。"
        parts.append(listing("几乎分不出高低的", mute, columns, notes=(note,)))
    against = table[table["against"].astype(bool)]
    if len(against):
        columns = (
            Shown("name", "指标", below="dimension_name"),
            Shown("rest", "与本维度其余的相关", "number", 2),
            Shown("rest_low", "95% 下限", "number", 2),
            Shown("rest_high", "95% 上限", "number", 2),
        )
        parts.append(listing("与本维度相反的", against, columns))
    pairs = coherence.correlations[coherence.correlations["redundant"].astype(bool)]
    if len(pairs):
        pairs = pairs.reindex(pairs["r"].abs().sort_values(ascending=False, kind="stable").index)
        pairs = pairs.assign(where=pairs["within"].map({True: "同一维度", False: "跨维度"}))
        columns = (
            Shown("first_name", "指标"),
            Shown("second_name", "与它几乎重复的"),
            Shown("where", "位置", "text"),
            Shown("r", "相关", "number", 2),
            Shown("low", "95% 下限", "number", 2),
            Shown("n", "对象数", "count"),
        )
        note = f"相关（绝对值）在 {number(REDUNDANT, 1)} 以上。两项说的若真是一件事，等于这件事的权重加倍。"
        parts.append(listing("几乎重复的", pairs, columns, most=_MOST, notes=(note,), rest=REST))
    sparse = table[table["missing"] > _SPARSE].sort_values("missing", ascending=False, kind="stable")
    if len(sparse):
        columns = (
            Shown("name", "指标", below="dimension_name"),
            Shown("missing", "缺数的占", "share", 0),
            Shown("n", "有数的对象", "count"),
        )
        note = f"列出缺数超过 {percent(_SPARSE, 0)} 的；缺数的权重按办法处理，名义权重对这些对象并不起作用。"
        parts.append(listing("缺数多的", sparse, columns, notes=(note,)))
    if not parts:
        parts.append(Prose(("各项指标都能分出高低，没有与本维度相反的、重复的和缺数多的。",)))
    if review.header["synthetic"]:
        parts.append(Prose(("数据为合成：生成时各对象有一个共同的水平，相关偏高是生成方法造成的。",), "note"))
    return Stack(tuple(parts))


def aspect_table(review: Review) -> Stack:
    """Return by which indicators each thing is looked at that the document demands, and the gaps."""
    table, loose = review.coherence.aspects, review.coherence.unmatched
    if table.empty:
        return Stack((Prose(("活动文件夹里没有写文件要求的看点（review/aspects.yaml），没有核对。",)),))
    rows = table.assign(
        serving=[
            "、".join(f"{code} {name}" for code, name in zip(*each, strict=True))
            for each in zip(table["indicators"], table["names"], strict=True)
        ],
        state=["缺" if gap else "" for gap in table["gap"]],
    )
    columns: tuple[Shown, ...] = (
        Shown("aspect", "文件的看点", "wide", below="dimension_name"),
        Shown("clause", "出处", "text"),
        Shown("serving", "对应的指标", "long"),
        Shown("weight", "名义权重", "share"),
        Shown("state", "缺口", "text"),
        Shown("note", "说明"),
    )
    parts: list[Piece] = [listing("文件的看点与指标", rows, columns)]
    if len(loose):
        columns = (
            Shown("name", "指标", below="dimension_name"),
            Shown("aspect", "所写的看点"),
            Shown("weight", "名义权重", "share"),
            Shown("note", "说明"),
        )
        parts.append(listing("在文件里找不到看点的指标", loose, columns))
    return Stack(tuple(parts))
