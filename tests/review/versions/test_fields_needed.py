"""What a version asks people to report, more or less than another; cells are counted in the tables handed in."""

from __future__ import annotations

import csv
import datetime as dt
import io
import math

import pytest
from support import bare_copy, take_in

from wbwz_eval import open_campaign
from wbwz_eval.campaign.yaml_edit import REMOVE
from wbwz_eval.review.versions.fields_needed import LESS, MORE, compare_fields, fields_needed
from wbwz_eval.scoring.methodology_file import changed_methodology, load_methodology

WITHOUT_F8 = {
    "indicators.F8": REMOVE,
    "levels.unit.tree.F.children.F8": REMOVE,
    "levels.unit.tree.F.children.F1": 25,
}
# two of six cells are empty in the columns that are only for the report, none in those that must be filled
SECOND = """\
行号,被评对象,事项,截至日期,服务标准已公开,服务承诺已公开,法定时限,公开渠道
SX1,U01,许可甲,2012-05-10,是,否,20,网站
SX2,U01,许可乙,2012-05-10,是,是,,网站
SX3,U02,许可丙,2012-05-11,否,是,15,
"""
THIRD = """\
行号,被评对象,事项,截至日期,服务标准已公开,服务承诺已公开,法定时限,公开渠道
SX4,U01,许可丁,2012-08-10,是,否,20,网站
"""


@pytest.fixture(scope="module")
def versions(sample):
    old = load_methodology(sample.version_path("2011-v1"), sample)
    return old, changed_methodology(sample.version_path("2011-v1"), sample, WITHOUT_F8)


@pytest.fixture(scope="module")
def campaign(tmp_path_factory):
    folder = bare_copy("wbwz-2011", tmp_path_factory.mktemp("fields"))
    for day, table in ((dt.date(2012, 6, 20), SECOND), (dt.date(2012, 9, 20), THIRD)):
        take_in(folder, {"service_items": table}, received_on=day)
    return open_campaign(folder)


def cells(table: str, label: str) -> int:
    return sum(bool(row[label]) for row in csv.DictReader(io.StringIO(table)))


def test_a_version_without_an_indicator_needs_less(campaign, versions):
    old, new = versions
    table = compare_fields(campaign, old, new, [campaign.period("2012-Q2")])
    # what F8's measure names and F6, on the same ledger, does not
    assert table[["need", "ledger", "ledger_name", "field", "field_name"]].to_numpy().tolist() == [
        [LESS, "service_items", "服务事项清单", "item", "事项"],
        [LESS, "service_items", "服务事项清单", "as_of", "截至日期"],
        [LESS, "service_items", "服务事项清单", "standard_public", "服务标准已公开"],
        [LESS, "service_items", "服务事项清单", "promise_public", "服务承诺已公开"],
    ]
    assert table["cells"].tolist() == [cells(SECOND, label) for label in table["field_name"]]
    back = compare_fields(campaign, new, old, [campaign.period("2012-Q2")])
    assert back["need"].unique().tolist() == [MORE]
    assert back[["field", "cells"]].equals(table[["field", "cells"]])


def test_cells_are_the_mean_of_the_periods(campaign, versions):
    spans = [campaign.period(name) for name in ("2012-Q2", "2012-Q3")]
    table = compare_fields(campaign, *versions, spans)
    # three rows came in for the second quarter, one for the third
    assert table["cells"].tolist() == [
        (cells(SECOND, label) + cells(THIRD, label)) / 2 for label in table["field_name"]
    ]
    assert table["cells"].tolist() == [2.0] * 4


def test_empty_cells_are_no_burden(campaign, versions):
    """The version that also counts rows with a channel needs that column, of which one cell is empty."""
    old, _ = versions
    more = changed_methodology(
        campaign.version_path("2011-v1"), campaign, {"indicators.F8.measure.needs": ["publish_channel"]}
    )
    table = compare_fields(campaign, old, more, [campaign.period("2012-Q2")])
    assert table[["need", "field", "cells"]].to_numpy().tolist() == [[MORE, "publish_channel", 2.0]]
    assert cells(SECOND, "公开渠道") == 2


def test_the_same_needs_the_same(campaign, versions):
    table = compare_fields(campaign, versions[0], versions[0], [campaign.period("2012-Q2")])
    assert table.empty
    assert list(table) == ["need", "ledger", "ledger_name", "field", "field_name", "cells"]


def test_without_a_period_nobody_knows_how_many(campaign, versions):
    table = compare_fields(campaign, *versions, [])
    assert len(table) == 4
    assert all(math.isnan(value) for value in table["cells"])


def test_gates_bonus_deductions_and_vetoes_need_fields_too(versions):
    read = fields_needed(versions[0])
    # C6 (bonus) sums awards by level, with a document number, one for each achievement
    assert read["awards"] == {"awarded_on", "doc_no", "achievement", "award_level"}
    # deduction by severity; the veto also wants clause, who decided, and the document
    assert read["incidents"] == {"confirmed_on", "severity", "clause", "decided_by", "doc_no"}
    # C8 stands in no tree, a gate reads it
    assert {"owner", "due_on", "measures", "started_on"} <= read["innovation_projects"]
    level = versions[0].levels
    rules = {name: each.model_copy(update={"vetoes": {}}) for name, each in level.items()}
    without = fields_needed(versions[0].model_copy(update={"levels": rules}))
    assert without["incidents"] == {"confirmed_on", "severity"}
