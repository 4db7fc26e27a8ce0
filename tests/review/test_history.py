"""Period after period: who was first how often, who climbed, by hand."""

from __future__ import annotations

import pandas as pd

from wbwz_eval.review.history import climbers, history, up_to, winners

NONE = float("nan")


def told(places: dict[str, list[float]], *, spread: float = 0.0) -> pd.DataFrame:
    """Return a history in which each entity of one group took these places; the total is 100 − place."""
    lines = [
        {
            "period": f"2012-Q{quarter + 1}",
            "period_name": f"第{quarter + 1}季",
            "entity_id": entity,
            "name": entity,
            "group": "g",
            "group_name": "组",
            "group_size": len(places),
            "total": 100 - own[quarter],
            "rank": own[quarter],
            "rank_low": own[quarter] - spread,
            "rank_high": own[quarter] + spread,
            "grade": "",
            "movement": NONE,
        }
        for quarter in range(len(next(iter(places.values()))))
        for entity, own in places.items()
    ]
    return pd.DataFrame(lines)


def test_firsts_are_counted_and_those_in_a_row_to_the_end():
    table = told({"A": [1, 2, 1, 1], "B": [2, 1, 2, NONE], "C": [3, 3, 3, 2]})
    found = winners(table)[["name", "times", "of", "running"]].to_numpy().tolist()
    # A: three firsts of four, the last two in a row; B: one of its three places, not at the end
    assert found == [["A", 3, 4, 2], ["B", 1, 3, 0]]


def test_a_climb_is_clear_where_the_intervals_of_first_and_last_place_do_not_meet():
    places = {"A": [4, 3, 1], "B": [2, 2, 3], "C": [1, 1, 2]}
    found = climbers(told(places, spread=0.4)).set_index("name")
    assert found["moved"].to_dict() == {"A": 3.0, "B": -1.0, "C": -1.0}
    # places ± 0.4: 4 and 1, 2 and 3, 1 and 2 lie apart; ± 0.6: 2.6 ≥ 2.4 meet
    assert found["clear"].all()
    wide = climbers(told(places, spread=0.6)).set_index("name")
    assert wide["clear"].to_dict() == {"A": True, "B": False, "C": False}
    assert found["gained"].to_dict() == {"A": 3.0, "B": -1.0, "C": -1.0}


def test_who_has_one_place_only_has_not_climbed():
    assert climbers(told({"A": [1, NONE], "B": [2, 1]}))["name"].tolist() == ["B"]


def test_the_sample_has_its_five_quarters_to_the_third_of_2012(sample):
    spans = up_to(sample, sample.period("2012-Q3"))
    assert [span.id for span in spans] == ["2011-Q3", "2011-Q4", "2012-Q1", "2012-Q2", "2012-Q3"]
    table = history(sample, spans, "unit")
    assert table["period"].nunique() == 5
    assert (table.groupby("period")["entity_id"].nunique() >= 26).all()


def test_a_period_without_data_is_left_out(panjin):
    table = history(panjin, panjin.periods("month"), "district")
    assert table.empty
    assert winners(table).empty
    assert climbers(table).empty
