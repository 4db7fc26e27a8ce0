"""Composition across periods: a year from its quarters, and rules that look across them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wbwz_eval.campaign.periods import label_zh
from wbwz_eval.scoring.numbers import FloatArray, round_half_up

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wbwz_eval.campaign.periods import Period, PeriodKind
    from wbwz_eval.scoring.evaluation import Evaluation
    from wbwz_eval.scoring.fields import BoolArray
    from wbwz_eval.scoring.numbers import Number
    from wbwz_eval.scoring.tree import Recurrence

PART_COLUMNS = ("entity_id", "period", "period_name", "kind", "weight", "base", "contribution")


@dataclass(frozen=True)
class Part:
    """An evaluated period within a longer one, in the order of the longer one's entities.

    All arrays have shape (entities,), NaN where an entity has none; ``last`` is whether it was last
    of a group of at least two that have places.
    """

    period: Period
    base: FloatArray
    down: FloatArray
    up: FloatArray
    last: BoolArray
    first: BoolArray

    @staticmethod
    def of(period: Period, evaluation: Evaluation, entities: pd.Index, wanted: pd.Index) -> Part:
        """Take from an evaluation what a longer period needs, its entities in the order ``wanted``."""
        rank, codes = evaluation.rank, evaluation.groups.codes
        frame = pd.DataFrame({"group": codes, "rank": rank}, index=entities)
        worst = frame.groupby("group")["rank"].transform("max")
        many = frame.groupby("group")["rank"].transform("count") > 1
        frame["last"] = many & (frame["rank"] == worst)
        frame["first"] = many & (frame["rank"] == 1)
        frame["base"] = evaluation.base
        frame["down"] = np.nan_to_num(evaluation.total - evaluation.total_low)
        frame["up"] = np.nan_to_num(evaluation.total_high - evaluation.total)
        frame = frame.reindex(wanted)
        base, down, up = (frame[name].to_numpy(np.float64) for name in ("base", "down", "up"))
        last, first = (frame[name].eq(other=True).to_numpy(bool) for name in ("last", "first"))
        return Part(period, base, down, up, last, first)


@dataclass(frozen=True)
class Composed:
    """A base total made of several periods': arrays of shape (entities,); ``parts`` says of which."""

    base: FloatArray
    down: FloatArray
    up: FloatArray
    parts: pd.DataFrame


def compose(
    plan: Mapping[PeriodKind, Number],
    parts: Mapping[PeriodKind, Sequence[Part]],
    entities: pd.Index,
    digits: int | None,
) -> Composed:
    """Return the weighted mean of the kinds, each the mean of its periods.

    A period in which an entity has no base total leaves its weight to the others of its kind, a kind
    without any to the other kinds. The intervals of the periods are taken as independent, so that
    the composed one is the root of the sum of squares of weight × half-width.

    Args:
        plan: Weight of each kind of period.
        parts: The periods of each kind.
        entities: Ids, in the order of the arrays.
        digits: To round the base total to, half up; None = not rounded.
    """
    every = [(kind, part) for kind in plan for part in parts.get(kind, ())]
    if not every:
        none = np.full(len(entities), np.nan)
        return Composed(none, none * 0, none * 0, pd.DataFrame(columns=list(PART_COLUMNS)))
    base = np.column_stack([part.base for _, part in every])
    known = ~np.isnan(base)
    kinds = np.array([list(plan).index(kind) for kind, _ in every])
    member = kinds[:, None] == np.arange(len(plan))  # (parts, kinds)
    count = known.astype(np.int64) @ member  # how many periods of each kind an entity has
    share = np.array([float(weight) for weight in plan.values()]) * (count > 0)
    total = share.sum(axis=1, keepdims=True)
    share = np.divide(share, total, out=np.zeros_like(share), where=total > 0)
    weight = known * np.divide(share, count, out=np.zeros_like(share), where=count > 0)[:, kinds]
    contribution = weight * np.nan_to_num(base)
    mean = np.where(known.any(axis=1), contribution.sum(axis=1), np.nan)
    down, up = (
        np.sqrt(((weight * np.nan_to_num(np.column_stack(sides))) ** 2).sum(axis=1))
        for sides in ([part.down for _, part in every], [part.up for _, part in every])
    )
    size, wide = base.shape
    named = np.array([(part.period.id, label_zh(part.period), kind) for kind, part in every], dtype=object)
    table = pd.DataFrame(
        {
            "entity_id": np.repeat(entities.to_numpy(object), wide),
            **{
                code: np.tile(named[:, at], size) for at, code in enumerate(("period", "period_name", "kind"))
            },
            "weight": weight.ravel(),
            "base": base.ravel(),
            "contribution": contribution.ravel(),
        }
    )
    return Composed(round_half_up(mean, digits), down, up, table[known.ravel()].reset_index(drop=True))


def recurred(rule: Recurrence, parts: Sequence[Part], size: int) -> FloatArray:
    """Return how many times each entity took the place that a rule looks for, shape (entities,)."""
    count = np.zeros(size)
    for part in parts:
        count += part.last if rule.place == "last" else part.first
    return count
