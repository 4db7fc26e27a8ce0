"""Numbers and lists as people write them."""

from __future__ import annotations

import pytest

from wbwz_eval.reporting.wording import listed, number, percent, place, signed


@pytest.mark.parametrize(
    ("value", "digits", "shown"),
    [
        (97.405, 2, "97.41"),
        (0.25, 1, "0.3"),
        (-0.25, 1, "−0.3"),
        (-0.04, 1, "0.0"),
        (float("nan"), 1, "—"),
        (90, 0, "90"),
    ],
)
def test_numbers_round_half_up_and_a_gap_is_a_dash(value, digits, shown):
    assert number(value, digits) == shown


def test_a_change_has_its_sign_and_nothing_has_none():
    assert [signed(value, 1) for value in (1.26, -1.26, 0.04, -0.04, 0.0)] == [
        "+1.3",
        "−1.3",
        "0.0",
        "0.0",
        "0.0",
    ]


def test_places_and_shares():
    assert place(2.0) == "2"
    assert place(2.5) == "2.5"
    assert percent(0.6667) == "66.7%"


@pytest.mark.parametrize(
    ("count", "shown"), [(0, ""), (1, "甲"), (2, "甲、乙"), (3, "甲、乙、丙"), (5, "甲、乙、丙等 5 个")]
)
def test_a_list_counts_what_it_leaves_out(count, shown):
    assert listed("甲乙丙丁戊"[:count], 3) == shown
