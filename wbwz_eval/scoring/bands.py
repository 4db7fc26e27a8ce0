"""The scoring rule 分档: points by half-open bands, some with a second condition."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

import numpy as np
from pydantic import Field

from wbwz_eval.scoring.fields import Strict
from wbwz_eval.scoring.numbers import FloatArray, Number
from wbwz_eval.scoring.rule_base import Direction, Raw, RuleBase, Test


class Band(Strict):
    """Points for a half-open band [from, to)."""

    from_: Number | None = Field(None, alias="from")
    to: Number | None = None
    points: Number
    if_: Test | None = Field(None, alias="if")


class Bands(RuleBase):
    """分档: the points of the band that the value lies in."""

    type: Literal["bands"]
    bands: tuple[Band, ...] = Field(min_length=1)
    otherwise: Number | None = None

    @property
    def asked_sides(self) -> set[str]:
        """The common ones and those that second conditions read."""
        own = {band.if_.side for band in self.bands if band.if_ is not None}
        return super().asked_sides | own - {"value"}

    def points(self, raw: Raw) -> FloatArray:
        """Points of the first band that fits, else ``otherwise``."""
        fits, points = [], []
        for band in self.bands:
            low = -np.inf if band.from_ is None else float(band.from_)
            high = np.inf if band.to is None else float(band.to)
            inside = (raw.values >= low) & (raw.values < high)
            fits.append(inside & band.if_.holds(raw) if band.if_ else inside)
            points.append(float(band.points))
        other = np.nan if self.otherwise is None else float(self.otherwise)
        return np.select(fits, points, default=other)

    def faults(self, direction: Direction, full: float) -> list[tuple[str, str]]:
        """Refuse bands that overlap, leave a gap, or reward being worse."""
        found = super().faults(direction, full)
        plain = [_Edge.of(band) for band in self.bands if band.if_ is None]
        plain.sort(key=lambda edge: edge.low)
        found += [
            (f"分档为空或上下限颠倒：{edge}", "from 小于 to") for edge in plain if edge.low >= edge.high
        ]
        gap = not plain or plain[0].low > -np.inf or plain[-1].high < np.inf
        for left, right in pairwise(plain):
            if right.low < left.high:
                found.append((f"分档重叠：{left} 与 {right}", "前一档的 to 等于后一档的 from"))
            gap = gap or right.low > left.high
            worse = left.points > right.points if direction == "up" else left.points < right.points
            if worse:
                found.append((f"分档得分与 direction: {direction} 矛盾：{left} 与 {right}", "越优得分越高"))
        if gap and self.otherwise is None:
            found.append(("分档没有覆盖全部取值", "补上缺的档，或写 otherwise"))
        return found


class _Edge:
    def __init__(self, low: float, high: float, points: float) -> None:
        self.low, self.high, self.points = low, high, points

    @classmethod
    def of(cls, band: Band) -> _Edge:
        low = -np.inf if band.from_ is None else float(band.from_)
        high = np.inf if band.to is None else float(band.to)
        return cls(low, high, float(band.points))

    def __str__(self) -> str:
        return f"[{self.low:g}, {self.high:g})→{self.points:g}分".replace("inf", "∞")
