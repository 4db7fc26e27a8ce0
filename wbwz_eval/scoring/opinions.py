"""Measures of opinion: satisfaction surveys and panels of raters."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from pydantic import Field

from wbwz_eval.scoring.amounts import ratio
from wbwz_eval.scoring.fields import DayArray, numbers, wrong
from wbwz_eval.scoring.measured import Context, Counted, TextArray
from wbwz_eval.scoring.numbers import FloatArray, Number
from wbwz_eval.scoring.selection import LedgerMeasure, Names
from wbwz_eval.scoring.shares import wilson

TRIMMED = "去极值"


class Survey(LedgerMeasure):
    """Mean points of those who had an opinion; 不了解 is left out."""

    kind: Literal["survey"]
    options: dict[str, Number] = Field(min_length=2)
    unknown: str | None = None
    bad: Names = ()

    @property
    def own_fields(self) -> tuple[str, ...]:
        """The count fields."""
        return (*self.options, *([self.unknown] if self.unknown else []), *self.bad)

    @property
    def sides(self) -> tuple[str, ...]:
        """The common sides and the shares of bad and unknown answers."""
        return (*super().sides, "bad_share", "unknown_share")

    def _answers(self, rows: pd.DataFrame) -> FloatArray:
        return np.nan_to_num(rows[list(self.options)].to_numpy(np.float64))

    def row_values(self, rows: pd.DataFrame, place: DayArray, context: Context) -> FloatArray:
        """Return the mean points of each survey."""
        answers = self._answers(rows)
        return ratio(answers @ np.array(list(self.options.values())), answers.sum(axis=1))

    def row_weights(self, rows: pd.DataFrame, context: Context) -> FloatArray:
        """Return the number of answers with an opinion."""
        return self._answers(rows).sum(axis=1)

    def reduce(self, counted: Counted) -> dict[str, FloatArray]:
        """Return the mean points, n answers and the interval.

        The interval is Wilson's for the mean as a share of the highest points:
        answers between the extremes vary less than 0/1 answers do, so that it
        is on the safe side.
        """
        n = counted.sum(counted.weight)
        points = counted.sum(counted.value * counted.weight)
        value, best = ratio(points, n), max(self.options.values())
        low, high = wilson(value / best, n)
        bad = counted.sum(np.nan_to_num(counted.rows[list(self.bad)].to_numpy(float)).sum(axis=1))
        dont_know = (
            counted.sum(np.nan_to_num(numbers(counted.rows, self.unknown)))
            if self.unknown
            else np.zeros(counted.size)
        )
        return {
            "value": value,
            "numerator": points,
            "denominator": n,
            "n": n,
            "low": low * best,
            "high": high * best,
            "bad_share": ratio(bad, n),
            "unknown_share": ratio(dont_know, n + dont_know),
        }


class Panel(LedgerMeasure):
    """Weighted mean of rater groups, void and extreme ballots left out."""

    kind: Literal["panel"]
    rater: str
    group: str
    score: str
    range: tuple[Number, Number]
    groups: dict[str, Number] = Field(min_length=1)
    trim_over: Number | None = None
    min_ballots: Number = Number(1)
    void_all_equal: Number | None = None

    def model_post_init(self, context: object, /) -> None:
        """Refuse a range that is upside down."""
        super().model_post_init(context)
        if self.range[0] >= self.range[1]:
            raise wrong("评分范围 range 的下限须小于上限", "[0, 100]")

    @property
    def own_fields(self) -> tuple[str, ...]:
        """Rater, group and score."""
        return (self.rater, self.group, self.score)

    @property
    def sides(self) -> tuple[str, ...]:
        """The common sides and the ballots, valid and void."""
        return (*super().sides, "ballots", "void_ballots")

    def row_values(self, rows: pd.DataFrame, place: DayArray, context: Context) -> FloatArray:
        """Return the score on the ballot."""
        return numbers(rows, self.score)

    def _void(self, counted: Counted) -> pd.Series[str]:
        low, high = self.range
        score = pd.Series(counted.value)
        text = pd.Series("", index=score.index, dtype=object)
        text[(score < low) | (score > high)] = "废票：超出评分范围"
        text[~counted.rows[self.group].isin(list(self.groups)).to_numpy()] = "废票：评分主体不在方案内"
        if self.void_all_equal is not None:
            valid = text == ""
            by_rater = score[valid].groupby(counted.rows[self.rater].to_numpy()[valid])
            same = by_rater.transform("nunique") == 1
            many = by_rater.transform("size") >= self.void_all_equal
            text.loc[(same & many).index[same & many]] = "废票：全部同分"
        return text

    def void(self, counted: Counted) -> TextArray:
        """Return why a ballot is void, or dropped as a group's highest or lowest."""
        text = self._void(counted)
        if self.trim_over is not None:
            valid = text == ""
            frame = pd.DataFrame(
                {
                    "code": counted.codes,
                    "group": counted.rows[self.group].to_numpy(),
                    "score": counted.value,
                }
            )[valid]
            frame = frame.sort_values("score", kind="stable")
            groups = frame.groupby(["code", "group"], sort=False)["score"]
            place, size = groups.cumcount(), groups.transform("size")
            extreme = (size > self.trim_over) & ((place == 0) | (place == size - 1))
            text.loc[extreme.index[extreme]] = TRIMMED
        return text.to_numpy(object)

    def reduce(self, counted: Counted) -> dict[str, FloatArray]:
        """Return the weighted mean of the groups that have enough valid ballots."""
        share = np.array([float(weight) for weight in self.groups.values()])
        every, voided = counted.candidates, counted.voided
        assert every is not None, "a panel always voids"
        assert voided is not None
        valid = np.isin(voided.astype(str), ["", TRIMMED])
        ballots = self._by_group(every, valid.astype(np.float64))
        scored = self._by_group(counted, np.ones(len(counted.codes)))
        total = self._by_group(counted, counted.value)
        enough = (scored > 0) & (ballots >= self.min_ballots)
        mean = np.divide(total, scored, out=np.zeros(total.shape), where=scored > 0)
        top, bottom = (mean * enough) @ share, enough @ share
        return {
            "value": ratio(top, bottom),
            "numerator": top,
            "denominator": bottom,
            "ballots": every.sum(valid),
            "void_ballots": every.sum(~valid),
        }

    def _by_group(self, counted: Counted, per_row: FloatArray) -> FloatArray:
        """Return the sum per entity and rater group, shape (entities, groups)."""
        column = pd.Index(list(self.groups)).get_indexer(pd.Index(counted.rows[self.group]))
        known = column >= 0
        shape = (counted.size, len(self.groups))
        at = np.ravel_multi_index((counted.codes[known], column[known]), shape)
        sums = np.bincount(at, weights=per_row[known], minlength=shape[0] * shape[1])
        return sums.reshape(shape).astype(np.float64)
