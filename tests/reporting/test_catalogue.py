"""Parameters are checked against what the report declares, and the message says what would be right."""

from __future__ import annotations

import pytest

from wbwz_eval import open_campaign
from wbwz_eval.reporting.catalogue import REPORTS, find_report
from wbwz_eval.reporting.editions import open_report
from wbwz_eval.reporting.errors import ReportError

GOOD = {"campaign": "x", "period": "2012-Q1", "level": "unit", "edition": "internal"}


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.name)
def test_every_report_of_the_list_has_its_notebook(report):
    assert report.notebook_path().is_file()


def test_an_unknown_report_is_told_with_the_nearest_name():
    with pytest.raises(ReportError, match="没有报告 “quarterly_buletin”；应为 quarterly_bulletin"):
        find_report("quarterly_buletin")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"levle": "unit"}, "没有参数 “levle”；应为 level"),
        ({"period": 2012}, "参数 period 应为文字，得到的是 2012"),
        ({"period": True}, "参数 period 应为文字"),
        ({"edition": "secret"}, "参数 edition 的值 “secret” 不对；应为 其中之一.*internal、public"),
    ],
)
def test_a_parameter_that_the_report_does_not_take(change, message):
    with pytest.raises(ReportError, match=message):
        find_report("quarterly_bulletin").check(GOOD | change)


def test_a_missing_parameter():
    with pytest.raises(ReportError, match="缺少参数 level"):
        find_report("quarterly_bulletin").check({key: GOOD[key] for key in GOOD if key != "level"})


@pytest.mark.parametrize(
    ("place", "message"),
    [
        (("2012-Q5", "unit"), "“2012-Q5” 不是期"),
        (("2019-Q1", "unit"), "不在活动期间"),
        (("2012-03", "unit"), "按季、半年、年、全程出，2012-03 是月"),
        (("2012-Q1", "units"), "没有层级 “units”.*应为 unit"),
        (("2012-Q4", "unit"), "没有任何数据"),
    ],
)
def test_a_place_that_the_campaign_does_not_have(small_campaign, place, message):
    with pytest.raises(ReportError, match=message):
        open_report("quarterly_bulletin", str(small_campaign()), *place, "internal")


def test_a_folder_that_is_no_campaign(tmp_path):
    with pytest.raises(ReportError, match="不是活动文件夹"):
        open_report("quarterly_bulletin", str(tmp_path), "2012-Q1", "unit", "internal")


def test_the_last_period_is_the_last_that_is_over(small_campaign, panjin):
    report = find_report("quarterly_bulletin")
    assert report.last_period(open_campaign(small_campaign())).id == "2012-Q4"
    assert report.last_period(panjin).id == "term"
