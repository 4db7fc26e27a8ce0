"""What people type: answers are the engine's, names are helped with, and nothing is written."""

from __future__ import annotations

import doctest
import importlib
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import wbwz_eval as wz
from wbwz_eval import CampaignError, evaluate
from wbwz_eval.exploring import explained, opened, period_scores, what_if
from wbwz_eval.exploring.period_scores import PeriodScores
from wbwz_eval.exploring.shown import Table
from wbwz_eval.review.uncertainty.robustness import robustness
from wbwz_eval.scoring.explain import explain
from wbwz_eval.scoring.header import OFFICIAL, TRIAL

ROOT = Path(__file__).parents[2]
SCORED = ["rank", "total", "grade", "base", "bonus", "deduction", "group", "standing", "veto"]


@pytest.fixture(scope="module")
def sample_opened(tmp_path_factory):
    """The sample campaign without results: all is evaluated in memory."""
    folder = tmp_path_factory.mktemp("campaign") / "wbwz-2011"
    shutil.copytree(ROOT / "data" / "wbwz-2011", folder, ignore=shutil.ignore_patterns("results"))
    return wz.open(folder)


@pytest.fixture(scope="module")
def units(sample_opened):
    return sample_opened.scores("2012-Q3")


@pytest.fixture(scope="module")
def districts():
    return wz.open(ROOT / "data" / "panjin-2023").scores("term", "district")


def same(ours: pd.DataFrame, engine: pd.DataFrame, columns: list[str]) -> None:
    """See that two tables say the same of each entity."""
    left, right = (each.set_index("entity_id").sort_index()[columns] for each in (ours, engine))
    pd.testing.assert_frame_equal(left, right, check_exact=True)


@pytest.mark.parametrize(
    "module", [opened, period_scores, what_if, explained], ids=lambda each: each.__name__
)
def test_the_examples_are_true(module, sample_opened, units, monkeypatch):
    monkeypatch.chdir(ROOT)
    found = doctest.testmod(module, extraglobs={"c": sample_opened, "s": units})
    assert found.failed == 0


def test_every_public_method_has_an_example_or_is_short():
    # an example that nobody wrote cannot fail
    counts = {
        module: len([test for test in doctest.DocTestFinder().find(module) if test.examples])
        for module in (opened, period_scores, what_if)
    }
    assert counts[period_scores] >= 8
    assert counts[opened] >= 6
    assert counts[what_if] >= 1


def test_scores_are_those_of_the_engine(sample_opened, units):
    same(
        units.totals, evaluate(sample_opened.campaign, "2012-Q3", "unit").scores, [*SCORED, *units.dimensions]
    )
    assert units.source == "memory"


def test_written_results_are_read_where_they_are_fresh(panjin_copy):
    wz.write_results(panjin_copy, "term")
    assert wz.open(panjin_copy).scores("term", "district").source == "results"


@pytest.mark.parametrize("level", ["unit", "party_org", "member"])
def test_other_weights_give_what_the_changed_file_gives(sample_opened, level):
    scores = sample_opened.scores("2012-Q3", level)
    first = next(iter(scores.dimensions))
    trial = scores.what_if(weights={first: 35})
    assert trial.only_weights
    engine = evaluate(sample_opened.campaign, "2012-Q3", level, changes=trial.changes)
    same(trial.totals, engine.scores, [*SCORED, *scores.dimensions])
    # the weights do matter here: otherwise the test would show nothing
    assert not np.array_equal(trial.totals["total"], scores.totals["total"])


def test_weights_in_points_give_what_the_changed_file_gives(districts):
    first = next(iter(districts.dimensions))
    full = districts.scored.level.full_marks()[first]
    trial = districts.what_if(weights={first: full - 2})
    engine = evaluate(districts.campaign, "term", "district", changes=trial.changes)
    same(trial.totals, engine.scores, [*SCORED, *districts.dimensions])


def test_another_rule_gives_what_the_changed_file_gives(sample_opened, units):
    changes = {"indicators.F1.rule.threshold": 90}
    trial = units.what_if(changes=changes, weights={"F": 30})
    assert not trial.only_weights
    engine = evaluate(sample_opened.campaign, "2012-Q3", "unit", changes=trial.changes)
    same(trial.totals, engine.scores, [*SCORED, *units.dimensions])
    same(trial.scores.scores, engine.scores, [*SCORED, "movement"])


def test_a_trial_of_a_trial_goes_on_from_its_weights(sample_opened, units):
    first, second, *_ = units.dimensions
    once = units.what_if(weights={first: 35})
    twice = once.what_if(weights={second: 20})
    tree, before = twice.scored.level.tree, once.scored.level.tree
    # 35 of 100 gives way in the proportion in which the others than the second do
    rest = 100 - float(before[second].share)
    assert float(tree[second].share) == pytest.approx(20)
    assert float(tree[first].share) == pytest.approx(35 * (100 - 20) / rest, abs=1e-3)
    engine = evaluate(sample_opened.campaign, "2012-Q3", "unit", changes=twice.changes)
    same(twice.totals, engine.scores, [*SCORED, *units.dimensions])


def test_names_are_not_taken_for_markup_in_a_heading(units, monkeypatch):
    monkeypatch.setitem(units.campaign.levels, "unit", "<b>单位</b>")
    assert "<b>单位" not in units._repr_html_()


def test_ranking_tells_who_would_move(units):
    trial = units.what_if(weights={"F": 40})
    table = trial.ranking()
    before = units.totals.set_index("entity_id")["rank"].reindex(table["entity_id"]).to_numpy()
    np.testing.assert_array_equal(table["rank_before"], before)
    np.testing.assert_array_equal(table["moved"], before - table["rank"])
    assert (table["moved"] != 0).any()


def test_intervals_are_those_of_the_committees_review(units):
    choices = units.choices(draws=100)
    trial = units.what_if(weights={"F": 35})
    for scores in (units, trial):
        ours = scores.intervals(draws=100).set_index("entity_id")
        review = robustness(scores.scored, choices).entities.set_index("entity_id")
        for end in ("low", "high"):
            np.testing.assert_array_equal(ours.loc[review.index, end], review[end], err_msg=end)


def test_intervals_of_weights_in_points_are_those_of_the_review(districts):
    first = next(iter(districts.dimensions))
    trial = districts.what_if(weights={first: districts.scored.level.full_marks()[first] - 2})
    ours = trial.intervals(draws=100).set_index("entity_id")
    review = robustness(trial.scored, trial.choices(draws=100)).entities.set_index("entity_id")
    np.testing.assert_array_equal(ours.loc[review.index, "low"], review["low"])


def test_an_explanation_is_the_engines_and_opens_down_to_rows(sample_opened, units):
    found = units.explain("U12")
    engine = explain(sample_opened.campaign, "2012-Q3", "U12")
    assert found.explanation.title == engine.title
    assert [part.lines for part in found.explanation.parts] == [part.lines for part in engine.parts]
    rows = found.rows("F1")
    assert len(rows) == len(engine.find("F1").rows) > 0
    tree = found.tree
    leaf = next(part for part in tree["parts"] if part["id"] == "F")["parts"][0]
    assert leaf["rows"][0]["ledger"] in sample_opened.ledgers.values()
    page = found._repr_html_()
    assert page.count("<details") == page.count("</details>") > 10
    assert str(leaf["rows"][0]["row_id"]) in page


def test_points_lost_add_up_to_what_is_missing(units):
    # full mark 100, arithmetic means: what is not there was lost somewhere, but for rounding on the way up
    for entity in units.totals["entity_id"]:
        own = units.totals[units.totals["entity_id"] == entity].iloc[0]
        table = units.explain(entity).lost()
        taken = table["dimension"] == "扣分"
        assert table.loc[taken, "lost"].sum() == pytest.approx(own["deduction"])
        lost = table.loc[~taken, "lost"].sum()
        gained = units.nodes[(units.nodes["entity_id"] == entity) & (units.nodes["kind"] == "indicator")]
        over = (gained["contribution"] - gained["effective_weight"] * 100).clip(lower=0).sum()
        gates = own["base"] < 100 - lost + over - 0.05
        assert gates or own["base"] == pytest.approx(100 - lost + over, abs=0.05)


def test_compared_with_the_period_before_is_what_the_results_call_movement(units):
    found = units.compare("2012-Q2").set_index("entity_id")
    totals = units.totals.set_index("entity_id").reindex(found.index)
    np.testing.assert_array_equal(found["moved"], totals["movement"])
    np.testing.assert_allclose(found["change"], totals["total"] - totals["previous_total"])


@pytest.mark.parametrize(
    ("ask", "near"),
    [
        (lambda _, s: s.explain("河东公路管理"), "U01"),
        (lambda _, s: s.explain("U123"), "U12"),
        (lambda c, _: c.ledger("commitment"), "commitments"),
        (lambda c, _: c.ledger("公开承诺和落实情况"), "commitments"),
        (lambda c, _: c.scores("2012-Q3", "units"), r"应为 unit"),
        (lambda c, _: c.scores(level="units"), r"应为 unit"),
        (lambda c, _: c.latest("units"), r"应为 unit"),
        (lambda c, _: c.scores("2012-Q9"), "2011-Q3"),
        (lambda c, _: c.ledger("commitments", as_of="2012/10/10"), "2012-10-10"),
        (lambda _, s: s.ranking("执法质监"), "执法质监类"),
        (lambda _, s: s.trend("U12", node="ranks"), "rank"),
        (lambda _, s: s.what_if(weights={"FF": 3}), "F"),
        (lambda _, s: s.what_if(), "weights"),
        (lambda _, s: s.explain("U12").rows("F11"), "F1"),
        (lambda c, _: c.entities("units"), r"应为 unit"),
    ],
)
def test_a_wrong_name_says_what_is_near(sample_opened, units, ask, near):
    with pytest.raises(CampaignError, match=near):
        ask(sample_opened, units)


def test_nothing_in_the_folder_changes(panjin_copy):
    def state() -> dict[str, tuple[bytes, int]]:
        files = [path for path in panjin_copy.rglob("*") if path.is_file() and ".cache" not in path.parts]
        return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}

    before = state()
    campaign = wz.open(panjin_copy)
    scores = campaign.scores("term", "district")
    first = next(iter(scores.dimensions))
    trial = scores.what_if(weights={first: scores.scored.level.full_marks()[first] - 1})
    for each in (scores, trial):
        each.ranking()
        each.explain("D1")._repr_html_()
        each.peers("D1")
        each.trend("D1")
        each.trend_figure("D1")
        each.survey()
        each.raters()
        each.intervals(draws=100)
        each._repr_html_()
    campaign.ledger(next(iter(campaign.ledgers)))
    campaign.entities("district")
    campaign._repr_html_()
    assert state() == before


def test_a_what_if_becomes_a_version_for_the_committee(sample_opened, units, capsys):
    trial = units.what_if(weights={"F": 30})
    path = trial.write_version("2012-v9", why="看看服务多算一点会怎样")
    told = capsys.readouterr().out
    assert "还没有批准" in told
    assert "wbwz methodology propose" in told
    assert path.name == "2012-v9.yaml"
    campaign = wz.open(sample_opened.campaign.path)
    method = wz.scoring.methodology_file.load_methodology(path, campaign.campaign)
    assert method.approval is None
    engine = evaluate(campaign.campaign, "2012-Q3", "unit", methodology=method)
    same(trial.totals, engine.scores, SCORED)
    path.unlink()


def test_everything_of_a_trial_is_stamped(units):
    trial = units.what_if(weights={"F": 30})
    assert trial.stamp == TRIAL
    pages = [trial._repr_html_(), trial.explain("U12")._repr_html_(), trial.interval_figure(100).html()]
    pages += [
        each._repr_html_()
        for each in (
            trial.ranking(),
            trial.compare(units),
            units.compare(trial),
            trial.intervals(draws=100),
            trial.peers("U12"),
            trial.trend("U12"),
            trial.survey(),
            trial.explain("U12").lost(),
        )
    ]
    for page in [*pages, trial.trend_figure("U12").html()]:
        assert TRIAL in page


def test_what_an_approved_method_gives_bears_no_stamp_but_a_what_if_of_it_does(sample_opened):
    scores = sample_opened.scores("2012-Q2")
    approved = replace(scores.scores, header=scores.scores.header | {"mark": OFFICIAL})
    scores = PeriodScores(sample_opened, scores.campaign, scores.period, scores.level, approved)
    assert TRIAL not in scores.ranking()._repr_html_()
    assert TRIAL in scores.what_if(weights={"F": 30}).ranking()._repr_html_()


def test_a_table_is_a_data_frame_that_shows_itself_in_chinese_and_takes_no_text_for_markup():
    frame = pd.DataFrame(
        {"name": ["<script>alert(1)</script>"], "value": [1.5], "day": [pd.NaT], "on": [True]}
    )
    table = Table.of(frame, {"name": "名称", "value": "值"}, caption="<b>表</b>")
    page = table._repr_html_()
    assert "<script>" not in page
    assert "<b>" not in page
    assert "&lt;script&gt;" in page
    assert ">名称<" in page
    assert ">1.5<" in page
    assert ">—<" in page
    assert ">是<" in page
    assert type(table) is Table
    assert isinstance(table, pd.DataFrame)
    assert table["value"].sum() == 1.5
    # what is taken out of a table keeps its heads
    assert ">名称<" in table[table["value"] > 1]._repr_html_()


def test_the_package_is_as_quick_to_import_as_without():
    code = (
        "import sys, wbwz_eval; assert not {'matplotlib', 'nbconvert', 'ipywidgets'} & set(sys.modules);"
        "assert 'open' in dir(wbwz_eval); wbwz_eval.open; assert 'wbwz_eval.exploring.opened' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_an_unknown_name_of_the_package_is_an_attribute_error():
    with pytest.raises(AttributeError, match="opened_campaign"):
        getattr(importlib.import_module("wbwz_eval"), "opened_campaign")  # noqa: B009


def test_a_campaign_without_quarters_opens_at_its_term(districts):
    campaign = districts.opened
    assert campaign.latest() == "term"
    assert campaign.scores().period.id == "term"


def test_a_columns_numbers_have_the_same_decimals() -> None:
    frame = pd.DataFrame({"total": [98.15, 76.0, float("nan")], "rank": [1.0, 2.0, 3.0], "n": [7, 8, 9]})
    page = Table.of(frame, {"total": "总分", "rank": "位次", "n": "数"})._repr_html_()
    cells = re.findall(r"<td[^>]*>([^<]*)</td>", page)
    assert cells == ["98.15", "1", "7", "76.00", "2", "8", "—", "3", "9"]
    fine = Table.of(pd.DataFrame({"share": [0.123456, 1234567.5]}), {})._repr_html_()
    assert re.findall(r"<td[^>]*>([^<]*)</td>", fine) == ["0.1235", "1,234,567.5000"]


def test_rows_that_cost_points_are_those_not_as_good_as_can_be(units):
    # U05 in 2012-Q3: F2 has three rows in the period, two of them 未达成 (0), one done (1);
    # the deduction of 2 points stands on one row, SJ00017
    found = units.explain("U05").lost_rows()
    f2 = found[found["indicator"] == "F2"]
    assert (f2["value"].tolist(), f2["reason"].tolist()) == ([0.0, 0.0], ["未达成", "未达成"])
    assert found.loc[found["indicator"] == "minor-incident", "row_id"].tolist() == ["SJ00017"]
    assert found["lost"].is_monotonic_decreasing
    lost = units.explain("U05").lost().set_index("node")["lost"]
    assert (found["lost"] == found["indicator"].map(lost)).all()
    # a rate that is better low: what is 0 has cost nothing
    low = units.nodes[(units.nodes["direction"] == "down") & (units.nodes["entity_id"] == "U05")]["node"]
    ones = found[found["indicator"].isin(low)].groupby("indicator")["value"]
    assert all(set(values) != {0.0} for _, values in ones)


def test_a_long_table_says_how_it_is_seen_whole(units):
    rows = units.explain("U05").rows()
    assert len(rows) > 60
    assert rows._repr_html_().count("<tr>") == 61  # with the head
    assert ".whole()" in rows._repr_html_()
    assert rows.whole()._repr_html_().count("<tr>") == len(rows) + 1
    assert ".whole()" not in rows.whole()._repr_html_()
