"""Columns of texts, packed and not, and ledgers put together in portions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import bare_copy, take_in

from wbwz_eval import open_campaign
from wbwz_eval.campaign import replay, replay_cache
from wbwz_eval.campaign.texts import PackedTexts, Texts, packed

if TYPE_CHECKING:
    from pathlib import Path

CELLS = st.lists(st.sampled_from(["", "甲", "乙\0丙", "\0", "a", "𠮷", "两\n行"]), max_size=12)
MANY = [f"第{place}行" for place in range(200)]


def column(cells: list[str]) -> Texts:
    return Texts.of([np.array(cells, dtype=object)])


@given(cells=CELLS, places=st.lists(st.integers(-1, 11), max_size=8))
def test_a_packed_column_is_the_column(cells: list[str], places: list[int]) -> None:
    wanted = [place for place in places if place < len(cells)]
    expected = ["" if place < 0 else cells[place] for place in wanted]
    plain = column(cells)
    for texts in (plain, PackedTexts(plain.codes, *packed(plain.words))):
        assert len(texts) == len(cells)
        assert texts.count == len(set(cells))
        assert list(texts.words) == list(dict.fromkeys(cells))
        assert texts.take(np.array(wanted, dtype=np.intp)).tolist() == expected
        for word in ("甲", "\0", "nobody's"):
            assert texts.places_of(word).tolist() == [at for at, cell in enumerate(cells) if cell == word]


def test_many_words_are_decoded_as_few_are() -> None:
    texts = PackedTexts(column(MANY).codes, *packed(column(MANY).words))
    assert texts.take(np.arange(200)).tolist() == MANY
    assert texts.take(np.array([199, 0])).tolist() == ["第199行", "第0行"]


@given(parts=st.lists(CELLS, min_size=1, max_size=4))
def test_joined_columns_are_one_after_the_other(parts: list[list[str]]) -> None:
    joined = Texts.joined([column(cells) for cells in parts])
    cells = [cell for part in parts for cell in part]
    assert joined.take(np.arange(len(cells))).tolist() == cells
    assert list(joined.words) == list(dict.fromkeys(cells))


TABLES = (
    "行号,被评对象,截至日期,办结率\nH1,D1,2023-04-30,91\nH2,D2,2023-04-30,92\nH3,D3,2023-04-30,93\n",
    "行号,办结率\nH2,92.5\n",
    "行号,被评对象,截至日期,办结率\nH4,D4,2023-04-30,94\nH1,D1,2023-04-30,91.5\n",
)
RATES = {"H1": 91.5, "H2": 92.5, "H3": 93.0, "H4": 94.0}


def rates(folder: Path, *, cached: bool) -> dict[str, float]:
    rows = open_campaign(folder, cached=cached).ledger("hotline").rows
    return dict(zip(rows["row_id"], rows["closed_rate"], strict=True))


@pytest.mark.parametrize("portion", [1, 2, 4, 1000])
def test_ledgers_may_be_put_together_in_any_portions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, portion: int
) -> None:
    monkeypatch.setattr(replay, "PORTION", portion)
    folder = bare_copy("panjin-2023", tmp_path)
    for table in TABLES:
        take_in(folder, {"hotline": table})
    assert rates(folder, cached=True) == rates(folder, cached=False) == RATES


def test_an_older_cache_does_not_take_the_place_of_what_cannot_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = bare_copy("panjin-2023", tmp_path)
    take_in(folder, {"hotline": TABLES[0]})
    assert rates(folder, cached=True) == {"H1": 91, "H2": 92, "H3": 93}
    # from now on the disk is full: the cache stays as it is
    monkeypatch.setattr(replay_cache, "save", lambda *_: None)
    for table in TABLES[1:]:
        take_in(folder, {"hotline": table})
    assert rates(folder, cached=True) == RATES


def test_some_columns_of_a_ledger_are_those_of_the_whole(tmp_path: Path) -> None:
    folder = bare_copy("panjin-2023", tmp_path)
    take_in(folder, {"hotline": TABLES[0]})
    campaign = open_campaign(folder)
    period = campaign.period("term")
    some = campaign.ledger_for("hotline", period, {"closed_rate", "reported_on", "row_id", "status"}).rows
    assert list(some.columns) == ["row_id", "status", "closed_rate", "reported_on"]
    assert some["status"].tolist() == ["有效"] * 3  # its default
    pd.testing.assert_frame_equal(some, campaign.ledger_for("hotline", period).rows[list(some.columns)])
