"""From evaluated periods to the tidy tables of :class:`Scores`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from wbwz_eval.campaign.periods import label_zh
from wbwz_eval.scoring.adjust import NO_GRADE
from wbwz_eval.scoring.evidence import adjustment_table, row_portions
from wbwz_eval.scoring.header import period_header
from wbwz_eval.scoring.measured import NOISE_DIGITS
from wbwz_eval.scoring.method_table import method_table
from wbwz_eval.scoring.node_table import INDICATOR, node_table
from wbwz_eval.scoring.quality import quality_table
from wbwz_eval.scoring.scores import Scores

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wbwz_eval.scoring.scored import ScoredPeriod


def assemble(current: ScoredPeriod, earlier: ScoredPeriod | None) -> Scores:
    """Make the header and the tables; ``earlier`` is the period before, if scored."""
    tables = {
        name: pd.concat(portions, ignore_index=True) if len(portions) > 1 else portions[0]
        for name, portions in ((name, list(table)) for name, table in tables_of(current, earlier))
    }
    return Scores(header=header_of(current, earlier), **tables)


def tables_of(
    current: ScoredPeriod, earlier: ScoredPeriod | None
) -> Iterator[tuple[str, Iterable[pd.DataFrame]]]:
    """Yield the tables of :class:`Scores` by name, each in portions; each is made when it is asked for."""
    # binary noise, such as 19.612000000000002, is nothing that anybody scored
    yield "rows", (portion.round(NOISE_DIGITS) for portion in row_portions(current))
    yield "adjustments", [adjustment_table(current)]
    yield "parts", [current.parts.round(NOISE_DIGITS)]
    yield "method", [method_table(current.methodology, current.level, current.campaign.codebook)]
    nodes = node_table(current)
    yield "nodes", [nodes.round(NOISE_DIGITS)]
    yield "quality", [quality_table(current, nodes)]
    scores = score_table(current, earlier)
    yield "scores", [scores.round(NOISE_DIGITS)]
    yield "changes", [_change_table(current, earlier, nodes, scores).round(NOISE_DIGITS)]


def header_of(current: ScoredPeriod, earlier: ScoredPeriod | None) -> dict[str, Any]:
    """Return what the figures stand on (docs/results.md)."""
    methodology, level = current.methodology, current.level
    full = level.full_marks()
    total_share = sum(float(node.share) for node in level.tree.values())
    return {
        **period_header(current.campaign, current.period, methodology, current.level_id),
        "small_sample": None if methodology.small_sample is None else float(methodology.small_sample),
        "total_full": float(level.full),
        "previous_period": None if earlier is None else earlier.period.id,
        "previous_period_name": None if earlier is None else label_zh(earlier.period),
        "grade_order": list(level.grades.order) if level.grades else [],
        "dimensions": [
            {
                "id": name,
                "name": node.name or methodology.indicators[name].name,
                "weight": float(node.share) / total_share,
                "full": full[name],
            }
            for name, node in level.tree.items()
        ],
        "rank_scope": level.rank.scope,
        "min_group_size": float(level.groups.min_size),
    }


def score_table(current: ScoredPeriod, earlier: ScoredPeriod | None) -> pd.DataFrame:
    """Return the first table of :class:`Scores`, unrounded."""
    result, level, campaign = current.evaluation, current.level, current.campaign
    entities, peers = current.entities, result.groups
    group_ids = np.array(peers.names, dtype=object)[peers.codes]
    names = [campaign.groups[name].name if name in campaign.groups else name for name in peers.names]
    order = np.array([*(level.grades.order if level.grades else ()), ""], dtype=object)
    table = pd.DataFrame({"entity_id": entities.index.to_numpy(object)})
    table["name"] = entities["name"].to_numpy(object)
    table["level"] = current.level_id
    table["group"] = group_ids
    table["group_name"] = np.array(names, dtype=object)[peers.codes]
    for name in level.tree:
        table[name] = result.tree.score[name]
    table["base"] = result.base
    table["bonus"], table["deduction"] = result.bonus, result.deduction
    table["total"] = result.total
    table["total_unrounded"] = result.total_unrounded
    table["total_low"], table["total_high"] = result.total_low, result.total_high
    table["rank"] = result.rank
    table["rank_low"], table["rank_high"] = result.rank_low, result.rank_high
    table["group_size"] = peers.sizes()[peers.codes].astype(np.int64)
    table["tie"] = result.tied
    table["grade"] = np.where(result.grade == NO_GRADE, "", order[result.grade])
    table["veto"] = _vetoes(current)
    table["coverage"] = result.tree.coverage
    before = _previous(current, earlier)
    table["movement"] = before["rank"] - result.rank
    table["previous_total"], table["previous_rank"] = before["total"], before["rank"]
    table["standing"] = result.standing
    return table


def _vetoes(current: ScoredPeriod) -> list[str]:
    level, after = current.level, current.after
    names = {key: level.vetoes[key].name for key in after.vetoed}
    names |= {key: level.recurrences[key].name for key in after.recurred}
    found = {**after.vetoed, **after.recurred}
    if not names:
        return [""] * len(current.entities)
    flags = np.column_stack([found[key] for key in names])
    texts = np.where(flags, np.array(list(names.values()), dtype=object), "")
    return ["、".join(filter(None, row)) for row in texts]


def _previous(current: ScoredPeriod, earlier: ScoredPeriod | None) -> dict[str, np.ndarray]:
    """Return total and rank of the period before in the order of the current entities."""
    if earlier is None:
        none = np.full(len(current.entities), np.nan)
        return {"total": none, "rank": none}
    result = earlier.evaluation
    frame = pd.DataFrame({"total": result.total, "rank": result.rank}, index=earlier.entities.index)
    # a place in another peer group is no place to have moved from
    frame["group"] = np.array(result.groups.names, dtype=object)[result.groups.codes]
    frame = frame.reindex(current.entities.index)
    peers = current.evaluation.groups
    same = (frame["group"] == np.array(peers.names, dtype=object)[peers.codes]).to_numpy()
    rank = np.where(same, frame["rank"].to_numpy(np.float64), np.nan)
    return {"total": frame["total"].to_numpy(np.float64), "rank": rank}


_CHANGES = (
    "entity_id",
    "node",
    "name",
    "points",
    "previous_points",
    "contribution",
    "previous_contribution",
    "change",
)


def _change_table(
    current: ScoredPeriod,
    earlier: ScoredPeriod | None,
    nodes: pd.DataFrame,
    scores: pd.DataFrame,
) -> pd.DataFrame:
    """Return what each leaf, bonus and deduction changed in the total."""
    if earlier is None:
        return pd.DataFrame(columns=list(_CHANGES))
    now = _parts(nodes, scores, current)
    before = _parts(node_table(earlier), score_table(earlier, None), earlier)
    merged = now.merge(before, on=["entity_id", "node"], how="left", suffixes=("", "_before"))
    stayed = merged["entity_id"].isin(before["entity_id"])
    merged = merged[stayed].rename(
        columns={"points_before": "previous_points", "contribution_before": "previous_contribution"}
    )
    merged["change"] = merged["contribution"] - merged["previous_contribution"].fillna(0.0)
    return merged[list(_CHANGES)].reset_index(drop=True)


def _parts(nodes: pd.DataFrame, scores: pd.DataFrame, scored: ScoredPeriod) -> pd.DataFrame:
    """Return the parts that a total is made of: leaves, bonus, deduction, and what other periods bring."""
    columns = ["entity_id", "node", "name", "points", "contribution"]
    parts = [nodes.loc[nodes["kind"] == INDICATOR, columns]]
    amounts = [("bonus", "附加分", scores["bonus"]), ("deduction", "扣分", -scores["deduction"])]
    if len(scored.parts):
        other = scored.evaluation.base - scored.evaluation.tree.base
        amounts.append(("composition", "各期合成", pd.Series(other, index=scores.index)))
    for node, name, amount in amounts:
        parts.append(
            pd.DataFrame(
                {
                    "entity_id": scores["entity_id"],
                    "node": node,
                    "name": name,
                    "points": amount,
                    "contribution": amount,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)
