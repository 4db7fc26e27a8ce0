"""Ledgers: what their columns mean (the codebook), and their rows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import pandas as pd
from pydantic import AfterValidator, BaseModel, ConfigDict, StrictStr, model_validator
from pydantic import Field as Described

from wbwz_eval.campaign.codebook_references import check_references
from wbwz_eval.campaign.faults import CampaignError, FaultList
from wbwz_eval.campaign.fields import Field, FieldType, parse_cells
from wbwz_eval.campaign.periods import PeriodKind
from wbwz_eval.campaign.row_checks import RowCheck
from wbwz_eval.campaign.written import plain
from wbwz_eval.campaign.yaml_nodes import Loc, key_path
from wbwz_eval.campaign.yaml_source import YamlSource, load_yaml, read_model

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Codebook", "Field", "Ledger", "LedgerSchema", "load_codebook"]

# What scoring needs of every row: whose it is, when it came, if it stands and is verified.
_NEEDED: Mapping[str, FieldType] = {
    "row_id": "text",
    "entity_id": "entity",
    "status": "choice",
    "verified_by": "text",
    "verified_on": "date",
}
ROW_ID, ENTITY = "row_id", "entity_id"

STATUS, WITHDRAWN = "status", "撤回"

KEPT_WHEN_EMPTY = (ENTITY, STATUS)
"""Fields of which an empty cell says nothing: a row keeps its entity, and stays withdrawn."""

ADDED = ("reported_on", "version", "receipt", "source", "source_row")
"""Columns of every ledger beside its fields, from the receipts."""

Labels = dict[str, dict[str, tuple[str, float]]]

OWN = 1.0
"""How far a label that few ledgers have tells one of them; one that all have tells little."""

_NEVER_EMPTY = ("row_id", "entity_id")
_CODE = re.compile(r"[a-z][a-z0-9_]*")


def _code(text: str) -> str:
    if not _CODE.fullmatch(text) or text in ADDED:
        kept = "、".join(ADDED)
        message = f"代码 “{text}” 不能用: 只能用小写字母、数字和下划线,以字母开头,不能是 {kept}"
        raise ValueError(message)
    return text


_Code = Annotated[StrictStr, AfterValidator(_code)]


class CheckList(BaseModel):
    """The fields of a ledger of on-site checks: what was checked, what had been reported of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    item: StrictStr
    reported: StrictStr


class Track(BaseModel):
    """The fields that tell how a matter runs, in a ledger of matters to be completed.

    Attributes:
        title: What it is called.
        opened: The day on which it begins.
        due: The day by which it must be completed; or else
        workdays: within how many working days after ``opened``, to which come those for which the
            clock was ``suspended``.
        done: The day that completes it: while it is empty, templates bring the row again.
        responded: The day of the first action.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: StrictStr
    opened: StrictStr | None = None
    due: StrictStr | None = None
    workdays: StrictStr | None = None
    suspended: StrictStr | None = None
    done: StrictStr
    responded: StrictStr | None = None

    @model_validator(mode="after")
    def _whole(self) -> Track:
        if (self.due is None) == (self.workdays is None):
            raise ValueError("track 要写 due 或 workdays,且只写一个")
        if self.opened is None and (self.workdays or self.responded):
            raise ValueError("track 写了 workdays 或 responded,就要写 opened")
        if self.suspended and not self.workdays:
            raise ValueError("track 的 suspended 只能和 workdays 一起写")
        return self


class LedgerSchema(BaseModel):
    """One ledger: its name and its columns by code, those common to all ledgers first.

    Attributes:
        key: The fields that name a row where its number is left empty; none where it must be given.
        prefix: How the row numbers in its templates begin.
        reported_by: Who hands it in: level ids, or ``office`` for the office alone.
        track: How its matters run, where it is a ledger of matters to be completed.
        checked: The reported number that verification on site compares with what it finds.
        check_list: Which fields take the results of verification on site, in the one ledger for them.
        outcome: Whether it tells what was made of results: no indicator may read it, lest a result feed
            back into itself.
        every: How often something, be it "nothing to report", is owed; None where nothing is.
        serves: Ids of the mechanisms, in the document that the campaign carries out, whose facts
            stand here.
        checks: What rows must fulfil beyond their single cells.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[StrictStr, Described(min_length=1)]
    note: StrictStr | None = None
    key: tuple[StrictStr, ...] = ()
    prefix: Annotated[StrictStr, Described(pattern=r"^[A-Z][A-Z0-9]*$")] = "H"
    reported_by: tuple[StrictStr, ...] = ()
    track: Track | None = None
    checked: StrictStr | None = None
    check_list: CheckList | None = None
    outcome: bool = False
    every: PeriodKind | None = None
    serves: tuple[StrictStr, ...] = ()
    checks: tuple[RowCheck, ...] = ()
    fields: dict[_Code, Field]

    @cached_property
    def defaults(self) -> dict[str, Any]:
        """What an empty cell means, by field, as a value."""
        return {
            code: parse_cells(np.array([spec.default], dtype=object), spec).content[0]
            for code, spec in self.fields.items()
            if spec.default is not None
        }

    @cached_property
    def received_fields(self) -> dict[str, Field]:
        """The columns as a file may have them: empty where a default, the sender or the key speaks."""
        spoken_for = {ROW_ID, ENTITY}
        return {
            code: spec.model_copy(
                update={
                    "default": None,
                    "required": spec.required and spec.default is None and code not in spoken_for,
                }
            )
            for code, spec in self.fields.items()
        }


class Codebook(BaseModel):
    """All ledgers of a campaign by id, each with its full list of columns."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ledgers: dict[str, LedgerSchema]

    @cached_property
    def labels(self) -> Labels:
        """Label → ledger → the field that it names there, and how far it tells that ledger."""
        shared = set.intersection(*(set(schema.fields) for schema in self.ledgers.values()))
        words: Labels = {}
        for ledger, schema in self.ledgers.items():
            for code, spec in schema.fields.items():
                weight = OWN / 100 if code in shared and len(self.ledgers) > 1 else OWN
                for label in (spec.label, code, *spec.aliases):
                    words.setdefault(plain(label), {}).setdefault(ledger, (code, weight))
        return words

    @cached_property
    def columns_checked(self) -> dict[str, frozenset[str]]:
        """Ledger → the columns of it that any check reads, be it a check of another ledger."""
        found = {ledger: {ROW_ID, ENTITY, STATUS, *ADDED} - {"version"} for ledger in self.ledgers}
        for ledger, schema in self.ledgers.items():
            for check in schema.checks:
                found[ledger].update(check.own_fields())
                for other, code in check.other_fields():
                    found[other].add(code)
        return {ledger: frozenset(columns) for ledger, columns in found.items()}


class _CodebookFile(BaseModel):
    """``ledgers.yaml`` as it is written: common columns stand once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    common: dict[_Code, Field]
    common_checks: tuple[RowCheck, ...] = ()
    ledgers: dict[_Code, LedgerSchema]


def load_codebook(path: Path) -> Codebook:
    """Read ``ledgers.yaml``.

    Returns:
        Each schema has the common fields before its own.

    Raises:
        CampaignError: With every fault of the file.
    """
    faults = FaultList()
    source = load_yaml(path)
    written = read_model(_CodebookFile, source, faults=faults)
    if written is not None:
        _check_common(written, source, faults)
        _check_columns(written, source, faults)
        check_references(written.common, written.common_checks, written.ledgers, source, faults)
    if faults or written is None:
        message = f"台账字段表 {path.name} 有误"
        raise CampaignError(message, faults)
    return Codebook(
        ledgers={
            ledger_id: schema.model_copy(
                update={
                    "fields": {**written.common, **schema.fields},
                    "checks": (*written.common_checks, *schema.checks),
                }
            )
            for ledger_id, schema in written.ledgers.items()
        }
    )


def _check_common(written: _CodebookFile, source: YamlSource, faults: FaultList) -> None:
    """Tell which of the columns that scoring needs are not there, or not what it needs."""
    for code, kind in _NEEDED.items():
        field = written.common.get(code)
        line = source.line_of(("common", code))
        if field is None:
            faults.add(
                source.name,
                f"缺少字段 “{code}”,每张台账都要有",
                expected=f"type: {kind}",
                line=line,
                key="common",
            )
        elif field.type != kind:
            faults.add(
                source.name,
                f"type 是 {field.type}",
                expected=kind,
                line=source.line_of(("common", code, "type")),
                key=f"common.{code}",
            )
        elif code in _NEVER_EMPTY and not field.required:
            faults.add(source.name, "不能空着", expected="required: true", line=line, key=f"common.{code}")


def _check_columns(written: _CodebookFile, source: YamlSource, faults: FaultList) -> None:
    """Tell which codes and labels name two columns of one table."""
    common = {name: code for code, field in written.common.items() for name in (code, field.label)}
    places: list[tuple[Loc, dict[str, str], dict[str, Field]]] = [
        (("common",), {}, written.common),
        *(
            (("ledgers", ledger_id, "fields"), common, schema.fields)
            for ledger_id, schema in written.ledgers.items()
        ),
    ]
    for place, above, fields in places:
        seen = dict(above)
        for code, field in fields.items():
            for name in dict.fromkeys((code, field.label)):
                if name in seen:
                    faults.add(
                        source.name,
                        f"列名 “{name}” 与字段 “{seen[name]}” 的相同",
                        line=source.line_of((*place, code)),
                        key=key_path((*place, code)),
                    )
                else:
                    seen[name] = code


@dataclass(frozen=True, eq=False)
class Ledger:
    """A ledger's rows as they stood at some moment.

    Attributes:
        id: Its id in the codebook.
        schema: What its columns mean.
        rows: One row per fact, columns = field codes: dates ``datetime64[s]`` (NaT where empty),
            numbers float64 (NaN where empty), everything else text (object, empty text where
            empty). Further ``reported_on``, the day on which the row first came in; ``version``, how
            often it has; and ``receipt``,
            ``source`` (the file as people know it) and ``source_row`` (the row as a spreadsheet
            shows it), where it stands as it is.
    """

    id: str
    schema: LedgerSchema
    rows: pd.DataFrame
