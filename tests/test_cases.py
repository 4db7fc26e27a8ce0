"""Cases calculated by hand from docs/methodology.md, each a sentence that a committee can check.

The files of ``tests/cases`` hold the figures; here is only what carries them
to the engine. A key that a case should not have stops the run.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest
from pydantic import BaseModel, BeforeValidator, ConfigDict, TypeAdapter

from wbwz_eval.campaign.yaml_source import load_yaml
from wbwz_eval.scoring.numbers import round_half_up
from wbwz_eval.scoring.rules import parse_rule, score_values

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


def array(values):
    return np.array([np.nan if value is None else value for value in values], dtype=float)


def codes(names):
    return np.unique(np.array(names, dtype=object), return_inverse=True)[1].astype(np.int64)


def same(got, expected):
    """Hold numbers to each other, nothing to nothing."""
    expected = array(expected)
    assert got.shape == expected.shape
    np.testing.assert_allclose(got, expected, rtol=0, atol=TOLERANCE, equal_nan=True)


FAMILIES: Mapping[str, type[Case]] = {"rounding": Rounded, "rules": Ruled}


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
