"""Every report in every edition on one campaign of one entity a level, whose texts are planted.

The cells of the notebooks are run in this process: what a kernel adds is tested elsewhere.
"""

from __future__ import annotations

import json
import zipfile
from typing import Any

import pytest
from planted import HOSTILE, WHO, make, planted, same, secrets

from wbwz_eval import Campaign
from wbwz_eval.reporting.catalogue import INTERNAL, PUBLIC, REPORTS, RESTRICTED, Report, find_report
from wbwz_eval.reporting.errors import ReportError
from wbwz_eval.reporting.pieces import Piece
from wbwz_eval.reporting.place import FORMS
from wbwz_eval.reporting.run import run_report

PERIODS = {"week": "2012-W33", "month": "2012-08", "quarter": "2012-Q3", "term": "term"}


@pytest.fixture(scope="module")
def campaign(tmp_path_factory) -> Campaign:
    return make(tmp_path_factory.mktemp("planted"), same)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory) -> Campaign:
    def text(ledger: str, code: str) -> str:
        return "任务甲" if code in {"task_no", "parent_task"} else f"{HOSTILE}{ledger}{code}"

    return make(tmp_path_factory.mktemp("hostile"), text, "<b>$x$</b>**名**")


def orders() -> list[Any]:
    """Return every report that a period owes with a period, a level, an edition and its own parameter."""
    found = []
    for report in [report for report in REPORTS if not report.on_request]:
        for level in WHO:
            editions = next(each.choices for each in report.parameters if each.name == "edition")
            found += [
                pytest.param(report, level, edition, id=f"{report.name}-{level}-{edition}")
                for edition in editions
            ]
    return found


def parameters(report: Report, campaign: Campaign, level: str, edition: str) -> dict[str, str]:
    """Return the notebook's parameters."""
    period = next(PERIODS[kind] for kind in report.kinds if kind in PERIODS)
    own = {"entity": WHO[level], "authority": "局党委"}
    values = {each.name: each.default for each in report.parameters if each.default is not None}
    values |= {"campaign": str(campaign.path), "period": period, "level": level, "edition": edition}
    return values | ({report.each: own[report.each]} if report.each else {})


def run_cells(report: Report, values: dict[str, str]) -> list[Piece]:
    """Run a notebook's cells; returns what each shows."""
    scope: dict[str, Any] = dict(values)
    shown = []
    for cell in json.loads(report.notebook_path().read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] != "code" or "parameters" in cell["metadata"].get("tags", []):
            continue
        code = "".join(cell["source"])
        if code.startswith("show."):
            shown.append(eval(code, scope))
        else:
            exec(code, scope)
    return shown


def made(report: Report, campaign: Campaign, level: str, edition: str) -> list[Piece]:
    """Return a report's pieces; skips what is rightly not made, and sees that it says why."""
    if not report.serves(campaign, level) or edition not in report.editions(campaign, level):
        with pytest.raises(ReportError, match=r"不为|不出公开版"):
            run_cells(report, parameters(report, campaign, level, edition))
        return []
    return run_cells(report, parameters(report, campaign, level, edition))


@pytest.mark.parametrize(("report", "level", "edition"), orders())
def test_one_entity_with_a_long_name_makes_every_report(campaign, report, level, edition):
    pieces = made(report, campaign, level, edition)
    for piece in pieces:
        for text in (piece.text(), piece.html(), json.dumps(piece.data(), ensure_ascii=False)):
            assert "nan" not in text.replace("tenant", "")
            assert "NaT" not in text
            assert "None" not in text


@pytest.mark.parametrize("level", list(WHO))
def test_one_entity_is_too_few_to_review_its_method(campaign, level):
    report = find_report("methodology_review")
    with pytest.raises(ReportError, match="没有两个在一起排位次的对象"):
        run_cells(report, parameters(report, campaign, level, INTERNAL))


@pytest.mark.parametrize(("report", "level", "edition"), orders())
def test_an_edition_shows_nothing_that_is_not_for_it(campaign, report, level, edition):
    hidden = {
        PUBLIC: secrets(campaign, "internal", "restricted", "personal"),
        INTERNAL: secrets(campaign, "restricted", "personal"),
        RESTRICTED: [],
    }[edition]
    # whom a matter is entrusted to stands in the dispatch and the check: they are the office's tools
    allowed = {planted("tasks", "person")} if edition == INTERNAL else set()
    said = "".join(
        piece.html() + json.dumps(piece.data(), ensure_ascii=False)
        for piece in made(report, campaign, level, edition)
    )
    assert [text for text in hidden if text in said and text not in allowed] == []


def test_the_restricted_edition_has_the_person_and_the_matter(campaign):
    report = next(each for each in REPORTS if each.name == "accountability_annex")
    said = "".join(piece.html() for piece in made(report, campaign, "unit", RESTRICTED))
    assert planted("accountability", "person") in said
    assert planted("accountability", "matter") in said


@pytest.mark.parametrize("name", ["quarterly_bulletin", "entity_profile", "model_selection", "term_summary"])
def test_no_byte_of_a_public_report_holds_a_planted_text(campaign, tmp_path, name):
    report = next(each for each in REPORTS if each.name == name)
    level = "member" if name == "model_selection" else "unit"
    values = parameters(report, campaign, level, PUBLIC)
    own = {key: value for key, value in values.items() if key == report.each}
    run_report(
        name, campaign.path, values["period"], level=level, edition=PUBLIC, out=tmp_path, parameters=own,
        forms=FORMS, quiet=True,
    )  # fmt: skip
    hidden = [text.encode() for text in secrets(campaign, "internal", "restricted", "personal")]
    files = [path for path in sorted(tmp_path.iterdir()) if path.is_file()]
    assert {path.suffix for path in files} == {".html", ".ipynb", ".json", ".pdf", ".docx", ".xlsx"}
    for path in files:
        parts = [path.read_bytes()]
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                parts += [archive.read(each) for each in archive.namelist()]
        escaped = [json.dumps(text.decode())[1:-1].encode() for text in hidden]
        for data in parts:
            assert [text.decode() for text in (*hidden, *escaped) if text in data] == [], path.name


@pytest.mark.parametrize(("report", "level", "edition"), orders())
def test_hostile_text_stays_text(hostile, report, level, edition):
    for piece in made(report, hostile, level, edition):
        html = piece._repr_html_()
        assert "<script>" not in html
        assert "<b>$" not in html
        assert "mathjax_ignore" in html
