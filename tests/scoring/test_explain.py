"""What explain prints adds up, by reading the very text that people read."""

from __future__ import annotations

import re

import numpy as np
import pytest

from wbwz_eval import CampaignError, evaluate, explain
from wbwz_eval.scoring.explain import Explanation

NUMBER = r"-?\d+(?:\.\d+)?"
SAMPLE_ENTITIES = ("U01", "U05", "U12", "U19", "U20", "U23", "U27", "P01", "P08", "M001", "M100", "M252")


def _node(part: Explanation) -> float | None:
    """Return the score in a title such as “Y1 目标任务完成率 90.1 分(…)”."""
    found = re.search(rf" ({NUMBER}|—) 分", part.title)
    return None if not found or found.group(1) == "—" else float(found.group(1))


def _check_formula(line: str) -> None:
    """Recalculate “X = (A 1×2 + B 3×4) ÷ 6 = 5 → 5.00(…)” from its own numbers."""
    _, formula, *results = re.split(r" = ", line)
    value = float(re.match(NUMBER, results[-1]).group())
    terms = re.findall(rf"\w+ ({NUMBER})×({NUMBER})", formula)
    divisor = float(re.search(rf"÷ ({NUMBER})", formula).group(1))
    total = sum(float(score) * float(weight) for score, weight in terms) / divisor
    assert total == pytest.approx(value, abs=1e-6), line
    assert divisor == pytest.approx(sum(float(weight) for _, weight in terms)), line


@pytest.mark.parametrize("entity", SAMPLE_ENTITIES)
def test_the_printed_formulas_lead_from_the_indicators_to_the_total(sample, entity):
    whole = explain(sample, "2012-Q3", entity)
    for part in _walk(whole):
        for line in part.lines:
            if "×" in line and "÷" in line and not line.startswith(("得分", "指标值", "计分办法", "折入")):
                _check_formula(line)
    head = whole.lines[0]
    base, bonus, deduction = (
        float(re.search(rf"{word} ({NUMBER})", head).group(1)) for word in ("基础分", "附加分", "扣分")
    )
    assert float(re.search(rf"总分 ({NUMBER})", whole.title).group(1)) == pytest.approx(
        base + bonus - deduction
    )
    # the parts printed as “折入总分” are the base total
    parts = [
        float(re.search(NUMBER, line).group())
        for part in _walk(whole)
        for line in part.lines
        if line.startswith("折入总分")
    ]
    assert sum(parts) == pytest.approx(base, abs=1e-4 * max(1, len(parts)))


def _walk(part: Explanation):
    yield part
    for child in part.parts:
        yield from _walk(child)


def test_the_explained_total_is_the_published_one(sample):
    scores = evaluate(sample, "2012-Q3", "unit").scores.set_index("entity_id")
    for entity in ("U01", "U12", "U19"):
        title = explain(sample, "2012-Q3", entity).title
        assert float(re.search(rf"总分 ({NUMBER})", title).group(1)) == scores.loc[entity, "total"]


def test_rows_not_counted_say_why(sample):
    reasons = set()
    for entity in ("U01", "U02", "U05", "U08", "U20", "P03"):
        for part in _walk(explain(sample, "2012-Q3", entity)):
            reasons |= set(part.rows.loc[~part.rows["counted"], "reason"]) if len(part.rows) else set()
    assert {"不在期内", "不在口径内", "已撤回", "截止后报送", "已有更新的行", "缺文号"} <= reasons


def test_an_indicator_is_its_counted_rows(panjin):
    part = explain(panjin, "term", "D4", "satisfied")
    assert part.rows["counted"].tolist() == [True]
    assert part.rows["value"].tolist() == [94.01]
    assert "得分 = 30 × 94.01 ÷ 100 = 28.203" in part.lines


def test_a_rate_is_its_counted_rows(sample):
    """The numerator and denominator that are printed are those of the rows that are listed."""
    part = explain(sample, "2012-Q3", "U01", "F1")
    counted = part.rows[part.rows["counted"]]
    top, bottom = re.search(r"指标值 = (\d+) ÷ (\d+) × 100", part.lines[0]).groups()
    assert int(bottom) == len(counted)
    assert int(top) == int(counted["value"].sum())
    assert (counted.loc[counted["value"] == 0, "reason"] != "").all()


def test_a_row_with_the_points_of_an_exception_is_named(sample):
    # Y2: each point below 0 costs 1.5 of 100; ZD05578 stands at -13.9, 79.15 by that, but has been
    # yellow three weeks running, for which the rule gives 0
    part = explain(sample, "2012-Q3", "U05", "Y2")
    (line,) = [line for line in part.lines if line.startswith("得分")]
    assert line == "得分 = (0 + 88.75 + 90.1 + 89.95) ÷ 4 = 67.2；ZD05578 连续黄灯次数 3，计 0 分"


def test_a_not_applicable_indicator_says_so(sample):
    part = explain(sample, "2012-Q3", "U28", "F6")
    assert any(line.startswith("不适用,权重按比例分给同级") for line in part.lines)
    assert _node(part) is None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("2012-Q3", "U99"), ("U99", "最接近")),
        (("2012-Q3", "河东公路管理站"), ("U01",)),
        (("2012-Q3", "U01", "Q9"), ("Q9", "J1")),
        (("2013-Q3", "U01"), ("2013-Q3",)),
        (("2012-Q9", "U01"), ("2012-Q9", "2011-Q3")),
    ],
)
def test_a_wrong_name_says_what_is_near_it(sample, arguments, words):
    with pytest.raises(CampaignError) as caught:
        explain(sample, *arguments)
    for word in words:
        assert word in str(caught.value)


def test_contributions_add_up_in_the_tables(sample):
    for level in ("unit", "party_org", "member"):
        scores = evaluate(sample, "2012-Q2", level)
        leaves = scores.nodes[scores.nodes["kind"] == "indicator"]
        total = leaves.groupby("entity_id")["contribution"].sum()
        base = scores.scores.set_index("entity_id")["base"]
        np.testing.assert_allclose(total, base, atol=1e-9)
        moved = scores.changes.groupby("entity_id")["change"].sum()
        table = scores.scores.set_index("entity_id")
        plain = (table["total"] - table["previous_total"]).reindex(moved.index)
        capped = table["base"] + table["bonus"] - table["deduction"] - table["total"]
        np.testing.assert_allclose(moved[capped.abs() < 1e-9], plain[capped.abs() < 1e-9], atol=0.011)


def test_points_are_rounded_as_the_method_says(sample):
    """The method rounds points, nodes and totals to two decimals and keeps the unrounded ones."""
    nodes = evaluate(sample, "2012-Q3", "unit").nodes
    leaves = nodes[(nodes["kind"] == "indicator") & nodes["points"].notna()]
    np.testing.assert_allclose(leaves["points"] * 100, (leaves["points"] * 100).round(), atol=1e-6)
    assert (leaves["points"] != leaves["points_unrounded"]).any()
