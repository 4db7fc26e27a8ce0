"""A campaign's folder: what it gives, and every mistake in its files at once."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from support import hand_in, take_in, told

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.folder import Basis, Campaign, open_campaign

if TYPE_CHECKING:
    from pathlib import Path

FILES = {
    "campaign.yaml": """\
name: 主题实践活动
organiser: 某局
office: 活动办公室
synthetic: true
synthetic_note: 测试用
start: 2011-07-01
end: 2012-11-30
cutoff_workdays: {month: 3, quarter: 5, term: 10}
methodology:
  - {version: v2, effective_from: 2012-01-01}
  - {version: v1, effective_from: 2011-07-01}
levels: {unit: 事业单位, member: 党员}
groups:
  roads: {name: 公路类, level: unit}
  posts: {name: 窗口岗, level: member}
extra_holidays: [2012-10-08]
""",
    "entities.csv": """\
编号,名称,层级,组别,上级,起,止
U1,公路局,unit,roads,,,
U2,港航局,unit,roads,,2012-01-01,
U3,旧路段,unit,roads,,,2011-10-01
M1,党员甲,member,posts,U1,,
""",
    "ledgers.yaml": """\
common:
  row_id: {label: 行号, type: text, required: true}
  entity_id: {label: 被评对象, type: entity, required: true}
  verified_by: {label: 核实人, type: text}
  verified_on: {label: 核实日期, type: date}
  status: {label: 状态, type: choice, allowed: [有效, 撤回], default: 有效}
ledgers:
  talks: {name: 谈话台账, fields: {talked_on: {label: 谈话日期, type: date}, with: {label: 对象, type: text}}}
  visits: {name: 走访台账, fields: {visited_on: {label: 走访日期, type: date}}}
""",
    "not_applicable.csv": "被评对象,指标,起,止,理由,批准人\nU2,F6,2012-01-01,,无办件,工作小组\n",
    "methodology/v1.yaml": "version: v1\n",
    "methodology/v2.yaml": "version: v2\n",
}


VISITS = (
    "行号,被评对象,报送日期,走访日期\nV1,U1,2011-09-30,2011-09-29\n"
    "V1,U1,2011-10-12,2011-09-28\nV2,U3,2011-10-12,2011-09-28\nV3,U1,2011-10-13,2011-09-28\n"
)


def write(tmp_path: Path, **changed: str | None) -> Path:
    """Write the campaign; ``changed`` has other texts (None: no file) by name, _ for . and /."""
    folder = tmp_path / "activity"
    for name, usual in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = changed.get(name.replace(".", "_").replace("/", "_"), usual)
        if text is not None:
            path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def campaign(tmp_path: Path) -> Campaign:
    folder = write(tmp_path)
    take_in(folder, {"visits": VISITS})
    return open_campaign(folder)


def faults_of(folder: Path) -> list[str]:
    with pytest.raises(CampaignError) as caught:
        open_campaign(folder)
    return [str(fault) for fault in caught.value.faults]


def test_a_campaign_says_what_it_is(campaign: Campaign) -> None:
    assert (campaign.name, campaign.organiser, campaign.office) == (
        "主题实践活动",
        "某局",
        "活动办公室",
    )
    assert (campaign.synthetic, campaign.synthetic_note) == (True, "测试用")
    assert campaign.term == (dt.date(2011, 7, 1), dt.date(2012, 11, 30))
    # The order of reports is that of the file.
    assert list(campaign.levels.items()) == [("unit", "事业单位"), ("member", "党员")]
    assert (campaign.groups["posts"].name, campaign.groups["posts"].level) == ("窗口岗", "member")
    assert campaign.entities.index.tolist() == ["U1", "U2", "U3", "M1"]
    assert [version.version for version in campaign.methodology_versions] == ["v1", "v2"]


def test_periods_and_their_cutoffs(campaign: Campaign) -> None:
    assert campaign.period("2011").start == dt.date(2011, 7, 1)
    assert [period.id for period in campaign.periods("half")] == ["2011-H2", "2012-H1", "2012-H2"]
    # After Friday 30 September 2011: 8 (Sat), 9 (Sun), 10, 11, 12 October.
    assert campaign.cutoff(campaign.period("2011-Q3")) == dt.date(2011, 10, 12)
    # After Sunday 30 September 2012: off until 7 October, 8 an extra holiday, then 9, 10, 11.
    assert campaign.cutoff(campaign.period("2012-09")) == dt.date(2012, 10, 11)
    # After Friday 30 November 2012: 3 to 7 and 10 to 14 December.
    assert campaign.cutoff(campaign.period("term")) == dt.date(2012, 12, 14)


def test_a_kind_of_period_without_cutoff_is_told(campaign: Campaign) -> None:
    with pytest.raises(CampaignError, match="没有写 week"):
        campaign.cutoff(campaign.period("2011-W37"))


def test_entities_take_part_while_they_are_valid(campaign: Campaign) -> None:
    def units(text: str) -> list[str]:
        return campaign.entities_at("unit", campaign.period(text)).index.tolist()

    # U3 until 1 October 2011, U2 from 1 January 2012; one common day is enough.
    assert units("2011-Q3") == ["U1", "U3"]
    assert units("2011-Q4") == ["U1", "U3"]
    assert units("2011-11") == ["U1"]
    assert units("2011-W52") == ["U1", "U2"]
    assert units("term") == ["U1", "U2", "U3"]
    assert campaign.entities_at("member", campaign.period("term")).index.tolist() == ["M1"]
    with pytest.raises(CampaignError, match="没有层级 “units”;应为 unit"):
        campaign.entities_at("units", campaign.period("term"))


def test_the_methodology_is_the_last_in_force_on_the_last_day(campaign: Campaign, tmp_path: Path) -> None:
    assert campaign.methodology_path(campaign.period("2011-Q4")).name == "v1.yaml"
    # The week from 26 December ends on 1 January 2012, the first day of v2.
    assert campaign.methodology_path(campaign.period("2011-W52")).name == "v2.yaml"
    (tmp_path / "activity/methodology/v2.yaml").unlink()
    with pytest.raises(CampaignError, match=r"找不到评价办法 methodology/v2\.yaml"):
        campaign.methodology_path(campaign.period("term"))


def test_a_period_before_any_methodology_is_told(tmp_path: Path) -> None:
    text = FILES["campaign.yaml"].replace("2011-07-01}", "2011-10-01}")
    campaign = open_campaign(write(tmp_path, campaign_yaml=text))
    with pytest.raises(CampaignError, match="2011-Q3 没有生效的评价办法: 最早的从 2011-10-01 起"):
        campaign.methodology_path(campaign.period("2011-Q3"))


def test_ledgers_are_replayed_once_when_asked_for(campaign: Campaign) -> None:
    ledger = campaign.ledger("visits")
    assert ledger.rows["row_id"].tolist() == ["V1", "V2", "V3"]
    # V1 was corrected by one day
    assert ledger.rows["visited_on"].tolist() == [pd.Timestamp("2011-09-28")] * 3
    assert campaign.replay() is campaign.replay()
    quarter = campaign.period("2011-Q3")
    assert campaign.ledger_for("visits", quarter) is campaign.ledger_for("visits", quarter)
    with pytest.raises(CampaignError, match=r"没有台账 “visit”.*最接近的是 visits"):
        campaign.ledger("visit")


def test_a_ledger_stands_as_it_did_at_the_end_of_a_day(campaign: Campaign) -> None:
    def days(as_of: dt.date) -> dict[str, int]:
        rows = campaign.ledger("visits", as_of).rows
        return dict(zip(rows["row_id"], rows["visited_on"].dt.day, strict=True))

    assert days(dt.date(2011, 9, 29)) == {}
    assert days(dt.date(2011, 10, 11)) == {"V1": 29}
    assert days(dt.date(2011, 10, 12)) == {"V1": 28, "V2": 28}


def test_a_ledger_for_a_period_has_late_rows_with_their_day(campaign: Campaign) -> None:
    rows = campaign.ledger_for("visits", campaign.period("2011-Q3")).rows
    # The cut-off is 12 October: V3 came a day later, and V1 counts from its first day.
    assert rows["row_id"].tolist() == ["V1", "V2", "V3"]
    assert rows["reported_on"].dt.strftime("%m-%d").tolist() == ["09-30", "10-12", "10-13"]
    # That of September is 10 October, after 8, 9 and 10: V1 stands uncorrected.
    september = campaign.ledger_for("visits", campaign.period("2011-09")).rows
    assert september["visited_on"].dt.day.tolist() == [29, 28, 28]
    assert campaign.cutoff(campaign.period("2011-09")) == dt.date(2011, 10, 10)


def test_an_earlier_basis_knows_no_later_receipt(campaign: Campaign) -> None:
    # Receipts: 1 of 30 September, 2 of 12 October, 3 of 13 October.
    first = open_campaign(campaign.path, basis=Basis(through=1))
    assert first.ledger("visits").rows["visited_on"].tolist() == [pd.Timestamp("2011-09-29")]
    admitted = open_campaign(campaign.path, basis=Basis(admitted={"2011-Q3": (3,)}))
    quarter, month = (
        admitted.ledger_for("visits", admitted.period(period)).rows for period in ("2011-Q3", "2011-09")
    )
    # let in on the day of the quarter's cut-off, and in no other period
    assert quarter["reported_on"].dt.strftime("%m-%d").tolist() == ["09-30", "10-12", "10-12"]
    assert month["reported_on"].dt.strftime("%m-%d").tolist() == ["09-30", "10-12", "10-13"]
    assert list(first.digest_inputs())[-1] == "submissions/receipts/000001.json"
    assert list(admitted.digest_inputs())[-1] == "submissions/receipts/000003.json"


def test_the_list_of_what_does_not_apply(campaign: Campaign, tmp_path: Path) -> None:
    columns = ["entity_id", "indicator", "from", "to", "reason", "approved_by"]
    assert campaign.not_applicable.columns.tolist() == columns
    assert campaign.not_applicable["indicator"].tolist() == ["F6"]
    assert campaign.not_applicable["to"].isna().all()
    without = open_campaign(write(tmp_path / "other", not_applicable_csv=None)).not_applicable
    assert (len(without), without.columns.tolist()) == (0, columns)
    assert without.dtypes.tolist() == campaign.not_applicable.dtypes.tolist()


def test_digests_cover_what_results_depend_on(campaign: Campaign) -> None:
    (campaign.path / "results").mkdir()
    (campaign.path / "results/scores.csv").write_text("x", encoding="utf-8")
    digests = campaign.digest_inputs()
    last = "submissions/receipts/000003.json"
    assert list(digests) == ["campaign.yaml", "entities.csv", "ledgers.yaml", "not_applicable.csv", last]
    assert digests["entities.csv"] == hashlib.sha256(FILES["entities.csv"].encode()).hexdigest()
    assert digests[last] == hashlib.sha256((campaign.path / last).read_bytes()).hexdigest()
    (campaign.path / "entities.csv").write_text(FILES["entities.csv"] + "\n", encoding="utf-8")
    take_in(campaign.path, {"visits": "行号,走访日期\nV1,2011-09-27\n"}, received_on=dt.date(2011, 10, 14))
    changed = campaign.digest_inputs()
    assert [name for name in digests if digests[name] != changed.get(name)] == ["entities.csv", last]
    assert set(changed) - set(digests) == {"submissions/receipts/000004.json"}


def test_a_campaign_without_submissions_has_empty_ledgers(tmp_path: Path) -> None:
    campaign = open_campaign(write(tmp_path))
    rows = campaign.ledger("visits").rows
    assert len(rows) == 0
    assert rows.columns.tolist() == [
        "row_id", "entity_id", "verified_by", "verified_on", "status", "visited_on",
        "reported_on", "version", "receipt", "source", "source_row",
    ]  # fmt: skip
    assert [str(rows[code].dtype) for code in ("row_id", "visited_on", "reported_on")] == [
        "object",
        "datetime64[s]",
        "datetime64[s]",
    ]
    assert list(campaign.digest_inputs()) == [
        "campaign.yaml",
        "entities.csv",
        "ledgers.yaml",
        "not_applicable.csv",
    ]


def test_the_mistakes_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        campaign_yaml=FILES["campaign.yaml"]
        .replace("end: 2012-11-30", "end: 2011-06-30")
        .replace("level: member", "level: menber")
        .replace("2012-01-01}", "2011-07-01}"),
        entities_csv=FILES["entities.csv"] + "U1,又一个,unit,roads,,,\n",
        ledgers_yaml=FILES["ledgers.yaml"].replace("type: date}}}", "type: dete}}}"),
        not_applicable_csv="被评对象,指标,起,止,理由,批准人\nU2,F6,2012-01-01,2011-01-01,无办件,\n",
    )
    assert faults_of(folder) == [
        "campaign.yaml 第 7 行 “end”: “2011-06-30” 早于 start",
        ("campaign.yaml 第 15 行 “groups.posts.level”: “menber” 不在 levels 里"
        ";应为 member(可用的: unit、member)"),
        ("campaign.yaml 第 11 行 “methodology[1].effective_from”: "
        "“2011-07-01” 有两个版本从同一天起生效"),
        "entities.csv 第 6 行 “编号”列: “U1” 重复,前面的行已有",
        "entities.csv 第 5 行 “组别”列: “posts” 属于别的层级",
        ("ledgers.yaml 第 9 行 “ledgers.visits.fields.visited_on.type”: “dete” 不在可用的值之内"
        ";应为 date(可用的: text、date、number、integer、choice、entity、flag)"),
        "not_applicable.csv 第 2 行 “批准人”列: 没有填;应为 这一列必填",
        "not_applicable.csv 第 2 行 “止”列: 早于“起”",
    ]  # fmt: skip


def test_a_broken_campaign_file_does_not_hide_the_other_files(tmp_path: Path) -> None:
    folder = write(tmp_path, campaign_yaml="name: [\n", entities_csv="编号\n", ledgers_yaml=None)
    files = {line.split()[0].rstrip(":") for line in faults_of(folder)}
    assert files == {"campaign.yaml", "entities.csv", "ledgers.yaml"}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("month: 3", "mnth: 3", "“cutoff_workdays.mnth”: “mnth” 不在可用的值之内;应为 month"),
        ("month: 3", "month: -3", "“cutoff_workdays.month”: “-3” 太小;应为 不小于 0"),
        ("month: 3", "month: 1.5", "“cutoff_workdays.month”: “1.5” 不是整数"),
        ("start: 2011-07-01", "start: 1999-07-01", "campaign.yaml: 不知道 1999 年的工作日安排"),
        ("synthetic: true", "synthetic: 是", "第 4 行 “synthetic”: “是” 不是 true 或 false"),
        ("levels: {unit: 事业单位, member: 党员}", "levels: {}", "项数太少"),
        ("office: 活动办公室\n", "", "第 1 行: 缺少键 “office”"),
    ],
)
def test_mistakes_of_the_campaign_file(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert FILES["campaign.yaml"].count(old) == 1
    told = faults_of(write(tmp_path, campaign_yaml=FILES["campaign.yaml"].replace(old, new)))
    assert any(expected in line for line in told), told


def test_a_year_without_notice_can_be_supplied(tmp_path: Path) -> None:
    text = (
        FILES["campaign.yaml"]
        .replace("start: 2011-07-01", "start: 2003-07-01")
        .replace("end: 2012-11-30", "end: 2004-11-30")
    )
    own = "calendar: {2003: {holidays: [2003-10-01, 2003-10-02, 2003-10-03]}}\n"
    campaign = open_campaign(write(tmp_path, campaign_yaml=text + own))
    # After Tuesday 30 September 2003: 1 to 3 October off, then Monday 6 to Friday 10.
    assert campaign.cutoff(campaign.period("2003-Q3")) == dt.date(2003, 10, 10)


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ("行号,被评对象,走访对象\nV9,U1,李家\n", "认不出是哪张台账"),
        ("行号,被评对象,状态\nV9,U1,有效\n", "认不出是哪张台账"),
        ("行号\nV9\n", "认不出是哪张台账"),
        ("", "文件是空的"),
        ("行号,被评对象,走访日期\n", ""),
    ],
)
def test_a_table_that_is_no_ledger_is_told_and_kept(campaign: Campaign, table: str, why: str) -> None:
    before = campaign.ledger("visits").rows
    (receipt,) = hand_in(campaign.path, {"表1": table.encode()}, received_on=dt.date(2011, 10, 12))
    if why:
        assert receipt.status == "refused"
        assert why in told([receipt])[0]
    else:
        # a header alone, by which the ledger is known, brings no rows
        assert (receipt.status, [section.new for section in receipt.sections]) == ("accepted", [0])
    assert (campaign.inbox.originals / receipt.original).read_bytes() == table.encode()
    pd.testing.assert_frame_equal(open_campaign(campaign.path).ledger("visits").rows, before)


def test_a_folder_without_campaign_file_is_no_campaign(tmp_path: Path) -> None:
    with pytest.raises(CampaignError, match=r"不是活动文件夹: 里面没有 campaign\.yaml"):
        open_campaign(tmp_path)
