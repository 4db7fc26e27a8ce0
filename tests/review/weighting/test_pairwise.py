"""Comparisons of every two criteria, and of best and worst: published examples, by hand, and pymcdm."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pymcdm.weights.subjective import AHP

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.review.weighting.best_worst import (
    best_worst_priorities,
    best_worst_weights,
    input_ratio,
    threshold,
)
from wbwz_eval.review.weighting.pairwise import (
    aggregate,
    consistency,
    eigenvector_priorities,
    geometric_mean_priorities,
    judgements_to_review,
    pairwise_weights,
)

CRITERIA = {"F": "服务", "Y": "效能", "Z": "作风", "C": "成果"}

# Saaty (2008), table 2; the printed 2 for tea over wine is a misprint, its reciprocal being 1/3
DRINKS = np.array(
    [
        [1, 9, 5, 2, 1, 1, 1 / 2],
        [1 / 9, 1, 1 / 3, 1 / 9, 1 / 9, 1 / 9, 1 / 9],
        [1 / 5, 3, 1, 1 / 3, 1 / 4, 1 / 3, 1 / 9],
        [1 / 2, 9, 3, 1, 1 / 2, 1, 1 / 3],
        [1, 9, 4, 2, 1, 2, 1 / 2],
        [1, 9, 3, 1, 1 / 2, 1, 1 / 3],
        [2, 9, 9, 3, 2, 3, 1],
    ]
)

weights = st.lists(st.integers(1, 40), min_size=3, max_size=8).map(lambda found: np.array(found) / sum(found))


@st.composite
def reciprocal(draw, size=5):
    """Return judgements on Saaty's scale."""
    matrix = np.eye(size)
    for first, second in combinations(range(size), 2):
        step = draw(st.integers(1, 9))
        matrix[first, second] = step if draw(st.booleans()) else 1 / step
        matrix[second, first] = 1 / matrix[first, second]
    return matrix


def test_the_drinks_of_saaty():
    # Saaty (2008), Int. J. Services Sciences 1(1), table 2: priorities and consistency ratio
    published = [0.177, 0.019, 0.042, 0.116, 0.190, 0.129, 0.327]
    assert eigenvector_priorities(DRINKS) == pytest.approx(published, abs=1e-3)
    assert consistency(DRINKS).cr == pytest.approx(0.022, abs=5e-4)


def test_the_job_of_saaty():
    # Saaty (2008), table 3: flexibility, opportunities, security, reputation, salary
    matrix = np.array(
        [
            [1, 1 / 4, 1 / 6, 1 / 4, 1 / 8],
            [4, 1, 1 / 3, 3, 1 / 7],
            [6, 3, 1, 4, 1 / 2],
            [4, 1 / 3, 1 / 4, 1, 1 / 7],
            [8, 7, 2, 7, 1],
        ]
    )
    assert eigenvector_priorities(matrix) == pytest.approx([0.036, 0.122, 0.262, 0.075, 0.506], abs=1e-3)


def test_three_criteria_by_hand():
    # Saaty (2008), table 4. Row products 1/18, 3/4, 24: cube roots 0.381571, 0.908560, 2.884499, which for
    # three criteria are the eigenvector too; λ = Σ_j a_1j·w_j / w_1 = 1 + (0.908560/3 + 2.884499/6)/0.381571
    matrix = np.array([[1, 1 / 3, 1 / 6], [3, 1, 1 / 4], [6, 4, 1]])
    by_hand = np.array([0.381571, 0.908560, 2.884499]) / 4.174630
    assert geometric_mean_priorities(matrix) == pytest.approx(by_hand, abs=1e-6)
    assert eigenvector_priorities(matrix) == pytest.approx(by_hand, abs=1e-6)
    assert eigenvector_priorities(matrix) == pytest.approx([0.091, 0.218, 0.691], abs=1e-3)  # as published
    found = consistency(matrix)
    assert found.lambda_max == pytest.approx(3.053622, abs=1e-5)
    assert found.ci == pytest.approx(0.026811, abs=1e-5)
    assert found.cr == pytest.approx(0.026811 / 0.58, abs=1e-5)


def test_two_criteria_cannot_contradict_each_other():
    found = consistency(np.array([[1, 9], [1 / 9, 1]]))
    assert found.lambda_max == pytest.approx(2)
    assert found.cr == 0.0
    assert judgements_to_review(np.array([[1, 9], [1 / 9, 1]]), ["甲", "乙"]).empty


@given(reciprocal())
def test_an_independent_implementation_gives_the_same(matrix):
    other = AHP(matrix=matrix)
    assert eigenvector_priorities(matrix) == pytest.approx(other(), abs=1e-9)
    # pymcdm takes another random index (Tummala & Ling 1998): 1.1159 for five, Saaty's is 1.12
    assert consistency(matrix).cr == pytest.approx(max(other.get_cr() * 1.1159 / 1.12, 0.0), abs=1e-9)


@given(weights)
def test_judgements_that_agree_give_the_weights_they_come_from(generating):
    matrix = generating[:, None] / generating[None, :]
    assert eigenvector_priorities(matrix) == pytest.approx(generating, abs=1e-9)
    assert geometric_mean_priorities(matrix) == pytest.approx(generating, abs=1e-9)
    assert consistency(matrix).cr == pytest.approx(0.0, abs=1e-9)
    review = judgements_to_review(matrix, [str(n) for n in range(len(generating))])
    assert review["deviation"].to_numpy() == pytest.approx(1.0)
    assert review["implied"].to_numpy() == pytest.approx(review["stated"].to_numpy())


@given(reciprocal(), st.permutations(range(5)))
def test_the_order_of_the_criteria_does_not_matter(matrix, order):
    turned = matrix[np.ix_(order, order)]
    for formula in (eigenvector_priorities, geometric_mean_priorities):
        found = formula(matrix)
        assert found.sum() == pytest.approx(1.0)
        assert (found > 0).all()
        assert formula(turned) == pytest.approx(found[list(order)], abs=1e-9)
    assert consistency(turned).cr == pytest.approx(consistency(matrix).cr, abs=1e-9)


@given(st.lists(reciprocal(), min_size=1, max_size=5))
def test_a_group_of_reciprocal_judgements_is_reciprocal(matrices):
    group = aggregate(np.stack(matrices))
    assert group * group.T == pytest.approx(np.ones((5, 5)))


def test_a_group_of_two_by_hand():
    # √(4·9) = 6, √(1/4 · 1/9) = 1/6
    group = aggregate(np.array([[[1, 4], [1 / 4, 1]], [[1, 9], [1 / 9, 1]]]))
    assert group == pytest.approx(np.array([[1, 6], [1 / 6, 1]]))


def planted() -> np.ndarray:
    """Return judgements from weights 8:4:2:1 in which one, first against last, is turned round."""
    generating = np.array([8, 4, 2, 1]) / 15
    matrix = generating[:, None] / generating[None, :]
    matrix[0, 3], matrix[3, 0] = 1 / 8, 8
    return matrix


def test_the_judgement_that_was_turned_round_is_found():
    matrix = planted()
    assert consistency(matrix).cr > 0.1
    first = judgements_to_review(matrix, list("ABCD")).iloc[0]
    # the others agree wholly with 8:4:2:1, so without it the ratio of A to D is 8; D was stated to be 8 × A
    assert (first["first"], first["second"], first["stated"]) == ("D", "A", 8.0)
    assert first["implied"] == pytest.approx(1 / 8)
    assert first["suggested"] == pytest.approx(1 / 8)
    assert first["ratio"] == pytest.approx(0.0, abs=1e-9)


@given(reciprocal(4))
def test_the_ratio_after_a_change_is_that_of_the_changed_judgements(matrix):
    row = judgements_to_review(matrix, list("0123")).iloc[0]
    changed, first, second = matrix.copy(), int(row["first"]), int(row["second"])
    changed[first, second], changed[second, first] = row["suggested"], 1 / row["suggested"]
    assert row["ratio"] == pytest.approx(consistency(changed).cr, abs=1e-9)
    assert row["stated"] == pytest.approx(matrix[first, second])


def test_judgements_that_contradict_each_other_give_no_weights_unless_asked():
    with pytest.raises(CampaignError) as error:
        pairwise_weights(planted(), CRITERIA)
    assert "应不大于 0.1" in str(error.value)
    told = "“成果”是“服务”的 8 倍；按其余的判断，“服务”应是“成果”的 8 倍左右（改为 8 倍，一致性比率为 0.000）"
    assert told in str(error.value)
    found = pairwise_weights(planted(), CRITERIA, accept_inconsistent=True)
    assert found.consistency.cr > 0.1
    assert found.weights.sum() == pytest.approx(1.0)
    assert found.weights.index.tolist() == list(CRITERIA)


def test_weights_by_geometric_means_through_the_door():
    matrix = np.array([[1, 2, 2, 4], [1 / 2, 1, 1, 2], [1 / 2, 1, 1, 2], [1 / 4, 1 / 2, 1 / 2, 1]])
    found = pairwise_weights(matrix, CRITERIA, method="geometric_mean")
    assert found.weights.to_dict() == pytest.approx({"F": 4 / 9, "Y": 2 / 9, "Z": 2 / 9, "C": 1 / 9})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({(0, 1): 3.0}, "“服务”对“效能”为 3，反过来为 1，两者应互为倒数"),
        ({(0, 1): 0.0, (2, 3): -2.0}, "“服务”对“效能”为 0，应为正数\n“作风”对“成果”为 -2，应为正数"),
        ({(1, 1): 2.0}, "“效能”对自己为 2，应为 1"),
        ({(2, 0): float("nan")}, "“作风”对“服务”为 nan，应为正数"),
    ],
)
def test_a_matrix_that_is_none_is_refused_with_the_pairs(change, said):
    matrix = np.ones((4, 4))
    for place, value in change.items():
        matrix[place] = value
    with pytest.raises(CampaignError, match=said):
        pairwise_weights(matrix, CRITERIA)


def test_a_matrix_of_another_shape_is_refused():
    with pytest.raises(CampaignError, match="应为方阵，现为 2×3"):
        pairwise_weights(np.ones((2, 3)), CRITERIA)
    with pytest.raises(CampaignError, match="有 3 行，指标却有 4 个"):
        pairwise_weights(np.ones((3, 3)), CRITERIA)
    many = {str(n): str(n) for n in range(16)}
    with pytest.raises(CampaignError, match="有 16 个指标，应为 1 至 15 个"):
        pairwise_weights(np.ones((16, 16)), many)


# best-worst method

CAR = {"quality": "质量", "price": "价格", "comfort": "舒适", "safety": "安全", "style": "款式"}


def test_the_car_of_rezaei_where_judgements_agree():
    # Rezaei (2016), Omega 64, tables 2 and section 4
    found = best_worst_weights("price", "style", [2, 1, 4, 2, 8], [4, 8, 2, 4, 1], CAR)
    assert found.weights.to_numpy() == pytest.approx([0.2105, 0.4211, 0.1053, 0.2105, 0.0526], abs=1e-4)
    assert found.xi == pytest.approx(0.0, abs=1e-9)
    assert found.ratio == 0.0


def test_the_car_of_rezaei_where_they_do_not():
    # Rezaei (2016), table 3 and section 4
    found = best_worst_weights("price", "style", [2, 1, 4, 3, 8], [4, 8, 2, 3, 1], CAR)
    assert found.weights.to_numpy() == pytest.approx([0.2295, 0.4481, 0.1148, 0.1530, 0.0546], abs=1e-4)
    assert found.xi == pytest.approx(0.0109, abs=1e-4)
    # safety: |3·3 − 8| / (8² − 8)
    assert found.ratio == pytest.approx(1 / 56)
    assert found.threshold == 0.2958
    first = found.to_review.iloc[0]
    assert (first["second"], first["stated"], first["implied"], first["suggested"]) == ("安全", 3, 8 / 3, 3)


def test_the_weights_are_the_best_of_all():
    # a_BW = 4, a_B2 = 2, a_2W = 3: 2·3 is more than 4, so at best all three give way by ξ:
    # w_2 = 3w_W − ξ, w_B = 2w_2 − ξ = 4w_W + ξ. So w_W = 2ξ, w_2 = 5ξ, w_B = 9ξ; in all 16ξ = 1
    found, xi = best_worst_priorities(0, 2, np.array([1.0, 2, 4]), np.array([4.0, 3, 1]))
    assert xi == pytest.approx(1 / 16)
    assert found == pytest.approx([9 / 16, 5 / 16, 2 / 16])


@given(st.permutations(range(5)))
def test_the_order_does_not_matter_to_best_and_worst(order):
    from_best, to_worst = np.array([2.0, 1, 4, 3, 8]), np.array([4.0, 8, 2, 3, 1])
    expected, xi = best_worst_priorities(1, 4, from_best, to_worst)
    places = list(order)
    turned = best_worst_priorities(places.index(1), places.index(4), from_best[places], to_worst[places])
    assert turned[0] == pytest.approx(expected[places], abs=1e-9)
    assert turned[1] == pytest.approx(xi, abs=1e-9)


@given(arrays(np.int64, 6, elements=st.integers(0, 3), fill=st.nothing()))
def test_best_and_worst_that_agree_give_the_weights_they_come_from(powers):
    # weights in powers of two, so that every ratio is a whole number up to 8
    generating = 2.0 ** np.concatenate([[3], powers, [0]])
    found, xi = best_worst_priorities(0, 7, generating[0] / generating, generating / generating[-1])
    assert found == pytest.approx(generating / generating.sum(), abs=1e-9)
    assert xi == pytest.approx(0.0, abs=1e-9)
    assert input_ratio(generating[0] / generating, generating, 8.0).max() == 0.0


def test_thresholds_of_liang_brunelli_and_rezaei():
    # Liang, Brunelli & Rezaei (2020), table 3: scale 8, five criteria; scale 4, three; scale 9, nine
    assert [threshold(8, 5), threshold(4, 3), threshold(9, 9)] == [0.2958, 0.1121, 0.3662]
    assert threshold(9, 15) == 0.3662
    assert threshold(2, 6) == 0.0


def test_contradictions_between_best_and_worst_give_no_weights_unless_asked():
    # 质量: |8·8 − 8| / 56 = 1, the most there can be
    given_judgements = ("price", "style", [8, 1, 4, 2, 8], [8, 8, 2, 4, 1], CAR)
    with pytest.raises(CampaignError) as error:
        best_worst_weights(*given_judgements)
    assert "一致性比率 1.000，应不大于 0.2958" in str(error.value)
    told = "“价格”是“质量”的 8 倍；按其余的判断，“价格”应是“质量”的 1 倍左右（改为 1 倍，一致性比率为 0.000）"
    assert told in str(error.value)
    assert best_worst_weights(*given_judgements, accept_inconsistent=True).ratio == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("judgements", "said"),
    [
        (("F", "F", [1] * 4, [1] * 4), "最重要的和最不重要的都是“服务”"),
        (("X", "F", [1] * 4, [1] * 4), "没有“X”这个指标"),
        (("F", "C", [1, 2, 3], [4, 3, 2, 1]), "比较了 3 个和 4 个指标，应各为 4 个"),
        (
            ("F", "C", [1, 2, 10, 4], [4, 2, 1.5, 1]),
            "最重要的对“作风”为 10，应为 1 至 9 的整数\n“作风”对最不重要的为 1.5",
        ),
        (("F", "C", [2, 2, 3, 4], [4, 2, 2, 1]), "对自己都应为 1"),
        (("F", "C", [1, 2, 3, 4], [5, 2, 2, 1]), "“服务”对“成果”一处为 4，另一处为 5，应相同"),
        (("F", "C", [1, 6, 3, 4], [4, 2, 2, 1]), "“效能”同最重要的或最不重要的相差 6，超过"),
    ],
)
def test_comparisons_that_are_none_are_refused(judgements, said):
    with pytest.raises(CampaignError, match=said):
        best_worst_weights(*judgements, CRITERIA)
