"""A section's rows as values, with whose they are and what names them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wbwz_eval.campaign.ledgers import ENTITY, ROW_ID
from wbwz_eval.campaign.sections import Body, Section, body_of
from wbwz_eval.campaign.tables import Wrong, parse_columns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from wbwz_eval.campaign.grid import Sheet
    from wbwz_eval.campaign.ledgers import LedgerSchema

Content = dict[str, "NDArray[np.generic]"]


@dataclass(frozen=True)
class SectionRows:
    """Rows of one ledger as they stand in one sheet.

    Attributes:
        content: Field code → values, shape (rows,), for the columns of the file, ``row_id`` and
            ``entity_id`` always among them; see :func:`.fields.parse_cells`. An entity is empty
            where the file leaves it so: a new row is then the sender's own.
        body: The texts they were read from.
        wrong: The cells that cannot stand.
        names: Entities by the names that stand in the file instead of their ids.
        keyed: Whether row numbers were made of the ledger's key.
    """

    content: Content
    body: Body
    wrong: tuple[Wrong, ...]
    names: dict[str, str]
    keyed: bool


def read_section(
    sheet: Sheet, section: Section, schema: LedgerSchema, entities: pd.DataFrame, sender: str
) -> SectionRows:
    """Read a section that has just come in.

    Where the row number is empty it is made of the ledger's key.
    """
    body = body_of(sheet, section)
    parsed = parse_columns(body.cells, schema.received_fields, entities)
    content = dict(parsed.content)
    names: dict[str, str] = {}
    for code in _entities_of(content, schema):
        written, read = body.cells[code], content[code]
        for place in np.flatnonzero((written != read) & (written != "")):
            names[str(written[place])] = str(read[place])
    keyed = _complete(content, len(body.numbers), sender if sender in entities.index else "", schema.key)
    return SectionRows(content, body, parsed.wrong, names, keyed)


def reread_section(
    sheet: Sheet,
    section: Section,
    schema: LedgerSchema,
    sender: str,
    names: Mapping[str, str],
    key: tuple[str, ...],
) -> tuple[Content, NDArray[np.int64]]:
    """Read a section as it was read when it came in; returns its values and their row numbers.

    Entities have the names, and rows the key, of that day.
    """
    body = body_of(sheet, section)
    known = {code: texts for code, texts in body.cells.items() if code in schema.fields}
    content = dict(parse_columns(known, schema.received_fields).content)
    for code in _entities_of(content, schema):
        content[code] = pd.Series(content[code]).replace(dict(names)).to_numpy(dtype=object)
    _complete(content, len(body.numbers), sender, key)
    return content, body.numbers


def _entities_of(content: Content, schema: LedgerSchema) -> list[str]:
    """Return the columns that hold entities, the row's own and others."""
    return [code for code in content if schema.fields[code].type == "entity"]


def _complete(content: Content, count: int, sender: str, key: tuple[str, ...]) -> bool:
    """Fill in row numbers; returns whether the key was needed."""
    owner = content.get(ENTITY, np.full(count, "", dtype=object)).astype(object)
    content[ENTITY] = owner
    number = content.get(ROW_ID, np.full(count, "", dtype=object)).astype(object)
    empty = number == ""
    if not key or not empty.any() or any(code not in content for code in key):
        content[ROW_ID] = number
        return False
    keys = {**content, ENTITY: np.where(owner == "", sender, owner)}
    parts = [_as_text(keys[code]) for code in key]
    made = ["·".join(texts) if all(texts) else "" for texts in zip(*parts, strict=True)]
    content[ROW_ID] = np.where(empty, np.array(made, dtype=object), number).astype(object)
    return True


def _as_text(values: NDArray[np.generic]) -> list[str]:
    """Write values the same however they were written in the file."""
    if values.dtype.kind == "M":
        days = values.astype("datetime64[D]")
        return ["" if np.isnat(day) else str(day) for day in days]
    if values.dtype.kind == "f":
        return ["" if np.isnan(value) else f"{value:.15g}" for value in values]
    return [str(value) for value in values]
