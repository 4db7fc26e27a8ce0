"""Cases calculated by hand from docs/methodology.md, each a sentence that a committee can check.

The files of ``tests/cases`` hold the figures; here is only what carries them
to the engine. A key that a case should not have stops the run.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import pytest
from pydantic import BaseModel, BeforeValidator, ConfigDict, TypeAdapter

from wbwz_eval.campaign.fields import Field
from wbwz_eval.campaign.ledgers import Ledger, LedgerSchema
from wbwz_eval.campaign.periods import enclosing, parse_period
from wbwz_eval.campaign.workdays import WorkCalendar
from wbwz_eval.campaign.yaml_source import load_yaml
from wbwz_eval.scoring.measures import Measure, measure
from wbwz_eval.scoring.numbers import round_half_up
from wbwz_eval.scoring.rules import parse_rule, score_values
from wbwz_eval.scoring.selection import Context

CASES = Path(__file__).parent / "cases"
TOLERANCE = 1e-9


def exactly(written: object) -> object:
    """Read 200/3 as the fraction that a hand calculation ends with."""
    return float(Fraction(written)) if isinstance(written, str) else written


Exact = Annotated[float, BeforeValidator(exactly)]
Row = tuple[Exact | None, ...]
PerEntity = dict[str, Exact | None]


class Case(BaseModel):
    """What every case has; a key that is not listed is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    by_hand: str

    def check(self) -> None:
        """Ask the engine and compare."""
        raise AssertionError(self.name)


class Rounded(Case):
    values: Row
    digits: int | None
    expected: Row

    def check(self):
        same(round_half_up(array(self.values), self.digits), self.expected)


class Ruled(Case):
    rule: dict[str, Any]
    direction: str
    full: Exact = 100.0
    values: Row
    sides: dict[str, Row] = {}
    groups: tuple[str, ...] | None = None
    expected: Row

    def check(self):
        rule = parse_rule(self.rule)
        assert not rule.faults(self.direction, self.full), "a methodology file could not hold this rule"
        points = score_values(
            rule,
            array(self.values),
            direction=self.direction,
            full=self.full,
            sides={name: array(side) for name, side in self.sides.items()},
            groups=None if self.groups is None else codes(self.groups),
        )
        same(points, self.expected)


class Measured(Case):
    fields: dict[str, str]
    rows: tuple[dict[str, Any], ...]
    entities: tuple[str, ...]
    period: str
    start: dt.date = dt.date(2011, 7, 1)
    end: dt.date = dt.date(2012, 11, 30)
    cutoff: dt.date
    measure: dict[str, Any]
    expected: dict[str, PerEntity | None]
    reasons: dict[int, str] | None = None

    def check(self):
        term = (self.start, self.end)
        period = parse_period(self.period, term)
        ledger = facts(self.fields, self.rows, reported=period.end)
        context = Context(
            ledger={"facts": ledger}.__getitem__,
            entities=pd.Index(self.entities, dtype=object),
            period=period,
            start=self.start,
            cutoff=self.cutoff,
            calendar=CALENDAR,
            enclosing=lambda kind: enclosing(period, kind, term),
            all_rows=True,
        )
        measured = measure(TypeAdapter(Measure).validate_python(self.measure), context)
        assert set(self.expected) <= set(self.entities)
        assert measured.table.index.tolist() == list(self.entities)
        for entity, expected in self.expected.items():
            for column, value in (expected or {"value": None}).items():
                same(np.array([measured.table.at[entity, column]], dtype=float), [value])
        if self.reasons is not None:
            self.check_reasons(measured.rows)

    def check_reasons(self, evidence):
        """Every row has its line; one without a reason in the case is a row that counts."""
        assert sorted(evidence["row_id"], key=int) == [str(row) for row in range(1, len(self.rows) + 1)]
        found = evidence.set_index("row_id")
        given = {row: found.at[str(row), "reason"] for row in self.reasons}
        assert given == self.reasons
        silent = [str(row) for row in range(1, len(self.rows) + 1) if row not in self.reasons]
        assert found.loc[silent, "counted"].all()


CALENDAR = WorkCalendar()
COMMON = {
    "row_id": "text",
    "entity_id": "entity",
    "reported_on": "date",
    "status": "text",
    "verified_by": "text",
    "verified_on": "date",
}


def facts(fields, rows, *, reported):
    """Make a ledger of what a case writes down, one row per fact."""
    kinds = {**COMMON, **fields}
    written = []
    for number, row in enumerate(rows, start=1):
        full = {"row_id": str(number), "reported_on": reported, "status": "有效", **row}
        full["entity_id"] = full.pop("entity")
        assert set(full) <= set(kinds), f"row {number} has a field that the case does not name"
        written.append(full)
    table = pd.DataFrame(
        {code: column(kind, [row.get(code) for row in written]) for code, kind in kinds.items()}
    )
    table["source"] = "ledgers/facts.csv"
    table["source_row"] = np.arange(len(rows)) + 2
    schema = LedgerSchema(
        name="facts", fields={code: Field(label=code, type=kind) for code, kind in kinds.items()}
    )
    return Ledger(id="facts", schema=schema, rows=table)


def column(kind, cells):
    if kind == "date":
        assert all(cell is None or isinstance(cell, dt.date) for cell in cells)
        return pd.array(np.array(cells, dtype="datetime64[s]"))
    if kind in {"number", "integer"}:
        return array(cells)
    assert all(cell is None or isinstance(cell, str) for cell in cells)
    return np.array(["" if cell is None else cell for cell in cells], dtype=object)


def array(values):
    return np.array([np.nan if value is None else value for value in values], dtype=float)


def codes(names):
    return np.unique(np.array(names, dtype=object), return_inverse=True)[1].astype(np.int64)


def same(got, expected):
    """Hold numbers to each other, nothing to nothing."""
    expected = array(expected)
    assert got.shape == expected.shape
    np.testing.assert_allclose(got, expected, rtol=0, atol=TOLERANCE, equal_nan=True)


FAMILIES: Mapping[str, type[Case]] = {"measures": Measured, "rounding": Rounded, "rules": Ruled}


def written_cases():
    """Read every file of the cases, each by the form of its family."""
    for path in sorted(CASES.glob("*.yaml")):
        source = load_yaml(path)
        assert not source.faults, [str(fault) for fault in source.faults]
        form = FAMILIES[path.stem.split("_")[0]]
        yield from TypeAdapter(list[form]).validate_python(source.data)


@pytest.mark.parametrize("case", list(written_cases()), ids=lambda case: case.name)
def test_case(case):
    case.check()
