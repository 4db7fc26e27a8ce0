"""Between which places an entity may stand: the review's draws, without what the review asks besides."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from wbwz_eval.reporting import charts
from wbwz_eval.reporting.pieces import Picture
from wbwz_eval.review.uncertainty.choices import column_groups, draw
from wbwz_eval.review.uncertainty.contest import contest_of
from wbwz_eval.review.uncertainty.robustness import HIGH, LOW, quantiles, ranks_of
from wbwz_eval.review.uncertainty.sobol import design

if TYPE_CHECKING:
    import pandas as pd

    from wbwz_eval.review.uncertainty.choices import Choices, Draws, Scenario
    from wbwz_eval.review.uncertainty.climb import Source
    from wbwz_eval.scoring.numbers import FloatArray
    from wbwz_eval.scoring.scored import ScoredPeriod


class Drawing:
    """The draws of a period by its method, and by others that differ in their weights alone.

    What the draws have in common, the points of the indicators above all, is made once.
    """

    def __init__(self, scored: ScoredPeriod, choices: Choices) -> None:
        """Take the period, measured, and what varies.

        Raises:
            CampaignError: see :func:`wbwz_eval.review.uncertainty.contest.contest_of`.
        """
        self.choices = choices
        contest = contest_of(scored, choices)
        self._contest = replace(contest, source=_Kept(contest.source))
        self._uniform = design(choices.draws, column_groups(choices, scored.level), choices.seed).first

    def bounds(self, scored: ScoredPeriod) -> tuple[FloatArray, FloatArray]:
        """Return the places that hold nine of ten draws, shape (entities,), 0 for who is not ranked.

        Args:
            scored: The same period by its own method or by other weights.
        """
        level = scored.level
        # points are given on the nodes' full marks, which are weights where a method is written in points
        contest = contest_of(scored, self.choices) if level.by_points else replace(self._contest, level=level)
        places = ranks_of(contest, draw(self.choices, level, self._uniform)).places
        low, high = quantiles(places, (LOW, HIGH)).astype(np.float64)
        return low, high


class _Kept:
    """A source of points that is asked the same again and again: each answer is kept."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._fixed: dict[Scenario, dict[str, FloatArray]] = {}
        self._moving: dict[tuple[Scenario, bytes], dict[str, FloatArray]] = {}
        self._gates: dict[bytes, dict[str, FloatArray]] = {}

    def fixed(self, scenario: Scenario) -> dict[str, FloatArray]:
        """See :class:`.climb.Source`."""
        if scenario not in self._fixed:
            self._fixed[scenario] = dict(self._source.fixed(scenario))
        return self._fixed[scenario]

    def moving(self, scenario: Scenario, draws: Draws) -> dict[str, FloatArray]:
        """See :class:`.climb.Source`."""
        key = scenario, _luck(draws)
        if key not in self._moving:
            self._moving[key] = dict(self._source.moving(scenario, draws))
        return self._moving[key]

    def gates(self, draws: Draws) -> dict[str, FloatArray]:
        """See :class:`.climb.Source`."""
        key = _luck(draws)
        if key not in self._gates:
            self._gates[key] = dict(self._source.gates(draws))
        return self._gates[key]


def _luck(draws: Draws) -> bytes:
    """Return what the points of draws depend on beside the scenario: not their weights."""
    drawn = (draws.targets, draws.noise, draws.ballots)
    return b"|".join(b"" if each is None else each.tobytes() for each in drawn)


def interval_table(scored: ScoredPeriod, totals: pd.DataFrame, drawing: Drawing) -> pd.DataFrame:
    """Return the places that hold nine of ten draws, as in the committee's review.

    Args:
        scored: The period, measured.
        totals: One row per entity: ``entity_id``, ``name``, ``group``, ``group_name``, ``rank``.
        drawing: The draws, of the same period.

    Returns:
        By group and place: ``entity_id``, ``name``, ``group_name``, ``rank``, ``low``, ``high``; NaN for
        who is not ranked.
    """
    low, high = drawing.bounds(scored)
    table = totals[["entity_id", "name", "group", "group_name", "rank"]].copy()
    # in the order of the entities' ids, as both are
    table["low"], table["high"] = low, high
    table.loc[table["low"] == 0, ["low", "high"]] = float("nan")
    table = table.sort_values(["group", "rank", "entity_id"], kind="stable").reset_index(drop=True)
    return table.drop(columns="group")


def interval_picture(table: pd.DataFrame, title: str, stamp: str) -> Picture:
    """Return intervals as a chart: a line an entity, its place as a dot.

    Args:
        table: See :func:`interval_table`.
        title: What stands below.
        stamp: That it is a trial; empty if not.
    """
    ranked = table[table["rank"].notna() & table["low"].notna()]
    items = [
        charts.Dot(str(row["name"]), row["rank"], f"{row['low']:g}–{row['high']:g}", row["low"], row["high"])
        for row in ranked.to_dict("records")
    ]
    last = float(max(ranked["high"].max(), ranked["rank"].max())) if len(ranked) else 1.0
    said = f"{len(items)} 个对象的位次和十次抽取中九次所在的区间"
    caption = f"{stamp}　{title}" if stamp else title
    return Picture(charts.dots(items, (0.5, last + 0.5)), said, caption)
