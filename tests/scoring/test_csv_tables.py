"""Tables in portions are the bytes that pandas writes in one go."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wbwz_eval.campaign.periods import parse_period
from wbwz_eval.campaign.safe_text import guarded
from wbwz_eval.scoring import csv_tables
from wbwz_eval.scoring.csv_tables import csv_bytes
from wbwz_eval.scoring.evidence import row_portions
from wbwz_eval.scoring.scored import score_period


def by_pandas(table: pd.DataFrame) -> bytes:
    return guarded(table).to_csv(index=False, lineterminator="\n").encode()


TABLES = {
    "texts": pd.DataFrame(
        {
            "plain": ["甲", "", "甲", "乙"],
            "quoted": ['他说“好”,"是"', "两\n行", "a,b", "回\r车"],
            "formula": ["=1+1", "'=1", "-3", "@x,y"],
            "missing": np.array([None, "x", np.nan, ""], dtype=object),
            "a,b": ["x", "y", "z", " w "],
        }
    ),
    "numbers": pd.DataFrame(
        {
            "float": [0.1, -0.0, np.nan, 1e22],
            "same": [0.0, -0.0, 0.0, np.inf],
            "tiny": [5e-324, -np.inf, 19.612000000000002, 1 / 3],
            "whole": [1, -2, 3, 10**15],
            "flag": [True, False, True, True],
        }
    ),
    "objects": pd.DataFrame({"mixed": np.array([1, True, 1.0, "x"], dtype=object), "other": [1, 2, 3, 4]}),
    "dates": pd.DataFrame({"day": pd.to_datetime(["2012-07-01", None]), "n": [1, 2]}),
    "one column": pd.DataFrame({"only": ["", "x"]}),
    "no rows": pd.DataFrame(columns=["entity_id", "a,b"]),
}


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("rows", [1, 3, 1000])
def test_the_bytes_are_those_of_pandas(monkeypatch, name, rows):
    monkeypatch.setattr(csv_tables, "PORTION", rows)
    table = TABLES[name]
    assert b"".join(csv_bytes([table])) == by_pandas(table)
    halves = [table.iloc[:2], table.iloc[2:]]
    assert b"".join(csv_bytes(halves)) == by_pandas(table)


@pytest.mark.parametrize("level", ["unit", "member"])
def test_evidence_in_portions_is_the_evidence(sample, level):
    scored = score_period(sample, parse_period("2012-Q3", sample.term), level)
    # entity by entity, in the order of the method, the files and their rows
    frames = [
        measured.rows[measured.rows["reason"] != "不在口径内"].assign(indicator=name, order=order)
        for order, (name, measured) in enumerate(scored.measured.items())
    ]
    whole = pd.concat(frames).sort_values(["entity_id", "order", "source", "source_row"], kind="stable")
    for rows in (50, 10**9):
        portions = list(row_portions(scored, rows))
        assert (len(portions) == 1) == (rows > len(whole))
        who = [set(portion["entity_id"]) for portion in portions]
        assert sum(map(len, who)) == len(set.union(*who))  # nobody is cut in two
        found = pd.concat(portions, ignore_index=True)
        pd.testing.assert_frame_equal(found, whole[list(found.columns)].reset_index(drop=True))
