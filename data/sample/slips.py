"""Files with mistakes, as every office gets them: refused and sent again, taken in part, or too late."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from sample.delivery import Delivery
from wbwz_eval.campaign.submit import Handing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

    from wbwz_eval.campaign.folder import Campaign

TAKEN_IN_PART = ("appeals", "2011-12-05")
"""A table of which the good rows are taken, and the whole of it later."""

LATE_CHANGE = ("U15", "2012-11-05", "activities", "attended_n")
"""Who changes a number of the third quarter of 2012 after its cut-off: the quarter stays as it was."""


def _header(sheet: Worksheet, label: str) -> tuple[int, int]:
    """Return row and column (from 1) of a label in a sheet's header."""
    for row in sheet.iter_rows(min_row=1, max_row=3):
        for cell in row:
            if cell.value == label:
                return cell.row, cell.column
    raise LookupError(label)


def _put(sheet: str, label: str, value: object, below: int = 1) -> Callable[[Workbook], None]:
    """Put something wrong into a cell, some rows below the header."""

    def slip(book: Workbook) -> None:
        row, column = _header(book[sheet], label)
        cell = book[sheet].cell(row + below, column)
        cell.number_format = "General"
        cell.value = value

    return slip


def _rename(sheet: str, label: str, new: str) -> Callable[[Workbook], None]:
    """Call a column otherwise than the template does."""

    def slip(book: Workbook) -> None:
        row, column = _header(book[sheet], label)
        book[sheet].cell(row, column).value = new

    return slip


SLIPS: dict[tuple[str, str], Callable[[Workbook], None]] = {
    ("U05", "2011-09-05"): _put("学习研讨活动台账", "计划日期", "2011年13月5日"),
    ("U09", "2011-11-03"): _put("公开承诺和落实情况台账", "承诺时限", "年底前"),
    ("U12", "2012-02-03"): _put("学习研讨活动台账", "实到人数", "约四十人"),
    ("U17", "2012-04-06"): _put("学习研讨活动台账", "被评对象", "U18"),
    ("P02", "2012-06-05"): _rename("公开承诺和落实情况台账", "承诺时限", "承诺期限"),
    ("U21", "2012-08-03"): _put("创新项目台账", "项目名称", "#REF!"),
}
"""Sender and cut-off of the batch → what is wrong in the file that is refused."""


def smudge(text: str) -> str:
    """Spoil two dates of a table."""
    lines = text.split("\r\n")
    for place in (3, 7):
        cells = lines[place].split(",")
        dates = [at for at, cell in enumerate(cells) if cell.startswith("2011-")]
        cells[dates[0]] = "日期不详"
        lines[place] = ",".join(cells)
    return "\r\n".join(lines)


def too_late(
    campaign: Campaign, ledgers: dict[str, pd.DataFrame], sender: str, batch: pd.Timestamp, kind: str
) -> Iterator[Delivery]:
    """Return a correction that comes after the cut-off of the quarter that it is about."""
    who, day, ledger, field = LATE_CHANGE
    if (sender, f"{batch:%Y-%m-%d}", kind) != (who, day, "book"):
        return
    schema = campaign.codebook.ledgers[ledger]
    rows = ledgers[ledger]
    quarter = (rows["planned_on"] >= "2012-07-01") & (rows["planned_on"] <= "2012-09-30")
    row = rows[(rows["entity_id"] == who) & quarter & (rows["attended_n"] > 2)].iloc[0]
    text = f"行号,{schema.fields[field].label}\r\n{row['row_id']},{int(row[field]) - 2}\r\n"
    handing = Handing(who, dt.date(2012, 11, 5), operator="示例", registered_at="2012-11-05T09:00:00+00:00")
    yield Delivery(f"{schema.name}更正.csv", text.encode("gb18030"), handing)
