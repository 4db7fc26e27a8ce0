"""A scored period as matrices: entities × indicators, and the weight that each node has in the total."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wbwz_eval.scoring.evaluation import OUT_OF_CONTEST
from wbwz_eval.scoring.points import SCORED
from wbwz_eval.scoring.tree import leaves, walk

if TYPE_CHECKING:
    from wbwz_eval.scoring.scored import ScoredPeriod
    from wbwz_eval.scoring.tree import Level

_PERCENT = 100.0


def indicator_points(scored: ScoredPeriod) -> pd.DataFrame:
    """Return what was really scored: entities × indicators, in percent of the full mark.

    NaN where a value was missing, too small a sample or not applicable: what a policy puts in its place
    (full marks, 0, the group's mean) measures nothing.
    """
    marks = scored.level.full_marks()
    columns = {
        name: np.where(points.status == SCORED, _PERCENT * points.points / marks[name], np.nan)
        for name, points in scored.evaluation.points.items()
        if marks[name]
    }
    return pd.DataFrame(columns, index=scored.entities.index)


def node_scores(scored: ScoredPeriod) -> pd.DataFrame:
    """Return the scores of the nodes that have children: entities × nodes, in percent of the full mark."""
    marks, score = scored.level.full_marks(), scored.evaluation.tree.score
    columns = {
        path[-1]: _PERCENT * score[path[-1]] / marks[path[-1]]
        for path, node in walk(scored.level.tree)
        if node.children and marks[path[-1]]
    }
    return pd.DataFrame(columns, index=scored.entities.index)


def base_total(scored: ScoredPeriod) -> pd.Series:
    """Return what the tree comes to, before additions and deductions; NaN where there is no total.

    Where a method composes the total of several periods, this is the period's own tree.
    """
    out = scored.evaluation.standing == OUT_OF_CONTEST
    return pd.Series(np.where(out, np.nan, scored.evaluation.tree.base), index=scored.entities.index)


def nominal_weights(level: Level) -> dict[str, float]:
    """Return every node's share of the total: the product of the shares from the top down to it."""
    found: dict[str, float] = {}
    sums: dict[tuple[str, ...], float] = {(): sum(float(node.share) for node in level.tree.values())}
    for path, node in walk(level.tree):
        whole = sums[path[:-1]]
        above = found[path[-2]] if len(path) > 1 else 1.0
        found[path[-1]] = above * float(node.share) / whole if whole else 0.0
        sums[path] = sum(float(child.share) for child in node.children.values())
    return found


def dimension_of(level: Level) -> dict[str, str]:
    """Return indicator → the node at the top of its branch (itself where it stands at the top)."""
    paths = level.paths()
    return {name: paths[name][0] for name in leaves(level.tree)}


def names_of(scored: ScoredPeriod) -> dict[str, str]:
    """Return what people call each node of the tree."""
    indicators = scored.methodology.indicators
    return {
        path[-1]: node.name or indicators[path[-1]].name if node.children else indicators[path[-1]].name
        for path, node in walk(scored.level.tree)
    }
