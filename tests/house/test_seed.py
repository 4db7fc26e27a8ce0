"""The page from the document to the reports: every name on it leads somewhere."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from wbwz_eval.reporting.catalogue import REPORTS
from wbwz_eval.review.versions.fields_needed import fields_needed
from wbwz_eval.scoring.measures import ledger_measures
from wbwz_eval.scoring.methodology_file import load_methodology

ROOT = Path(__file__).parents[2]
COMPUTED = {"S01", "S02", "S05", "Z-c", "O-a", "Z-m"}
"""Mechanisms without a ledger, as the head of the codebook lists them (Z-n reads the weekly reports)."""
_NAME = re.compile(r"`([^`]+)`")


def rows() -> list[list[str]]:
    """Return the cells of the table's rows."""
    lines = (ROOT / "docs" / "seed.md").read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    return [row for row in cells if row[0] != "ID"]


@pytest.fixture(scope="module")
def methodology(sample):
    return load_methodology(sample.methodology_path(sample.period("2012-Q3")), sample)


def test_each_mechanism_of_the_document_has_one_row(sample):
    ids = [row[0] for row in rows()]
    served = {mechanism for schema in sample.codebook.ledgers.values() for mechanism in schema.serves}
    assert len(ids) == len(set(ids)) == 64  # section 1 of the checklist has 64 rows
    assert set(ids) == served | COMPUTED


def test_the_ledgers_named_serve_the_mechanism(sample):
    ledgers = sample.codebook.ledgers
    for mechanism, _, named, *_ in rows():
        names = _NAME.findall(named)
        assert set(names) <= set(ledgers), mechanism
        serving = {name for name, schema in ledgers.items() if mechanism in schema.serves}
        assert serving <= set(names), mechanism
        assert bool(names) == (mechanism not in COMPUTED), mechanism


def test_the_measures_named_read_the_ledgers_named(methodology):
    reads = {name: indicator.measure for name, indicator in methodology.indicators.items()}
    for level in methodology.levels.values():
        for section in (level.bonus.items, level.deductions.items, level.vetoes):
            reads |= {name: item.measure for name, item in section.items()}
    dimensions = {name for level in methodology.levels.values() for name in level.tree}
    for mechanism, _, ledgers, measures, _ in rows():
        for name in _NAME.findall(measures):
            if name in dimensions:
                continue
            read = {part.ledger for part in ledger_measures(reads[name])}
            assert read & set(_NAME.findall(ledgers)) or mechanism == "Y-d", (mechanism, name)


def test_every_indicator_stands_on_some_row(methodology):
    named = {name for row in rows() for name in _NAME.findall(row[3])}
    assert set(methodology.indicators) <= named


def test_the_sections_named_are_headings_of_the_notebooks():
    headings = {}
    for report in REPORTS:
        cells = json.loads(report.notebook_path().read_text(encoding="utf-8"))["cells"]
        texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
        headings[report.name] = [text.splitlines()[0] for text in texts if text.startswith("## ")]
    for mechanism, *_, shown in rows():
        for place in shown.split("；"):
            name, section = place.split(" · ")
            found = [each for each in headings[name.strip("`")] if each.startswith(f"## {section}")]
            assert found, (mechanism, place)


def test_every_ledger_is_read_or_shown(sample, methodology):
    shown = {name for row in rows() for name in _NAME.findall(row[2])}
    assert set(sample.codebook.ledgers) == shown
    assert set(fields_needed(methodology)) <= shown
