"""What the codebook can demand of rows beyond their single cells."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StrictStr, model_validator
from pydantic import Field as Described

Severity = Literal["error", "warning"]
"""An error keeps a period from being scored; a warning stands in the report's data quality."""


class _RowCheck(BaseModel):
    """What all checks say: how grave a breach is, and what to print about it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    severity: Severity = "warning"
    message: Annotated[StrictStr, Described(min_length=1)]

    def own_fields(self) -> tuple[str, ...]:
        """Return the codes of the ledger's own fields that the check reads."""
        raise NotImplementedError

    def other_fields(self) -> tuple[tuple[str, str], ...]:
        """Return ledger and code of the fields of other ledgers that the check reads."""
        return ()


class InOrder(_RowCheck):
    """Two dates or numbers: ``later`` may equal ``earlier``, never lie before it."""

    kind: Literal["in_order"]
    earlier: StrictStr
    later: StrictStr

    def own_fields(self) -> tuple[str, ...]:
        """Return both fields."""
        return (self.earlier, self.later)


class Different(_RowCheck):
    """Two texts that must not be equal where both are filled, as a verifier and a reporter."""

    kind: Literal["different"]
    fields: tuple[StrictStr, StrictStr]

    def own_fields(self) -> tuple[str, ...]:
        """Return both fields."""
        return self.fields


class Filled(_RowCheck):
    """A field that should be filled, always or where another one has one of some values."""

    kind: Literal["filled"]
    field: StrictStr
    where: StrictStr | None = None
    values: tuple[StrictStr, ...] = ()

    @model_validator(mode="after")
    def _together(self) -> Filled:
        if (self.where is None) == bool(self.values):
            raise ValueError("where 和 values 要么都写,要么都不写")
        return self

    def own_fields(self) -> tuple[str, ...]:
        """Return the field and the one it depends on."""
        return (self.field, self.where) if self.where else (self.field,)


class Unique(_RowCheck):
    """Values of a field that may stand in one row only, within this ledger and the ``others``."""

    kind: Literal["unique"]
    field: StrictStr
    others: tuple[StrictStr, ...] = ()

    def own_fields(self) -> tuple[str, ...]:
        """Return the field; the other ledgers have one of the same code."""
        return (self.field,)

    def other_fields(self) -> tuple[tuple[str, str], ...]:
        """Return the field in each of the others."""
        return tuple((ledger, self.field) for ledger in self.others)


class NotLowered(_RowCheck):
    """A number that may only rise within a calendar year, for rows that share ``by``."""

    kind: Literal["not_lowered"]
    field: StrictStr
    by: tuple[StrictStr, ...]
    date: StrictStr

    def own_fields(self) -> tuple[str, ...]:
        """Return the number, what its rows share, and their date."""
        return (self.field, *self.by, self.date)


class Accounted(_RowCheck):
    """A number that may change within a calendar year only where the row says why: ``needs`` is filled."""

    kind: Literal["accounted"]
    field: StrictStr
    by: tuple[StrictStr, ...]
    date: StrictStr
    needs: Annotated[tuple[StrictStr, ...], Described(min_length=1)]

    def own_fields(self) -> tuple[str, ...]:
        """Return the number, what its rows share, their date, and what is needed."""
        return (self.field, *self.by, self.date, *self.needs)


class Refers(_RowCheck):
    """A value that must stand in a field of another ledger, as a report's task number."""

    kind: Literal["refers"]
    field: StrictStr
    ledger: StrictStr
    to: StrictStr

    def own_fields(self) -> tuple[str, ...]:
        """Return the field that refers."""
        return (self.field,)

    def other_fields(self) -> tuple[tuple[str, str], ...]:
        """Return what it refers to."""
        return ((self.ledger, self.to),)


RowCheck = Annotated[
    InOrder | Different | Filled | Unique | NotLowered | Accounted | Refers, Described(discriminator="kind")
]
