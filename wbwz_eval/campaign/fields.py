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

if TYPE_CHECKING:
    from numpy.typing import NDArray

FieldType = Literal["text", "date", "number", "integer", "choice", "entity", "flag"]

FLAGS = ("是", "否")

_NUMERIC = ("number", "integer")
_DATE_FORM = "年-月-日,如 2011-09-30"
_NUMBER_FORM = "数字,如 95 或 95.5(不带千分位逗号、百分号和单位)"
_INTEGER_FORM = "整数,如 12(不带千分位逗号和单位)"

_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_WRITTEN_DATE = re.compile(r"([0-9]+)(?:年([0-9]+)月([0-9]+)日|/([0-9]+)/([0-9]+))\Z")
# Years 1900 to 2099: an 0211 or a 2911 is a slip of the keyboard.
_DATE = re.compile(r"(?:19|20)[0-9]{2}-[0-9]{1,2}-[0-9]{1,2}")


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
    means, written as in the table. ``aliases`` are labels of older templates; ``filled_by`` says
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
    disclosure: Literal["public", "internal", "personal"] = "internal"
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


def parse_cells(cells: NDArray[np.object_], field: Field, entities: pd.Index | None = None) -> Parsed:
    """Read the cells of one column.

    Args:
        cells: Texts without white space around them, shape (n,); empty text = an empty cell.
        field: What the column may hold.
        entities: The ids that a field of type ``entity`` may hold; not checked if None.

    Returns:
        Values of shape (n,): ``datetime64[s]`` for dates (NaT where empty or wrong), float64 for
        numbers (NaN where empty or wrong), else the texts themselves (object).
    """
    filled = cells != ""
    match field.type:
        case "date":
            dates = _dates(cells)
            return Parsed(dates, (Failed(filled & np.isnat(dates), "不是日期", _DATE_FORM),))
        case "number" | "integer":
            return _parse_numbers(cells, filled, field)
        case "choice" | "flag":
            words = field.allowed if field.type == "choice" else FLAGS
            return Parsed(cells, (Failed(filled & ~np.isin(cells, words), "不在可填的值之内", words=words),))
        case "entity" if entities is not None:
            unknown = filled & ~np.asarray(pd.Index(cells).isin(entities))
            return Parsed(
                cells, (Failed(unknown, "不是已登记的被评对象", "entities.csv 里的编号", entities),)
            )
    return Parsed(cells, ())


def _dates(cells: NDArray[np.object_]) -> NDArray[np.datetime64]:
    """Read dates written 2011-9-30, 2011/9/30 or 2011年9月30日; NaT where a text is none."""
    written = pd.Series(cells, dtype=object)
    iso = written.str.replace(_WRITTEN_DATE, _with_hyphens, regex=True)
    iso = iso.where(iso.str.fullmatch(_DATE).astype(bool))
    dates = pd.to_datetime(iso, format="%Y-%m-%d", errors="coerce")
    return dates.to_numpy().astype("datetime64[s]")


def _with_hyphens(found: re.Match[str]) -> str:
    return "-".join(part for part in found.groups() if part is not None)


def _parse_numbers(cells: NDArray[np.object_], filled: NDArray[np.bool_], field: Field) -> Parsed:
    numeric = pd.Series(cells, dtype=object).str.fullmatch(_NUMBER).to_numpy(dtype=bool)
    values = np.full(len(cells), np.nan)
    # Python's own reading of each text: the nearest double. pandas' parser does not promise that.
    values[numeric] = cells[numeric].astype(np.float64)
    whole = field.type == "integer"
    readable = np.isfinite(values) & ((values == np.floor(values)) | (not whole))
    failed = [
        Failed(
            filled & ~readable,
            "不是整数" if whole else "不是数字",
            _INTEGER_FORM if whole else _NUMBER_FORM,
        )
    ]
    if field.minimum is not None:
        failed.append(Failed(readable & (values < field.minimum), "太小", f"不小于 {field.minimum:g}"))
    if field.maximum is not None:
        failed.append(Failed(readable & (values > field.maximum), "太大", f"不大于 {field.maximum:g}"))
    values[~readable] = np.nan
    return Parsed(values, tuple(failed))
