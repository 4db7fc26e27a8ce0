"""The real thing: notebooks, run by what is due."""

from __future__ import annotations

import hashlib
import json
import re

import nbformat
import pytest
from little import WEEKLY, campaign, day, receive
from nbformat.v4 import new_code_cell

from wbwz_eval import open_campaign
from wbwz_eval.reporting.catalogue import Report, find_report
from wbwz_eval.scheduling.owed import Asked
from wbwz_eval.scheduling.run_due import FAILED, Options, run_due

EARLY, LATE = "征地手续未办结", "雨季停工待复"
PAGE = "weekly_dispatch-unit-internal.html"


@pytest.fixture
def where(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = campaign(tmp_path, due_since="2011-09-26", whole="yes")
    receive(made, "2011-9-25", "2011-09-26", problem=EARLY)
    return made


def digest_of(where) -> str:
    """Return the digest of the data that pages show, of the campaign as it is."""
    inputs = open_campaign(where.campaign).digest_inputs()
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()[:12]


def test_a_draft_has_nothing_that_came_after_its_cutoff(where):
    before = digest_of(where)
    receive(where, "2011-9-25", "2011-09-27", percent=90, problem=LATE)
    ended = run_due(where, day("2011-09-28"), Options(asked=WEEKLY))
    assert ended.exit_code == 0
    page = (where.of_period("2011-W38") / PAGE).read_text("utf-8")
    assert EARLY in page
    # the page names the data that it stands on: those of before
    assert before in page
    assert digest_of(where) not in page
    # whoever runs the notebook again finds the campaign, and not the view that it was made from
    parameters = nbformat.read((where.of_period("2011-W38") / PAGE).with_suffix(".ipynb"), 4).metadata
    assert parameters["papermill"]["parameters"]["campaign"] == str(where.campaign)
    for path in where.of_period("2011-W38").iterdir():
        assert b".due" not in path.read_bytes(), path
        assert LATE.encode() not in path.read_bytes(), path
    assert run_due(where, day("2011-09-28"), Options(asked=WEEKLY)).record is None


def test_a_notebook_that_hangs_is_ended_and_the_others_go_on(where, tmp_path, monkeypatch):
    book = nbformat.read(find_report("monthly_check").notebook_path(), 4)
    # what it shows at its head makes a page
    kept = [cell for cell in book.cells if cell.cell_type == "code"][:3]
    assert kept[-1].source.startswith("show.header(")
    book.cells = [*kept, new_code_cell("import time\nif level == 'unit':\n    time.sleep(600)")]
    path = tmp_path / "monthly_check.ipynb"
    nbformat.write(book, path)
    monkeypatch.setattr(Report, "notebook_path", lambda _: path)
    ended = run_due(where, day("2011-10-11"), Options(asked=Asked(("monthly_check",)), timeout=10))
    assert ended.exit_code == FAILED
    (one,) = ended.record.sets
    assert (one.period, one.state, one.made) == ("2011-09", "failed", 2)
    (failed,) = one.failed
    assert failed.level == "unit"
    assert re.search("10 ?(秒|seconds)", failed.error)
    pages = sorted(path.name for path in where.of_period("2011-09").glob("*.html"))
    assert pages == ["monthly_check-member-internal.html", "monthly_check-party_org-internal.html"]
