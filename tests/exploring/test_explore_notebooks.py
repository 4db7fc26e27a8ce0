"""Each exploration is thin, and runs alone with papermill."""

from __future__ import annotations

import ast
import re
import shutil
from pathlib import Path

import nbformat
import papermill
import pytest

import wbwz_eval as wz
from wbwz_eval.exploring import CAMPAIGN
from wbwz_eval.exploring.keeping import keep
from wbwz_eval.scoring.header import TRIAL

ROOT = Path(__file__).parents[2]
EXPLORATIONS = sorted((ROOT / "notebooks" / "explore").glob("*.ipynb"))
BANNED = (ast.FunctionDef, ast.ClassDef, ast.Lambda, ast.For, ast.While, ast.If, ast.IfExp, ast.Try)
CHANGES = {"indicators.F1.rule.threshold": 90, "indicators.J1.rule.target": 90}

ASKED = {
    "00_start": lambda _, s: s.ranking(),
    "ledger_drill_down": lambda _, s: s.explain("U12").lost_rows(),
    "survey_and_raters": lambda _, s: s.survey("U12"),
    "trends": lambda _, s: s.trend(node="rank"),
    "what_if": lambda _, s: (
        s.what_if(changes=CHANGES).compare(s).sort_values("change", key=abs, ascending=False).head(10)
    ),
    "who_is_comparable": lambda _, s: s.peers("U12"),
    "why_this_score": lambda _, s: s.explain("U12").lost(),
}
"""What an exploration must have shown, asked of the API."""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder as ``wbwz lab`` sets it up, with the campaign evaluated."""
    folder = tmp_path_factory.mktemp("explore")
    shutil.copytree(ROOT / "data" / "panjin-2023", folder / "data" / "panjin-2023")
    shutil.copytree(ROOT / "data" / "wbwz-2011", folder / "data" / "wbwz-2011")
    return folder


@pytest.mark.parametrize("path", EXPLORATIONS, ids=lambda path: path.stem)
def test_an_exploration_is_thin_and_clean(path):
    book = nbformat.read(path, as_version=4)
    nbformat.validate(book)
    for cell in [cell for cell in book.cells if cell.cell_type == "code"]:
        assert cell.outputs == []
        assert cell.execution_count is None
        for node in ast.walk(ast.parse(cell.source)):
            assert not isinstance(node, BANNED), ast.unparse(node)
    tagged = [cell for cell in book.cells if "parameters" in cell.metadata.get("tags", [])]
    # the start page and the others say of what they speak in one place
    assert len(tagged) == 1
    for link in re.findall(r"\]\(([^)]*\.ipynb)\)", path.read_text(encoding="utf-8")):
        assert (path.parent / link).exists(), link


@pytest.mark.parametrize("path", EXPLORATIONS, ids=lambda path: path.stem)
def test_an_exploration_runs_alone(path, place, monkeypatch):
    monkeypatch.chdir(place)
    monkeypatch.delenv(CAMPAIGN, raising=False)
    values = {"period": "2012-Q3", "level": "unit"}
    if "entity:" in path.read_text(encoding="utf-8"):
        values["entity"] = "U12"
    if path.stem == "what_if":
        values["changes"] = CHANGES
    out = place / f"out-{path.name}"
    made = papermill.execute_notebook(path, out, values, engine_name="wbwz-warm", progress_bar=False)
    outputs = [output for cell in made.cells for output in cell.get("outputs", [])]
    assert outputs
    assert [
        output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"
    ] == []
    pages = ["".join(output.data.get("text/html", "")) for output in outputs if "data" in output]
    if path.stem == "what_if":
        # the weights' line, asked for 15: J's 10, and half as much again
        c = wz.open(place / "data" / "wbwz-2011")
        assert c.scores("2012-Q3", "unit").what_if(weights={"J": 15.0}).ranking()._repr_html_() in pages
        assert all(TRIAL in page for page in pages if "原总分" in page)
    if path.stem == "write_your_own_report":
        kept, made = sorted((place / "my-reports").glob("*.ipynb"), key=lambda each: len(each.name))
        assert "失总分" not in kept.read_text(encoding="utf-8")
        assert "失总分" in made.read_text(encoding="utf-8")
    if path.stem in ASKED:
        c = wz.open(place / "data" / "wbwz-2011")
        answer = ASKED[path.stem](c, c.scores("2012-Q3", "unit"))
        assert len(answer)
        assert answer._repr_html_() in pages


def test_what_was_kept_runs_for_another_period(place, monkeypatch):
    monkeypatch.chdir(place)
    book = keep(
        "my/问题.ipynb",
        "问题",
        {"period": "2012-Q3", "entity": "U12", "many": 3},
        [
            "import wbwz_eval as wz\n\ns = wz.open('data/wbwz-2011').scores(period)",
            "print(s.period.id, entity, many)",
        ],
    )
    papermill.execute_notebook(
        book, "my/made.ipynb", {"period": "2012-Q2"}, engine_name="wbwz-warm", progress_bar=False
    )
    text = Path("my/made.ipynb").read_text(encoding="utf-8")
    assert "2012-Q2 U12 3" in text
    with pytest.raises(wz.CampaignError, match="没有覆盖"):
        keep("my/问题.ipynb", "", {}, [])
    with pytest.raises(wz.CampaignError, match="1x"):
        keep("my/x.ipynb", "", {"1x": 1}, [])


def test_without_a_campaign_anywhere_it_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(CAMPAIGN, raising=False)
    with pytest.raises(wz.CampaignError, match="wbwz lab"):
        wz.open()
