"""Receipts vouch each for the one before: what was altered, damaged or lost since is told."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.receipts import Inbox, Receipt

if TYPE_CHECKING:
    from pathlib import Path


def receipt(number: int, previous: str) -> Receipt:
    return Receipt(
        number=number,
        previous=previous,
        file=f"台账{number}.xlsx",
        sha256="0" * 64,
        size=1,
        kind="xlsx",
        sender="U1",
        received_on=dt.date(2011, 10, number),
        registered_at="2011-10-01T09:00:00+00:00",
        operator="某人",
        accept_valid=False,
        status="refused",
        sections=(),
        package_version="0",
    )


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    """Three receipts."""
    made = Inbox(tmp_path)
    made.receipts.mkdir()
    previous = ""
    for number in (1, 2, 3):
        previous = made.add(receipt(number, previous)).sha256
    return made


def alter(inbox: Inbox, number: int, old: str, new: str) -> None:
    path = inbox.receipts / f"{number:06d}.json"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_receipts_are_read_in_order_as_they_were_written(inbox: Inbox) -> None:
    stored = inbox.read()
    assert [one.receipt.number for one in stored] == [1, 2, 3]
    assert [one.previous for one in stored] == ["", stored[0].sha256, stored[1].sha256]
    assert [one.receipt for one in stored] == [receipt(one.receipt.number, one.previous) for one in stored]


@pytest.mark.parametrize("number", [1, 2])
def test_an_altered_one_is_told_by_the_next(inbox: Inbox, number: int) -> None:
    alter(inbox, number, '"sender": "U1"', '"sender": "U2"')
    with pytest.raises(CampaignError, match=f"回执 {number} 与回执 {number + 1:06d}.json .*被改动过"):
        inbox.read()


def test_what_one_says_of_the_one_before_cannot_be_altered_either(inbox: Inbox) -> None:
    alter(inbox, 3, inbox.read()[1].sha256, "f" * 64)
    with pytest.raises(CampaignError, match=r"回执 2 与回执 000003.json .*被改动过"):
        inbox.read()


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize(
    ("old", "new"),
    [('"sections": []', '"sections": ['), ('"size": 1', '"size": "大"'), ('"number"', '"nummer"')],
)
def test_a_damaged_one_is_named(inbox: Inbox, number: int, old: str, new: str) -> None:
    alter(inbox, number, old, new)
    with pytest.raises(CampaignError, match=f"回执 {number:06d}.json 已损坏"):
        inbox.read()


def test_a_lost_one_is_named(inbox: Inbox) -> None:
    (inbox.receipts / "000002.json").unlink()
    with pytest.raises(CampaignError, match="缺少回执 2"):
        inbox.read()


def test_one_that_was_laid_out_anew_is_read_as_it_is(inbox: Inbox) -> None:
    # by hand, or by another program: the last one, which no other vouches for
    alter(inbox, 3, '{\n "number"', '{"number"')
    assert inbox.read()[-1].receipt.number == 3
