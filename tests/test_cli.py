"""The command as a user meets it: what it prints, and how it ends."""

from __future__ import annotations

import datetime as dt
import io
import json
import shutil
import subprocess
import sys

import pandas as pd
import pytest
from support import hand_in, told

from wbwz_eval import evaluate


def _wbwz(*arguments, cwd=None):
    return subprocess.run(
        [sys.executable, "-m", "wbwz_eval.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        check=False,
        timeout=300,
    )


PUBLISHED = {"D1": 99.3, "D2": 99.2, "D3": 99.1, "D4": 97.4, "D5": 100.0, "D6": 99.0}


def test_score_gives_the_published_figures_in_every_format(panjin):
    csv = _wbwz("score", panjin.path, "term", "--format", "csv")
    table = pd.read_csv(io.StringIO(csv.stdout))
    assert dict(zip(table["entity_id"], table["total"], strict=True)) == PUBLISHED
    for column in (
        "entity_id", "name", "level", "group", "closed", "satisfied", "base", "bonus", "deduction", "total",
        "rank", "tie", "grade", "veto", "coverage", "movement",
    ):  # fmt: skip
        assert column in table.columns
    records = json.loads(_wbwz("score", panjin.path, "term", "--format", "json").stdout)
    assert {record["entity_id"]: record["total"] for record in records} == PUBLISHED
    assert records[0]["movement"] is None
    printed = _wbwz("score", panjin.path, "term").stdout
    for word in ("大洼区", "99.3", "双台子区", "97.4", "试算，未批准"):
        assert word in printed
    assert "…" not in printed


def test_score_of_one_level_is_that_level(sample):
    out = _wbwz("score", sample.path, "2012-Q3", "--level", "party_org", "--format", "csv")
    assert out.returncode == 0
    table = pd.read_csv(io.StringIO(out.stdout))
    assert set(table["level"]) == {"party_org"}
    expected = evaluate(sample, "2012-Q3", "party_org").scores
    assert table["total"].tolist() == expected["total"].tolist()


def test_evaluate_writes_results_and_says_where(panjin_copy):
    out = _wbwz("evaluate", panjin_copy, "term")
    assert out.returncode == 0
    assert str(panjin_copy / "results" / "term") in out.stdout
    assert (panjin_copy / "results" / "term" / "district" / "scores.csv").is_file()


def test_explain_prints_formula_and_rows(panjin):
    out = _wbwz("explain", panjin.path, "term", "D4")
    assert out.returncode == 0
    for line in (
        "D4 双台子区 term 总分 97.4",
        "总分 = 基础分 97.445 + 附加分 0 − 扣分 0 = 97.445 → 97.4",
        "得分 = 20 × 96.21 ÷ 100 = 19.242",
        "热线办理指标公布表.csv(回执 1) 第 5 行 H4 计入",
    ):
        assert line in out.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("score", "{c}", "2011-Q5"), ("2011-Q5", "2011-Q3(季)")),
        (("score", "{c}", "2010-Q1"), ("2010-Q1",)),
        (("score", "{c}", "2012-Q3", "--level", "unitt"), ("unitt", "unit")),
        (("score", "nowhere", "2012-Q3"), ("nowhere", "campaign.yaml")),
        (("explain", "{c}", "2012-Q3", "U99"), ("U99",)),
        (("explain", "{c}", "2012-Q3", "U01", "Q1"), ("Q1",)),
        (("evaluate", "{c}", "2013"), ("2013",)),
        (("report", "quarterly_buletin", "{c}"), ("quarterly_buletin", "quarterly_bulletin")),
        (("report", "quarterly_bulletin", "{c}", "2012-Q7"), ("2012-Q7",)),
        (("report", "quarterly_bulletin", "{c}", "2012-Q3", "--level", "units"), ("units", "unit")),
        (("report", "quarterly_bulletin", "{c}", "2012-Q3", "--edition", "secret"), ("secret", "public")),
    ],
)
def test_a_mistake_ends_with_one_message_and_no_traceback(sample, tmp_path, arguments, words):
    out = _wbwz(*(part.format(c=sample.path) for part in arguments), cwd=tmp_path)
    assert out.returncode == 1
    assert out.stdout == ""
    assert "Traceback" not in out.stderr
    assert len(out.stderr.strip().splitlines()) == 1, out.stderr
    for word in words:
        assert word in out.stderr
    assert not list(tmp_path.rglob("*.html"))


def test_a_broken_table_does_not_come_in_and_says_row_column_and_value(panjin_copy):
    table = "行号,被评对象,截至日期,办结率\nH1,D1,2023-04-30,九十八\nH2,D2,2023-04-30,98\nH3,D3,2023-13-30,97.95\n"
    receipts = hand_in(panjin_copy, {"hotline": table}, received_on=dt.date(2023, 6, 9))
    assert [receipt.status for receipt in receipts] == ["refused"]
    first, second = told(receipts)
    assert first.startswith("hotline.csv D2 “办结率”列: “九十八” 不是数字")
    assert second.startswith("hotline.csv C4 “截至日期”列: “2023-13-30” 不是日期")
    # D2 would have 98 instead of 98.44; nothing of the file counts
    out = _wbwz("score", panjin_copy, "term", "--format", "csv")
    table = pd.read_csv(io.StringIO(out.stdout))
    assert dict(zip(table["entity_id"], table["total"], strict=True)) == PUBLISHED


@pytest.mark.parametrize("change", ["altered", "deleted"])
def test_a_damaged_original_stops_scoring_with_one_message(panjin_copy, change):
    # what was read before need not be read again
    shutil.rmtree(panjin_copy / ".cache", ignore_errors=True)
    (path,) = (panjin_copy / "submissions" / "originals").iterdir()
    if change == "altered":
        path.write_bytes(path.read_bytes().replace(b"96.21", b"99.21"))
    else:
        path.unlink()
    out = _wbwz("score", panjin_copy, "term")
    assert out.returncode == 1
    assert out.stdout == ""
    (line,) = out.stderr.strip().splitlines()
    for word in ("回执 1 ", path.name, "热线办理指标公布表.csv", "请从备份恢复"):
        assert word in line
    assert ("被改动过" in line) == (change == "altered")
    assert ("缺少" in line) == (change == "deleted")


def test_help_names_the_commands():
    out = _wbwz("--help")
    assert out.returncode == 0
    for command in ("score", "evaluate", "explain", "report"):
        assert command in out.stdout
