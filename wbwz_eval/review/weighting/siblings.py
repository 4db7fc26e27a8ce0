"""The children of one node: what weights are asked for, and what the data say of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wbwz_eval.campaign.faults import CampaignError, one_of
from wbwz_eval.scoring.methodology import by_level
from wbwz_eval.scoring.reweighting import reweighted

if TYPE_CHECKING:
    from wbwz_eval.scoring.methodology import Methodology, MethodologyFile
    from wbwz_eval.scoring.scored import ScoredPeriod
    from wbwz_eval.scoring.tree import Tree

_LEAST = 2
_DIGITS = 2


def children_of(methodology: MethodologyFile, level: str, node: str = "") -> Tree:
    """Return the children of a node; of the top, the dimensions, where ``node`` is empty.

    Raises:
        CampaignError: no such level or node, or one with fewer than two children.
    """
    rules = by_level(methodology, level)
    children = rules.tree
    if node:
        path = rules.paths().get(node)
        if path is None:
            message = f"{level} 没有节点 “{node}”；应为 {one_of(rules.paths(), instead_of=node)}"
            raise CampaignError(message)
        for step in path:
            children = children[step].children
    if len(children) < _LEAST:
        message = f"{node or level} 的下级少于两个，没有权重可定"
        raise CampaignError(message)
    return children


def sibling_names(methodology: MethodologyFile, level: str, node: str = "") -> dict[str, str]:
    """Return the children's ids and what people call them; see :func:`children_of`."""
    return {
        name: child.name or methodology.indicators[name].name
        for name, child in children_of(methodology, level, node).items()
    }


def sibling_scores(scored: ScoredPeriod, node: str = "") -> pd.DataFrame:
    """Return the children's scores as shares of their full marks.

    Returns:
        Entities × children, NaN where one has no score.
    """
    children = children_of(scored.methodology, scored.level_id, node)
    full, score = scored.level.full_marks(), scored.evaluation.tree.score
    return pd.DataFrame(
        {name: np.asarray(score[name]) / full[name] for name in children}, index=scored.entities.index
    )


def weight_changes(methodology: Methodology, level: str, weights: pd.Series) -> dict[str, float]:
    """Return the changes that give siblings the weights found, on the scale of the file.

    Two decimals; what rounding leaves goes where most was cut off, so that the sum stays.

    Args:
        methodology: What is changed.
        level: The level's id.
        weights: By node id, of all children of one node; any positive scale.
    """
    rules = by_level(methodology, level)
    paths = rules.paths()
    parent = paths[str(weights.index[0])][:-1]
    children = rules.tree
    for step in parent:
        children = children[step].children
    total = sum(float(children[str(name)].share) for name in weights.index)
    exact = weights.to_numpy(np.float64) / weights.sum() * total * 10**_DIGITS
    whole = np.floor(exact + 1e-9)
    short = round(total * 10**_DIGITS - whole.sum())
    whole[np.argsort(whole - exact, kind="stable")[:short]] += 1
    asked = {str(name): each / 10**_DIGITS for name, each in zip(weights.index, whole, strict=True)}
    return reweighted(methodology, level, asked)
