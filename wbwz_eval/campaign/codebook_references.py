"""Names in a ledger's entry of the codebook that must lead to a field, or to another ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wbwz_eval.campaign.faults import FaultList, one_of
from wbwz_eval.campaign.yaml_nodes import key_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wbwz_eval.campaign.fields import Field, FieldType
    from wbwz_eval.campaign.ledgers import LedgerSchema
    from wbwz_eval.campaign.row_checks import RowCheck
    from wbwz_eval.campaign.yaml_source import YamlSource

_NUMBERS: tuple[FieldType, ...] = ("number", "integer")
_DAY: tuple[FieldType, ...] = ("date",)


def check_references(
    common: Mapping[str, Field],
    common_checks: Sequence[RowCheck],
    ledgers: Mapping[str, LedgerSchema],
    source: YamlSource,
    faults: FaultList,
) -> None:
    """Tell which names lead nowhere, or to a field of a type that cannot serve."""
    for ledger, schema in ledgers.items():
        fields = {**common, **schema.fields}
        checks = (*common_checks, *schema.checks)
        for where, code, types in _named(schema, checks):
            wrong = _wrong(fields.get(code), types)
            if wrong:
                message, expected = wrong
                place = ("ledgers", ledger, where)
                faults.add(
                    source.name,
                    message,
                    expected=expected or one_of(fields, instead_of=code),
                    value=code,
                    line=source.line_of(place),
                    key=key_path(place),
                )
        for other, code in (pair for check in checks for pair in check.other_fields()):
            target = ledgers.get(other)
            if target is None or code not in {**common, **target.fields}:
                place = ("ledgers", ledger, "checks")
                faults.add(
                    source.name,
                    f"没有台账 {other} 的字段 {code}",
                    expected=one_of(ledgers, instead_of=other),
                    line=source.line_of(place),
                    key=key_path(place),
                )


def _named(
    schema: LedgerSchema, checks: Sequence[RowCheck]
) -> Iterator[tuple[str, str, tuple[FieldType, ...]]]:
    """Go through the fields that an entry names: where, which, and of which types they may be."""
    for code in schema.key:
        yield "key", code, ()
    if schema.track is not None:
        track = schema.track
        yield "track", track.title, ("text",)
        days = (track.opened, track.due, track.done, track.responded)
        yield from (("track", code, _DAY) for code in days if code is not None)
        amounts = (track.workdays, track.suspended)
        yield from (("track", code, _NUMBERS) for code in amounts if code is not None)
    if schema.checked is not None:
        yield "checked", schema.checked, _NUMBERS
    if schema.check_list is not None:
        yield "check_list", schema.check_list.item, ("text",)
        yield "check_list", schema.check_list.reported, _NUMBERS
    for check in checks:
        for code in check.own_fields():
            yield "checks", code, ()


def _wrong(field: Field | None, types: tuple[FieldType, ...]) -> tuple[str, str] | None:
    """Return what is wrong with a field that is named, and what would be right ("" = another field)."""
    if field is None:
        return "没有这个字段", ""
    if types and field.type not in types:
        return f"类型是 {field.type}", " 或 ".join(types)
    return None
