"""A version on past periods: seven entities, two quarters, every number worked out by hand.

The old version weighs A with 60 and B with 40, the new one the other way round; both take the mean of
what the ledger has. In the second quarter (A and B, then 0.6 A + 0.4 B → 0.4 A + 0.6 B):

    E1 90 50: 74 → 66   E2 70 75: 72 → 73   E3 60 60: 60 → 60   E4 40 80: 56 → 64
    F1 80 80: 80 → 80   F2 50 50: 50 → 50   F3 20 30: 24 → 26

and in the third:

    E1 80 70: 76 → 74   E2 70 60: 66 → 64   E3 60 70: 64 → 66   E4 50 50: 50 → 50
    F1 60 60: 60 → 60   F2 70 40: 58 → 52   F3 30 90: 54 → 66
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from support import approve, take_in

from wbwz_eval import open_campaign
from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.review.versions.backtest import backtest, past_periods, size_effect, tau_within
from wbwz_eval.scoring.freezing import freeze
from wbwz_eval.scoring.methodology_file import load_methodology

CAMPAIGN = """\
name: 小活动
organiser: 某局
office: 办公室
synthetic: true
synthetic_note: 测试用。
start: 2012-01-01
end: 2012-12-31
cutoff_workdays: {quarter: 5}
methodology: [{version: v1, effective_from: 2012-01-01}]
levels: {unit: 单位, member: 个人}
groups: {e: {name: 第一组, level: unit}, f: {name: 第二组, level: unit}, m: {name: 人, level: member}}
"""
ENTITIES = "编号,名称,层级,组别\n" + "".join(
    f"{name},{name}站,unit,{name[0].lower()}\n" for name in ("E1", "E2", "E3", "E4", "F1", "F2", "F3")
)
LEDGERS = """\
common:
  row_id: {label: 行号, type: text, required: true}
  entity_id: {label: 被评对象, type: entity, required: true}
  verified_by: {label: 核实人, type: text}
  verified_on: {label: 核实日期, type: date}
  status: {label: 状态, type: choice, allowed: [有效, 撤回], default: 有效}
ledgers:
  facts:
    name: 事实台账
    fields:
      on: {label: 日期, type: date, required: true}
      kind: {label: 类别, type: choice, allowed: [甲, 乙]}
      amount: {label: 数, type: number}
"""
METHOD = """\
version: {version}
title: 小办法
indicators:
  A:
    name: 甲项
    direction: up
    measure: {{kind: mean, ledger: facts, date: on, value: amount, where: [{{field: kind, is: 甲}}]}}
    rule: {{type: as_is, low: 0, high: 100}}
  B:
    name: 乙项
    direction: up
    measure: {{kind: mean, ledger: facts, date: on, value: amount, where: [{{field: kind, is: 乙}}]}}
    rule: {{type: as_is, low: 0, high: 100}}
levels:
  unit:
    tree: {{A: {a}, B: {b}}}
    rank: {{scope: group, method: competition}}
    grades:
      order: [优秀, 良好, 一般]
      cutoffs: {{优秀: 70, 良好: 60, 一般: null}}
"""
FACTS = {
    "2012-05": {
        "E1": (90, 50),
        "E2": (70, 75),
        "E3": (60, 60),
        "E4": (40, 80),
        "F1": (80, 80),
        "F2": (50, 50),
        "F3": (20, 30),
    },
    "2012-08": {
        "E1": (80, 70),
        "E2": (70, 60),
        "E3": (60, 70),
        "E4": (50, 50),
        "F1": (60, 60),
        "F2": (70, 40),
        "F3": (30, 90),
    },
}


def written(folder: Path) -> Path:
    """Write the campaign; E1 has three rows of A in May instead of one, and one that came in too late."""
    (folder / "methodology").mkdir(parents=True)
    for name, text in (("campaign.yaml", CAMPAIGN), ("entities.csv", ENTITIES), ("ledgers.yaml", LEDGERS)):
        (folder / name).write_text(text, encoding="utf-8")
    for version, a, b in (("v1", 60, 40), ("v2", 40, 60)):
        text = METHOD.format(version=version, a=a, b=b)
        (folder / "methodology" / f"{version}.yaml").write_text(text, encoding="utf-8")
    rows = ["行号,被评对象,报送日期,日期,类别,数"]
    for month, values in FACTS.items():
        for entity, pair in values.items():
            for kind, amount in zip("甲乙", pair, strict=True):
                rows.append(f"{entity}{month}{kind},{entity},{month}-20,{month}-10,{kind},{amount}")
    rows += [f"E1more{at},E1,2012-05-20,2012-05-11,甲,90" for at in (1, 2)]
    rows += ["E1late,E1,2012-11-20,2012-05-11,甲,0"]
    take_in(folder, {"facts": "\n".join(rows) + "\n"})
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return written(tmp_path_factory.mktemp("past") / "small")


def tried(folder, version="v2", level="unit", periods=None):
    campaign = open_campaign(folder)
    spans = past_periods(campaign) if periods is None else [campaign.period(name) for name in periods]
    return backtest(campaign, load_methodology(campaign.version_path(version), campaign), level, spans)


@pytest.fixture(scope="module")
def found(folder):
    return tried(folder)


def column(found, period, name):
    own = found.entities[found.entities["period"] == period]
    return own.set_index("entity_id")[name].tolist()


def test_periods_without_data_are_left_out(folder, found):
    assert [span.id for span in past_periods(open_campaign(folder))] == [
        f"2012-Q{quarter}" for quarter in (1, 2, 3, 4)
    ]
    assert [span.id for span in found.periods] == ["2012-Q2", "2012-Q3"]


def test_totals_places_and_grades_under_both(found):
    assert column(found, "2012-Q2", "total_old") == pytest.approx([74, 72, 60, 56, 80, 50, 24])
    assert column(found, "2012-Q2", "total_new") == pytest.approx([66, 73, 60, 64, 80, 50, 26])
    assert column(found, "2012-Q3", "total_old") == pytest.approx([76, 66, 64, 50, 60, 58, 54])
    assert column(found, "2012-Q3", "total_new") == pytest.approx([74, 64, 66, 50, 60, 52, 66])
    assert column(found, "2012-Q2", "rank_old") == [1, 2, 3, 4, 1, 2, 3]
    assert column(found, "2012-Q2", "rank_new") == [2, 1, 4, 3, 1, 2, 3]
    assert column(found, "2012-Q3", "rank_old") == [1, 2, 3, 4, 1, 2, 3]
    assert column(found, "2012-Q3", "rank_new") == [1, 3, 2, 4, 2, 3, 1]
    good, fair, poor = "优秀", "良好", "一般"
    assert column(found, "2012-Q2", "grade_old") == [good, good, fair, poor, good, poor, poor]
    assert column(found, "2012-Q2", "grade_new") == [fair, good, fair, fair, good, poor, poor]
    assert column(found, "2012-Q3", "grade_old") == [good, fair, fair, poor, fair, poor, poor]
    assert column(found, "2012-Q3", "grade_new") == [good, fair, fair, poor, fair, poor, fair]
    # places up
    assert column(found, "2012-Q2", "moved") == [-1, 1, -1, 1, 0, 0, 0]
    assert set(found.entities["version"]) == {"v1"}


def test_the_summary_of_each_period(found):
    first, second = found.summary.to_dict("records")
    assert [first[key] for key in ("period", "ranked", "movers", "largest", "regraded")] == [
        *("2012-Q2", 7, 4, 1.0, 2)
    ]
    assert [second[key] for key in ("period", "ranked", "movers", "largest", "regraded")] == [
        *("2012-Q3", 7, 5, 2.0, 1)
    ]
    assert first["shift"] == pytest.approx(4 / 7)
    assert second["shift"] == pytest.approx((1 + 1 + 1 + 1 + 2) / 7)
    # four in a group have six pairs, three have three: (6 × 1/3 + 3 × 1) ÷ 9
    assert first["agreement"] == pytest.approx(5 / 9)
    taus = [
        stats.kendalltau([1, 2, 3, 4], [1, 3, 2, 4]).statistic,
        stats.kendalltau([1, 2, 3], [2, 3, 1]).statistic,
    ]
    assert taus == pytest.approx([2 / 3, -1 / 3])
    assert second["agreement"] == pytest.approx((6 * taus[0] + 3 * taus[1]) / 9)


def test_stability_from_period_to_period(found):
    (line,) = found.stability.to_dict("records")
    assert (line["before"], line["period"]) == ("2012-Q2", "2012-Q3")
    assert (line["tau_old"], line["shift_old"]) == (1.0, 0.0)
    # new: 2143 and 1324 have three pairs alike and three turned round, 123 and 231 one and two
    assert line["tau_new"] == pytest.approx((6 * 0 + 3 * -1 / 3) / 9)
    assert line["shift_new"] == pytest.approx((1 + 2 + 2 + 1 + 1 + 1 + 2) / 7)


def test_what_becomes_of_groups(found):
    table = found.groups.set_index("group")
    assert table["group_name"].to_dict() == {"e": "第一组", "f": "第二组"}
    assert table["n"].to_dict() == {"e": 4, "f": 3}
    # E: −8 + 1 + 0 + 8 and −2 − 2 + 2 + 0; F: 0 + 0 + 2 and 0 − 6 + 12
    assert table["change"].to_dict() == pytest.approx({"e": -1 / 8, "f": 8 / 6})
    assert table["movers"].to_dict() == {"e": 4 + 2, "f": 3}


def test_size_is_the_rows_that_count(found):
    # two rows each; E1 has two more of A in May, the late one does not count
    assert column(found, "2012-Q2", "size") == [4, 2, 2, 2, 2, 2, 2]
    assert column(found, "2012-Q3", "size") == [2] * 7


def test_the_effect_of_size_by_hand(found):
    row = found.size.set_index("what").loc["change"]
    # within period and group: place from below − 1, over one less than their number; then the mean
    size = [3 / 4, *[5 / 12] * 3, *[1 / 2] * 3]
    change = [1 / 12, 5 / 12, 2 / 3, 5 / 6, 3 / 8, 1 / 8, 1]
    rho = np.corrcoef(size, change)[0, 1]
    assert row["rho"] == pytest.approx(rho)
    t = rho * np.sqrt(5 / (1 - rho**2))
    assert row["p"] == pytest.approx(2 * stats.t.sf(abs(t), 5))
    # E1 is the larger half; E2 −1/2, E3 1, E4 4 the smaller; the F are neither
    assert (row["large"], row["small"], row["n"]) == pytest.approx((-5.0, 1.5, 7))


def test_a_version_tried_against_itself_moves_nobody(folder):
    found = tried(folder, "v1")
    assert found.entities["change"].abs().max() == 0
    assert found.summary["movers"].tolist() == [0, 0]
    assert found.summary["regraded"].tolist() == [0, 0]
    assert found.summary["agreement"].tolist() == [1.0, 1.0]
    line = found.stability.iloc[0]
    assert (line["tau_new"], line["shift_new"]) == (line["tau_old"], line["shift_old"])
    # no change differs from another, so that none goes with size
    assert np.isnan(found.size.set_index("what").loc["change", "rho"])


def test_a_frozen_period_stands_on_what_it_was_frozen_with(tmp_path):
    folder = written(tmp_path / "frozen")
    approve(folder, "v1", dt.date(2012, 7, 20))
    freeze(folder, "2012-Q2", "王某", dt.date(2012, 7, 20))
    path = folder / "methodology" / "v1.yaml"
    path.write_text(METHOD.format(version="v1", a=50, b=50), encoding="utf-8")
    (folder / "entities.csv").write_text(ENTITIES.replace("E1站", "改名"), encoding="utf-8")
    found = tried(folder)
    # E1: 0.6 × 90 + 0.4 × 50 in the frozen quarter, (80 + 70) / 2 in the other
    assert column(found, "2012-Q2", "total_old")[0] == pytest.approx(74)
    assert column(found, "2012-Q3", "total_old")[0] == pytest.approx(75)
    assert [column(found, period, "name")[0] for period in ("2012-Q2", "2012-Q3")] == ["E1站", "改名"]
    # what is tried is scored on the frozen rows too
    assert column(found, "2012-Q2", "total_new")[0] == pytest.approx(66)


def test_a_period_before_the_first_version_is_left_out(tmp_path):
    folder = written(tmp_path / "late")
    path = folder / "campaign.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("effective_from: 2012-01-01", "effective_from: 2012-07-01"), "utf-8")
    assert [span.id for span in tried(folder).periods] == ["2012-Q3"]
    assert tried(folder).stability.empty


@pytest.mark.parametrize(("periods", "named"), [(["2012-Q1", "2012-Q4"], "2012-Q1、2012-Q4"), ([], "无")])
def test_no_period_at_all_is_told(folder, periods, named):
    with pytest.raises(CampaignError, match=f"没有可以回测的期：.*{named}.*没有一期有办法、对象和数据"):
        tried(folder, periods=periods)


def test_a_version_without_the_level_is_told(folder):
    with pytest.raises(CampaignError, match="没有层级 “member”；可用的: unit"):
        tried(folder, level="member", periods=["2012-Q2"])


def test_only_what_is_over_is_past(folder, tmp_path):
    campaign = open_campaign(folder)
    until = past_periods(campaign, until=campaign.period("2012-Q2"))
    assert [span.id for span in until] == ["2012-Q1", "2012-Q2"]
    running = written(tmp_path / "running")
    path = running / "campaign.yaml"
    today = dt.date.today()
    # the quarter that runs, and its cut-off in the next one
    years = "".join(f" {year}: {{holidays: [], workdays: []}}," for year in (today.year, today.year + 1))
    text = path.read_text(encoding="utf-8").replace("2012-12-31", f"{today.year}-12-31")
    path.write_text(f"{text}calendar: {{{years.rstrip(',')}}}\n", encoding="utf-8")
    ids = [span.id for span in past_periods(open_campaign(running))]
    assert ids[:4] == ["2012-Q1", "2012-Q2", "2012-Q3", "2012-Q4"]
    assert f"{today.year - 1}-Q3" in ids
    assert f"{today.year}-Q{(today.month + 2) // 3}" not in ids


def frame(size, change, *, groups=1, periods=1):
    """Return a back-test's table of entities, the same in every period."""
    count = len(size)
    one = pd.DataFrame(
        {
            "entity_id": [f"E{at:03}" for at in range(count)],
            "group": [f"g{at % groups}" for at in range(count)],
            "size": size,
            "total_old": np.linspace(50, 90, count),
            "change": change,
        }
    )
    one["total_new"] = one["total_old"] + one["change"]
    return pd.concat([one.assign(period=f"P{at}") for at in range(periods)], ignore_index=True)


def test_an_effect_of_size_that_was_planted_is_found():
    size = np.arange(40) ** 2
    row = size_effect(frame(size, 0.01 * np.arange(40), periods=3)).set_index("what").loc["change"]
    assert row["rho"] == pytest.approx(1)
    assert row["p"] < 1e-6
    # three periods do not make 40 entities 120
    assert row["n"] == 40
    # the smaller half: mean of 0 … 19 hundredths
    assert (row["small"], row["large"]) == pytest.approx((0.095, 0.295))


def test_a_planted_effect_is_not_one_of_groups():
    """All in the one group are larger and gain more; inside the groups nothing goes with size."""
    generator = np.random.default_rng(3)
    group = np.arange(80) % 2
    size = 100 * group + generator.permutation(80)
    change = 5.0 * group + generator.normal(size=80)
    row = size_effect(frame(size, change, groups=2)).set_index("what").loc["change"]
    inside = [stats.spearmanr(size[group == own], change[group == own]) for own in (0, 1)]
    # both groups have 40, so that the correlation of shares is the mean of the two
    assert row["rho"] == pytest.approx(np.mean([each.statistic for each in inside]))
    assert stats.spearmanr(size, change).pvalue < 1e-6
    assert row["p"] > 0.05


def test_a_random_change_is_called_an_effect_as_often_as_chance_has_it():
    generator = np.random.default_rng(11)
    hits = sum(
        size_effect(frame(generator.permutation(30), generator.normal(size=30))).set_index("what")["p"][
            "change"
        ]
        < 0.05
        for _ in range(200)
    )
    # 200 × 5 %, within three standard errors of √(200 × 0.05 × 0.95) = 3.1
    assert 1 <= hits <= 19


def test_binary_noise_is_no_difference():
    old = np.arange(20) / 10
    table = frame(np.arange(20), (old + 0.1) - old)
    assert len(set(table["change"])) > 1
    assert np.isnan(size_effect(table).set_index("what").loc["change", "rho"])


def test_too_few_tell_nothing():
    table = size_effect(frame([1, 2], [0.1, 0.2])).set_index("what")
    assert table[["rho", "p"]].isna().all().all()
    assert table["n"].tolist() == [2, 2, 2]


def test_tau_within_leaves_out_groups_in_which_nothing_differs():
    first = pd.Series([1, 2, 3, 1, 1, 1])
    second = pd.Series([2, 1, 3, 1, 1, 1])
    group = pd.Series(["a"] * 3 + ["b"] * 2 + ["c"])
    # a: two pairs alike, one turned round
    assert tau_within(first, second, group) == pytest.approx(1 / 3)
    assert np.isnan(tau_within(first[3:], second[3:], group[3:]))
