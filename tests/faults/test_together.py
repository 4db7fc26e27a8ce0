"""Several commands at once on one campaign: each counts, in an order that the receipts show."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock
from support import bare_copy

from wbwz_eval import open_campaign
from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.lock import LOCK, writing


def submitting(folder: Path, file: Path, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "wbwz_eval.cli", "submit", str(folder), str(file), *more]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_all_that_submit_at_once_count_in_the_order_of_the_receipts(tmp_path: Path) -> None:
    folder = bare_copy("panjin-2023", tmp_path)
    running = []
    for number in range(1, 5):
        file = tmp_path / f"第{number}份.csv"
        # each corrects the same row, and has one of its own
        rows = f"R0,2023-04-30,{90 + number}\nR{number},2023-04-30,{number}\n"
        file.write_text(f"行号,截至日期,办结率\n{rows}", encoding="utf-8")
        running.append(submitting(folder, file, "--from", "D1"))
    for process in running:
        told, wrong = process.communicate(timeout=120)
        assert process.returncode == 0, told + wrong
    stored = open_campaign(folder).inbox.read()
    assert [one.receipt.number for one in stored] == [1, 2, 3, 4]
    rows = open_campaign(folder, cached=False).ledger("hotline").rows.set_index("row_id")["closed_rate"]
    last = int(stored[-1].receipt.file[1])
    assert rows.to_dict() == {"R0": 90.0 + last, "R1": 1.0, "R2": 2.0, "R3": 3.0, "R4": 4.0}
    assert open_campaign(folder).ledger("hotline").rows.set_index("row_id")["closed_rate"].equals(rows)


def test_who_waits_too_long_is_told_why(tmp_path: Path) -> None:
    folder = bare_copy("panjin-2023", tmp_path)
    held = "另一个命令正在写 panjin-2023.*等它结束后再运行"
    with FileLock(folder / LOCK), pytest.raises(CampaignError, match=held), writing(folder, wait=0.1):
        pass
    # nothing is left behind that would keep others out
    with writing(folder, wait=0.1):
        pass
