"""Every notebook of ours, and its page, come out under the warm engine as under papermill's own."""

from __future__ import annotations

import nbformat
import pytest
from warm_books import comparable

from wbwz_eval.reporting.catalogue import REPORTS
from wbwz_eval.reporting.making import Request, make, plan
from wbwz_eval.reporting.unchanged import Inputs
from wbwz_eval.reporting.warm.choice import ENGINE
from wbwz_eval.reporting.warm.pool import call

PLACES = {
    "quarterly_bulletin": {},
    "weekly_dispatch": {"period": "2012-W30"},
    "monthly_check": {"period": "2012-09"},
    "entity_profile": {"parameters": {"entity": "U02"}},
    "model_selection": {"level": "member", "edition": "public"},
    "data_quality": {},
    "accountability_annex": {"edition": "restricted", "parameters": {"authority": "局党委"}},
    "methodology_review": {"parameters": {"draws": 100}},
    "term_summary": {"period": "term"},
}


def test_no_report_is_left_out():
    assert set(PLACES) == {report.name for report in REPORTS}


@pytest.mark.parametrize("name", PLACES)
def test_a_report_is_the_same_under_both_engines(sample, monkeypatch, name):
    place = {"period": "2012-Q3"} | PLACES[name]
    planned = plan(Request(name, str(sample.path), **place), sample, Inputs(sample))
    # as in a batch: the page too is made in a forked child
    warm = call(make, planned, sample.path)
    monkeypatch.setenv(ENGINE, "stock")
    stock = make(planned, sample.path)
    assert list(warm) == list(stock)
    page = planned.place.page.name
    assert warm[page] == stock[page]
    ours, theirs = (
        nbformat.reads(made[planned.place.notebook.name].decode(), as_version=4) for made in (warm, stock)
    )
    assert comparable(ours) == comparable(theirs)
    outputs = [output for cell in theirs.cells for output in cell.get("outputs", [])]
    assert outputs
    assert not any(output.output_type == "error" for output in outputs)
