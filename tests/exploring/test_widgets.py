"""The widgets without a browser: what is moved is the engine's what-if, and what is opened is the score."""

from __future__ import annotations

import errno
import re
import shutil
from pathlib import Path

import pytest

import wbwz_eval as wz
from wbwz_eval import evaluate
from wbwz_eval.exploring import what_if
from wbwz_eval.exploring.widgets import Page, Pickers, ScoreTree, WhatIfPanel
from wbwz_eval.exploring.widgets.ranking_html import ranking_html
from wbwz_eval.scoring.header import TRIAL

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def campaign(tmp_path_factory):
    folder = tmp_path_factory.mktemp("widgets") / "wbwz-2011"
    shutil.copytree(ROOT / "data" / "wbwz-2011", folder, ignore=shutil.ignore_patterns("results"))
    return wz.open(folder)


@pytest.fixture(scope="module")
def units(campaign):
    return campaign.scores("2012-Q3", "unit")


def shown(html: str) -> dict[str, list[str]]:
    """Return the cells of a live table by entity, without pictures."""
    rows = re.findall(r'<tr data-entity="([^"]*)"[^>]*>(.*?)</tr>', html)
    return {
        entity: [re.sub("<[^>]*>", "", cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", inner)]
        for entity, inner in rows
    }


def test_a_moved_slider_shows_what_the_changed_file_gives(campaign, units):
    panel = WhatIfPanel(units, "U12")
    before = shown(panel.ranking.value)
    panel.sliders["F"].value = 40.0
    after = shown(panel.ranking.value)
    # J 15, Y 40, C 15, F 15, Z 15: F takes 25 more, of which each other gives its share of 85
    assert sum(panel.weights.values()) == pytest.approx(
        sum(float(n.share) for n in units.scored.level.tree.values())
    )
    assert panel.sliders["Y"].value == panel.weights["Y"] < 40
    engine = evaluate(campaign.campaign, "2012-Q3", "unit", changes=panel.trial.changes).scores
    for row in engine.to_dict("records"):
        rank, rank_before, moved, name, total, total_before, grade = after[row["entity_id"]][:7]
        assert name == row["name"]
        assert grade == row["grade"]
        assert total == ("—" if row["total"] != row["total"] else f"{row['total']:.2f}")
        assert rank == ("—" if row["rank"] != row["rank"] else f"{row['rank']:.0f}")
        assert total_before == before[row["entity_id"]][4]
        assert rank_before == before[row["entity_id"]][0]
        if moved != "—":
            assert float(rank_before) - float(rank) == (1 if moved[0] == "↑" else -1) * float(moved[1:])
    assert after != before
    assert TRIAL in panel.stamp.value
    assert 'data-entity="U12" class="own"' in panel.ranking.value


def test_back_to_the_weights_as_they_are(units):
    panel = WhatIfPanel(units)
    before = panel.ranking.value
    panel.sliders["J"].value = 50.0
    assert panel.ranking.value != before
    panel.reset.click()
    assert panel.ranking.value == before
    assert panel.trial is None


def test_everything_on_one_dimension_and_back(units):
    panel = WhatIfPanel(units)
    total = sum(panel.weights.values())
    panel.sliders["F"].value = total
    assert panel.weights["F"] == total
    assert sum(panel.weights.values()) == pytest.approx(total)
    # J 10, Y 40, C 15, Z 15 of 80: of the 4 that F gives back, each takes its share again
    panel.sliders["F"].value = total - 4.0
    assert panel.weights == {"J": 0.5, "Y": 2.0, "C": 0.75, "F": 96.0, "Z": 0.75}
    assert panel.message.value == ""


def test_who_comes_back_finds_the_weights_that_were_there(units):
    panel = WhatIfPanel(units)
    before = dict(panel.weights)
    for value in (37.0, 99.0, 100.0, 1.0, 0.0, 63.0, before["F"]):
        panel.sliders["F"].value = value
        assert sum(panel.weights.values()) == pytest.approx(100.0)
    assert panel.weights == before
    assert panel.trial is None


def test_a_dimension_that_has_nothing_gives_and_gets_nothing(units):
    panel = WhatIfPanel(units)
    panel.sliders["F"].value = 100.0
    panel.sliders["J"].value = 40.0
    # all of what J takes comes from F, which has all; Y, C and Z have nothing, and get nothing
    assert panel.weights == {"J": 40.0, "Y": 0.0, "C": 0.0, "F": 60.0, "Z": 0.0}


def test_a_group_alone(units):
    panel = WhatIfPanel(units)
    panel.group.value = "执法质监类"
    wanted = set(units.ranking("执法质监类")["entity_id"])
    assert set(shown(panel.ranking.value)) == wanted


def test_a_trial_becomes_a_version_and_mistakes_are_told(campaign, units, capsys):
    panel = WhatIfPanel(units)
    panel.write.click()
    assert "先移动滑块" in panel.message.value
    panel.sliders["F"].value = 30.0
    panel.version.value = "a b"
    panel.write.click()
    assert "不行" in panel.message.value
    panel.version.value, panel.why.value = "2012-v8", "多算服务"
    panel.write.click()
    path = campaign.campaign.path / "methodology" / "2012-v8.yaml"
    assert "多算服务" in path.read_text(encoding="utf-8").splitlines()[0]
    assert "wbwz methodology propose" in panel.message.value
    assert TRIAL in panel.message.value
    panel.write.click()
    assert "已经有了" in panel.message.value
    path.unlink()
    capsys.readouterr()


def test_a_folder_that_takes_nothing_is_told(units, monkeypatch):
    def refuse(*_args, **_named):
        raise PermissionError(errno.EACCES, "Permission denied", "methodology/2012-v8.yaml")

    monkeypatch.setattr(what_if, "write_version", refuse)
    panel = WhatIfPanel(units)
    panel.sliders["F"].value = 30.0
    panel.version.value, panel.why.value = "2012-v8", "多算服务"
    panel.write.click()
    assert "methodology/2012-v8.yaml 不能写" in panel.message.value


def test_weights_that_give_nothing_leave_no_table_of_others(units, monkeypatch):
    panel = WhatIfPanel(units)
    panel.sliders["F"].value = 30.0

    def refuse(*_args, **_named):
        raise wz.CampaignError("<b>不行</b>")

    monkeypatch.setattr(type(units), "what_if", refuse)
    panel.sliders["F"].value = 31.0
    assert panel.ranking.value == ""
    assert panel.trial is None
    assert "&lt;b&gt;不行" in panel.message.value


def test_each_table_of_a_trial_is_stamped(units):
    html = WhatIfPanel(units).ranking.value
    assert html.count("<caption") > 1
    assert html.count(TRIAL) == html.count("<caption")


def test_the_page_cannot_write(campaign):
    page = Page(campaign, "2012-Q3", "unit", "U12")
    page.tabs.selected_index = 2
    (panel,) = page.places[2].children
    assert not hasattr(panel.children[-2], "children") or panel.write not in panel.children[-2].children
    # a browser can send the press of a button that is not shown
    before = sorted((campaign.campaign.path / "methodology").iterdir())
    panel.sliders["F"].value = 30.0
    panel.version.value, panel.why.value = "2012-v7", "不该写"
    panel.write.click()
    assert sorted((campaign.campaign.path / "methodology").iterdir()) == before


def test_a_score_opens_down_to_a_row(units):
    tree = ScoreTree(units.explain("U12"))
    top = tree.root
    service = next(branch for branch in top.branches if branch.node["id"] == "F")
    assert service.branches == []  # not made before it is asked for
    service.button.value = True
    promise = next(branch for branch in service.branches if branch.node["id"] == "F1")
    promise.button.value = True
    rows = units.explain("U12").rows("F1")
    html = promise.inner.children[1].value
    assert re.findall(r'data-row="([^"]*)"', html) == rows["row_id"].tolist()
    assert str(rows["source"].iloc[0]) in html
    service.button.value = False
    assert service.inner.layout.display == "none"


def test_pickers_depend_on_each_other(campaign):
    pickers = Pickers(campaign, "2012-Q3", "unit", "U12")
    told = []
    pickers.on_change(lambda: told.append((pickers.level.value, pickers.entity)))
    pickers.level.value = "party_org"
    assert pickers.entity == pickers.scores.totals["entity_id"].iloc[0]
    assert told == [("party_org", pickers.entity)]
    second = pickers.scores.totals.iloc[1]
    pickers.who.value = second["name"]
    assert pickers.entity == second["entity_id"]
    pickers.who.value = "没有这样的组织"
    assert "没有" in pickers.message.value
    assert pickers.entity == second["entity_id"]
    pickers.who.value = f"{second['entity_id']} {second['name']}"
    assert pickers.message.value == ""


def test_who_empties_the_box_to_see_the_list_stays_where_they_are(campaign):
    pickers = Pickers(campaign, "2012-Q3", "unit", "U12")
    told = []
    pickers.on_change(lambda: told.append(pickers.entity))
    label = pickers.who.value
    pickers.who.value = ""
    assert (pickers.who.value, pickers.entity, told) == (label, "U12", [])
    pickers.who.value = "U13"
    assert pickers.who.value.startswith("U13 ")
    assert told == ["U13"]


def test_what_cannot_be_shown_does_not_pass_for_what_is(campaign, monkeypatch):
    pickers = Pickers(campaign, "2012-Q3", "unit", "U12")
    told = []
    pickers.on_change(lambda: told.append(pickers.entity))

    def refuse(*_args):
        raise wz.CampaignError("2012-Q2 没有数据")

    with monkeypatch.context() as patch:
        patch.setattr(campaign, "scores", refuse)
        pickers.period.value = "2012-Q2"
    assert "2012-Q2 没有数据" in pickers.message.value
    assert "下面仍是 2012年第三季度 事业单位" in pickers.message.value
    assert told == []
    pickers.period.value = "2011-Q4"
    assert pickers.message.value == ""
    assert pickers.scores.period.id == "2011-Q4"


def test_a_campaign_that_scores_its_term_alone_opens():
    page = Page(wz.open(ROOT / "data" / "panjin-2023"))
    assert page.pickers.period.value == "term"
    assert page.pickers.scores.period.id == "term"
    page.tabs.selected_index = 2
    (panel,) = page.places[2].children
    name, *others = panel.sliders
    # 20, 30, 25, 25 points: with 36 for the first, the others keep 64 in the proportion 30 : 25 : 25
    panel.sliders[name].value = 36.0
    assert [panel.weights[each] for each in others] == [24.0, 20.0, 20.0]
    assert shown(panel.ranking.value)


def test_longer_periods_are_offered_before_the_quarters(campaign):
    offered = list(Pickers(campaign, "2012-Q3", "unit").period.options.values())
    assert offered[0] == "term"
    assert {"2011", "2012", "2012-H1"} < set(offered)
    assert offered[-2:] == ["2012-Q3", "2012-Q4"]


def test_a_ledger_that_is_refused_is_told(campaign, monkeypatch):
    page = Page(campaign, "2012-Q3", "unit", "U12")
    page.tabs.selected_index = 4
    which, rows = page.places[4].children[0].children
    assert "行" in rows.value

    def refuse(_name):
        raise wz.CampaignError("台账有错")

    monkeypatch.setattr(campaign, "ledger", refuse)
    which.value = list(campaign.ledgers)[1]
    assert "台账有错" in rows.value
    assert "<table" not in rows.value


def test_the_page_answers_for_who_is_picked(campaign):
    page = Page(campaign, "2012-Q3", "unit", "U12")
    for at, mark in ((1, "ScoreTree"), (2, "WhatIfPanel"), (3, "HTML"), (4, "VBox")):
        assert page.places[at].children == ()
        page.tabs.selected_index = at
        assert type(page.places[at].children[0]).__name__ == mark
    page.pickers.who.value = "U13"
    assert "U13" in page.places[4].children[0].children[0].options or page.pickers.entity == "U13"
    page.tabs.selected_index = 1
    assert "U13" in page.places[1].children[0].root.node["title"]


def test_names_are_no_markup(units):
    table = units.what_if(weights={"F": 30}).ranking().copy()
    table["name"] = "<script>alert(1)</script>"
    table["group_name"] = "<b>组</b>"
    html = ranking_html(table, None)
    assert "<script>" not in html
    assert "<b>" not in html
