"""Whether the indicators of a level hang together as the method means them to (OECD/JRC handbook, step 4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.review.structure.aspects import aspect_coverage, load_aspects, unmatched
from wbwz_eval.review.structure.correlations import LEAST, SIGNIFICANT, chance, discoveries, interval, pearson
from wbwz_eval.review.structure.effective_weights import effective_weights
from wbwz_eval.review.structure.indicator_matrix import (
    base_total,
    dimension_of,
    indicator_points,
    names_of,
    node_scores,
    nominal_weights,
)
from wbwz_eval.review.structure.item_sets import ALL, TOP, consistency
from wbwz_eval.review.structure.tells_apart import tells_apart
from wbwz_eval.scoring.tree import leaves

if TYPE_CHECKING:
    from wbwz_eval.review.structure.item_sets import Consistency
    from wbwz_eval.scoring.numbers import FloatArray
    from wbwz_eval.scoring.scored import ScoredPeriod

REDUNDANT = 0.9
"""From this correlation on, either way, two indicators say the same."""


@dataclass(frozen=True)
class Coherence:
    """What the figures of one level of one period say about the method's own structure.

    All is over all entities of the level, peer groups together: what lies between groups counts too. Only
    what was really scored counts; a number for which there is too little is NaN, and ``note`` says why.

    Attributes:
        size: Entities with a base total.
        indicators: One row per indicator: ``node``, ``name``, ``dimension`` (id), ``dimension_name``,
            ``nominal`` (share of the total, 0–1); see :func:`.tells_apart.tells_apart` for ``n``,
            ``missing``, ``mean``, ``spread``, ``full``, ``nought``, ``mute``; ``rest`` (corrected
            item-total correlation: with the rest of its dimension by the method's weights), ``rest_low``,
            ``rest_high`` (95 %), ``p`` (one-sided: as far below nought by chance), ``q`` (adjusted for the
            number of indicators), ``against`` (``q`` under 0.05: it works against its dimension),
            ``alpha_without`` (its dimension's alpha without it), ``note``.
        dimensions: One row per dimension: ``node``, ``name``, ``nominal``, ``items``, ``covered``
            (mean share of its weight that was scored, 0–1), ``least_covered``, ``unscored`` (entities
            without a score in it), ``within`` and ``across`` (mean correlation of its indicators with each
            other, and with those of other dimensions); the rest as in ``sets``.
        sets: One row per set of items: the dimensions, all indicators (``*``) and the dimensions as
            items (``/``); see :func:`wbwz_eval.review.structure.item_sets.consistency`.
        correlations: One row per pair of indicators: ``first``, ``second``, ``first_name``,
            ``second_name``, ``within`` (whether of one dimension), ``r``, ``low``, ``high`` (95 %), ``n``,
            ``p`` (two-sided), ``q``, ``redundant`` (as strong as asked for and ``q`` under 0.05).
        between: The same for the dimensions (``within`` False).
        components: Principal components; see :func:`wbwz_eval.review.structure.item_sets.consistency`.
        loadings: The same.
        weights: See :func:`wbwz_eval.review.structure.effective_weights.effective_weights`.
        aspects: See :func:`.aspects.aspect_coverage`; no row where the campaign does not say what its
            document demands.
        unmatched: See :func:`wbwz_eval.review.structure.aspects.unmatched`; no row as above.
    """

    size: int
    indicators: pd.DataFrame
    dimensions: pd.DataFrame
    sets: pd.DataFrame
    correlations: pd.DataFrame
    between: pd.DataFrame
    components: pd.DataFrame
    loadings: pd.DataFrame
    weights: pd.DataFrame
    aspects: pd.DataFrame
    unmatched: pd.DataFrame


def coherence(scored: ScoredPeriod, *, redundant: float = REDUNDANT) -> Coherence:
    """Look at a scored level of a period as a set of statistical measurements.

    Args:
        scored: The level and period.
        redundant: From which correlation on two indicators count as one, 0–1.

    Raises:
        CampaignError: fewer than five entities with a total; a mistake in ``review/aspects.yaml``.
    """
    size = int(base_total(scored).notna().sum())
    if size < LEAST:
        msg = (
            f"{scored.period.id}“{scored.campaign.levels[scored.level_id]}”只有 {size} 个对象有基础总分，"
            f"少于 {LEAST} 个，谈不上指标之间是否一致"
        )
        raise CampaignError(msg)
    points = indicator_points(scored)
    tops = pd.concat([node_scores(scored), points], axis=1)
    tops = tops[[name for name in scored.level.tree if name in tops]]
    names, homes = names_of(scored), dimension_of(scored.level)
    correlations = pairs(points, names, homes, redundant=redundant)
    between = pairs(tops, names, {str(name): str(name) for name in tops}, redundant=redundant)
    found = _consistency(scored, points, tops)
    demanded = load_aspects(scored.campaign, scored.methodology)
    missed = unmatched(scored.methodology, scored.level_id, demanded)
    return Coherence(
        size,
        _indicators(scored, points, found),
        _dimensions(scored, correlations, found),
        found.sets,
        correlations,
        between,
        found.components,
        found.loadings,
        effective_weights(scored),
        aspect_coverage(scored.methodology, scored.level_id, demanded),
        missed if demanded.aspects else missed.iloc[:0],
    )


def pairs(
    values: pd.DataFrame, names: dict[str, str], homes: dict[str, str], *, redundant: float = REDUNDANT
) -> pd.DataFrame:
    """Return the correlation of every two columns, pairwise complete.

    Args:
        values: Entities × columns.
        names: Column → what people call it.
        homes: Column → its dimension.
        redundant: See :func:`coherence`.

    Returns:
        See ``correlations`` of :class:`Coherence`; NaN with fewer than five pairs of values, or where a
        column does not vary.
    """
    codes, matrix = list(values.columns), values.to_numpy(np.float64)
    one, other = np.triu_indices(len(codes), 1)
    r, n = pearson(matrix[:, one], matrix[:, other])
    low, high = interval(r, n)
    p = chance(r, n)
    q = discoveries(p)
    first, second = [codes[place] for place in one], [codes[place] for place in other]
    return pd.DataFrame(
        {
            "first": first,
            "second": second,
            "first_name": [names[code] for code in first],
            "second_name": [names[code] for code in second],
            "within": [homes[a] == homes[b] for a, b in zip(first, second, strict=True)],
            "r": r,
            "low": low,
            "high": high,
            "n": n,
            "p": p,
            "q": q,
            "redundant": (np.abs(r) >= redundant) & (q < SIGNIFICANT),
        }
    )


def rest_of(points: FloatArray, weights: FloatArray) -> FloatArray:
    """Return, for each item, the weighted mean of the others that are known; shape of ``points``.

    The weight of what is unknown goes to the others, as the method has it. NaN where no other is known.
    """
    known = ~np.isnan(points)
    weighted = np.where(known, points, 0.0) * weights
    whole = weighted.sum(axis=1, keepdims=True) - weighted
    # counted, not subtracted: a difference of sums may be a nought that is none
    others = (known & (weights > 0)).sum(axis=1, keepdims=True) - (known & (weights > 0))
    share = (known * weights).sum(axis=1, keepdims=True) - known * weights
    return np.divide(whole, share, out=np.full(points.shape, np.nan), where=others > 0)


def _consistency(scored: ScoredPeriod, points: pd.DataFrame, tops: pd.DataFrame) -> Consistency:
    names, homes = names_of(scored), dimension_of(scored.level)
    sets = {
        name: (names[name], points[[str(code) for code in points if homes[str(code)] == name]])
        for name, node in scored.level.tree.items()
        if node.children
    }
    sets[ALL] = ("全部指标", points)
    sets[TOP] = ("各维度", tops)
    return consistency(sets, names)


def _indicators(scored: ScoredPeriod, points: pd.DataFrame, found: Consistency) -> pd.DataFrame:
    names, homes, nominal = names_of(scored), dimension_of(scored.level), nominal_weights(scored.level)
    codes = leaves(scored.level.tree)
    table = tells_apart(scored)
    rest, pairs_known = np.full(len(codes), np.nan), np.zeros(len(codes), dtype=np.int64)
    for dimension in scored.level.tree:
        mine = [place for place, code in enumerate(codes) if homes[code] == dimension and code in points]
        own = points[[codes[place] for place in mine]].to_numpy(np.float64)
        shares = np.array([nominal[codes[place]] for place in mine])
        rest[mine], pairs_known[mine] = pearson(own, rest_of(own, shares))
    low, high = interval(rest, pairs_known)
    p = chance(rest, pairs_known, below=True)
    q = discoveries(p)
    about = pd.DataFrame(
        {
            "name": [names[code] for code in codes],
            "dimension": [homes[code] for code in codes],
            "dimension_name": [names[homes[code]] for code in codes],
            "nominal": [nominal[code] for code in codes],
        },
        index=codes,
    )
    tested = pd.DataFrame(
        {
            "rest": rest,
            "rest_low": low,
            "rest_high": high,
            "p": p,
            "q": q,
            "against": q < SIGNIFICANT,
            "alpha_without": [found.without.get(code, np.nan) for code in codes],
        },
        index=codes,
    )
    alone = about["dimension"].map(about["dimension"].value_counts()) == 1
    few = pd.Series(pairs_known < LEAST, index=codes)
    note = np.select(
        [alone, few, tested["rest"].isna()],
        ["维度内只有这一项指标", f"有得分可比的不足 {LEAST} 个对象", "得分没有差别，无从比较"],
        default="",
    )
    return pd.concat([about, table, tested], axis=1).assign(note=note).rename_axis("node").reset_index()


def _dimensions(scored: ScoredPeriod, correlations: pd.DataFrame, found: Consistency) -> pd.DataFrame:
    tree, names, nominal = scored.evaluation.tree, names_of(scored), nominal_weights(scored.level)
    homes = dimension_of(scored.level)
    ends = correlations["first"].map(homes), correlations["second"].map(homes)
    lines = []
    for name in scored.level.tree:
        if name not in tree.covered:
            continue
        mine = (ends[0] == name) | (ends[1] == name)
        lines.append(
            {
                "node": name,
                "name": names[name],
                "nominal": nominal[name],
                "covered": float(tree.covered[name].mean()),
                "least_covered": float(tree.covered[name].min()),
                "unscored": int(np.isnan(tree.score[name]).sum()),
                "within": correlations.loc[mine & correlations["within"], "r"].mean(),
                "across": correlations.loc[mine & ~correlations["within"], "r"].mean(),
            }
        )
    columns = ["node", "name", "nominal", "covered", "least_covered", "unscored", "within", "across"]
    table = pd.DataFrame(lines, columns=columns)
    return table.merge(found.sets.drop(columns="set_name"), left_on="node", right_on="set").drop(
        columns="set"
    )
