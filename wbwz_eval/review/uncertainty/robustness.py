"""How sure the ranks and grades are: Monte Carlo over the declared choices (OECD/JRC handbook, step 7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.review.uncertainty.choices import (
    AS_WRITTEN,
    CHOICE_NAMES,
    as_written,
    column_groups,
    draw,
    load_choices,
)
from wbwz_eval.review.uncertainty.contest import contest_of
from wbwz_eval.review.uncertainty.simulation import simulate
from wbwz_eval.review.uncertainty.sobol import design, indices

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from wbwz_eval.review.uncertainty.choices import Choices, Draws
    from wbwz_eval.review.uncertainty.climb import Contest
    from wbwz_eval.scoring.numbers import FloatArray
    from wbwz_eval.scoring.scored import ScoredPeriod

LOW, HIGH = 0.05, 0.95
"""The ends of a rank interval: it holds nine draws of ten."""
AHEAD_MOST = 2_000
"""The largest number of entities for which every pair is compared."""
_LEAST_RANKED = 2
_MOST_PLACES = 250_000_000
_SLICE, _PAIR_CELLS = 4096, 4_000_000


@dataclass(frozen=True)
class Ranks:
    """The places and grades of all draws.

    ``places`` (draws, entities), 0 = not ranked; ``grades`` (entities, grades) says how often each was
    given, None where there are none. Draws that normalise otherwise than the method is written give no
    grade: cut-offs stand on the method's own scale.
    """

    places: NDArray[np.int32]
    grades: NDArray[np.int64] | None


@dataclass(frozen=True)
class Robustness:
    """What a Monte Carlo over the declared choices says of one level of one period.

    Places are competition places among those that the method ranks together (group or level).

    Attributes:
        choices: What was declared.
        entities: One row per ranked entity, by those ranked together and place: ``entity_id``, ``name``,
            ``group``, ``group_name``, ``rank``, ``total``, ``grade`` (as the method has it),
            ``ranked`` (share of draws that rank it: others weigh too much what it has no data for; all
            that follows is of those), ``median``, ``low`` and ``high`` (5th and 95th percentile of the
            place), ``mean``, ``same`` (share of draws with this very place), ``first`` (… first),
            ``over_next`` (… before the next in the table, equal places counted half; NaN for the last),
            and one column per grade with its probability, NaN where no draw can be graded.
        ahead: Square, by entity id: the share of draws in which the row stands before the column,
            equal places counted half; NaN between those who are not ranked together. None for more than
            ``AHEAD_MOST`` entities.
        drivers: By choice: first-order and total Sobol' indices of the mean absolute shift in place, with
            95 % intervals (see :func:`wbwz_eval.review.uncertainty.sobol.indices`) and the Chinese name.
        shift: The mean absolute shift in place over all draws and entities, in places.
    """

    choices: Choices
    entities: pd.DataFrame
    ahead: pd.DataFrame | None
    drivers: pd.DataFrame
    shift: float


def robustness(
    scored: ScoredPeriod,
    choices: Choices | None = None,
    *,
    workers: int | None = None,
    block: int | None = None,
    advance: Callable[[int, int], None] | None = None,
) -> Robustness:
    """Draw the declared choices and score the level anew under each draw.

    Reproducible from ``choices.seed``, whatever ``workers`` and ``block`` (see
    :func:`wbwz_eval.review.uncertainty.simulation.simulate`).

    Args:
        scored: The level and period.
        choices: What is uncertain; None for what the campaign declares.
        workers: Threads; None for one per CPU.
        block: Draws scored together.
        advance: Told draws done and draws in all.

    Raises:
        CampaignError: nothing declared that varies; nobody ranked against somebody; more draws than memory
            holds; see also :func:`wbwz_eval.review.uncertainty.contest.contest_of`.
    """
    asked = choices or load_choices(scored.campaign, scored.methodology)
    groups = column_groups(asked, scored.level)
    contest = contest_of(scored, asked)
    base = places_as_written(contest)
    _check(scored, asked, contest, base)
    plan = design(asked.draws, groups, asked.seed)
    total, done = asked.draws * (2 + len(groups)), 0

    def told(count: int) -> None:
        nonlocal done
        done += count
        if advance is not None:
            advance(done, total)

    def moved(uniform: FloatArray) -> FloatArray:
        found = np.empty(len(uniform))
        draws = draw(asked, scored.level, uniform)
        for part in simulate(contest, draws, workers=workers, block=block, graded=False, advance=told):
            found[part.at] = shifts(part.rank, base)
        return found

    first = draw(asked, scored.level, plan.first)
    main = ranks_of(contest, first, workers=workers, block=block, graded=True, advance=told)
    shift = shifts(main.places, base)
    drivers = indices(
        shift, moved(plan.second), {key: moved(plan.mixed(key)) for key in groups}, seed=asked.seed
    )
    drivers.insert(0, "name", [CHOICE_NAMES[key] for key in drivers.index])
    few = contest.size <= AHEAD_MOST
    return Robustness(
        asked,
        _entities(scored, contest, main, base),
        _ahead_table(scored, contest, main.places) if few else None,
        drivers,
        float(shift.mean()),
    )


def _check(scored: ScoredPeriod, asked: Choices, contest: Contest, base: NDArray[np.int32]) -> None:
    if not asked.on(scored.level).declared:
        raise CampaignError(
            "没有声明任何不确定的选择，不做稳健性检验；请在 review/choices.yaml 里写明，"
            "如 weights: {spread: 0.25}"
        )
    together = np.bincount(contest.scope[base > 0], minlength=1)
    if together.max() < _LEAST_RANKED:
        msg = f"{scored.period.id} 没有两个在一起排位次的对象，谈不上位次是否稳健"
        raise CampaignError(msg)
    if asked.draws * contest.size > _MOST_PLACES:
        most = _MOST_PLACES // contest.size
        msg = f"{contest.size} 个对象各抽 {asked.draws} 次，内存放不下；请把 draws 减到 {most} 以下"
        raise CampaignError(msg)


def places_as_written(contest: Contest) -> NDArray[np.int32]:
    """Return the competition places of the method as it is, shape (entities,), 0 = not ranked."""
    return ranks_of(contest, as_written(contest.level)).places[0]


def ranks_of(
    contest: Contest,
    draws: Draws,
    *,
    workers: int | None = None,
    block: int | None = None,
    graded: bool = False,
    advance: Callable[[int], None] | None = None,
) -> Ranks:
    """Run all draws and keep their places (four bytes per draw and entity)."""
    found = np.empty((len(draws), contest.size), dtype=np.int32)
    levels = len(contest.level.grades.order) if graded and contest.level.grades else 0
    counts = np.zeros((contest.size, levels), dtype=np.int64)
    own_scale = np.array([scenario.normalisation == AS_WRITTEN for scenario in draws.scenarios])
    for part in simulate(contest, draws, workers=workers, block=block, graded=graded, advance=advance):
        found[part.at] = part.rank
        if part.grade is not None and own_scale[part.scenario]:
            counts += np.stack([(part.grade == grade).sum(axis=0) for grade in range(levels)], axis=1)
    return Ranks(found, counts if levels else None)


def shifts(places: NDArray[np.int32], base: NDArray[np.int32]) -> FloatArray:
    """Return each draw's mean absolute shift in place against ``base``, shape (draws,).

    R̄_S of Saisana, Saltelli & Tarantola (2005), over those ranked in both.
    """
    both = (places > 0) & (base > 0)
    moved = np.abs(places - base) * both
    return moved.sum(axis=1) / np.maximum(both.sum(axis=1), 1)


def quantiles(places: NDArray[np.int32], shares: tuple[float, ...]) -> NDArray[np.int32]:
    """Return the smallest place that at least a share of an entity's draws do not pass.

    Args:
        places: (draws, entities), 0 = not ranked and left out.
        shares: Such as 0.05, 0.5, 0.95.

    Returns:
        (shares, entities), 0 where no draw ranks the entity.
    """
    found = np.zeros((len(shares), places.shape[1]), dtype=np.int32)
    for begin in range(0, places.shape[1], _SLICE):
        part = np.ascontiguousarray(places[:, begin : begin + _SLICE].T)
        part.sort(axis=1)
        empty = (part == 0).sum(axis=1)
        count = part.shape[1] - empty
        for row, share in enumerate(shares):
            at = empty + np.maximum(np.ceil(share * count - 1e-9).astype(np.int64), 1) - 1
            found[row, begin : begin + _SLICE] = part[np.arange(len(part)), np.minimum(at, part.shape[1] - 1)]
    return found


def ahead(places: NDArray[np.int32]) -> FloatArray:
    """Return how often each stands before each, equal places counted half.

    Args:
        places: (draws, entities) of those ranked together, 0 = not ranked: such a draw does not count.

    Returns:
        (entities, entities); NaN on the diagonal and for two whom no draw ranks both.
    """
    draws, size = places.shape
    before = np.zeros((size, size))
    step = max(1, _PAIR_CELLS // max(size, 1) ** 2)
    placed = np.where(places > 0, places, np.nan).astype(np.float32)
    for begin in range(0, draws, step):
        part = placed[begin : begin + step]
        before += (part[:, :, None] < part[:, None, :]).sum(axis=0)
    known = (places > 0).astype(np.float64)
    both = known.T @ known
    np.fill_diagonal(both, 0.0)
    equal = both - before - before.T
    return np.divide(before + equal / 2, both, out=np.full(both.shape, np.nan), where=both > 0)


def _entities(scored: ScoredPeriod, contest: Contest, ranks: Ranks, base: NDArray[np.int32]) -> pd.DataFrame:
    evaluation, level, placed = scored.evaluation, scored.level, ranks.places
    low, median, high = quantiles(placed, (LOW, 0.5, HIGH))
    some = np.maximum((placed > 0).sum(axis=0), 1)
    names = evaluation.groups.names
    titles = [str(getattr(scored.campaign.groups.get(name), "name", name)) for name in names]
    order = level.grades.order if level.grades else ()
    table = pd.DataFrame(
        {
            "entity_id": scored.entities.index,
            "name": scored.entities["name"].to_numpy(),
            "group": [names[code] for code in evaluation.groups.codes],
            "group_name": [titles[code] for code in evaluation.groups.codes],
            "rank": evaluation.rank,
            "total": evaluation.total,
            "grade": [order[code] if code >= 0 else "" for code in evaluation.grade],
            "ranked": (placed > 0).mean(axis=0),
            "median": median,
            "low": low,
            "high": high,
            "mean": placed.sum(axis=0) / some,
            "same": (placed == base).sum(axis=0) / some,
            "first": (placed == 1).sum(axis=0) / some,
        }
    )
    line = in_order(contest, base)
    table["over_next"] = _over_next(placed, contest.scope, line)
    if ranks.grades is not None:
        given = ranks.grades.sum(axis=1)
        for position, name in enumerate(order):
            share = ranks.grades[:, position] / np.maximum(given, 1)
            table[name] = np.where(given > 0, share, np.nan)
    return table.iloc[line].reset_index(drop=True)


def in_order(contest: Contest, base: NDArray[np.int32]) -> NDArray[np.intp]:
    """Return the positions of those ranked, by scope and place."""
    order = np.lexsort((base, contest.scope))
    return order[base[order] > 0]


def _over_next(placed: NDArray[np.int32], scope: NDArray[np.int64], line: NDArray[np.intp]) -> FloatArray:
    """Return how often each stands before the next in line, NaN for the last of a scope; (entities,)."""
    found = np.full(placed.shape[1], np.nan)
    near = scope[line[:-1]] == scope[line[1:]]
    mine, after = line[:-1][near], line[1:][near]
    for begin in range(0, len(mine), _SLICE):
        own = slice(begin, begin + _SLICE)
        left, right = placed[:, mine[own]], placed[:, after[own]]
        both = (left > 0) & (right > 0)
        before = (((left < right) + 0.5 * (left == right)) * both).sum(axis=0)
        count = both.sum(axis=0)
        found[mine[own]] = np.where(count > 0, before / np.maximum(count, 1), np.nan)
    return found


def _ahead_table(scored: ScoredPeriod, contest: Contest, placed: NDArray[np.int32]) -> pd.DataFrame:
    ids, scope = scored.entities.index, contest.scope
    matrix = np.full((len(ids), len(ids)), np.nan)
    for code in np.unique(scope):
        mine = np.flatnonzero((scope == code) & ~np.isnan(scored.evaluation.rank))
        matrix[np.ix_(mine, mine)] = ahead(placed[:, mine])
    return pd.DataFrame(matrix, index=ids, columns=ids)
