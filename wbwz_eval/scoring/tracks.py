"""Measures over a track of reports: schedule deviation and target uplift."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
import pandas as pd

from wbwz_eval.scoring.amounts import PERCENT, ratio, weighted_mean
from wbwz_eval.scoring.fields import DayArray, numbers, wrong
from wbwz_eval.scoring.measured import SUPERSEDED, Context, Counted, TextArray
from wbwz_eval.scoring.numbers import FloatArray, Number
from wbwz_eval.scoring.selection import LedgerMeasure


class ScheduleDeviation(LedgerMeasure):
    """Mean over tasks of actual − planned progress at the last report."""

    kind: Literal["schedule_deviation"]
    task: str
    planned: str
    actual: str
    yellow: Number
    red: Number

    def model_post_init(self, context: object, /) -> None:
        """Refuse ``latest_per``: the last report of each task counts anyway."""
        super().model_post_init(context)
        if self.latest_per or self.red >= self.yellow:
            raise wrong("schedule_deviation 的 red 须小于 yellow，且不写 latest_per")

    @property
    def own_fields(self) -> tuple[str, ...]:
        """Task, plan and actual."""
        return (self.task, self.planned, self.actual)

    @property
    def sides(self) -> tuple[str, ...]:
        """The common sides and the run of yellow reports."""
        return (*super().sides, "yellow_run")

    def row_values(self, rows: pd.DataFrame, place: DayArray, context: Context) -> FloatArray:
        """Return actual − planned in percentage points."""
        return numbers(rows, self.actual) - numbers(rows, self.planned)

    def void(self, counted: Counted) -> TextArray:
        """All but a task's last report give way to it."""
        last = self._ordered(counted).groupby(["code", "task"], sort=False).tail(1).index
        text = np.full(len(counted.codes), SUPERSEDED, dtype=object)
        text[last.to_numpy()] = ""
        return text

    def _ordered(self, counted: Counted) -> pd.DataFrame:
        frame = pd.DataFrame(
            {
                "code": counted.codes,
                "task": counted.rows[self.task].to_numpy(),
                "place": counted.place,
                "yellow": (counted.value < self.yellow) & (counted.value >= self.red),
            }
        )
        return frame.sort_values(["code", "task", "place"], kind="stable")

    def row_sides(self, counted: Counted) -> dict[str, FloatArray]:
        """Return per report how many in a row, up to it, were yellow."""
        ordered = self._ordered(counted)
        keys = [ordered["code"], ordered["task"]]
        # a report that is not yellow starts a new block; within it the yellow ones count up
        block = (~ordered["yellow"]).groupby(keys, sort=False).cumsum()
        run = ordered["yellow"].astype(np.float64).groupby([*keys, block], sort=False).cumsum()
        return {"yellow_run": run.sort_index().to_numpy(np.float64)}

    def reduce(self, counted: Counted) -> dict[str, FloatArray]:
        """Return the mean deviation and the longest run of yellow reports."""
        longest = np.zeros(counted.size)
        np.maximum.at(longest, counted.codes, counted.row_sides["yellow_run"])
        return {**weighted_mean(counted), "yellow_run": longest}


class Uplift(LedgerMeasure):
    """Mean over items of (target in force − baseline) ÷ baseline."""

    kind: Literal["uplift"]
    item: str
    target: str
    baseline: str
    default_scale: ClassVar[float] = PERCENT

    @property
    def own_fields(self) -> tuple[str, ...]:
        """Item, target and baseline."""
        return (self.item, self.target, self.baseline)

    @property
    def sides(self) -> tuple[str, ...]:
        """The common sides and the number of lowered targets."""
        return (*super().sides, "lowered")

    def row_values(self, rows: pd.DataFrame, place: DayArray, context: Context) -> FloatArray:
        """Return the uplift of each target version."""
        base = numbers(rows, self.baseline)
        return ratio(numbers(rows, self.target) - base, base)

    def void(self, counted: Counted) -> TextArray:
        """All but the version in force give way to it."""
        last = self._ordered(counted).groupby(["code", "item"], sort=False).tail(1).index
        text = np.full(len(counted.codes), SUPERSEDED, dtype=object)
        text[last.to_numpy()] = ""
        return text

    def row_sides(self, counted: Counted) -> dict[str, FloatArray]:
        """Return, for each version, whether its item's target was lowered up to it."""
        ordered = self._ordered(counted)
        groups = ordered.groupby(["code", "item"], sort=False)
        fell = (groups["target"].diff() < 0).astype(np.float64)
        lowered = fell.groupby([ordered["code"], ordered["item"]], sort=False).cummax()
        return {"lowered": lowered.sort_index().to_numpy(np.float64)}

    def _ordered(self, counted: Counted) -> pd.DataFrame:
        frame = pd.DataFrame(
            {
                "code": counted.codes,
                "item": counted.rows[self.item].to_numpy(),
                "place": counted.place,
                "target": numbers(counted.rows, self.target),
            }
        )
        return frame.sort_values(["code", "item", "place"], kind="stable")

    def reduce(self, counted: Counted) -> dict[str, FloatArray]:
        """Return the mean uplift; an item whose target was lowered counts 0."""
        lowered = counted.row_sides["lowered"]
        top = counted.sum(np.where(lowered > 0, 0.0, counted.value))
        result = {"value": ratio(top, counted.n), "numerator": top, "denominator": counted.n}
        return {**result, "lowered": counted.sum(lowered)}
