"""Campaigns made in a test: tables written as CSV come in as submissions."""

from __future__ import annotations

import csv
import datetime as dt
import io
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from wbwz_eval import open_campaign
from wbwz_eval.campaign.deciding import Ballot, Person, decide, propose
from wbwz_eval.campaign.submit import Desk, Handing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wbwz_eval.campaign.fields import Field
    from wbwz_eval.campaign.folder import Campaign
    from wbwz_eval.campaign.receipts import Receipt

DATA = Path(__file__).parents[1] / "data"
REPORTED = "报送日期"
DAY = dt.date(2011, 9, 30)


def bare_copy(name: str, to: Path) -> Path:
    """Copy a sample campaign as it was before anything came in."""
    folder = to / name
    without = shutil.ignore_patterns("results", "submissions", "frozen", "appeals", ".cache", ".lock")
    shutil.copytree(DATA / name, folder, ignore=without)
    return folder


def hand_in(
    folder: Path,
    tables: Mapping[str, str | bytes],
    *,
    received_on: dt.date = DAY,
    sender: str = "office",
    accept_valid: bool = False,
) -> list[Receipt]:
    """Hand in tables by ledger, in the order of the days on which they come.

    A text with a column 报送日期 is one submission for each day that stands there, without that
    column; any other, and bytes as they are, come in on ``received_on``. The files are called by the
    ledger's id.
    """
    files = [
        (day, f"{ledger}.csv", data)
        for ledger, table in tables.items()
        for day, data in (_by_day(table, received_on) if isinstance(table, str) else [(received_on, table)])
    ]
    with Desk.open(open_campaign(folder)) as desk:
        return [
            desk.take(name, data, Handing(sender, day, accept_valid, "试", f"{day}T09:00:00+00:00")).receipt
            for day, name, data in sorted(files, key=lambda file: file[0])
        ]


def take_in(folder: Path, tables: Mapping[str, str | bytes], **how: object) -> list[Receipt]:
    """Hand tables in that must be good throughout; see :func:`hand_in`."""
    receipts = hand_in(folder, tables, **how)
    assert [receipt.status for receipt in receipts] == ["accepted"] * len(receipts), told(receipts)
    return receipts


def one_row_each(
    campaign: Campaign, text: Callable[[str, str], str], day: dt.date, who: Mapping[str, str]
) -> dict[str, str]:
    """Return, by ledger, a table of one row for each level that reports it, as CSV with the labels.

    Every date is ``day``, every number 1 or what its bounds allow, every choice its first; ``text`` gives
    what stands in a text field of a ledger. ``who`` maps each level to an entity of it.
    """
    tables = {}
    for ledger, schema in campaign.codebook.ledgers.items():
        levels = [level for level in schema.reported_by if level in who] or list(who)
        rows = []
        for level in levels:
            own = {
                "row_id": f"{schema.prefix}9{levels.index(level)}",
                "status": "有效",
                "entity_id": who[level],
            }
            row = {
                field.label: own.get(code) or _cell(field, day) or text(ledger, code)
                for code, field in schema.fields.items()
            }
            rows.append(row)
        out = io.StringIO()
        writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        tables[ledger] = out.getvalue()
    return tables


def _cell(field: Field, day: dt.date) -> str:
    """Return what fits a field that takes no text; nothing for one that does."""
    match field.type:
        case "date":
            return day.isoformat()
        case "number" | "integer":
            return f"{max(1.0, field.minimum or 0.0):g}"
        case "flag":
            return "是"
        case "choice":
            return field.allowed[0]
    return ""


def told(receipts: list[Receipt]) -> list[str]:
    """Return every fault of some receipts as its line."""
    return [str(fault.as_fault(receipt.file)) for receipt in receipts for fault in receipt.faults]


def _by_day(table: str, received_on: dt.date) -> list[tuple[dt.date, bytes]]:
    header, *rows = csv.reader(io.StringIO(table))
    if REPORTED not in header:
        return [(received_on, table.encode())]
    at = header.index(REPORTED)
    days: dict[dt.date, list[list[str]]] = {}
    for row in rows:
        days.setdefault(dt.date.fromisoformat(row[at]), []).append(row[:at] + row[at + 1 :])
    return [(day, _csv([header[:at] + header[at + 1 :], *part])) for day, part in sorted(days.items())]


def _csv(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


COMMITTEE = """
committee:
  name: 评审组
  members:
    - {name: 甲某, role: 组长}
    - {name: 乙某, role: 成员}
    - {name: 丙某, role: 成员}
"""


def approve(folder: Path, version: str, day: dt.date = DAY) -> None:
    """Let a committee of three approve a version as it stands; it is named in campaign.yaml if none is."""
    path = folder / "campaign.yaml"
    text = path.read_text(encoding="utf-8")
    if "\ncommittee:" not in text:
        path.write_text(text + COMMITTEE, encoding="utf-8")
    propose(folder, version, Person("甲某"), "试行", day)
    members = open_campaign(folder).committee.members
    ballot = Ballot({member.name: "for" for member in members}, "〔2011〕1号")
    assert decide(folder, version, ballot, day).approved
