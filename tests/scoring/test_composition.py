"""Periods made of periods: weighted means by hand, and a year recomputed from its published quarters."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
import yaml
from support import bare_copy

from wbwz_eval import CampaignError, evaluate, open_campaign
from wbwz_eval.campaign.periods import Period, PeriodKind
from wbwz_eval.scoring.composition import Part, compose, recurred
from wbwz_eval.scoring.explain import explain
from wbwz_eval.scoring.methodology_file import load_methodology
from wbwz_eval.scoring.numbers import Number
from wbwz_eval.scoring.tree import Recurrence

NONE = float("nan")
ENTITIES = pd.Index(["A", "B", "C"])


def part(period: str, base: list[float], *, spread: float = 0.0, last: str = "") -> Part:
    """Return an evaluated period: base totals of A, B and C, their half-width, and who was last."""
    size = len(base)
    flags = np.array([name in last for name in "ABC"])
    wide = np.full(size, spread)
    day = dt.date(2012, 1, 1)
    kind: PeriodKind = "quarter" if "Q" in period else "year"
    return Part(Period(period, kind, day, day), np.array(base), wide, wide, flags, ~flags)


def test_a_year_is_the_weighted_mean_of_quarters_and_its_own():
    quarters = [part("2012-Q1", [80, 70, NONE]), part("2012-Q2", [90, NONE, NONE])]
    own = part("2012", [60, 50, 40])
    made = compose(
        {"quarter": Number(60), "year": Number(40)}, {"quarter": quarters, "year": [own]}, ENTITIES, 2
    )
    # A: 0.6 × (80+90)/2 + 0.4 × 60 = 51 + 24 = 75; B has one quarter: 0.6 × 70 + 0.4 × 50 = 62;
    # C has no quarter, so that the year takes all: 40
    assert made.base.tolist() == [75.0, 62.0, 40.0]
    assert made.parts[["entity_id", "period", "weight", "base"]].to_numpy().tolist() == [
        ["A", "2012-Q1", pytest.approx(0.3), 80.0],
        ["A", "2012-Q2", pytest.approx(0.3), 90.0],
        ["A", "2012", pytest.approx(0.4), 60.0],
        ["B", "2012-Q1", pytest.approx(0.6), 70.0],
        ["B", "2012", pytest.approx(0.4), 50.0],
        ["C", "2012", pytest.approx(1.0), 40.0],
    ]


def test_who_has_no_period_at_all_has_no_base():
    made = compose({"quarter": Number(1)}, {"quarter": [part("2012-Q1", [80, NONE, 1])]}, ENTITIES, None)
    assert made.base[[0, 2]].tolist() == [80.0, 1.0]
    assert np.isnan(made.base[1])
    assert np.isnan(compose({"quarter": Number(1)}, {}, ENTITIES, None).base).all()


def test_independent_intervals_shrink_as_the_root_of_squares():
    quarters = [part(f"2012-Q{q}", [80, 80, 80], spread=4.0) for q in (1, 2, 3, 4)]
    made = compose({"quarter": Number(100)}, {"quarter": quarters}, ENTITIES, None)
    # four quarters of weight 1/4 and half-width 4: √(4 × 1²) = 2
    assert made.down.tolist() == pytest.approx([2.0, 2.0, 2.0])
    assert made.up.tolist() == pytest.approx([2.0, 2.0, 2.0])


def test_the_base_is_rounded_half_up():
    made = compose({"quarter": Number(1)}, {"quarter": [part("2012-Q1", [2.125, 2.5, 1.005])]}, ENTITIES, 2)
    assert made.base.tolist() == [2.13, 2.5, 1.01]


def test_last_places_are_counted():
    rule = Recurrence(name="x", clause="y", periods="quarter", within=("year",), times=3, grade_cap="合格")
    parts = [
        part("2012-Q1", [1, 2, 3], last="A"),
        part("2012-Q2", [1, 2, 3], last="AC"),
        part("2012-Q3", [1, 2, 3]),
    ]
    assert recurred(rule, parts, 3).tolist() == [2.0, 0.0, 1.0]
    assert recurred(rule.model_copy(update={"place": "first"}), parts, 3).tolist() == [1.0, 3.0, 2.0]


@pytest.fixture(scope="module")
def year(sample):
    return evaluate(sample, "2012", "unit")


def test_the_sample_year_comes_out_of_its_published_quarters(sample, year):
    quarters = [evaluate(sample, f"2012-Q{q}", "unit").scores.set_index("entity_id") for q in (1, 2, 3, 4)]
    mean = pd.concat([table["base"] for table in quarters], axis=1).mean(axis=1)
    weights = {"J": 10, "Y": 40, "C": 15, "F": 20, "Z": 15}
    table = year.scores.set_index("entity_id")
    own = sum(table[name] * weight for name, weight in weights.items()) / 100
    expected = 0.6 * mean.reindex(table.index) + 0.4 * own
    assert np.abs(table["base"] - expected).max() <= 0.01  # own is rounded to 0.01 before it is weighted
    assert (table["total"] - (table["base"] + table["bonus"] - table["deduction"])).abs().max() < 1e-9
    # places count in each quarter's groups of at least three; last is whoever has the group's greatest place
    last = pd.Series(0, index=table.index)
    for quarter in quarters:
        ranked = quarter[quarter["rank"].notna()]
        worst = ranked.groupby("group")["rank"].transform("max")
        last = last.add((ranked["rank"] == worst).astype(int), fill_value=0)
    thrice = set(last.index[last >= 3])
    assert thrice
    assert set(table.index[table["veto"].str.contains("三次末位")]) == thrice
    assert set(table.loc[sorted(thrice), "grade"]) <= {"合格", "不合格"}
    listed = year.adjustments[year.adjustments["item"] == "thrice-last"]
    assert set(listed["entity_id"]) == thrice


def test_the_parts_add_up_and_the_explanation_says_them(sample, year):
    table = year.scores.set_index("entity_id")
    total = year.parts.groupby("entity_id")["contribution"].sum()
    assert (total - table["base"]).abs().max() <= 0.005 + 1e-9
    assert year.parts.groupby("entity_id")["weight"].sum().to_numpy() == pytest.approx(1.0)
    lines = explain(sample, "2012", "U05").lines
    assert any(line.startswith("基础分 = 2012-Q1 ") and line.count("×") == 5 for line in lines)
    assert any(line.startswith("本期基础分 = ") for line in lines)


def test_a_quarter_is_not_composed(sample):
    quarter = evaluate(sample, "2012-Q3", "unit")
    assert quarter.parts.empty
    assert not quarter.scores["veto"].str.contains("末位").any()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"composition": {"quarter": {"year": 1}}}, "quarter 不能由更长的 year 合成"),
        ({"composition": {"year": {"quarter": 0}}}, "合成的权重须为正"),
        ({"recurrences": {"x": {"within": ["month"]}}}, "month 里没有多个 quarter"),
        ({"recurrences": {"x": {"grade_cap": "甲等"}}}, "等次 “甲等” 不在 grades.order 里"),
    ],
)
def test_what_cannot_be_is_told(tmp_path, change, message):
    folder = bare_copy("wbwz-2011", tmp_path)
    path = folder / "methodology" / "2011-v1.yaml"
    written = yaml.safe_load(path.read_text(encoding="utf-8"))
    rule = {
        "name": "末位",
        "clause": "一",
        "periods": "quarter",
        "within": ["year"],
        "times": 3,
        "grade_cap": "合格",
    }
    level = written["levels"]["unit"]
    level["composition"] = change.get("composition", {})
    level["recurrences"] = {key: rule | each for key, each in change.get("recurrences", {}).items()}
    path.write_text(yaml.safe_dump(written, allow_unicode=True), encoding="utf-8")
    with pytest.raises(CampaignError, match=message):
        load_methodology(path, open_campaign(folder))
