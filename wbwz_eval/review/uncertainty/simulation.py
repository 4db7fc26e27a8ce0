"""The score of many draws at once: the engine's tree with an axis of draws.

It gives, for a draw as written, what :func:`wbwz_eval.scoring.evaluation.evaluate_values` gives; a test
holds the two together.
"""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wbwz_eval.review.uncertainty.climb import Prepared
from wbwz_eval.review.uncertainty.places import places
from wbwz_eval.scoring.adjust import grade
from wbwz_eval.scoring.tree import leaves

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future

    from numpy.typing import NDArray

    from wbwz_eval.review.uncertainty.choices import Draws
    from wbwz_eval.review.uncertainty.climb import Contest
    from wbwz_eval.scoring.numbers import FloatArray

_BLOCK_CELLS, _CACHE_CELLS = 2_000_000, 250_000
_TILE, _TILE_CELLS = 32, 32_768


@dataclass(frozen=True)
class Block:
    """Some draws' outcome, shape (draws of the block, entities).

    ``at`` says which draws they are, ``scenario`` under which of the draws' scenarios. ``total`` NaN =
    not ranked; ``rank`` is the competition place, 0 = not ranked; ``grade`` the position in the level's
    order, -1 = none.
    """

    at: NDArray[np.int64]
    scenario: int
    total: FloatArray
    rank: NDArray[np.int32]
    grade: NDArray[np.int8] | None


def simulate(
    contest: Contest,
    draws: Draws,
    *,
    block: int | None = None,
    workers: int | None = None,
    graded: bool = True,
    advance: Callable[[int], None] | None = None,
) -> Iterator[Block]:
    """Score all draws, block by block; memory is that of a few blocks, whatever the number of draws.

    The outcome is the same to the last bit whatever ``block`` and ``workers``: a matrix product is
    always of the same few draws, and blocks are made of such tiles.

    Args:
        contest: What all draws share.
        draws: What differs.
        block: Draws handed back together, in whole tiles: of 32 draws, more for fewer than 1,000 entities
            and fewer for more than 60,000. None for as many as keep a matrix, or those of all leaves where
            draws move their points, at 16 MB.
        workers: Threads that rank and grade; None for one per CPU.
        graded: Whether grades are asked for.
        advance: Told how many draws are done since last time.

    Raises:
        CampaignError: a negative score under a geometric or harmonic mean.
    """
    size, many = max(contest.size, 1), len(leaves(contest.level.tree)) if draws.moves_points else 1
    # of the size alone, so that nothing else decides how sums are rounded
    tile = max(1, min(max(_TILE, _TILE_CELLS // size), _BLOCK_CELLS // size))
    tiles = max(1, (block or _BLOCK_CELLS // (size * many)) // tile)
    waiting: deque[_Waiting] = deque()

    def finished() -> Block:
        done = waiting.popleft()
        rank, found = zip(*(part.result() for part in done.parts), strict=True)
        if advance is not None:
            advance(len(done.at))
        grades = np.concatenate(found) if graded and contest.level.grades else None
        return Block(done.at, done.scenario, done.total, np.concatenate(rank), grades)

    with ThreadPoolExecutor(workers or len(os.sched_getaffinity(0))) as pool:
        for code, scenario in enumerate(draws.scenarios):
            mine = np.flatnonzero(draws.scenario == code)
            if not mine.size:
                continue
            tree = Prepared(contest, scenario)
            for begin in range(0, len(mine), tiles * tile):
                at = mine[begin : begin + tiles * tile]
                total, ties = tree.totals(draws.take(at), tile)
                parts = _placing(pool, contest, total, ties, graded=graded)
                waiting.append(_Waiting(at, code, total, parts))
                # the next block is multiplied while this one is ranked
                if len(waiting) > 1:
                    yield finished()
        while waiting:
            yield finished()


_Placed = tuple["NDArray[np.int32]", "NDArray[np.int8] | None"]


@dataclass(frozen=True)
class _Waiting:
    """A block whose places are being found."""

    at: NDArray[np.int64]
    scenario: int
    total: FloatArray
    parts: Sequence[Future[_Placed]]


def _placing(
    pool: ThreadPoolExecutor,
    contest: Contest,
    total: FloatArray,
    ties: Sequence[FloatArray],
    *,
    graded: bool,
) -> list[Future[_Placed]]:
    """Begin to rank and grade a block, in parts that a core's cache holds."""
    step, scope = max(1, _CACHE_CELLS // max(contest.size, 1)), contest.scope

    def placed(own: slice) -> _Placed:
        mine = [tie[own] if tie.ndim > 1 else tie for tie in ties]
        found = _grades(contest, total[own], mine) if graded and contest.level.grades else None
        return places(total[own], scope, mine), found

    return [pool.submit(placed, slice(begin, begin + step)) for begin in range(0, len(total), step)]


def _grades(contest: Contest, total: FloatArray, ties: Sequence[FloatArray]) -> NDArray[np.int8]:
    """Grade every draw by the engine's own function: each draw's groups are groups of their own."""
    grades = contest.level.grades
    assert grades is not None
    draws, groups = len(total), contest.groups
    codes = (groups.codes[None, :] + len(groups.names) * np.arange(draws)[:, None]).ravel()
    found = grade(
        grades,
        total.ravel(),
        codes,
        groups.names * draws,
        [np.broadcast_to(tie, total.shape).ravel() for tie in ties],
        np.tile(contest.grade_cap, draws),
    )
    return found.reshape(total.shape).astype(np.int8)
