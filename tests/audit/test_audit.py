"""The engine against the plain second implementation, for every unit of a quarter."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from wbwz_eval import evaluate

sys.path.insert(0, str(Path(__file__).parent))

import plain


@pytest.mark.parametrize("ledger", plain.NAMES.values())
def test_both_read_the_same_ledger_from_the_files(sample, ledger):
    """Every cell of every row, withdrawn ones too, as known at the cut-off."""
    read, engine = plain.ledgers()[ledger], sample.ledger(ledger, plain.CUTOFF)
    assert list(read) == engine.rows["row_id"].tolist()
    assert len(read) > 100
    for code, spec in engine.schema.fields.items():
        texts = [row[spec.label] for row in read.values()]
        found = engine.rows[code].tolist()
        if spec.type == "date":
            days = [None if pd.isna(value) else value.date() for value in found]
            assert days == [plain.day(text) for text in texts], code
        elif spec.type in {"number", "integer"}:
            values = [None if np.isnan(value) else value for value in found]
            assert values == [float(text) if text else None for text in texts], code
        else:
            assert found == texts, code


@pytest.fixture(scope="module")
def nodes(sample):
    return evaluate(sample, "2012-Q3", "unit").nodes.set_index(["node", "entity_id"])


@pytest.mark.parametrize(
    ("indicator", "column", "second"),
    [
        ("Z1", "value", plain.limited_time_rate),
        ("Z2", "value", plain.mean_lateness),
        ("F1", "value", plain.commitments_kept),
        ("F4", "value", plain.first_time),
        ("Y2", "points_unrounded", plain.schedule_points),
        ("C4", "value", plain.institutional_outputs),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_both_implementations_agree(nodes, indicator, column, second):
    found, expected = nodes.loc[indicator], second()
    seen = 0
    for entity, row in found.iterrows():
        if np.isnan(row[column]):
            assert entity not in expected
        else:
            assert row[column] == pytest.approx(float(expected.get(entity, 0)), abs=1e-8), entity
            seen += 1
    assert seen >= 26


def test_the_panel_agrees(nodes):
    found = nodes.loc["J8"]
    expected = plain.panel(set(found.index))
    assert set(expected) == set(found.index)
    for entity, row in found.iterrows():
        assert row["value"] == pytest.approx(float(expected[entity]), abs=1e-8), entity
