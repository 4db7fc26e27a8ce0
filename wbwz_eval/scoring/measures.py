"""All kinds of measure, and the one entrance that evaluates any of them.

To add a kind: one class in the module where it belongs, its name in
``Measure``, a line in docs/methodology.md and a test.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from wbwz_eval.scoring.amounts import (
    PERCENT,
    Count,
    Latest,
    Max,
    Mean,
    Median,
    Min,
    PercentileWithin,
    Ratio,
    Sum,
)
from wbwz_eval.scoring.fields import Strict
from wbwz_eval.scoring.measured import Measured
from wbwz_eval.scoring.numbers import Number
from wbwz_eval.scoring.opinions import Panel, Survey
from wbwz_eval.scoring.shares import FirstTimeRate, MeanLateness, OnTimeRate, Rate
from wbwz_eval.scoring.tracks import ScheduleDeviation, Uplift

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wbwz_eval.scoring.measured import Context
    from wbwz_eval.scoring.selection import LedgerMeasure

OverLedger = (
    Count
    | Sum
    | Mean
    | Median
    | Max
    | Min
    | Latest
    | Rate
    | OnTimeRate
    | Ratio
    | MeanLateness
    | FirstTimeRate
    | PercentileWithin
    | ScheduleDeviation
    | Uplift
    | Panel
    | Survey
)


class Factor(Strict):
    """One share of a product, or what is left of it."""

    measure: Annotated[OverLedger, Field(discriminator="kind")]
    complement: bool = False


class Product(Strict):
    """A product of shares, such as punctuality × (1 − difference rate)."""

    kind: Literal["product"]
    of: tuple[Factor, ...] = Field(min_length=2)
    scale: Number = Number(PERCENT)

    @property
    def sides(self) -> tuple[str, ...]:
        """The sides of all factors."""
        return tuple(dict.fromkeys(name for factor in self.of for name in factor.measure.sides))

    def evaluate(self, context: Context) -> Measured:
        """Return the product; missing where a factor is, n that of the smallest factor."""
        parts = [(factor, factor.measure.evaluate(context)) for factor in self.of]
        shares = [_share(factor, measured.table) for factor, measured in parts]
        table = reduce(lambda left, right: left * right, shares) * float(self.scale)
        for position, share in enumerate(shares, 1):
            table[f"share_{position}"] = share["value"]
        tables = [measured.table for _, measured in parts]
        table["n"] = np.min([part["n"] for part in tables], axis=0)
        table["numerator"], table["denominator"] = table["value"], float(self.scale)
        table["pooled"] = np.any([part["pooled"] for part in tables], axis=0)
        for part in tables:
            for name in part.columns.difference(table.columns):
                table[name] = part[name]
        exact = table["low"] == table["high"]
        table.loc[exact, ["low", "high"]] = float("nan")
        rows = pd.concat([_evidence(factor, part.rows) for factor, part in parts], ignore_index=True)
        return Measured(table, rows)


def _share(factor: Factor, table: pd.DataFrame) -> pd.DataFrame:
    """Return value, low and high as shares of 1, turned round for a complement.

    A factor without an interval stands at its value, so that the product's
    interval is that of the factors that have one.
    """
    share = table[["value", "low", "high"]] / factor.measure.factor
    ends = share[["low", "high"]].isna().all(axis=1)
    share.loc[ends, "low"] = share.loc[ends, "high"] = share.loc[ends, "value"]
    if factor.complement:
        share = 1 - share.rename(columns={"low": "high", "high": "low"})
    return share[["value", "low", "high"]]


def _evidence(factor: Factor, rows: pd.DataFrame) -> pd.DataFrame:
    """Return a factor's rows; of a complement, a row that does not hit is as it should be."""
    if not factor.complement:
        return rows
    return rows.assign(reason=rows["reason"].where(~rows["counted"], ""))


Measure = Annotated[OverLedger | Product, Field(discriminator="kind")]


def ledger_measures(spec: OverLedger | Product) -> Iterator[LedgerMeasure]:
    """Yield the measure itself, or the factors of a product."""
    if isinstance(spec, Product):
        for factor in spec.of:
            yield factor.measure
    else:
        yield spec


def measure(spec: OverLedger | Product, context: Context) -> Measured:
    """Measure all entities of ``context`` at once; rows in, one raw value each out."""
    return spec.evaluate(context)
