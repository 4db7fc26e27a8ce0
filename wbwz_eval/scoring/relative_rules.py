"""Scoring rules that compare an entity with the others of its group or level."""

from __future__ import annotations

from itertools import pairwise
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from wbwz_eval.scoring.fields import wrong
from wbwz_eval.scoring.numbers import FloatArray, Number
from wbwz_eval.scoring.rule_base import (
    Direction,
    Raw,
    RuleBase,
    Scope,
    by_group,
    clip,
    group_size,
    places,
)


class _Relative(RuleBase):
    relative: ClassVar[bool] = True

    def model_post_init(self, _context: object, /) -> None:
        """Refuse row-level scoring: rows of different entities are not compared."""
        if self.apply_to == "rows":
            raise wrong("相对计分办法不能逐行计分", "apply_to: value")


class ByRank(_Relative):
    """按排名: points by place."""

    type: Literal["by_rank"]
    minus_share: Number | None = None
    places: tuple[Number, ...] | None = Field(None, min_length=1)
    floor: Number = Number(0)
    scope: Scope = "group"

    def model_post_init(self, context: object, /) -> None:
        """Refuse none or both of the two ways to give points."""
        super().model_post_init(context)
        if (self.minus_share is None) == (self.places is None):
            raise wrong("minus_share 与 places 须有且只有一个", "minus_share: 0.05 或 places: [100, 90, 80]")

    def points(self, raw: Raw) -> FloatArray:
        """Full less a share per place, or the listed points; equals share the better place."""
        place = places(raw.better, raw.scoped(self.scope))
        if self.minus_share is not None:
            return np.maximum(raw.full * (1 - self.minus_share * (place - 1)), float(self.floor))
        listed = np.array([*(float(points) for points in self.places or ()), float(self.floor)])
        index = np.minimum(np.nan_to_num(place, nan=1.0) - 1, len(listed) - 1).astype(np.int64)
        return listed[index]

    def faults(self, direction: Direction, full: float) -> list[tuple[str, str]]:
        """Refuse points that rise with a worse place."""
        found = super().faults(direction, full)
        listed = self.places or ()
        if any(a < b for a, b in pairwise(listed)):
            found.append(("名次得分须从高到低", "如 [100, 95, 90]"))
        return found


class RelativeToBest(_Relative):
    """与最优比: own value against the best."""

    type: Literal["relative_to_best"]
    scope: Scope = "group"

    def points(self, raw: Raw) -> FloatArray:
        """Full·x/best (up) or full·best/x (down)."""
        codes = raw.scoped(self.scope)
        how = np.maximum if raw.direction == "up" else np.minimum
        best = by_group(raw.values, codes, how)
        top, bottom = (raw.values, best) if raw.direction == "up" else (best, raw.values)
        # a ratio says nothing where the base is not positive: then only the best is full
        known = (bottom > 0) & np.isfinite(bottom)
        share = np.divide(top, bottom, out=np.zeros(len(best)), where=known)
        return raw.full * np.where(raw.values == best, 1.0, share)


class MinMax(_Relative):
    """Min-max between goalposts or the observed extremes (OECD/JRC handbook, step 5)."""

    type: Literal["min_max"]
    low: Number | None = None
    high: Number | None = None
    scope: Scope = "level"
    clip: bool = True

    def points(self, raw: Raw) -> FloatArray:
        """Full·(x − low)/(high − low), turned round where less is better."""
        codes = raw.scoped(self.scope)
        low = by_group(raw.values, codes, np.minimum) if self.low is None else float(self.low)
        high = by_group(raw.values, codes, np.maximum) if self.high is None else float(self.high)
        width = np.broadcast_to(np.asarray(high - low, dtype=float), raw.values.shape)
        spread = (width != 0) & np.isfinite(width)
        share = np.divide(raw.values - low, width, out=np.full(len(width), 0.5), where=spread)
        share = share if raw.direction == "up" else 1 - share
        return raw.full * (np.clip(share, 0, 1) if self.clip else share)

    def faults(self, direction: Direction, full: float) -> list[tuple[str, str]]:
        """Refuse goalposts that are upside down."""
        found = super().faults(direction, full)
        if self.low is not None and self.high is not None and self.low >= self.high:
            found.append(("low 须小于 high", "方向由 direction 决定，上下限按数值大小写"))
        return found


class ZScore(_Relative):
    """Standardised by mean and sample standard deviation (OECD/JRC handbook, step 5)."""

    type: Literal["z_score"]
    centre: Number
    spread: Number
    scope: Scope = "level"
    clip: tuple[Number, Number] | None = None

    def points(self, raw: Raw) -> FloatArray:
        """Centre + spread·z; with fewer than two values, or all equal, the centre."""
        codes = raw.scoped(self.scope)
        known = ~np.isnan(raw.better)
        x = np.where(known, raw.better, 0.0)
        n = group_size(raw.values, codes)
        mean = np.bincount(codes, weights=x)[codes] / np.maximum(n, 1)
        squares = np.bincount(codes, weights=np.where(known, (x - mean) ** 2, 0.0))[codes]
        deviation = np.sqrt(squares / np.maximum(n - 1, 1))
        # rounding noise among equal values is no spread
        varied = deviation > 1e-12 * np.maximum(np.abs(mean), 1.0)
        z = np.divide(x - mean, deviation, out=np.zeros(len(x)), where=varied)
        return clip(self.centre + self.spread * z, self.clip)

    def faults(self, direction: Direction, full: float) -> list[tuple[str, str]]:
        """Refuse a spread that turns the direction round."""
        found = super().faults(direction, full)
        return [*found, ("spread 须大于 0", "方向由 direction 决定")] if self.spread <= 0 else found


class PercentileRank(_Relative):
    """Share of the others that are worse."""

    type: Literal["percentile_rank"]
    scope: Scope = "level"

    def points(self, raw: Raw) -> FloatArray:
        """Full·(place from below − 1)/(n − 1), equals share the lower place."""
        codes = raw.scoped(self.scope)
        from_below = places(-raw.better, codes)
        others = group_size(raw.values, codes) - 1
        share = np.divide(from_below - 1, others, out=np.ones(len(others)), where=others > 0)
        return raw.full * share


class DistanceToReference(_Relative):
    """Closeness to a reference, the observed worst being 0."""

    type: Literal["distance_to_reference"]
    reference: Number
    scope: Scope = "level"
    clip: bool = True

    def points(self, raw: Raw) -> FloatArray:
        """Full·(1 − (reference − x)/(reference − worst))."""
        codes = raw.scoped(self.scope)
        how = np.minimum if raw.direction == "up" else np.maximum
        worst = by_group(raw.values, codes, how)
        width = float(self.reference) - worst
        apart = (width != 0) & np.isfinite(width)
        short = np.divide(float(self.reference) - raw.values, width, out=np.zeros(len(width)), where=apart)
        share = 1 - short
        return raw.full * (np.clip(share, 0, 1) if self.clip else share)
