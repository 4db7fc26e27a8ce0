"""The widgets without a browser: what is moved is the engine's what-if, and what is opened is the score."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

import wbwz_eval as wz
from wbwz_eval import evaluate
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
    # the others have nothing to keep a proportion of: they share alike
    panel.sliders["F"].value = total - 4.0
    others = [weight for name, weight in panel.weights.items() if name != "F"]
    assert others == pytest.approx([4.0 / len(others)] * len(others))
    assert panel.message.value == ""


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


def test_the_page_cannot_write(campaign):
    page = Page(campaign, "2012-Q3", "unit", "U12")
    page.tabs.selected_index = 2
    (panel,) = page.places[2].children
    assert not hasattr(panel.children[-2], "children") or panel.write not in panel.children[-2].children


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
