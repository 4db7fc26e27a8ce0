"""What measures work on and what they come to: rows with their reasons, values with their evidence."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from wbwz_eval.scoring.fields import BoolArray, DayArray
from wbwz_eval.scoring.numbers import FloatArray

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from wbwz_eval.campaign.ledgers import Ledger
    from wbwz_eval.campaign.periods import Period
    from wbwz_eval.campaign.workdays import WorkCalendar

CodeArray = np.ndarray[Any, np.dtype[np.int64]]
TextArray = np.ndarray[Any, np.dtype[np.object_]]

LongerPeriod = Literal["month", "quarter", "half", "year", "term"]

WITHDRAWN_STATUS = "撤回"
OUT_OF_PERIOD = "不在期内"
WITHDRAWN = "已撤回"
LATE = "截止后报送"
NOT_CONCERNED = "不在口径内"
UNVERIFIED = "未核实"
SUPERSEDED = "已有更新的行"
DUPLICATE = "重复"
NO_VALUE = "缺数"
NO_DATE = "缺日期"
NOT_YET_DUE = "未到期"

NOISE_DIGITS = 10


@dataclass(frozen=True)
class Context:
    """What a measure needs to know beside its own specification.

    ``entities`` are the ids to measure, in the order of every result.
    ``all_rows`` keeps the rows outside the window in the evidence.
    """

    ledger: Callable[[str], Ledger]
    entities: pd.Index[Any]
    period: Period
    start: dt.date
    cutoff: dt.date
    calendar: WorkCalendar
    enclosing: Callable[[LongerPeriod], Period]
    all_rows: bool = False
    _codes: dict[str, CodeArray] = field(default_factory=dict)

    def codes(self, ledger: Ledger) -> CodeArray:
        """Return the entity position of each ledger row, -1 for other entities."""
        if ledger.id not in self._codes:
            self._codes[ledger.id] = self.entities.get_indexer(pd.Index(ledger.rows["entity_id"]))
        return self._codes[ledger.id]


@dataclass(frozen=True)
class Counted:
    """The rows that count: parallel arrays, one element per row.

    ``candidates`` are the rows before the kind of measure voided some, and
    ``voided`` says why each of those does not count ("" = it does).
    """

    rows: pd.DataFrame
    codes: CodeArray
    place: DayArray
    value: FloatArray
    weight: FloatArray
    size: int
    row_sides: dict[str, FloatArray]
    candidates: Counted | None = None
    voided: TextArray | None = None

    def sum(self, per_row: FloatArray | BoolArray) -> FloatArray:
        """Return the sum per entity, shape (entities,)."""
        return np.bincount(self.codes, weights=per_row, minlength=self.size).astype(np.float64)

    @property
    def n(self) -> FloatArray:
        """Return the number of rows per entity."""
        return np.bincount(self.codes, minlength=self.size).astype(np.float64)


@dataclass(frozen=True)
class Measured:
    """A measure for all entities.

    ``table`` is indexed by entity id with columns value, numerator,
    denominator, n, low, high, pooled and one per side; ``rows`` is the
    evidence: one line per ledger row, counted or not, with the reason.
    """

    table: pd.DataFrame
    rows: pd.DataFrame
