"""Figures about entities against time and each other, calculated by hand beside."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wbwz_eval.exploring import standing_out

NOW = pd.DataFrame(
    {
        "entity_id": ["a", "b", "c", "x"],
        "name": ["甲", "乙", "丙", "丁"],
        "group": ["g", "g", "g", "h"],
        "rank": [1.0, 2.0, 3.0, 1.0],
        "total": [90.0, 80.0, 70.0, 95.0],
        "P": [45.0, 40.0, 30.0, 50.0],
        "Q": [45.0, 40.0, np.nan, 45.0],
    }
)
BEFORE = pd.DataFrame(
    {
        "entity_id": ["a", "b", "x"],
        "name": ["甲", "乙", "丁"],
        "group": ["g", "g", "g"],
        "rank": [2.0, 1.0, 3.0],
        "total": [85.0, 86.0, 60.0],
        "P": [40.0, 43.0, 30.0],
    }
)


def test_compared():
    found = standing_out.compared(NOW, BEFORE, ["P", "Q"]).set_index("entity_id")
    # a: from 2nd to 1st, 85 to 90, P from 40 to 45
    assert found.loc["a", ["moved", "change", "P"]].tolist() == [1.0, 5.0, 5.0]
    assert found.loc["b", ["moved", "change", "P"]].tolist() == [-1.0, -6.0, -3.0]
    # c was not there; x came from another group: a place there says nothing here, its total does
    assert found.loc["c", ["rank_before", "moved", "change"]].isna().all()
    assert np.isnan(found.loc["x", "moved"])
    assert found.loc["x", "change"] == 35.0
    # before had no Q
    assert found["Q"].isna().all()


def test_peers():
    found = standing_out.peers(NOW, "b", {"P": 50.0, "Q": 50.0}, {"P": "一", "Q": "二"}).set_index(
        "entity_id"
    )
    # b has 80 % and 80 %; a 90 % and 90 %: sqrt((10² + 10²)/2) = 10; c 60 %, no Q: sqrt(20²/1) = 20
    assert found["distance"].tolist() == pytest.approx([10.0, 20.0])
    assert found.index.tolist() == ["a", "c"]
    assert found["ahead"].tolist() == [10.0, -10.0]
    # a leads by 10 points of a hundred in both, the first is named; c leads nowhere
    assert found.loc["a", "best"] == "一"
    assert found.loc["a", "lead"] == pytest.approx(10.0)
    assert found.loc["c", "best"] == ""


def test_who_is_alone_in_its_group_has_no_peers():
    assert standing_out.peers(NOW, "x", {"P": 50.0}, {"P": "一"}).empty


def test_trend():
    found = standing_out.trend({"t1": BEFORE, "t2": NOW}, "total").set_index("entity_id")
    assert found.loc["a", ["t1", "t2"]].tolist() == [85.0, 90.0]
    assert np.isnan(found.loc["c", "t1"])
    assert standing_out.trend({"t1": BEFORE, "t2": NOW}, "Q")["t1"].isna().all()
