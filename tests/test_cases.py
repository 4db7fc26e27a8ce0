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
from pydantic import BaseModel, BeforeValidator, ConfigDict, TypeAdapter, ValidationError

from wbwz_eval.campaign.fields import Field
from wbwz_eval.campaign.ledgers import Ledger, LedgerSchema
from wbwz_eval.campaign.periods import enclosing, parse_period
from wbwz_eval.campaign.workdays import WorkCalendar
from wbwz_eval.campaign.yaml_source import load_yaml
from wbwz_eval.scoring.adjust import NO_GRADE, capped, grade, rank
from wbwz_eval.scoring.aggregate import aggregate
from wbwz_eval.scoring.measures import Measure, measure
from wbwz_eval.scoring.methodology import Indicator, Methodology
from wbwz_eval.scoring.numbers import round_half_up
from wbwz_eval.scoring.points import RawValues, score_indicator
from wbwz_eval.scoring.rules import parse_rule, score_values
from wbwz_eval.scoring.selection import Context
from wbwz_eval.scoring.tree import Grades, Items, Level

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


class OverRows(Case):
    fields: dict[str, str]
    rows: tuple[dict[str, Any], ...]
    entities: tuple[str, ...]
    period: str
    start: dt.date = dt.date(2011, 7, 1)
    end: dt.date = dt.date(2012, 11, 30)
    cutoff: dt.date
    measure: dict[str, Any]

    def measured(self):
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
        return measure(TypeAdapter(Measure).validate_python(self.measure), context)


class Measured(OverRows):
    expected: dict[str, PerEntity | None]
    reasons: dict[int, str] | None = None

    def check(self):
        measured = self.measured()
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


class NodeDigits(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    node: int | None = None


class Aggregated(Case):
    level: dict[str, Any]
    rounding: NodeDigits = NodeDigits()
    points: dict[str, PerEntity]
    values: dict[str, PerEntity] = {}
    expected: dict[str, PerEntity]

    def check(self):
        entities = list(next(iter(self.points.values())))
        aggregated = aggregate(
            Level.model_validate(self.level),
            {leaf: over(entities, points) for leaf, points in self.points.items()},
            {indicator: over(entities, values) for indicator, values in self.values.items()},
            self.rounding.node,
        )
        scores = {**aggregated.score, "base": aggregated.base}
        for entity, expected in self.expected.items():
            position = entities.index(entity)
            same(np.array([scores[node][position] for node in expected]), expected.values())


class Place(BaseModel):
    """What a case says of one entity; it may be silent on the rest."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rank: float | None = None
    tie: bool | None = None
    grade: str | None = None


class Standing(Case):
    totals: PerEntity
    groups: dict[str, str]
    tie_scores: dict[str, PerEntity] = {}
    method: str
    grades: dict[str, Any] | None = None
    vetoes: dict[str, str] = {}
    expected: dict[str, Place]

    def check(self):
        entities = list(self.totals)
        assert entities == sorted(entities)
        names, groups = np.unique(over(entities, self.groups, kind=object).astype(str), return_inverse=True)
        totals = over(entities, self.totals)
        ties = [over(entities, scores) for scores in self.tie_scores.values()]
        places, tied = rank(totals, groups, self.method, ties)
        given = self.graded(totals, groups, names.tolist(), ties) if self.grades else {}
        for entity, expected in self.expected.items():
            position = entities.index(entity)
            got = {"rank": places[position], "tie": bool(tied[position]), "grade": given.get(entity)}
            for what in expected.model_fields_set:
                if what == "rank":
                    same(np.array([got["rank"]]), [expected.rank])
                else:
                    assert (what, got[what]) == (what, getattr(expected, what))

    def graded(self, totals, groups, names, ties):
        grades = Grades.model_validate(self.grades)
        assert set(self.vetoes) <= set(self.totals)
        caps = np.array(
            [grades.order.index(self.vetoes.get(entity, grades.order[0])) for entity in self.totals]
        )
        positions = grade(grades, totals, groups, names, ties, caps)
        return {
            entity: None if position == NO_GRADE else grades.order[position]
            for entity, position in zip(self.totals, positions, strict=True)
        }


class Adjusted(Case):
    section: dict[str, Any]
    values: dict[str, PerEntity]
    entities: tuple[str, ...] = ()
    expected: PerEntity

    def check(self):
        entities = list(self.entities or next(iter(self.values.values())))
        items = {
            item: {"name": item, "measure": ANY_MEASURE, **keys}
            for item, keys in self.section["items"].items()
        }
        section = Items.model_validate({**self.section, "items": items})
        values = {item: over(entities, values) for item, values in self.values.items()}
        same(capped(section, values, len(entities)), over(entities, self.expected))


class StageDigits(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    value: int | None = None
    points: int | None = None


class UnderPolicy(Case):
    policy: str
    not_applicable: str | None = None
    direction: str
    rule: dict[str, Any]
    full: Exact = 100.0
    values: PerEntity
    n: PerEntity | None = None
    min_n: int | None = None
    excused: tuple[str, ...] = ()
    groups: dict[str, str]
    rounding: StageDigits = StageDigits()
    own_rounding: dict[str, int | None] = {}
    expected: PerEntity
    out: tuple[str, ...] = ()

    def check(self):
        entities = list(self.values)
        raw = RawValues(
            value=over(entities, self.values),
            n=over(entities, self.n or dict.fromkeys(entities, 100.0)),
            low=None,
            high=None,
            excused=np.isin(entities, self.excused),
        )
        groups = codes([self.groups[entity] for entity in entities])
        points = score_indicator(self.methodology(), "X", raw, full=self.full, groups=groups)
        same(points.points, over(entities, self.expected))
        out = np.zeros(len(entities), dtype=bool) if points.out is None else points.out
        assert [entity for entity, gone in zip(entities, out, strict=True) if gone] == list(self.out)

    def methodology(self):
        indicator = {
            "name": self.name,
            "direction": self.direction,
            "measure": ANY_MEASURE if self.min_n is None else {**ANY_MEASURE, "min_n": self.min_n},
            "rule": self.rule,
            "missing": self.policy,
            "not_applicable": self.not_applicable or self.policy,
            "rounding": self.own_rounding,
        }
        return smallest(indicator, self.rounding)


class ByRows(OverRows):
    rule: dict[str, Any]
    direction: str
    full: Exact = 100.0
    expected: PerEntity

    def check(self):
        measured = self.measured()
        table = measured.table
        sides = {name: table[name].to_numpy(dtype=float) for name in table}
        raw = RawValues(sides["value"], sides["n"], None, None, None, sides, measured.rows)
        indicator = {
            "name": self.name,
            "direction": self.direction,
            "measure": self.measure,
            "rule": self.rule,
        }
        groups = np.zeros(len(self.entities), dtype=np.int64)
        points = score_indicator(smallest(indicator, StageDigits()), "X", raw, full=self.full, groups=groups)
        same(points.points, over(self.entities, self.expected))


def smallest(indicator, rounding):
    """Make the smallest methodology that holds an indicator."""
    file = {
        "version": "v1",
        "title": "one indicator",
        "rounding": rounding.model_dump(),
        "indicators": {"X": Indicator.model_validate(indicator)},
        "levels": {"unit": {"tree": {"X": 100}}},
        "digest": "",
    }
    return Methodology.model_validate(file)


ANY_MEASURE = {"kind": "mean", "ledger": "facts", "date": "on_day", "value": "amount"}
CALENDAR = WorkCalendar()
COMMON = {
    "row_id": "text",
    "entity_id": "entity",
    "status": "text",
    "verified_by": "text",
    "verified_on": "date",
}


def facts(fields, rows, *, reported):
    """Make a ledger of what a case writes down, one row per fact."""
    own = {**COMMON, **fields}
    # when a row came in stands in its receipt, not among its fields
    kinds = {**own, "reported_on": "date"}
    written = []
    for number, row in enumerate(rows, start=1):
        full = {"row_id": str(number), "reported_on": reported, "status": "有效", **row}
        full["entity_id"] = full.pop("entity")
        assert set(full) <= set(kinds), f"row {number} has a field that the case does not name"
        written.append(full)
    table = pd.DataFrame(
        {code: column(kind, [row.get(code) for row in written]) for code, kind in kinds.items()}
    )
    table["receipt"] = 1
    table["source"] = "facts.csv(回执 1)"
    table["source_row"] = np.arange(len(rows)) + 2
    schema = LedgerSchema(
        name="facts", fields={code: Field(label=code, type=kind) for code, kind in own.items()}
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


def over(entities, values, *, kind=float):
    """Lay out what a case says per entity; it must say it of each."""
    assert list(values) == list(entities)
    return np.array([np.nan if value is None else value for value in values.values()], dtype=kind)


def codes(names):
    return np.unique(np.array(names, dtype=object), return_inverse=True)[1].astype(np.int64)


def same(got, expected):
    """Hold numbers to each other, nothing to nothing."""
    expected = array(list(expected))
    assert got.shape == expected.shape
    np.testing.assert_allclose(got, expected, rtol=0, atol=TOLERANCE, equal_nan=True)


FAMILIES: Mapping[str, type[Case]] = {
    "adjustments": Adjusted,
    "aggregation": Aggregated,
    "measures": Measured,
    "policies": UnderPolicy,
    "rounding": Rounded,
    "rows": ByRows,
    "rules": Ruled,
    "standing": Standing,
}


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


def test_names_tell_cases_apart():
    names = [case.name for case in written_cases()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("form", FAMILIES.values(), ids=FAMILIES)
def test_a_key_that_no_case_has_stops_the_run(form):
    with pytest.raises(ValidationError, match="extra_forbidden"):
        form.model_validate({"name": "x", "by_hand": "x", "expcted": []})
