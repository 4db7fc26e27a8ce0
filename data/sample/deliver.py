"""How the rows came in: workbooks of units and committees, tables of the office, in the order of time.

Each sender has habits: some write dates as text, some put a title above the header, a total below
or a column of their own in between. A few files are refused and sent again, one is taken in part,
one correction comes after the cut-off. The days are such that each row counts in the same periods as
the day on which it was reported.
"""

from __future__ import annotations

import datetime as dt
import zlib
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from openpyxl import Workbook

from sample import slips
from sample.delivery import Delivery
from wbwz_eval.campaign.submit import Desk, Handing
from wbwz_eval.campaign.workbook_bytes import workbook_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wbwz_eval.campaign.folder import Campaign
    from wbwz_eval.campaign.ledgers import LedgerSchema

OFFICE = "office"
WEEKLY = ("task_reports", "weekly_returns")
EXPORTED = ("ballots", "cases", "appeals")
"""Ledgers that a system exports for the office, as CSV."""
VERIFICATION = ("verified_by", "verified_on")
TITLE_HABITS, NUMBER_HABITS, TOTAL_HABITS, DATE_HABITS = 3, 4, 5, 4

Rows = dict[str, pd.DataFrame]


def deliver(campaign: Campaign, ledgers: Rows) -> None:
    """Hand in all rows of all ledgers."""
    with Desk.open(campaign) as desk:
        for delivery in deliveries(campaign, ledgers):
            desk.take(delivery.name, delivery.data, delivery.handing)


def deliveries(campaign: Campaign, ledgers: Rows) -> Iterator[Delivery]:
    """Return every file in the order in which it comes in."""
    bounds = _bounds(campaign, ("month", "quarter"))
    weeks = _bounds(campaign, ("week", "quarter"))
    batches: dict[tuple[np.datetime64, str, str], Rows] = {}
    for name, frame in ledgers.items():
        schema = campaign.codebook.ledgers[name]
        places = frame.copy()
        places["_sender"] = _senders(campaign, schema, frame)
        if name in EXPORTED or name in WEEKLY:
            places["_sender"] = OFFICE
        marks = weeks if name in WEEKLY else bounds
        places["_batch"] = _batch(frame["reported_on"], marks)
        kind = name if name in EXPORTED else "week" if name in WEEKLY else "book"
        for (batch, sender), part in places.groupby(["_batch", "_sender"], sort=True):
            batches.setdefault((batch.to_datetime64(), sender, kind), {})[name] = part
        if "verified_on" in frame:
            seen = places[places["verified_on"].notna()].copy()
            seen["_batch"] = _batch(np.maximum(seen["verified_on"], seen["reported_on"]), bounds)
            for batch, part in seen.groupby("_batch", sort=True):
                batches.setdefault((batch.to_datetime64(), "~", "verified"), {})[name] = part
    for batch, sender, kind in sorted(batches):
        yield from _files(campaign, pd.Timestamp(batch), sender, kind, batches[batch, sender, kind])
        yield from slips.too_late(campaign, ledgers, sender, pd.Timestamp(batch), kind)


def _bounds(campaign: Campaign, kinds: tuple[str, ...]) -> np.ndarray:
    """Return the cut-offs of the periods of some kinds, in order, and a day after all of them."""
    days = {campaign.cutoff(period) for kind in kinds for period in campaign.periods(kind)}
    return np.array([*sorted(days), dt.date(2013, 3, 29)], dtype="datetime64[s]")


def _batch(day: pd.Series, bounds: np.ndarray) -> np.ndarray:
    return bounds[np.searchsorted(bounds, day.to_numpy().astype("datetime64[s]"))]


def _senders(campaign: Campaign, schema: LedgerSchema, frame: pd.DataFrame) -> pd.Series:
    """Return who sends each row: the unit itself, or the committee above an organisation or member."""
    if schema.reported_by == (OFFICE,):
        return pd.Series(OFFICE, index=frame.index)
    parent = campaign.entities["parent"].to_dict()
    top = {}
    for entity in campaign.entities.index:
        above = entity
        while parent[above]:
            above = parent[above]
        top[entity] = above
    return frame["entity_id"].map(top)


def _files(campaign: Campaign, batch: pd.Timestamp, sender: str, kind: str, rows: Rows) -> Iterator[Delivery]:
    """Make the file of a batch; of the verification, a correction that has nothing else."""
    schemas = campaign.codebook.ledgers
    if kind == "verified":
        columns = ("row_id", *VERIFICATION)
        day = max(frame["verified_on"].max() for frame in rows.values())
        data = _book(schemas, {name: frame[list(columns)] for name, frame in rows.items()}, 0)
        yield Delivery(f"核实结果{_stamp(day)}.xlsx", data, _handing(OFFICE, day))
        return
    day = max(frame["reported_on"].max() for frame in rows.values())
    own = {
        name: frame.reindex(columns=[code for code in schemas[name].fields if code not in VERIFICATION])
        for name, frame in rows.items()
    }
    if kind in EXPORTED:
        schema = schemas[kind]
        table = own[kind].rename(columns={code: spec.label for code, spec in schema.fields.items()})
        encoding = "gb18030" if kind == "cases" else "utf-8-sig"
        text = table.apply(_texts).to_csv(index=False, lineterminator="\r\n")
        name = f"{schema.name}导出{_stamp(day)}.csv"
        if (kind, f"{batch:%Y-%m-%d}") == slips.TAKEN_IN_PART:
            wrong = slips.smudge(text)
            yield Delivery(name, wrong.encode(encoding), _handing(OFFICE, day, accept_valid=True))
            name = name.replace(".csv", "(补正).csv")
        yield Delivery(name, text.encode(encoding), _handing(OFFICE, day))
        return
    if kind == "week":
        yield Delivery(f"周调度汇总{_stamp(day)}.xlsx", _book(schemas, own, 0), _handing(OFFICE, day))
        return
    who = "办公室" if sender == OFFICE else str(campaign.entities.loc[sender, "name"])
    habit = 0 if sender == OFFICE else zlib.crc32(sender.encode())
    name = f"{who}台账{_stamp(day)}.xlsx"
    slip = slips.SLIPS.get((sender, f"{batch:%Y-%m-%d}"))
    if slip is not None:
        book = _make_book(schemas, own, habit)
        slip(book)
        yield Delivery(name, workbook_bytes(book), _handing(sender, day))
        name = name.replace(".xlsx", "(更正).xlsx")
    yield Delivery(name, _book(schemas, own, habit), _handing(sender, day))


def _stamp(day: pd.Timestamp) -> str:
    return f"{day:%Y%m%d}"


def _handing(sender: str, day: pd.Timestamp, *, accept_valid: bool = False) -> Handing:
    return Handing(
        sender,
        day.date(),
        accept_valid=accept_valid,
        operator="示例",
        registered_at=f"{day:%Y-%m-%d}T09:00:00+00:00",
    )


def _book(schemas: dict[str, LedgerSchema], rows: Rows, habit: int) -> bytes:
    return workbook_bytes(_make_book(schemas, rows, habit))


def _make_book(schemas: dict[str, LedgerSchema], rows: Rows, habit: int) -> Workbook:
    """Write a workbook as a sender with this habit does: one sheet per ledger."""
    book = Workbook()
    book.remove(book.active)
    for name, frame in rows.items():
        schema = schemas[name]
        sheet = book.create_sheet(schema.name)
        columns = [code for code in frame.columns if frame[code].notna().any() and (frame[code] != "").any()]
        labels = [schema.fields[code].label for code in columns]
        numbered = habit % NUMBER_HABITS == 1
        if habit % TITLE_HABITS == 1:
            sheet.append([schema.name])
            sheet.merge_cells(start_row=1, end_row=1, start_column=1, end_column=len(labels) + numbered)
        sheet.append([*(["序号"] if numbered else []), *labels])
        cells = [_cells(frame[code], schema.fields[code].type, habit) for code in columns]
        for place, row in enumerate(zip(*cells, strict=True), start=1):
            sheet.append([*([place] if numbered else []), *row])
        if habit % TOTAL_HABITS == 0 and habit:
            sheet.append(["合计", *[None] * (len(labels) - 1), len(frame)])
    return book


def _cells(column: pd.Series, kind: str, habit: int) -> list[object]:
    """Write a column's cells by habit: real dates or one of the ways to write them."""
    if kind == "date":
        form = (None, "%Y-%m-%d", "%Y年%m月%d日", "%Y.%m.%d")[habit % DATE_HABITS]
        days = pd.to_datetime(column)
        return [None if pd.isna(day) else day.date() if form is None else day.strftime(form) for day in days]
    if kind in {"number", "integer"}:
        values = pd.to_numeric(column).to_numpy(np.float64)
        return [
            None if np.isnan(value) else int(value) if value == int(value) else round(float(value), 6)
            for value in values
        ]
    return [None if value == "" or pd.isna(value) else value for value in column]


def _texts(column: pd.Series) -> pd.Series:
    """Write dates as dates, whole numbers without a point, and nothing for what is empty."""
    if pd.api.types.is_datetime64_any_dtype(column):
        return column.dt.strftime("%Y-%m-%d").fillna("")
    if pd.api.types.is_float_dtype(column):
        return column.map(lambda value: "" if pd.isna(value) else f"{value:.6f}".rstrip("0").rstrip("."))
    return column.fillna("").astype(str)
