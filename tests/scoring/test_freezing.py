"""A published period stands on what it stood on; an upheld appeal makes a further version of it.

All figures are of the published bulletin in ``data/panjin-2023``, whose scores are
0.20·办结率 + 0.30·满意率 + 0.25·有效回访率 + 0.25·按时反馈率 to one decimal. D4 has 96.21, 94.01, 100, 100:
19.242 + 28.203 + 25 + 25 = 97.445, so 97.4 and the sixth place. With a satisfaction of 99.99 it is
19.242 + 29.997 + 50 = 99.239, so 99.2: level with D2 on the third place, before D3 (99.1) and D6 (99.0).
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support import approve, hand_in, take_in

from wbwz_eval import open_campaign
from wbwz_eval.campaign.appeals import Decision, decide, read_appeals, register
from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.frozen import read_freeze
from wbwz_eval.scoring.freezing import corrections, freeze
from wbwz_eval.scoring.results import open_results
from wbwz_eval.scoring.verify import is_intact, verify

METHOD = "2023-inferred"
DAY, LATER = dt.date(2023, 7, 3), dt.date(2023, 7, 20)
D4_MENDED = "行号,被评对象,截至日期,满意率\nH4,D4,2023-04-30,99.99\n"


def totals(folder: Path, version: int | None = None) -> dict[str, float]:
    scores = open_results(folder, "term", "district", version=version).scores
    return dict(zip(scores["entity_id"], scores["total"], strict=True))


@pytest.fixture
def frozen(panjin_copy: Path) -> Path:
    """The campaign with its term frozen."""
    approve(panjin_copy, METHOD, DAY)
    freeze(panjin_copy, "term", "王某", DAY)
    return panjin_copy


def uphold(folder: Path) -> None:
    """Let an appeal of D4 be upheld, on a correction that came in after the cut-off."""
    register(folder, "term", "D4", "satisfied", "满意率录错", DAY)
    take_in(folder, {"hotline": D4_MENDED}, received_on=LATER)
    decide(
        folder,
        1,
        Decision(upheld=True, reason="录入有误", by="领导小组", decided_on=LATER, receipts=(2,)),
        {1, 2},
    )


def test_what_is_frozen_says_what_it_stands_on(frozen: Path) -> None:
    record = read_freeze(frozen, "term")
    assert record is not None
    assert (record.version, record.by, record.frozen_on, record.through) == (1, "王某", DAY, 1)
    assert set(record.inputs) == {
        "campaign.yaml",
        "entities.csv",
        "ledgers.yaml",
        "methodology/2023-inferred.approvals.yaml",
        "methodology/2023-inferred.yaml",
    }
    assert is_intact(verify(frozen, "term"))


def test_nothing_that_comes_later_changes_what_is_frozen(frozen: Path) -> None:
    before = totals(frozen)
    take_in(frozen, {"hotline": D4_MENDED}, received_on=LATER)
    methodology = frozen / "methodology" / "2023-inferred.yaml"
    methodology.write_text(methodology.read_text("utf-8").replace("{value: 30", "{value: 5"), "utf-8")
    (frozen / "entities.csv").write_text("编号,名称,层级,组别\nD1,改名,district,districts\n", "utf-8")
    assert totals(frozen) == before
    assert before["D4"] == 97.4
    assert is_intact(verify(frozen, "term"))


def test_a_day_of_receipt_before_a_frozen_cutoff_is_refused(frozen: Path) -> None:
    # thirty working days after 30 April 2023, with Labour Day and the Dragon Boat days: 13 June
    assert open_campaign(frozen).cutoff(open_campaign(frozen).period("term")) == dt.date(2023, 6, 13)
    with pytest.raises(CampaignError, match="不能早于已冻结的期的截止日 2023-06-13"):
        hand_in(frozen, {"hotline": D4_MENDED}, received_on=dt.date(2023, 6, 13))
    assert len(open_campaign(frozen).inbox.read()) == 1


def test_a_period_is_frozen_once_and_only_when_it_is_over(panjin_copy: Path) -> None:
    with pytest.raises(CampaignError, match="截止日 2023-06-13 还没有过"):
        freeze(panjin_copy, "term", "王某", dt.date(2023, 6, 13))
    with pytest.raises(CampaignError, match="由谁"):
        freeze(panjin_copy, "term", " ", DAY)
    approve(panjin_copy, METHOD, DAY)
    freeze(panjin_copy, "term", "王某", DAY)
    with pytest.raises(CampaignError, match="已由 王某 于 2023-07-03 冻结"):
        freeze(panjin_copy, "term", "李某", LATER)


def test_an_upheld_appeal_leads_to_a_restatement_and_a_table_of_corrections(frozen: Path) -> None:
    uphold(frozen)
    assert totals(frozen)["D4"] == 97.4  # until it is frozen again
    record = freeze(frozen, "term", "王某", LATER)
    assert (record.version, record.through, record.admitted) == (2, 1, {"term": (2,)})
    table = corrections(frozen, "term")
    told = {(row.entity_id, row.item): (row.old, row.new) for row in table.itertuples()}
    assert told == {
        ("D4", "总分"): ("97.4", "99.2"),
        ("D4", "位次"): ("6", "3"),
        ("D3", "位次"): ("4", "5"),
        ("D6", "位次"): ("5", "6"),
    }
    own = table[table["entity_id"] == "D4"]
    assert set(own["reason"]) == {"申诉 1：录入有误"}
    assert set(table["approved_by"]) == {"领导小组"}
    assert all("随他人更正而变" in reason for reason in table.loc[table["entity_id"] != "D4", "reason"])


def test_the_version_before_still_opens_and_both_verify(frozen: Path) -> None:
    first = totals(frozen)
    uphold(frozen)
    freeze(frozen, "term", "王某", LATER)
    assert totals(frozen, version=1) == first
    assert totals(frozen, version=2) == totals(frozen) == {**first, "D4": 99.2}
    assert is_intact(verify(frozen, "term", 1))
    assert is_intact(verify(frozen, "term", 2))
    with pytest.raises(CampaignError, match="没有冻结的第 3 版"):
        verify(frozen, "term", 3)


def test_a_rejected_appeal_changes_nothing(frozen: Path) -> None:
    register(frozen, "term", "D4", "", "不服", DAY)
    decide(frozen, 1, Decision(upheld=False, reason="查无实据", by="领导小组", decided_on=LATER), {1})
    with pytest.raises(CampaignError, match="没有新成立的申诉"):
        freeze(frozen, "term", "王某", LATER)


@pytest.mark.parametrize(
    ("number", "decision", "words"),
    [
        (9, {"receipts": (1,)}, "没有申诉 9"),
        (1, {"receipts": (7,)}, "回执 7 不存在"),
        (1, {"upheld": False, "receipts": (1,)}, "不能带回执"),
    ],
)
def test_a_decision_that_cannot_stand_is_told(frozen: Path, number: int, decision: dict, words: str) -> None:
    register(frozen, "term", "D4", "", "不服", DAY)
    made = Decision(**{"upheld": True, "reason": "x", "by": "y", "decided_on": LATER, **decision})
    with pytest.raises(CampaignError, match=words):
        decide(frozen, number, made, {1})
    assert read_appeals(frozen)[0].decision is None


def test_a_decision_is_made_once(frozen: Path) -> None:
    uphold(frozen)
    with pytest.raises(CampaignError, match="已于 2023-07-20 由 领导小组 决定"):
        decide(frozen, 1, Decision(upheld=False, reason="x", by="y", decided_on=LATER), {1, 2})


def files_behind(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix()
        for part in ("frozen", "submissions")
        for path in (folder / part).rglob("*")
        if path.is_file()
    )


def test_one_byte_of_any_file_is_found_and_named(frozen: Path, tmp_path: Path) -> None:
    uphold(frozen)
    freeze(frozen, "term", "王某", LATER)
    names = files_behind(frozen)
    assert {name.split("/")[0] for name in names} == {"frozen", "submissions"}
    for name in names:
        copy = tmp_path / "copy"
        shutil.copytree(frozen, copy)
        data = bytearray((copy / name).read_bytes())
        # a digit or letter somewhere in the middle: the file may still be a good one
        at = next(place for place in range(len(data) // 2, len(data)) if chr(data[place]).isalnum())
        data[at] = ord("7") if data[at] != ord("7") else ord("8")
        (copy / name).write_bytes(bytes(data))
        version = 1 if name.startswith("frozen/term/1/") else 2
        found = verify(copy, "term", version)
        wrong = found[found["state"] != "一致"]
        assert not is_intact(found), name
        told = wrong["file"].tolist() + wrong["note"].tolist()
        # a record that is damaged is named by its version
        assert name in told or f"第 {version} 版的 freeze.json" in " ".join(told), (name, told)
        # and nothing else is called altered
        others = set(wrong.loc[wrong["state"] == "被改动", "file"]) - {name, ""}
        assert not others, (name, others)
        shutil.rmtree(copy)


def test_a_missing_file_is_found_and_named(frozen: Path) -> None:
    name = "frozen/term/1/results/district/scores.csv"
    (frozen / name).unlink()
    found = verify(frozen, "term").set_index("file")["state"].to_dict()
    assert found[name] == "缺失"


def test_the_whole_way_on_the_command_line(panjin_copy: Path, tmp_path: Path) -> None:
    def wbwz(*words: object, code: int = 0) -> str:
        command = [sys.executable, "-m", "wbwz_eval.cli", *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    approve(panjin_copy, METHOD, DAY)
    assert "第 1 版，凭回执 1 至 1" in wbwz("freeze", panjin_copy, "term", "--by", "王某", "--on", DAY)
    assert "已登记申诉 1" in wbwz("appeal", "add", panjin_copy, "term", "D4", "--text", "满意率录错")
    file = tmp_path / "D4.csv"
    file.write_text(D4_MENDED, "utf-8")
    wbwz("submit", panjin_copy, file, "--from", "D4", "--received", LATER)
    wbwz(
        "appeal",
        "decide",
        panjin_copy,
        1,
        "--upheld",
        "--by",
        "领导小组",
        "--reason",
        "录入有误",
        "--receipt",
        2,
    )
    told = wbwz("freeze", panjin_copy, "term", "--by", "王某")
    assert "第 2 版" in told
    assert "更正表" in told
    assert "97.4" in told
    assert "与发布时完全一致" in wbwz("verify", panjin_copy, "term")
    assert "成立(领导小组：录入有误)" in wbwz("appeal", "list", panjin_copy)
    record = panjin_copy / "submissions" / "receipts" / "000001.json"
    record.write_text(json.dumps(json.loads(record.read_text("utf-8"))), "utf-8")
    assert "submissions/receipts/000001.json" in wbwz("verify", panjin_copy, "term", code=1)
