"""What a measure asks of its ledger must be there, of the right type, with values that exist."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wbwz_eval.campaign.faults import one_of
from wbwz_eval.scoring.fields import COMPARISONS
from wbwz_eval.scoring.measures import ledger_measures
from wbwz_eval.scoring.opinions import Panel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from wbwz_eval.campaign.ledgers import Codebook, LedgerSchema
    from wbwz_eval.campaign.yaml_source import Loc
    from wbwz_eval.scoring.fields import Condition
    from wbwz_eval.scoring.measures import Measure
    from wbwz_eval.scoring.selection import LedgerMeasure

NUMBER, DATE = ("number", "integer"), ("date",)


def check_measure(spec: Measure, loc: Loc, codebook: Codebook, report: Callable[..., None]) -> None:
    """Report every ledger, field, type and value that a measure gets wrong."""
    ledgers = codebook.ledgers
    for measure in ledger_measures(spec):
        if measure.ledger not in ledgers:
            known = one_of(ledgers, instead_of=measure.ledger)
            report((*loc, "ledger"), f"没有台账 “{measure.ledger}”", known)
        elif ledgers[measure.ledger].outcome:
            name = ledgers[measure.ledger].name
            report(
                (*loc, "ledger"),
                f"台账 {measure.ledger}({name})登记的是结果的运用，不能再计入得分",
                "其他台账",
            )
        else:
            _check_fields(measure, ledgers[measure.ledger], loc, report)


def _check_fields(
    measure: LedgerMeasure, schema: LedgerSchema, loc: Loc, report: Callable[..., None]
) -> None:
    conditions = list(_conditions(measure))
    names = fields_read(measure)
    for name in sorted(names - set(schema.fields)):
        known = one_of(schema.fields, instead_of=name)
        report(loc, f"台账 {measure.ledger}({schema.name})没有字段 “{name}”", known)
    if names <= set(schema.fields):
        for name, wanted in _wanted_types(measure):
            field = schema.fields[name]
            if field.type not in wanted:
                report(loc, f"字段 “{name}”({field.label})的类型是 {field.type}", " 或 ".join(wanted))
        for name, choices in _literals(measure, conditions):
            field = schema.fields[name]
            allowed = {"choice": field.allowed, "flag": ("是", "否")}.get(field.type)
            for choice in choices:
                if allowed is not None and choice not in allowed:
                    right = one_of(allowed, instead_of=choice)
                    report(loc, f"字段 “{name}”({field.label})没有取值 “{choice}”", right)


def fields_read(measure: LedgerMeasure) -> set[str]:
    """Return the fields of its ledger that a measure reads."""
    names = {*measure.needs, *measure.latest_per, *measure.distinct_by, *measure.own_fields}
    names |= {name for condition in _conditions(measure) for name in condition.fields}
    return names | ({measure.date} if measure.date else set())


def _conditions(measure: LedgerMeasure) -> Iterator[Condition]:
    yield from measure.where
    yield from getattr(measure, "success", ())
    for conditions in measure.counts.values():
        yield from conditions


_NUMBER_KEYS = (
    "weight",
    "numerator",
    "denominator",
    "planned",
    "actual",
    "score",
    "target",
    "baseline",
    "unknown",
)
_DATE_KEYS = ("date", "done", "answered", "raised")


def _wanted_types(measure: LedgerMeasure) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each field that must be of a type, with the types that would do."""
    for keys, wanted in ((_NUMBER_KEYS, NUMBER), (_DATE_KEYS, DATE)):
        for key in keys:
            if isinstance(name := getattr(measure, key, None), str):
                yield name, wanted
    for name in (*getattr(measure, "options", ()), *getattr(measure, "bad", ())):
        yield name, NUMBER
    yield from _types_in_value(measure)
    yield from _types_in_deadline(measure)
    for condition in _conditions(measure):
        if any(getattr(condition, test) is not None for test in COMPARISONS):
            yield condition.field, NUMBER


def _types_in_value(measure: LedgerMeasure) -> Iterator[tuple[str, tuple[str, ...]]]:
    value = getattr(measure, "value", None)
    if value is None:
        return
    if value.map is None:
        yield from ((name, NUMBER) for name in (value.field, value.minus, value.over) if name)
    yield from ((name, DATE) for name in (value.workdays_from, value.to) if name)


def _types_in_deadline(measure: LedgerMeasure) -> Iterator[tuple[str, tuple[str, ...]]]:
    deadline = getattr(measure, "deadline", None)
    if deadline is None:
        return
    yield from ((name, DATE) for name in (deadline.field, deadline.from_) if name)
    lengths = (deadline.workdays, deadline.suspended)
    yield from ((name, NUMBER) for name in lengths if isinstance(name, str))


def _literals(measure: LedgerMeasure, conditions: Iterable[Condition]) -> Iterator[tuple[str, Iterable[str]]]:
    for condition in conditions:
        yield condition.field, condition.choices
    value: Any = getattr(measure, "value", None)
    if value is not None and value.map is not None:
        yield value.field, value.map
    if isinstance(measure, Panel):
        yield measure.group, measure.groups
