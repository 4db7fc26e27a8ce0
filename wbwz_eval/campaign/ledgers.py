"""Ledgers: what their columns mean (the codebook), and their rows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import pandas as pd
from pydantic import AfterValidator, BaseModel, ConfigDict, StrictStr
from pydantic import Field as Described

from wbwz_eval.campaign.faults import CampaignError, FaultList, nearest
from wbwz_eval.campaign.fields import Field, FieldType
from wbwz_eval.campaign.periods import PeriodKind
from wbwz_eval.campaign.row_checks import RowCheck
from wbwz_eval.campaign.tables import read_table
from wbwz_eval.campaign.yaml_nodes import Loc, key_path
from wbwz_eval.campaign.yaml_source import YamlSource, load_yaml, read_model

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = [
    "Codebook",
    "Field",
    "Ledger",
    "LedgerSchema",
    "ledger_files",
    "load_codebook",
    "load_ledger",
]

LEDGERS = "ledgers"

# What scoring needs of every row: whose it is, when it came, if it stands and is verified.
_NEEDED: Mapping[str, FieldType] = {
    "row_id": "text",
    "entity_id": "entity",
    "reported_on": "date",
    "status": "choice",
    "verified_by": "text",
    "verified_on": "date",
}
_NEVER_EMPTY = ("row_id", "entity_id", "reported_on")
_ADDED = ("source", "source_row")
_CODE = re.compile(r"[a-z][a-z0-9_]*")


def _code(text: str) -> str:
    if not _CODE.fullmatch(text) or text in _ADDED:
        kept = "、".join(_ADDED)
        message = f"代码 “{text}” 不能用: 只能用小写字母、数字和下划线,以字母开头,不能是 {kept}"
        raise ValueError(message)
    return text


_Code = Annotated[StrictStr, AfterValidator(_code)]


class LedgerSchema(BaseModel):
    """One ledger: its name and its columns by code, those common to all ledgers first.

    Attributes:
        key: The fields that name a row where its number is left empty; none where it must be given.
        prefix: How the row numbers in its templates begin.
        reported_by: Who hands it in: level ids, or ``office`` for the office alone.
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
    every: PeriodKind | None = None
    serves: tuple[StrictStr, ...] = ()
    checks: tuple[RowCheck, ...] = ()
    fields: dict[_Code, Field]


class Codebook(BaseModel):
    """All ledgers of a campaign by id, each with its full list of columns."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ledgers: dict[str, LedgerSchema]


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
    """A ledger's rows as they stand in the campaign's folder.

    Attributes:
        id: Its id in the codebook.
        schema: What its columns mean.
        rows: One row per fact, columns = field codes: dates ``datetime64[s]`` (NaT where empty),
            numbers float64 (NaN where empty), everything else text (object, empty text where
            empty). Further ``source``, the file relative to the campaign, and ``source_row``, the
            row as a spreadsheet shows it (int, header = 1).
    """

    id: str
    schema: LedgerSchema
    rows: pd.DataFrame


def ledger_files(folder: Path, ledger_id: str) -> list[Path]:
    """Return a ledger's files: ``ledgers/<id>.csv`` and ``ledgers/<id>/*.csv``, by name."""
    single = folder / LEDGERS / f"{ledger_id}.csv"
    parts = sorted((folder / LEDGERS / ledger_id).glob("*.csv"))
    return [*([single] if single.is_file() else []), *parts]


def load_ledger(folder: Path, ledger_id: str, codebook: Codebook, entities: pd.DataFrame) -> Ledger:
    """Read one ledger.

    Args:
        folder: The campaign's folder.
        ledger_id: A ledger of the codebook.
        codebook: The campaign's codebook.
        entities: The campaign's entities, indexed by id.

    Returns:
        Rows in the order of files and rows.

    Raises:
        CampaignError: With every fault of the ledger's files.
    """
    schema = codebook.ledgers.get(ledger_id)
    if schema is None:
        close = nearest(ledger_id, codebook.ledgers)
        message = f"ledgers.yaml 里没有台账 “{ledger_id}”" + (f";最接近的是 {close}" if close else "")
        raise CampaignError(message)
    faults = FaultList()
    tables = []
    for path in ledger_files(folder, ledger_id):
        name = path.relative_to(folder).as_posix()
        table = read_table(path, name, schema.fields, faults=faults, entities=entities.index)
        table["source"] = pd.Series(name, index=table.index, dtype=object)
        tables.append(table)
    if not tables:
        name = f"{LEDGERS}/{ledger_id}.csv"
        faults.add(name, "找不到台账文件", expected="有这个文件;还没有内容时只写一行表头")
        faults.raise_if_any(f"台账“{schema.name}”有误")
    rows = pd.concat(tables, ignore_index=True)[[*schema.fields, "source", "source_row"]]
    _add_repeated(rows, schema, faults)
    faults.raise_if_any(f"台账“{schema.name}”有误")
    return Ledger(ledger_id, schema, rows)


def _add_repeated(rows: pd.DataFrame, schema: LedgerSchema, faults: FaultList) -> None:
    """Tell of every row whose key an earlier row has."""
    again = rows.loc[rows["row_id"].duplicated() & (rows["row_id"] != "")]
    first = rows.drop_duplicates("row_id").set_index("row_id").loc[again["row_id"]]
    for key, source, row, first_source, first_row in zip(
        again["row_id"].tolist(),
        again["source"].tolist(),
        again["source_row"].tolist(),
        first["source"].tolist(),
        first["source_row"].tolist(),
        strict=True,
    ):
        faults.add(
            source,
            f"重复: {first_source} 第 {first_row} 行已有",
            row=row,
            column=schema.fields["row_id"].label,
            value=key,
        )
