"""The command as a user meets it: what it prints, and how it ends."""

from __future__ import annotations

import io
import json
import subprocess
import sys

import pandas as pd
import pytest

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
        "ledgers/hotline.csv 第 5 行 H4 计入",
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


def test_a_broken_ledger_stops_scoring_with_file_row_column_and_value(panjin_copy):
    path = panjin_copy / "ledgers" / "hotline.csv"
    text = (
        path.read_text(encoding="utf-8")
        .replace("98.06", "九十八")
        .replace("2023-04-30,97.95", "2023-13-30,97.95")
    )
    path.write_text(text, encoding="utf-8")
    out = _wbwz("score", panjin_copy, "term")
    assert out.returncode == 1
    lines = out.stderr.strip().splitlines()
    assert len(lines) == 3  # what could not be done, then both faults
    assert "ledgers/hotline.csv 第 4 行 “截至日期”列" in out.stderr
    assert "ledgers/hotline.csv 第 2 行 “办结率”列" in out.stderr
    assert "九十八" in out.stderr


def test_help_names_the_commands():
    out = _wbwz("--help")
    assert out.returncode == 0
    for command in ("score", "evaluate", "explain", "report"):
        assert command in out.stdout
