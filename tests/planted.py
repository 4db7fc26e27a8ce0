"""A campaign of one entity a level and one row in every ledger, whose texts can be found again."""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import TYPE_CHECKING

from support import bare_copy, hand_in, one_row_each, told

from wbwz_eval import Campaign, open_campaign

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WHO = {"unit": "U05", "party_org": "P07", "member": "M017"}
DAY = dt.date(2012, 8, 15)
LONG = "一个名字很长很长的单位其名字长到任何一张表都要为它换行的直属事业单位"
HOSTILE = (
    "<script>alert(1)</script>**粗**_斜_ [链](http://x.invalid) $x^2$ \\frac{1}{2} #set page() =1+1 "
    f"\u202e倒{'w' * 90}"
)


def planted(ledger: str, code: str) -> str:
    """Return a text that stands nowhere else."""
    return f"植{ledger}之{code}入"


def make(folder: Path, text: Callable[[str, str], str], name: str = LONG) -> Campaign:
    """Make a campaign of one entity a level with one row in every ledger of it."""
    campaign = bare_copy("wbwz-2011", folder)
    (campaign / "not_applicable.csv").unlink()
    rows = list(csv.reader((campaign / "entities.csv").read_text(encoding="utf-8").splitlines()))
    kept = [row for row in rows[1:] if row[0] in WHO.values()]
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(rows[0])
    writer.writerows([row[0], f"{name}{row[0]}", row[2], row[3], ""] for row in kept)
    (campaign / "entities.csv").write_text(lines.getvalue(), encoding="utf-8")
    opened = open_campaign(campaign)
    tables = one_row_each(opened, text, DAY, WHO)
    receipts = hand_in(campaign, tables, received_on=DAY + dt.timedelta(days=3))
    assert {receipt.status for receipt in receipts} == {"accepted"}, told(receipts)
    return open_campaign(campaign)


def same(ledger: str, code: str) -> str:
    """Return a planted text, but one task number everywhere, so that reports find their tasks."""
    return "任务甲" if code in {"task_no", "parent_task"} else planted(ledger, code)


def secrets(campaign: Campaign, *kinds: str) -> list[str]:
    """Return the planted texts of fields of some kinds of disclosure."""
    return [
        planted(ledger, code)
        for ledger, schema in campaign.codebook.ledgers.items()
        for code, field in schema.fields.items()
        if field.disclosure in kinds
        and field.type == "text"
        and code not in {"task_no", "parent_task", "row_id"}
    ]
