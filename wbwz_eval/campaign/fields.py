"""What one column of a table may hold, and how its cells are read."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
import pandas as pd
from pydantic import BaseModel, BeforeValidator, ConfigDict, StrictBool, StrictStr, model_validator
from pydantic import Field as Described

from wbwz_eval.campaign.faults import nearest, one_of
from wbwz_eval.campaign.written import NOTHING, plain, read_date, read_flag, read_number

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

FieldType = Literal["text", "date", "number", "integer", "choice", "entity", "flag"]

FLAGS = ("是", "否")

_NUMERIC = ("number", "integer")
_DATE_FORM = "年-月-日,如 2011-09-30"
_NUMBER_FORM = "数字,如 95 或 95.5"
_INTEGER_FORM = "整数,如 12"

# Written as most cells are; the rest is read one by one.
_PLAIN_NUMBER = re.compile(r"[-+]?[0-9]{1,15}(?:\.[0-9]+)?")
_PLAIN_DATE = re.compile(r"(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}")


def _as_written(value: object) -> object:
    """Take a value of the codebook as a cell of the table would have it."""
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return value


_Written = Annotated[StrictStr, BeforeValidator(_as_written)]
_Bound = Annotated[float, Described(strict=True, allow_inf_nan=False)]


class Field(BaseModel):
    """One column: what people call it, what it may hold, and who may see it.

    ``minimum`` and ``maximum`` are in the field's own unit. ``default`` is what an empty cell
    means, written as in the table. ``disclosure`` says who may read the column: anybody (public), who
    reads the internal edition, only who reads the restricted one, or nobody but the office (personal,
    and in the restricted edition). ``aliases`` are labels of older templates; ``filled_by`` says
    whether whoever reports fills the column, or only the office.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: Annotated[StrictStr, Described(min_length=1)]
    aliases: tuple[Annotated[StrictStr, Described(min_length=1)], ...] = ()
    type: FieldType
    unit: StrictStr | None = None
    allowed: tuple[_Written, ...] = ()
    required: StrictBool = False
    minimum: _Bound | None = None
    maximum: _Bound | None = None
    disclosure: Literal["public", "internal", "restricted", "personal"] = "internal"
    filled_by: Literal["reporter", "office"] = "reporter"
    note: StrictStr | None = None
    default: _Written | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Field:
        """Refuse what the type cannot have."""
        for wrong, message in (
            (
                (self.type == "choice") != bool(self.allowed),
                "choice(选项)必须写 allowed,其他类型不能写",
            ),
            (len(set(self.allowed)) < len(self.allowed), "allowed 里有重复的值"),
            (
                self.type not in _NUMERIC and (self.minimum, self.maximum) != (None, None),
                "只有 number 和 integer 可以写 minimum 和 maximum",
            ),
            (
                self.minimum is not None and self.maximum is not None and self.minimum > self.maximum,
                "minimum 大于 maximum",
            ),
        ):
            if wrong:
                raise ValueError(message)
        if self.default is not None:
            for failed in parse_cells(np.array([self.default], dtype=object), self).failed:
                if failed.where.any():
                    expected = failed.expect(self.default)
                    message = f"default “{self.default}” {failed.message};应为 {expected}"
                    raise ValueError(message)
        return self


_FORMS = {"date": _DATE_FORM, "number": _NUMBER_FORM, "integer": _INTEGER_FORM}


def form_of(field: Field) -> str:
    """Say what belongs in an empty cell that must not be empty."""
    words = field.allowed or (FLAGS if field.type == "flag" else ())
    return one_of(words) if words else _FORMS.get(field.type, "这一列必填")


@dataclass(frozen=True)
class Failed:
    """One way in which cells are wrong: which ones (a mask), what to say, what would be right."""

    where: NDArray[np.bool_]
    message: str
    expected: str = ""
    words: pd.Index | tuple[str, ...] = ()

    def expect(self, value: str) -> str:
        """Say what would be right instead of ``value``."""
        if isinstance(self.words, tuple):
            return one_of(self.words, instead_of=value) if self.words else self.expected
        # Entities are too many to list.
        close = nearest(value, self.words)
        return f"{self.expected},最接近的是 {close}" if close else self.expected


@dataclass(frozen=True)
class Parsed:
    """Cells as values, and what is wrong with them."""

    content: NDArray[np.generic]
    failed: tuple[Failed, ...]


def parse_cells(cells: NDArray[np.object_], field: Field, entities: pd.DataFrame | None = None) -> Parsed:
    """Read the cells of one column, as people write them (see :mod:`.written`).

    Args:
        cells: Texts without white space around them, shape (n,); empty text = an empty cell.
        field: What the column may hold.
        entities: Indexed by the ids that a field of type ``entity`` may hold, with a column
            ``name``; a name that only one entity has is read as its id. Not checked if None.

    Returns:
        Values of shape (n,): ``datetime64[s]`` for dates (NaT where empty or wrong), float64 for
        numbers (NaN where empty or wrong), else texts (object): a choice as it stands in
        ``allowed``, a flag as 是 or 否, an entity as its id.
    """
    filled = cells != ""
    match field.type:
        case "date":
            return _parse_dates(cells, filled)
        case "number" | "integer":
            return _parse_numbers(cells, filled, field)
        case "choice":
            known = {plain(word): word for word in field.allowed}
            return _parse_words(cells, filled, field.allowed, lambda text: known.get(plain(text)))
        case "flag":
            return _parse_words(cells, filled, FLAGS, read_flag)
        case "entity" if entities is not None:
            return _parse_entities(cells, filled, entities)
    return Parsed(cells, ())


def _parse_dates(cells: NDArray[np.object_], filled: NDArray[np.bool_]) -> Parsed:
    try:
        usual = [text if _PLAIN_DATE.fullmatch(text) else "NaT" for text in cells]
        values = np.array(usual, dtype="datetime64[s]")
    except ValueError:
        # such as 2011-02-30: all are read one by one
        values = np.full(len(cells), np.datetime64("NaT"), dtype="datetime64[s]")
    wrong = filled & np.isnat(values)
    for place in np.flatnonzero(wrong):
        day = read_date(cells[place])
        if day is not None:
            values[place] = np.datetime64(day)
            wrong[place] = False
        elif cells[place] in NOTHING:
            wrong[place] = False
    return Parsed(values, (Failed(wrong, "不是日期", _DATE_FORM),))


def _parse_numbers(cells: NDArray[np.object_], filled: NDArray[np.bool_], field: Field) -> Parsed:
    # Python's own reading of each text: the nearest double. pandas' parser does not promise that.
    values = np.array(
        [float(text) if _PLAIN_NUMBER.fullmatch(text) else np.nan for text in cells], dtype=np.float64
    )
    wrong = filled & np.isnan(values)
    for place in np.flatnonzero(wrong):
        number = read_number(cells[place], field.unit)
        if number is not None:
            values[place] = number
            wrong[place] = False
        elif cells[place] in NOTHING:
            wrong[place] = False
    whole = field.type == "integer"
    if whole:
        broken = ~np.isnan(values) & (values != np.floor(values))
        wrong |= broken
        values[broken] = np.nan
    failed = [Failed(wrong, "不是整数" if whole else "不是数字", _INTEGER_FORM if whole else _NUMBER_FORM)]
    if field.minimum is not None:
        failed.append(Failed(values < field.minimum, "太小", f"不小于 {field.minimum:g}"))
    if field.maximum is not None:
        failed.append(Failed(values > field.maximum, "太大", f"不大于 {field.maximum:g}"))
    return Parsed(values, tuple(failed))


def _parse_words(
    cells: NDArray[np.object_],
    filled: NDArray[np.bool_],
    words: tuple[str, ...],
    read: Callable[[str], str | None],
) -> Parsed:
    wrong = filled & np.array([text not in words for text in cells], dtype=bool)
    values = cells.copy()
    for place in np.flatnonzero(wrong):
        word = read(cells[place])
        if word is not None:
            values[place] = word
            wrong[place] = False
    return Parsed(values, (Failed(wrong, "不在可填的值之内", words=words),))


def _parse_entities(cells: NDArray[np.object_], filled: NDArray[np.bool_], entities: pd.DataFrame) -> Parsed:
    ids = entities.index
    wrong = filled & np.array([text not in ids for text in cells], dtype=bool)
    values = cells.copy()
    if wrong.any():
        single = entities.loc[~entities["name"].duplicated(keep=False), "name"]
        known = {plain(name): entity for entity, name in single.items()}
        known |= {plain(f"{entity}{name}"): entity for entity, name in entities["name"].items()}
        known |= {plain(entity).upper(): entity for entity in ids}
        for place in np.flatnonzero(wrong):
            text = plain(cells[place])
            entity = known.get(text, known.get(text.upper()))
            if entity is not None:
                values[place] = entity
                wrong[place] = False
    return Parsed(values, (Failed(wrong, "不是已登记的被评对象", "entities.csv 里的编号或名称", ids),))
