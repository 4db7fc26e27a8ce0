"""Files as people make them: what comes of each was worked out by hand in ``expected.yaml``."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from support import bare_copy

from wbwz_eval import Campaign, open_campaign
from wbwz_eval.campaign.submit import Desk, Handing, Submitted

HERE = Path(__file__).parent
EXPECTED: list[dict[str, Any]] = yaml.safe_load((HERE / "expected.yaml").read_text("utf-8"))
NAMES = [f"{case['file']}{' good rows' if case.get('accept_valid') else ''}" for case in EXPECTED]
COUNTS = ("new", "changed", "unchanged", "withdrawn", "refused")


@pytest.fixture(scope="module")
def received(tmp_path_factory: pytest.TempPathFactory) -> tuple[Campaign, list[Submitted]]:
    """All files, taken in one after the other by a campaign that has no rows yet."""
    folder = bare_copy("wbwz-2011", tmp_path_factory.mktemp("messy"))
    with Desk.open(open_campaign(folder)) as desk:
        done = [
            desk.take(
                case["file"],
                (HERE / "files" / case["file"]).read_bytes(),
                Handing(case["sender"], dt.date(2011, 9, 30), bool(case.get("accept_valid")), "试"),
            )
            for case in EXPECTED
        ]
    return open_campaign(folder), done


@pytest.mark.parametrize("number", range(len(EXPECTED)), ids=NAMES)
def test_receipt(received: tuple[Campaign, list[Submitted]], number: int) -> None:
    case, receipt = EXPECTED[number], received[1][number].receipt
    assert receipt.status == case["status"], receipt.faults
    assert receipt.period == case.get("period", "")
    counts = {
        section.ledger: {name: getattr(section, name) for name in COUNTS if getattr(section, name)}
        for section in receipt.sections
    }
    assert counts == case.get("sections", {})


@pytest.mark.parametrize("number", range(len(EXPECTED)), ids=NAMES)
def test_faults_and_notices(received: tuple[Campaign, list[Submitted]], number: int) -> None:
    case, receipt = EXPECTED[number], received[1][number].receipt
    found = [
        [fault.sheet, fault.cell or (str(fault.row) if fault.row else None), fault.value]
        for fault in receipt.faults
    ]
    expected = [[sheet, place and str(place), value] for sheet, place, value, _ in case.get("faults", [])]
    assert found == expected
    for fault, (*_, word) in zip(receipt.faults, case.get("faults", []), strict=True):
        assert word in f"{fault.message};{fault.expected}"
        assert fault.expected or "缺少" in fault.message
    assert len(receipt.notices) == len(case.get("notices", []))
    for words, notice in zip(case.get("notices", []), receipt.notices, strict=True):
        assert words in notice


def test_rows_that_stand(received: tuple[Campaign, list[Submitted]]) -> None:
    campaign = received[0]
    # the last word on a row is that of the last file
    standing: dict[tuple[str, str], dict[str, Any]] = {}
    for case in EXPECTED:
        for ledger, rows in case.get("rows", {}).items():
            for row_id, values in rows.items():
                standing.setdefault((ledger, row_id), {}).update(values)
    for (ledger, row_id), values in standing.items():
        rows = campaign.ledger(ledger).rows.set_index("row_id")
        assert {code: _plain(rows.loc[row_id, code]) for code in values} == values, row_id


def test_a_file_that_came_before_changes_nothing(received: tuple[Campaign, list[Submitted]]) -> None:
    campaign = received[0]
    before = {path.name: path.read_bytes() for path in campaign.inbox.receipts.iterdir()}
    with Desk.open(campaign) as desk:
        for case in EXPECTED:
            data = (HERE / "files" / case["file"]).read_bytes()
            assert desk.take(
                case["file"], data, Handing(case["sender"], accept_valid=bool(case.get("accept_valid")))
            ).known
    assert {path.name: path.read_bytes() for path in campaign.inbox.receipts.iterdir()} == before


def _plain(value: object) -> object:
    if pd.isna(value):
        return None
    return value.date() if isinstance(value, pd.Timestamp) else value
