"""Which of the things that a document demands to be looked at are looked at."""

from __future__ import annotations

import shutil

import pytest
from support import bare_copy

from wbwz_eval import CampaignError, open_campaign
from wbwz_eval.review.structure.aspects import FILE, Aspect, Aspects, aspect_coverage, load_aspects, unmatched
from wbwz_eval.scoring.methodology_file import load_methodology


@pytest.fixture(scope="module")
def methodology(sample):
    period = sample.period("2012-Q3")
    return load_methodology(sample.methodology_path(period), sample).at(period)


@pytest.fixture(scope="module")
def demanded(sample, methodology):
    return load_aspects(sample, methodology)


def test_each_aspect_is_a_phrase_of_its_sentence(demanded):
    assert len(demanded.aspects) == 14
    for each in demanded.aspects:
        # the indicators repeat 看 or 看谁 before each part of an enumeration
        words = each.aspect.removeprefix("看").removeprefix("谁的").removeprefix("谁")
        assert words in each.text, each.aspect
        assert "看" in each.text


def test_the_units_are_looked_at_but_for_the_sense_of_innovation(methodology, demanded):
    table = aspect_coverage(methodology, "unit", demanded)
    # 14 phrases, of which one speaks of party committees and branches alone
    assert len(table) == 13
    # 比业绩 40 of 100: Y1 30 + Y2 20 + Y3 15 + Y4 15 of 100
    speed = table.set_index("aspect").loc["看各项重点工作推进速度和质量"]
    assert speed["indicators"] == ["Y1", "Y2", "Y3", "Y4"]
    assert speed["weight"] == pytest.approx(0.4 * 0.8)
    gap = table[table["gap"]].iloc[0]
    assert table["gap"].sum() == 1
    # C8 holds 比创新 down where the ledger is incomplete, and gives no points
    assert (gap["aspect"], gap["indicators"], gap["weight"]) == ("看谁的创新意识强", ["C8"], 0.0)
    assert gap["note"] == "只有不计分的 创新台账要素完备率"
    assert unmatched(methodology, "unit", demanded).empty


def test_what_the_members_indicators_leave_out(methodology, demanded):
    table = aspect_coverage(methodology, "member", demanded)
    assert table[table["gap"]]["aspect"].tolist() == [
        "看各项重点工作推进速度和质量",
        "看谁的创新意识强",
        "看推进改革的成效好",
        "看打造的“亮点”多",
        "看谁的工作效能高",
        "看群众满意度高",
    ]
    # every indicator of the members looks at something that is demanded
    assert table["weight"].sum() == pytest.approx(1)


def test_an_indicator_that_looks_at_nothing_demanded(methodology):
    few = Aspects(
        aspects=(
            Aspect(dimension="J", aspect="看思想解放的程度"),
            Aspect(dimension="Z", aspect="看群众满意度高"),
            Aspect(dimension="Y", aspect="看各项重点工作推进速度和质量", levels=("party_org",)),
        )
    )
    table = unmatched(methodology, "unit", few).set_index("node")
    assert "J1" not in table.index
    assert table.loc["F5", "note"] == "这是“比作风”的看点"
    assert table.loc["Y1", "note"] == "文件对这个层级没有这个看点"
    assert table.loc["F5", "weight"] == pytest.approx(0.04)
    covered = aspect_coverage(methodology, "unit", few)
    assert covered["note"].tolist() == ["", "没有指标对应"]
    blank = methodology.indicators["F5"].model_copy(update={"aspect": ""})
    changed = methodology.model_copy(update={"indicators": {**methodology.indicators, "F5": blank}})
    assert unmatched(changed, "unit", few).set_index("node").loc["F5", "note"] == "没有写看点"


def test_where_nothing_is_declared_nothing_is_demanded(panjin):
    period = panjin.period("term")
    method = load_methodology(panjin.methodology_path(period), panjin)
    assert load_aspects(panjin, method) == Aspects()
    assert aspect_coverage(method, "district", Aspects()).empty


def test_every_mistake_is_told_with_its_line(tmp_path, methodology):
    folder = bare_copy("wbwz-2011", tmp_path)
    (folder / FILE).write_text(
        "aspects:\n"
        "  - {dimension: J, aspect: 看思想解放的程度}\n"
        "  - {dimension: X, aspect: 看一看}\n"
        "  - {dimension: J, aspect: 看思想解放的程度}\n"
        "  - {dimension: Y, aspect: 看业绩, levels: [units]}\n",
        encoding="utf-8",
    )
    with pytest.raises(CampaignError) as raised:
        load_aspects(open_campaign(folder), methodology)
    lines = str(raised.value).splitlines()
    assert lines[0] == f"{FILE} 有误，不能核对指标是否覆盖文件的看点"
    told = [fault.line for fault in raised.value.faults]
    assert sorted(set(told)) == [3, 4, 5]
    text = str(raised.value)
    assert "“X” 不是评价办法中的维度;应为 其中之一: J、Y、C、F、Z" in text
    assert "“看思想解放的程度” 重复，第 2 行已经写过" in text
    assert "“units” 没有这个层级;应为 unit(可用的: unit、party_org、member)" in text


def test_an_unknown_key_and_an_empty_aspect_are_refused(tmp_path, methodology):
    folder = bare_copy("wbwz-2011", tmp_path)
    (folder / FILE).write_text(
        "aspects:\n  - {dimension: J, aspect: ''}\n  - {dimension: J, aspekt: 看}\n", encoding="utf-8"
    )
    with pytest.raises(CampaignError) as raised:
        load_aspects(open_campaign(folder), methodology)
    assert {fault.line for fault in raised.value.faults} == {2, 3}
    assert "aspekt" in str(raised.value)


def test_the_file_is_not_taken_for_a_methodology(sample, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(sample.path, folder, ignore=shutil.ignore_patterns("submissions", "results", ".cache"))
    assert (folder / FILE).exists()
    campaign = open_campaign(folder)
    assert [each.version for each in campaign.methodology_versions] == ["2011-v1"]
