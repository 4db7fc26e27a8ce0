"""What changed between two versions, in sentences: each expected word for word."""

from __future__ import annotations

import datetime as dt

import pytest
from support import bare_copy

from wbwz_eval import open_campaign
from wbwz_eval.campaign.yaml_edit import REMOVE
from wbwz_eval.review.versions.compare import COLUMNS, diff
from wbwz_eval.scoring.methodology_file import changed_methodology, load_methodology

OLD = "2011-v1"
F1 = "指标 F1 承诺事项按期兑现率"


@pytest.fixture(scope="module")
def first(sample):
    return load_methodology(sample.version_path(OLD), sample)


@pytest.fixture(scope="module")
def changed(sample, first):
    """Return the function that compares the first version with itself but for some changes."""

    def compare(changes, levels=None):
        new = changed_methodology(sample.version_path(OLD), sample, changes)
        return diff(first, new, levels or sample.levels)

    return compare


def with_model(method, level, **update):
    """Return a methodology with a level's rules changed, as nobody could write them by one place."""
    rules = method.levels[level].model_copy(update=update)
    return method.model_copy(update={"levels": {**method.levels, level: rules}})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"levels.unit.tree.Y.weight": 35, "levels.unit.tree.F.weight": 25},
            ["事业单位：比业绩（Y）的权重由 40 改为 35", "事业单位：比服务（F）的权重由 20 改为 25"],
        ),
        (
            {"indicators.F1.rule.minus": 2},
            [
                (
                    f"{F1}的计分办法由“≥95% 得满分 100，每低 1% 扣 1 分，最低 0 分”"
                    "改为“≥95% 得满分 100，每低 1% 扣 2 分，最低 0 分”"
                )
            ],
        ),
        (
            {"indicators.F1.rule": {"type": "proportional", "target": 95}},
            [
                f"{F1}的计分办法由“≥95% 得满分 100，每低 1% 扣 1 分，最低 0 分”改为“≥95% 得满分 100，不足按比例”"
            ],
        ),
        ({"indicators.F1.missing": "zero"}, [f"{F1}的缺数处理由“权重按比例分给同级”改为“计 0 分”"]),
        ({"indicators.F1.measure.verified": False}, [f"{F1}的数据口径（只计已核实的）由 是 改为 否"]),
        (
            {"levels.unit.tree.C.gates": [{"indicator": "C8", "below": 95, "cap": 70}]},
            ["事业单位：比创新（C）的门槛的上限由 80 改为 70"],
        ),
        (
            {"levels.unit.tree.C.gates": []},
            ["事业单位：比创新（C）的门槛指标取消，原为“C8 小于 95 时不超过 80 分”"],
        ),
        ({"levels.unit.grades.quotas.优秀.share": 0.25}, ["事业单位：优秀的名额比例由 0.2 改为 0.25"]),
        ({"levels.unit.grades.quotas.优秀.floor": 80}, ["事业单位：优秀的名额的总分底线由 85 改为 80"]),
        ({"levels.unit.grades.cutoffs.优秀": 88}, ["事业单位：优秀的分数线由 90 改为 88"]),
        ({"levels.unit.total_cap": 110}, ["事业单位：总分上限新增，为 110"]),
        ({"levels.unit.groups.min_size": 4}, ["事业单位：组内最少个数由 3 改为 4"]),
        ({"levels.unit.rank.tie_break": ["Y"]}, ["事业单位：并列时依次比较由 Y、F5 改为 Y"]),
        (
            {"levels.unit.vetoes.major-loss": REMOVE},
            ["事业单位：问责造成重大损失（否优）取消"],
        ),
        ({"levels.unit.recurrences.thrice-last.times": 2}, ["事业单位：季通报三次末位的次数由 3 改为 2"]),
        (
            {"levels.unit.composition.year.quarter": 50, "levels.unit.composition.year.year": 50},
            ["事业单位：季的合成权重由 60 改为 50", "事业单位：年的合成权重由 40 改为 50"],
        ),
        ({"levels.unit.aggregation": "geometric"}, ["事业单位：汇总方法由 算术平均 改为 几何平均"]),
        ({"rounding.total": 1, "display": 2}, ["办法的总分小数位由 2 改为 1", "办法的显示小数位由 1 改为 2"]),
        ({"indicators.F1.name": "兑现率"}, ["指标 F1 兑现率的名称由“承诺事项按期兑现率”改为“兑现率”"]),
        (
            {"title": "甲“乙”办法的新的一版"},
            [
                "办法的标题由“‘五比五争’活动评价办法(建议稿，待工作小组批准)”改为“甲‘乙’办法的新的一版”",
            ],
        ),
    ],
)
def test_each_change_is_a_sentence(changed, changes, said):
    assert changed(changes)["said"].tolist() == said


def test_an_indicator_taken_out_is_told_with_its_weight(changed):
    table = changed(
        {
            "indicators.F8": REMOVE,
            "levels.unit.tree.F.children.F8": REMOVE,
            "levels.unit.tree.F.children.F1": 25,
        }
    )
    assert tuple(table) == COLUMNS
    assert table[["level", "about", "item", "old", "new", "said"]].to_numpy().tolist() == [
        [
            "",
            "指标 F8 服务标准与承诺公开率",
            "整项",
            "≥100% 得满分 100，不足按比例",
            "无",
            "指标 F8 服务标准与承诺公开率取消",
        ],
        [
            "事业单位",
            "承诺事项按期兑现率（F1）",
            "权重",
            "20",
            "25",
            "事业单位：承诺事项按期兑现率（F1）的权重由 20 改为 25",
        ],
        [
            "事业单位",
            "服务标准与承诺公开率（F8）",
            "权重",
            "5",
            "无",
            "事业单位：服务标准与承诺公开率（F8）的权重取消，原为 5",
        ],
    ]


def test_the_other_way_round_it_comes_in(sample, first):
    without = changed_methodology(
        sample.version_path(OLD),
        sample,
        {
            "indicators.F8": REMOVE,
            "levels.unit.tree.F.children.F8": REMOVE,
            "levels.unit.tree.F.children.F1": 25,
        },
    )
    assert diff(without, first, sample.levels)["said"].tolist() == [
        "指标 F8 服务标准与承诺公开率新增，为“≥100% 得满分 100，不足按比例”",
        "事业单位：承诺事项按期兑现率（F1）的权重由 25 改为 20",
        "事业单位：服务标准与承诺公开率（F8）的权重新增，为 5",
    ]


def test_a_dimension_taken_out_is_one_change(sample, first):
    tree = {key: node for key, node in first.levels["unit"].tree.items() if key != "J"}
    table = diff(first, with_model(first, "unit", tree=tree), sample.levels)
    assert table["said"].tolist() == ["事业单位：比境界（J）的权重取消，原为 10"]
    assert table["place"].tolist() == ["levels.unit.tree.J"]


def test_a_level_taken_out_is_one_change(sample, first):
    few = {key: level for key, level in first.levels.items() if key != "member"}
    new = first.model_copy(update={"levels": few})
    assert diff(first, new, sample.levels)["said"].tolist() == ["党员取消"]
    assert diff(new, first, sample.levels)["said"].tolist() == ["党员新增"]


def test_what_changes_alike_at_two_levels_is_told_once(sample, first):
    """The three levels share one section in the file, so that one edit reaches all that use it."""
    table = diff(
        first,
        with_model(
            with_model(first, "unit", total_cap=first.levels["unit"].full),
            "member",
            total_cap=first.levels["unit"].full,
        ),
        sample.levels,
    )
    assert table[["level", "item", "said", "place"]].to_numpy().tolist() == [
        ["事业单位、党员", "总分上限", "事业单位、党员：总分上限新增，为 100", "levels.unit.total_cap"]
    ]


def test_the_bonus_cap_that_two_levels_share_by_alias(tmp_path):
    folder = bare_copy("wbwz-2011", tmp_path)
    path = folder / "methodology" / "2012-v3.yaml"
    text = (folder / "methodology" / f"{OLD}.yaml").read_text(encoding="utf-8")
    before = "    bonus: &bonus\n      cap: 5\n"
    assert text.count(before) == 1
    text = text.replace(before, before.replace("cap: 5", "cap: 3"))
    path.write_text(text.replace(f"version: {OLD}", "version: 2012-v3"), encoding="utf-8")
    campaign = open_campaign(folder)
    old, new = (load_methodology(campaign.version_path(name), campaign) for name in (OLD, "2012-v3"))
    # members have no bonus
    assert diff(old, new, campaign.levels)["said"].tolist() == ["事业单位、党组织：附加分的上限由 5 改为 3"]


def test_levels_that_change_differently_are_told_each(changed):
    table = changed({"levels.unit.rank.tie_break": ["Y"], "levels.party_org.rank.tie_break": ["F5"]})
    assert table["said"].tolist() == [
        "事业单位：并列时依次比较由 Y、F5 改为 Y",
        "党组织：并列时依次比较由 Y、F5 改为 F5",
    ]


def dated(value, day):
    """Return F3's two dated thresholds with another second one."""
    first = {"from": dt.date(2011, 7, 1), "value": 90, "reason": "首年适应期", "approver": "工作小组(建议)"}
    return {"versions": [first, first | {"from": day, "value": value, "reason": "年度提标"}]}


@pytest.mark.parametrize(
    ("value", "day", "said"),
    [
        # the sentence of the rule has the last number, and no day
        (
            97,
            dt.date(2012, 1, 1),
            "的计分办法由“≥95% 得满分 100，每低 1% 扣 1 分，最低 0 分”改为“≥97% 得满分 100，每低 1% 扣 1 分，最低 0 分”",
        ),
        (
            95,
            dt.date(2012, 4, 1),
            "的计分办法（门槛）由“2011-07-01 起 90，2012-01-01 起 95”改为“2011-07-01 起 90，2012-04-01 起 95”",
        ),
    ],
)
def test_dated_versions(sample, first, value, day, said):
    indicator = first.indicators["F3"]
    rule = type(indicator.rule).model_validate(
        {"type": "threshold_slope", "threshold": dated(value, day), "minus": 1}
    )
    new = first.model_copy(
        update={"indicators": {**first.indicators, "F3": indicator.model_copy(update={"rule": rule})}}
    )
    assert diff(first, new, sample.levels)["said"].tolist() == [f"指标 F3 {indicator.name}{said}"]


def test_a_remark_alone_is_a_change_of_the_remark(changed):
    assert changed({"indicators.F1.rule.threshold.note": "已定"})["said"].tolist() == [
        f"{F1}的计分办法（门槛的出处和说明）由“二(四)1，建议值”改为“二(四)1，已定”"
    ]
    assert changed({"levels.unit.tree.F.weight.note": "已定"})["said"].tolist() == [
        "事业单位：比服务（F）的权重的出处和说明由“建议值,待工作小组批准”改为“已定”"
    ]


def test_the_same_is_no_change(sample, first):
    assert diff(first, first, sample.levels).empty
    again = load_methodology(sample.version_path(OLD), sample)
    assert diff(first, again, sample.levels).empty
    assert tuple(diff(first, first, sample.levels)) == COLUMNS


def test_the_order_is_that_of_the_file(changed):
    table = changed(
        {
            "levels.unit.tree.Z.weight": 10,
            "levels.unit.tree.J.weight": 15,
            "indicators.F1.unit": "‰",
            "indicators.J1.unit": "‰",
            "title": "新",
        }
    )
    # a unit stands in the sentence of the rule, but is a change of its own
    assert table["place"].tolist() == [
        "title",
        "indicators.J1.unit",
        "indicators.F1.unit",
        "levels.unit.tree.J.weight",
        "levels.unit.tree.Z.weight",
    ]


def test_the_proposed_version_of_the_sample(sample, first):
    """Read off both files by a person: seven things, and the title."""
    new = load_methodology(sample.version_path("2012-v2"), sample)
    table = diff(first, new, sample.levels)
    assert table["place"].tolist() == [
        "title",
        "indicators.J1.rule",
        "indicators.F1.rule.minus",
        "indicators.F8",
        "levels.unit.tree.Y.weight",
        "levels.unit.tree.F.weight",
        "levels.unit.tree.F.children.F1.weight",
        "levels.unit.tree.F.children.F8",
        "levels.unit.grades.quotas.优秀.share",
    ]
