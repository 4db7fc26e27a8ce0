"""Numbers that a methodology states, and the one way in which it rounds.

A number in a methodology file can carry its clause, its approval and dated
versions; in arithmetic it is an ordinary float.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from pydantic import BaseModel
from pydantic_core import PydanticCustomError, core_schema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import GetCoreSchemaHandler

FloatArray = np.ndarray[Any, np.dtype[np.floating[Any]]]
"""One float per entity or per row; NaN stands for "none"."""

_HALF_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Version:
    """One dated version of a number: in force from ``start`` on."""

    start: dt.date
    value: float
    reason: str
    approver: str


class Number(float):
    """A float that knows its clause, approval, note and dated versions."""

    clause: str
    approved: str
    note: str
    versions: tuple[Version, ...]

    def __new__(
        cls,
        value: float,
        *,
        clause: str = "",
        approved: str = "",
        note: str = "",
        versions: tuple[Version, ...] = (),
    ) -> Self:
        """Make a number; ``versions`` are in order of their start."""
        self = super().__new__(cls, value)
        self.clause, self.approved, self.note, self.versions = clause, approved, note, versions
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle and copy with the metadata."""
        return _number, (float(self), self.clause, self.approved, self.note, self.versions)

    def at(self, day: dt.date) -> Number:
        """Return the version in force on ``day``.

        Raises:
            ValueError: every version starts after ``day``.
        """
        if not self.versions:
            return self
        known = [version for version in self.versions if version.start <= day]
        if not known:
            msg = f"{self.versions[0].start} 起才有数值，{day} 没有可用的版本"
            raise ValueError(msg)
        return Number(
            known[-1].value,
            clause=self.clause,
            approved=known[-1].approver,
            note=known[-1].reason,
        )

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: object, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """Parse plain numbers and the two mapping forms of docs/methodology.md."""
        return core_schema.no_info_plain_validator_function(
            cls._parse, serialization=core_schema.plain_serializer_function_ser_schema(float)
        )

    @classmethod
    def _parse(cls, raw: object) -> Number:
        if isinstance(raw, Number):
            return raw
        if isinstance(raw, dict):
            return cls._parse_mapping(raw)
        return cls(_plain(raw))

    @classmethod
    def _parse_mapping(cls, raw: Mapping[Any, Any]) -> Number:
        allowed = {"value", "versions", "clause", "approved", "note"}
        unknown = sorted(str(key) for key in raw if key not in allowed)
        if unknown or ("value" in raw) == ("versions" in raw):
            raise _fault(
                f"数值写法不对({'、'.join(unknown) or 'value 与 versions 须有且只有一个'})",
                "数，或 {value: 数, clause: 条款, approved: 批准, note: 说明}，或 {versions: [...]}",
            )
        versions = _parse_versions(raw["versions"]) if "versions" in raw else ()
        return cls(
            versions[-1].value if versions else _plain(raw["value"]),
            clause=str(raw.get("clause", "")),
            approved=str(raw.get("approved", "")),
            note=str(raw.get("note", "")),
            versions=versions,
        )


def _number(value: float, clause: str, approved: str, note: str, versions: tuple[Version, ...]) -> Number:
    return Number(value, clause=clause, approved=approved, note=note, versions=versions)


def _fault(message: str, expected: str) -> PydanticCustomError:
    return PydanticCustomError("number", "{message}", {"message": message, "expected": expected})


def _plain(raw: object) -> float:
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not np.isfinite(raw):
        raise _fault("不是数", "一个数，如 95 或 0.2")
    return float(raw)


def _parse_versions(raw: object) -> tuple[Version, ...]:
    keys = {"from", "value", "reason", "approver"}
    expected = "[{from: 2012-01-01, value: 95, reason: 理由, approver: 批准人}, …]，日期递增"
    if not isinstance(raw, list) or not raw:
        raise _fault("versions 应是一个列表", expected)
    for item in raw:
        if not isinstance(item, dict) or set(item) != keys or not isinstance(item["from"], dt.date):
            raise _fault("数值版本须写明 from、value、reason、approver 四项", expected)
    versions = tuple(
        Version(item["from"], _plain(item["value"]), str(item["reason"]), str(item["approver"]))
        for item in raw
    )
    starts = [version.start for version in versions]
    if starts != sorted(set(starts)):
        raise _fault("数值版本的日期须递增且不重复", expected)
    return versions


def version_starts(node: object) -> set[dt.date]:
    """Return the start of every dated version anywhere inside a model."""
    if isinstance(node, Number):
        return {version.start for version in node.versions}
    return {start for child in _children(node) for start in version_starts(child)}


def cited_numbers(node: object, name: str = "") -> list[tuple[str, Number]]:
    """Return, with their keys, the numbers inside a model that carry a clause, an approval or a note."""
    return [
        (key, number)
        for key, number in _numbers(node, name)
        if number.clause or number.approved or number.note
    ]


def dated_numbers(node: object, name: str = "") -> list[tuple[str, Number]]:
    """Return, with their keys, the numbers inside a model that have dated versions."""
    return [(key, number) for key, number in _numbers(node, name) if number.versions]


def at_day(node: Any, day: dt.date) -> Any:
    """Return ``node`` (a model, mapping or sequence) with each number as in force on ``day``."""
    if isinstance(node, Number):
        return node.at(day)
    if isinstance(node, BaseModel):
        values = {name: getattr(node, name) for name in type(node).model_fields}
        resolved = {name: at_day(value, day) for name, value in values.items()}
        # only what changed: a copy must not make defaults look as if they were written
        changed = {name: value for name, value in resolved.items() if value is not values[name]}
        return node.model_copy(update=changed) if changed else node
    if isinstance(node, dict):
        return _same_if_equal(node, {key: at_day(value, day) for key, value in node.items()})
    if isinstance(node, tuple):
        return _same_if_equal(node, tuple(at_day(value, day) for value in node))
    return node


def _same_if_equal(before: Any, after: Any) -> Any:
    """Return the old container where nothing in it was replaced."""
    pairs = zip(_children(before), _children(after), strict=True)
    return before if all(old is new for old, new in pairs) else after


def _children(node: object) -> list[object]:
    if isinstance(node, BaseModel):
        return [getattr(node, name) for name in type(node).model_fields]
    if isinstance(node, dict):
        return list(node.values())
    return list(node) if isinstance(node, tuple) else []


def _numbers(node: object, name: str) -> list[tuple[str, Number]]:
    if isinstance(node, Number):
        return [(name, node)]
    if isinstance(node, BaseModel):
        inside = [(key, getattr(node, key)) for key in type(node).model_fields]
    elif isinstance(node, dict):
        inside = [(str(key), value) for key, value in node.items()]
    else:
        inside = [(name, value) for value in _children(node)]
    return [found for key, value in inside for found in _numbers(value, key)]


def round_half_up(values: FloatArray | float, digits: int | None) -> FloatArray:
    """Round to ``digits`` decimals, halves away from zero (四舍五入); ``None`` leaves as is.

    A value within 1e-9 of a half, in units of the last digit kept, counts as
    that half: binary arithmetic turns a 97.405 into 97.40499999999999, and a
    person who recalculates the score must get the same figure.
    """
    array = np.asarray(values, dtype=np.float64)
    if digits is None:
        return array
    scaled = np.abs(array) * 10.0**digits
    rounded = np.copysign(np.floor(scaled + 0.5 + _HALF_TOLERANCE), array) / 10.0**digits
    return rounded + 0.0  # no negative zero
