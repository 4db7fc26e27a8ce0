"""A YAML text with some values changed keeps all the rest as it was written."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.yaml_edit import REMOVE, edited, parse_place

SAMPLE = Path(__file__).parents[2] / "data" / "wbwz-2011" / "methodology" / "2011-v1.yaml"
TEXT = """\
a: 1  # one
b: &x {c: 1, d: 2}
e: *x
f:
  - g: {value: 1, note: 建议值}
    h: 2
  - g: 3
"""


@pytest.mark.parametrize(
    ("place", "value", "line", "new"),
    [
        ("a", 2, 0, "a: 2  # one"),
        ("a", "二", 0, "a: 二  # one"),
        ("f[0].g", 5, 4, "  - g: {value: 5, note: 建议值}"),
        ("f[0].h", {"k": [1, 2]}, 5, "    h: {k: [1, 2]}"),
        ("f[0].new", True, 4, "  - new: true"),
        ("b.new", None, 1, "b: &x {new: null, c: 1, d: 2}"),
        ("e.c", 9, 2, "e: {c: 9, d: 2}"),
        ("e.new", 9, 2, "e: {c: 1, d: 2, new: 9}"),
        ("a", REMOVE, 0, "b: &x {c: 1, d: 2}"),
        ("b.c", REMOVE, 1, "b: &x {d: 2}"),
        ("b.d", REMOVE, 1, "b: &x {c: 1}"),
        ("e.d", REMOVE, 2, "e: {c: 1}"),
        ("f[1].g", REMOVE, 6, "  - {}"),
    ],
)
def test_a_change_stands_where_it_belongs(place, value, line, new):
    assert edited(TEXT, {place: value}, "t").splitlines()[line] == new


def test_what_shares_the_old_value_keeps_it():
    found = edited(TEXT, {"b.c": 7}, "t")
    assert found.splitlines()[1:3] == ["b: &x {c: 7, d: 2}", "e: {c: 1, d: 2}"]
    assert yaml.safe_load(edited(TEXT, {"b": 1}, "t"))["e"] == {"c": 1, "d": 2}
    # two changes inside one alias both count, and the anchor stays
    both = edited(TEXT, {"e.c": 7, "e.d": 8}, "t")
    assert yaml.safe_load(both)["b"] == {"c": 1, "d": 2}
    assert yaml.safe_load(both)["e"] == {"c": 7, "d": 8}


def test_all_places_that_are_not_there_are_told_with_what_is_near():
    with pytest.raises(CampaignError) as told:
        edited(TEXT, {"q.r": 1, "f[0].gg.x": 1, "e.cc.x": 1, "b.cx": REMOVE, "a": 2}, "办法")
    lines = str(told.value).splitlines()
    assert lines == [
        "办法 没有要改的地方",
        "办法 “q.r”: 没有 q",
        "办法 “f[0].gg.x”: 没有 f[0].gg；最接近的是 g",
        "办法 “e.cc.x”: 没有 e.cc；最接近的是 c",
        "办法 “b.cx”: 没有 b.cx；最接近的是 c",
    ]


PLAIN = st.recursive(
    st.integers() | st.text("是abc:#{}[]*&'\" \n", max_size=8) | st.booleans() | st.none(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abk", min_size=1), inner, max_size=3)
    ),
    max_leaves=6,
)
PLACES = ["a", "b", "b.c", "e", "e.d", "f", "f[0]", "f[0].h", "f[1].g", "b.k", "e.k", "f[1].k"]


@given(place=st.sampled_from(PLACES), value=PLAIN)
def test_only_the_changed_place_changes(place, value):
    """An independent road: change the loaded data by hand."""
    expected = yaml.safe_load(TEXT.replace("&x ", "").replace("*x", "{c: 1, d: 2}"))
    at, way = expected, parse_place(place)
    for step in way[:-1]:
        at = at[step]
    at[way[-1]] = value
    assert yaml.safe_load(edited(TEXT, {place: value}, "t")) == expected


def test_the_samples_comments_stay():
    text = SAMPLE.read_text(encoding="utf-8")
    found = edited(text, {"levels.unit.tree.F.weight": 25, "indicators.F1.rule.threshold": 90}, "t")
    changed = [
        (old, new) for old, new in zip(text.splitlines(), found.splitlines(), strict=True) if old != new
    ]
    assert [new.strip() for _, new in changed] == [
        "rule: {type: threshold_slope, threshold: {value: 90, clause: 二(四)1, note: 建议值}, minus: 1}",
        'weight: {value: 25, note: "建议值,待工作小组批准"}',
    ]
