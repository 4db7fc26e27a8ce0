"""Whether rows that stand each by themselves also stand together, before they are scored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from wbwz_eval.campaign.faults import Fault
from wbwz_eval.campaign.grid import letters
from wbwz_eval.campaign.ledgers import ENTITY, ROW_ID, STATUS, WITHDRAWN
from wbwz_eval.campaign.receipts import numbers_of
from wbwz_eval.campaign.row_checks import (
    Accounted,
    Different,
    Filled,
    InOrder,
    NotLowered,
    Refers,
    RowCheck,
    Unique,
)

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    from numpy.typing import NDArray

    from wbwz_eval.campaign.folder import Campaign
    from wbwz_eval.campaign.ledgers import LedgerSchema
    from wbwz_eval.campaign.periods import Period

    Mask = NDArray[np.bool_]

ERROR, WARNING = "error", "warning"
COLUMNS = (
    "severity",
    "ledger",
    "entity_id",
    "row_id",
    "field",
    "value",
    "message",
    "source",
    "source_row",
    "cell",
)


def check_rows(campaign: Campaign, period: Period | None = None) -> pd.DataFrame:
    """Check the rows of all ledgers against each other and the list of entities.

    Args:
        campaign: The campaign.
        period: Check what came in for it: the rows as they stood at its cut-off that came in, or
            were last changed, after the cut-off before. None checks all rows as they stand.

    Returns:
        One row per breach, errors first: ``severity`` (error or warning), ``ledger``,
        ``entity_id``, ``row_id``, ``field`` (its code), ``value``, ``message``, and where it
        stands: ``source``, ``source_row``, ``cell`` (as D5; empty where the file lacks the column).
    """
    return _Checker(campaign, period).all()


def as_faults(found: pd.DataFrame, schemas: Mapping[str, LedgerSchema]) -> list[Fault]:
    """Return breaches as faults, to be printed with their places."""
    return [
        Fault(
            file=row["source"],
            message=f"{schemas[row['ledger']].name} {row['row_id']}: {row['message']}",
            row=row["source_row"],
            cell=row["cell"] or None,
            column=schemas[row["ledger"]].fields[row["field"]].label,
            value=row["value"] or None,
        )
        for row in found.to_dict("records")
    ]


class _Checker:
    """The ledgers as they stand for a period, each read once."""

    def __init__(self, campaign: Campaign, period: Period | None) -> None:
        self._campaign = campaign
        self._after = None if period is None else campaign.cutoff_before(period)
        self._period = period
        self._rows: dict[str, pd.DataFrame] = {}
        stored = campaign.replay().stored
        self._received = np.array([one.receipt.received_on for one in stored], dtype="datetime64[D]")
        self._receipts = [one.receipt for one in stored]
        self._sections: dict[tuple[int, str], list[tuple[frozenset[int], dict[str, int]]]] = {}

    def all(self) -> pd.DataFrame:
        parts = [part for ledger in self._campaign.codebook.ledgers for part in self._ledger(ledger)]
        filled = [part for part in parts if len(part)]
        if not filled:
            return pd.DataFrame(columns=list(COLUMNS))
        table = pd.concat(filled, ignore_index=True)
        self._point(table)
        order = ["severity", "ledger", "entity_id", "row_id", "message"]
        return table.sort_values(order, kind="stable").reset_index(drop=True)[list(COLUMNS)]

    def rows(self, ledger: str) -> pd.DataFrame:
        """Return a ledger's rows that count, at the cut-off."""
        if ledger not in self._rows:
            if self._period is None:
                rows = self._campaign.ledger(ledger).rows
            else:
                rows = self._campaign.ledger_for(ledger, self._period).rows
                rows = rows[
                    (rows["reported_on"] <= np.datetime64(self._campaign.cutoff(self._period))).to_numpy()
                ]
            self._rows[ledger] = rows[(rows[STATUS] != WITHDRAWN).to_numpy()]
        return self._rows[ledger]

    def _ledger(self, ledger: str) -> Iterable[pd.DataFrame]:
        schema = self._campaign.codebook.ledgers[ledger]
        rows = self.rows(ledger)
        if rows.empty:
            return
        new = np.ones(len(rows), dtype=bool)
        if self._after is not None and self._after > self._campaign.start:
            new = self._received[rows["receipt"].to_numpy() - 1] > np.datetime64(self._after, "D")
        unknown = ~rows[ENTITY].isin(self._campaign.entities.index).to_numpy()
        yield self._found(rows, unknown & new, ledger, ENTITY, ERROR, "被评对象不在 entities.csv 里")
        for check in schema.checks:
            for wrong, code in self._breaks(check, rows):
                yield self._found(rows, wrong & new, ledger, code, check.severity, check.message)

    def _found(
        self, rows: pd.DataFrame, wrong: Mask, ledger: str, code: str, severity: str, message: str
    ) -> pd.DataFrame:
        own = rows[wrong]
        values = own[code]
        if pd.api.types.is_datetime64_any_dtype(values):
            values = values.dt.strftime("%Y-%m-%d").fillna("")
        elif pd.api.types.is_float_dtype(values):
            values = values.map(lambda value: "" if pd.isna(value) else f"{value:.15g}")
        return pd.DataFrame(
            {
                "severity": severity,
                "ledger": ledger,
                "entity_id": own[ENTITY].to_numpy(object),
                "row_id": own[ROW_ID].to_numpy(object),
                "field": code,
                "value": values.to_numpy(object),
                "message": message,
                "source": own["source"].to_numpy(object),
                "source_row": own["source_row"].to_numpy(np.int64),
                "receipt": own["receipt"].to_numpy(np.int64),
            }
        )

    def _breaks(self, check: RowCheck, rows: pd.DataFrame) -> list[tuple[Mask, str]]:
        """Return which rows break a check, by the field to point at; a row is told once."""
        if isinstance(check, Accounted):
            return _unaccounted(check, rows)
        return [self._breaks_one(check, rows)]

    def _breaks_one(
        self, check: InOrder | Different | Filled | Unique | NotLowered | Refers, rows: pd.DataFrame
    ) -> tuple[Mask, str]:
        match check:
            case InOrder():
                # comparisons with an empty date or number are false
                return (rows[check.later] < rows[check.earlier]).to_numpy(), check.later
            case Different():
                first, second = (rows[code] for code in check.fields)
                return ((first != "") & (first == second)).to_numpy(), check.fields[1]
            case Filled():
                wanted = np.ones(len(rows), dtype=bool)
                if check.where is not None:
                    wanted = rows[check.where].isin(check.values).to_numpy()
                return wanted & _empty(rows[check.field]), check.field
            case Unique():
                return self._twice(check, rows), check.field
            case NotLowered():
                return _lowered(check, rows), check.field
            case Refers():
                known = self.rows(check.ledger)[check.to]
                nowhere = ~rows[check.field].isin(known).to_numpy()
                return ~_empty(rows[check.field]) & nowhere, check.field

    def _twice(self, check: Unique, rows: pd.DataFrame) -> Mask:
        others = [self.rows(other)[check.field] for other in check.others]
        everything = pd.concat([rows[check.field], *others], ignore_index=True)
        twice = everything.duplicated(keep=False).to_numpy() & (everything != "").to_numpy()
        return twice[: len(rows)]

    def _point(self, table: pd.DataFrame) -> None:
        """Let each breach point at the cell of the field that it is about.

        A row's last file need not have that field at all: it may only verify the row. Then the last
        file that has it is the one to look at.
        """
        cells, sources, numbers = [], [], []
        for row in table.to_dict("records"):
            place = self._place(row["ledger"], row["field"], row["receipt"], row["source_row"])
            source, number = row["source"], row["source_row"]
            if not place:
                for version in self._earlier(row["ledger"], row["row_id"], row["receipt"]):
                    found = self._place(
                        row["ledger"], row["field"], version["receipt"], version["source_row"]
                    )
                    if found:
                        place, source, number = found, version["source"], version["source_row"]
                        break
            cells.append(place)
            sources.append(source if place else row["source"])
            numbers.append(number if place else row["source_row"])
        table["cell"], table["source"], table["source_row"] = cells, sources, numbers

    def _earlier(self, ledger: str, row_id: str, receipt: int) -> list[dict[Hashable, Any]]:
        """Return the versions of a row before a receipt, the last one first."""
        history = self._campaign.replay().versions[ledger].history(row_id)
        return history[history["receipt"] < receipt].iloc[::-1].to_dict("records")

    def _place(self, ledger: str, code: str, receipt: int, row: int) -> str:
        """Return the cell of a field in a receipt's file; empty where the file has no such column."""
        if (receipt, ledger) not in self._sections:
            self._sections[receipt, ledger] = [
                (frozenset(numbers_of(section.accepted).tolist()), section.columns)
                for section in self._receipts[receipt - 1].sections
                if section.ledger == ledger
            ]
        columns = next((own for rows, own in self._sections[receipt, ledger] if row in rows), {})
        return f"{letters(columns[code])}{row}" if code in columns else ""


def _empty(column: pd.Series) -> Mask:
    return (column == "").to_numpy() if column.dtype == object else column.isna().to_numpy()


def _by_year(check: NotLowered | Accounted, rows: pd.DataFrame) -> tuple[pd.DataFrame, Any]:
    """Return the rows in the order of their dates, and grouped by what they share and the year."""
    dated = rows.assign(_year=rows[check.date].dt.year).sort_values(
        [check.date, "reported_on"], kind="stable"
    )
    return dated, dated.groupby([*check.by, "_year"], sort=False)


def _unaccounted(check: Accounted, rows: pd.DataFrame) -> list[tuple[Mask, str]]:
    """Return the changed rows that lack something needed, each by the first field that is empty."""
    found, left = [], _changed(check, rows)
    for code in check.needs:
        lacking = left & _empty(rows[code])
        found.append((lacking, code))
        left = left & ~lacking
    return found


def _changed(check: Accounted, rows: pd.DataFrame) -> Mask:
    """Return rows whose number is another than the one before it in the year."""
    dated, groups = _by_year(check, rows)
    before = groups[check.field].shift()
    changed = (before.notna() & (before != dated[check.field])).reindex(rows.index)
    return changed.to_numpy(dtype=bool)


def _lowered(check: NotLowered, rows: pd.DataFrame) -> Mask:
    """Return rows whose number is below the highest one before it in the year."""
    dated, groups = _by_year(check, rows)
    highest = groups[check.field].cummax()
    wrong = (dated[check.field] < highest).reindex(rows.index)
    return wrong.to_numpy(dtype=bool)
