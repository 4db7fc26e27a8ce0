"""What an evaluation came to, as tidy tables."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Scores:
    """One level of one period: a header and eight tables (docs/results.md).

    ``header`` says what the figures stand on; ``scores`` has one row per
    entity, ``nodes`` one per entity and node of the tree, ``rows`` one per
    entity, indicator and ledger row, ``adjustments`` one per row of bonus,
    deduction or veto, ``changes`` one per entity and leaf against the period
    before, ``quality`` one per weakness of the data, ``parts`` one per entity and
    period that its base total is composed of, ``method`` one per line of the
    method.
    """

    header: dict[str, Any]
    scores: pd.DataFrame
    nodes: pd.DataFrame
    rows: pd.DataFrame
    adjustments: pd.DataFrame
    changes: pd.DataFrame
    quality: pd.DataFrame
    parts: pd.DataFrame
    method: pd.DataFrame

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)[1:]}
