"""Headline findings follow the numbers, for none, one and many."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from wbwz_eval.reporting.findings import findings

NAN = float("nan")


def said(scores, head: str) -> str:
    return dict(findings(scores).items).get(head, "")


@pytest.mark.parametrize(
    ("totals", "sentence"),
    [
        ([91.0, 88.0, 80.0], "对象1以 91.0 分居首，对象2以 88.0 分居次。"),
        ([88.0, 91.0, 80.0], "对象2以 91.0 分居首，对象1以 88.0 分居次。"),
        ([91.0, 91.0, 80.0], "对象1、对象2以 91.0 分并列第一。"),
        ([91.0, 91.0], "2 个对象总分都是 91.0 分，全部并列第一。"),
        ([91.0], "只有对象1参评，得 91.0 分。"),
        (
            [91.04, 91.01],
            "对象1以 91.0 分居首，对象2以 91.0 分居次（差距小于显示的位数，或按并列处理顺序分出先后）。",
        ),
    ],
)
def test_who_leads(made, totals, sentence):
    assert said(made({"组": totals}), "组") == sentence


def test_nobody_ranked(made):
    scores = made({"组": [NAN, NAN]})
    assert said(scores, "居首") == "本期没有对象取得位次。"
    assert said(scores, "范围") == "单位共 2 个被评对象，没有一个有位次；没有位次的，“数据不足”2 个。"
    assert said(scores, "维度") == "各维度都没有得分。"


def test_scope_counts_groups_and_who_has_no_place(made):
    assert said(made({"甲": [90.0], "乙": [80.0]}), "范围") == "单位共 2 个被评对象，分 2 组，全部有位次。"
    one = made({"甲": [90.0, NAN], "乙": [80.0]})
    assert said(one, "范围") == "单位共 3 个被评对象，分 2 组，2 个有位次；没有位次的，“数据不足”1 个。"


def test_many_groups_are_led_in_one_sentence(made):
    scores = made({f"第{index}组": [90.0 + index, 80.0] for index in range(9)})
    assert said(scores, "居首").startswith("第0组：对象1以 90.0 分居首")
    assert said(scores, "居首").count("；") == 8


def test_overlapping_intervals_are_not_told_apart(made):
    close = made({"组": [91.0, 90.0, 80.0]}, spread=1.0)
    assert said(close, "组").endswith("但区间相交，可能居首的还有对象2。")
    assert said(close, "分不出先后") == "因样本小，3 个对象中有 2 个的位次只能定到一个区间。"
    apart = made({"组": [91.0, 85.0, 80.0]}, spread=1.0)
    assert "区间相交" not in said(apart, "组")
    assert said(apart, "分不出先后") == ""
    assert "全部 2 个" in said(made({"组": [91.0, 90.0]}, spread=1.0), "分不出先后")


def test_movement_of_one_of_several_and_of_none(made):
    up = made({"组": [95.0, 90.0, 80.0]}, before={"组": [70.0, 90.0, 80.0]})
    assert "进位最多的是对象1（组），由第 3 位到第 1 位，进 2 位" in said(up, "进退")
    assert "退位最多的是对象2、对象3，各退 1 位" in said(up, "进退")
    same = made({"组": [95.0, 90.0]}, before={"组": [94.0, 90.0]})
    assert said(same, "进退") == "2 个对象的位次与2012年第二季度相同。"
    assert said(made({"组": [95.0]}), "进退") == "之前没有可比的一期，本期不列进退。"


def test_movement_within_the_interval_is_not_announced(made):
    inside = made({"组": [91.0, 90.0]}, before={"组": [80.0, 85.0]}, spread=2.0)
    assert said(inside, "进退") == "与2012年第二季度相比有 2 个对象位次变动，但都没有超出位次区间。"


def test_change_of_the_total_and_what_weighed_most(made):
    scores = made({"组": [92.0, 80.0, 70.0]}, before={"组": [90.0, 83.0, 70.0]})
    changes = scores.changes.assign(change=scores.changes["change"] * (scores.changes["node"] == "D1a") * 3)
    scores = replace(scores, changes=changes)
    assert (
        said(scores, "升降")
        == "总分较上期上升 1 个、下降 1 个、持平 1 个，平均变化 −0.3 分，其中维度1的影响最大（−0.3 分）。"
    )


def test_weakest_and_strongest_dimension(made):
    assert (
        said(made({"组": [90.0, 80.0]}), "维度")
        == "得分率中位数最低的是维度0（83.0%），最高的是维度2（87.0%）。"
    )
    assert said(made({"组": [90.0, 80.0]}, dimensions=1), "维度") == "维度0得分率的中位数为 85.0%。"
    equal = made({"组": [90.0]}, dimensions=2)
    equal = replace(equal, scores=equal.scores.assign(D0=90.0, D1=90.0))
    assert said(equal, "维度") == "2 个维度得分率的中位数都是 90.0%。"


def test_full_marks_that_tell_nobody_apart(made):
    scores = made({"组": [90.0, 80.0]})
    nodes = scores.nodes.assign(points=scores.nodes["points"].where(scores.nodes["node"] != "D1a", 100.0))
    assert (
        said(replace(scores, nodes=nodes), "满分") == "指标得分中满分的占 33.3%；指标1人人满分，分不出高下。"
    )
    assert said(scores, "满分") == ""


def test_grades_in_their_order(made):
    assert (
        said(made({"组": [90.0, 80.0, 70.0]}, grades=("优秀", "良好", "合格")), "等次")
        == "优秀 1 个、良好 0 个、合格 2 个。"
    )


def test_vetoes_are_named_or_said_to_be_none(made):
    scores = made({"组": [90.0, 80.0]})
    assert said(scores, "否优") == ""
    rule = pd.DataFrame([["否优", "重大事故", "v", "", "", "", "", "第八条"]], columns=scores.method.columns)
    ruled = replace(scores, method=pd.concat([scores.method, rule]))
    assert said(ruled, "否优") == "本期没有一票否优。"
    vetoed = replace(ruled, scores=scores.scores.assign(veto=["重大事故", ""]))
    assert said(vetoed, "否优") == "1 个对象被一票否优：对象1（重大事故）。得分照列，等次受限。"


def test_bonus_and_deduction(made):
    scores = made({"组": [90.0, 80.0, 70.0]})
    assert said(scores, "加扣分") == ""
    table = scores.scores.assign(bonus=[2.0, 2.0, 0.0], deduction=[0.0, 0.0, 1.5])
    sentence = "2 个对象有附加分，最多的是对象1、对象2（2.0 分）；1 个对象有扣分，最多的是对象3（1.5 分）。"
    assert said(replace(scores, scores=table), "加扣分") == sentence


def test_gaps_in_the_data(made):
    scores = made({"组": [90.0, 80.0]})
    assert said(scores, "数据") == "没有缺数、迟报和小样本，数据覆盖都是 100%。"
    rows = [
        ["迟报", "E000", "对象1", "", "facts", 3, "台账：R1 等 3 行"],
        ["缺数", "E001", "对象2", "D0a", "", 0, "指标0"],
    ]
    gaps = pd.DataFrame(rows, columns=scores.quality.columns).astype({"count": np.int64})
    found = replace(scores, quality=gaps, scores=scores.scores.assign(coverage=[1.0, 0.75]))
    assert said(found, "数据") == (
        "缺数 1 项次（1 个对象）、迟报 3 行（1 个对象）、数据覆盖不足 100% 的 1 个，最低的是对象2（75%）。"
    )
