"""Signs in the data, each put there and worked out by hand."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest
from support import bare_copy, take_in

from wbwz_eval import evaluate, open_campaign
from wbwz_eval.review.data_quality import (
    bunching,
    burden,
    ceilings,
    coverage,
    diverging,
    raters,
)
from wbwz_eval.review.versions.fields_needed import fields_needed
from wbwz_eval.scoring.methodology_file import load_methodology
from wbwz_eval.tracking.situation import open_situation

NONE = float("nan")


def scores(points: dict[str, list[float]], values: dict[str, list[float]] | None = None):
    """Return results whose indicators have these points, full marks 100, and values."""
    values = values or points
    size = len(next(iter(points.values())))
    nodes = pd.DataFrame(
        [
            {
                "entity_id": f"E{entity}",
                "node": node,
                "name": node,
                "kind": "indicator",
                "points": points[node][entity],
                "value": values[node][entity],
                "full": 100.0,
                "status": "missing" if points[node][entity] != points[node][entity] else "scored",
            }
            for entity in range(size)
            for node in points
        ]
    )
    named = pd.DataFrame(
        {"entity_id": [f"E{n}" for n in range(size)], "name": [f"名{n}" for n in range(size)]}
    )
    return SimpleNamespace(nodes=nodes, scores=named)


@pytest.fixture(scope="module")
def methodology(sample):
    period = sample.period("2012-Q3")
    return load_methodology(sample.methodology_path(period), sample).at(period)


def test_coverage_counts_each_indicator():
    table = coverage(scores({"F1": [90, NONE, 80, 70]})).iloc[0]
    assert (table["scored"], table["missing"], table["share"]) == (3, 1, 0.75)


def test_full_marks_for_four_of_five_tell_nothing():
    found = ceilings(
        scores({"F1": [100, 100, 100, 100, 60], "F2": [90, 80, 70, 60, 50], "F3": [80] * 5})
    ).set_index("node")
    assert found["full"].to_dict() == {"F1": 0.8, "F2": 0.0, "F3": 0.0}
    # F2: deviations ±20, ±10, 0: variance (400+100+0+100+400)/5 = 200
    assert found.loc["F2", "spread"] == pytest.approx(200**0.5)
    assert found["mute"].to_dict() == {"F1": True, "F2": False, "F3": True}


def test_values_just_above_a_limit_are_set_against_those_just_below(methodology):
    # F1 gives full marks at 95 %: six lie in [95, 96), one in [94, 95), one far above
    table = scores({"F1": [100] * 8}, {"F1": [95, 95.1, 95.2, 95.5, 95.9, 95.99, 94.5, 98]})
    row = bunching(table, methodology).iloc[0]
    assert (row["limit"], row["better"], row["worse"]) == (95.0, 6, 1)
    # at least 6 of 7 by chance: (7 + 1) / 128
    assert row["chance"] == pytest.approx(8 / 128)


def test_a_limit_that_nobody_passes_is_no_bunching(methodology):
    assert bunching(scores({"F1": [95, 95, 95]}), methodology).empty


def test_pairs_apart_by_more_than_the_method_allows(methodology):
    # F3 is set against F4 and F5, 30 apart
    table = diverging(scores({"F3": [100, 100, 90], "F4": [60, 75, 20], "F5": [90, 90, 60]}), methodology)
    assert table[["entity_id", "apart"]].to_numpy().tolist() == [["E2", 70.0], ["E0", 40.0]]
    assert table["against"].tolist() == ["一次解决率", "一次解决率"]


def test_a_lenient_rater_and_a_void_ballot(tmp_path):
    folder = bare_copy("wbwz-2011", tmp_path)
    points = {"R1": {"U01": 90, "U02": 80}, "R2": {"U01": 70, "U02": 60}, "R3": {"U01": 80, "U02": 130}}
    lines = ["被评对象,评议日期,评议人编号,评议主体,评分,核实人,核实日期"]
    lines += [
        f"{unit},2012-08-15,{rater},考核组,{score},办公室,2012-08-16"
        for rater, own in points.items()
        for unit, score in own.items()
    ]
    take_in(folder, {"ballots": "\n".join(lines) + "\n"}, received_on=pd.Timestamp("2012-08-20").date())
    table = raters(evaluate(folder, "2012-Q3", "unit"), open_situation(folder, "2012-Q3", "unit")).set_index(
        "rater"
    )
    # U01: mean 80; U02: 130 is out of range, mean of 80 and 60 is 70
    assert table["lenient"].to_dict() == {"R1": 10.0, "R2": -10.0, "R3": 0.0}
    assert table["void"].to_dict() == {"R1": 0, "R2": 0, "R3": 1}
    assert table.loc["R3", "why"] == "废票：超出评分范围"
    # R1: 90 and 80 lie 5 from their mean
    assert table.loc["R1", "spread"] == 5.0


def test_the_burden_is_the_cells_filled_and_those_that_nobody_reads(tmp_path):
    folder = bare_copy("wbwz-2011", tmp_path)
    table = "被评对象,案例,计量\n"
    table = "行号,被评对象,成果类别,成果名称,印发日期,文号,是否有效\nCG1,U01,改革方案,方案,2012-08-01,文1,是\nCG2,U01,改革方案,,2012-08-02,,是\n"
    take_in(folder, {"outputs": table}, received_on=pd.Timestamp("2012-08-20").date(), sender="U01")
    situation = open_situation(folder, "2012-Q3", "unit")
    row = burden(situation, {}).set_index("ledger").loc["outputs"]
    # filled: kind 2, title 1, issued_on 2, doc_no 1, in_force 2; the title is read by nobody
    assert (row["rows"], row["cells"], row["unread"], row["idle"]) == (2, 8, 1, ["成果名称"])
    assert burden(situation, {"outputs": {"title"}}).set_index("ledger").loc["outputs", "unread"] == 0


def test_what_indicators_read_is_what_their_measures_name(methodology):
    read = fields_needed(methodology)
    assert {"gap_start", "gap_now", "stage", "due_on", "as_of"} <= read["benchmarks"]
    assert "nominations" not in read


def test_what_is_made_of_results_may_not_be_scored(tmp_path):
    folder = bare_copy("wbwz-2011", tmp_path)
    path = folder / "methodology" / "2011-v1.yaml"
    text = path.read_text(encoding="utf-8")
    changed = text.replace(
        "measure: {kind: sum, ledger: incidents, date: confirmed_on, where: [{field: severity, is: 一般}],"
        " value: {field: severity, map: {一般: 2}, otherwise: 0}}",
        "measure: {kind: count, ledger: nominations, date: nominated_on}",
    )
    assert changed != text
    path.write_text(changed, encoding="utf-8")
    with pytest.raises(Exception, match="登记的是结果的运用，不能再计入得分"):
        load_methodology(path, open_campaign(folder))
