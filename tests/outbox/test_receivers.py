"""Who may have which report."""

from __future__ import annotations

from itertools import product

import pytest
from handing import PERIOD, Office

from wbwz_eval import open_campaign
from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.recipients import is_folder_name, is_mailbox
from wbwz_eval.reporting.catalogue import REPORTS
from wbwz_eval.reporting.errors import ReportError
from wbwz_eval.scheduling.receivers import Piece, Receiver, receivers


def those_of(office: Office):
    campaign = open_campaign(office.campaign)
    return receivers(campaign, campaign.period(PERIOD))


def who(office: Office | list[Receiver], *piece: str) -> list[str]:
    known = office if isinstance(office, list) else those_of(office)
    return [one.id for one in known if one.may_have(Piece(*piece))]


ENTITIES = ["U01", "U02", "P01", "M001", "M002"]


def test_without_the_section(tmp_path):
    office = Office(tmp_path)
    assert who(office, "quarterly_bulletin", "unit", "public") == [*ENTITIES, "site"]
    assert who(office, "quarterly_bulletin", "unit", "internal") == ["leaders"]
    assert who(office, "weekly_dispatch", "unit", "internal") == ["leaders"]
    assert who(office, "data_quality", "member", "internal") == ["leaders"]
    assert who(office, "entity_profile", "unit", "internal", "U01") == ["U01"]
    assert who(office, "entity_profile", "member", "internal", "M002") == ["M002"]
    # it was asked for on one occasion: nobody gets it unless somebody says so
    assert who(office, "methodology_review", "unit", "internal") == []
    assert who(office, "accountability_annex", "unit", "restricted", "局党委") == ["authority-局党委"]
    assert who(office, "accountability_annex", "unit", "restricted", "党支部") == ["authority-党支部"]


def test_an_entry_says_what_one_sees_beside_its_own(tmp_path):
    office = Office(
        tmp_path,
        "{id: U01, kind: entity, editions: [internal, public], reports: [weekly_dispatch, quarterly_bulletin]}",
    )
    # the internal edition of its own level only
    assert who(office, "weekly_dispatch", "unit", "internal") == ["U01", "leaders"]
    assert who(office, "quarterly_bulletin", "unit", "internal") == ["U01", "leaders"]
    assert who(office, "quarterly_bulletin", "party_org", "internal") == ["leaders"]
    assert who(office, "data_quality", "unit", "internal") == ["leaders"]
    assert who(office, "entity_profile", "unit", "internal", "U02") == ["U02"]
    assert who(office, "entity_profile", "unit", "internal", "U01") == ["U01"]


def test_an_entry_for_a_level_is_for_each_of_it_without_its_own(tmp_path):
    lines = "{id: unit, kind: entity, editions: [internal]}\n{id: U02, kind: entity, editions: [public]}"
    office = Office(tmp_path, lines)
    assert who(office, "weekly_dispatch", "unit", "internal") == ["U01", "leaders"]
    assert who(office, "quarterly_bulletin", "unit", "public") == ["U02", "P01", "M001", "M002", "site"]


def test_no_entry_lets_an_entity_see_the_profile_of_another(tmp_path):
    lines = "{id: U01, kind: entity, editions: [internal, public], levels: [unit, member], reports: [entity_profile]}"
    office = Office(tmp_path, lines)
    for level, entity in (("unit", "U02"), ("member", "M001")):
        assert who(office, "entity_profile", level, "internal", entity) == [entity]


def test_leaders_and_office_see_what_the_campaign_says(tmp_path):
    lines = """{id: ju, kind: leaders, name: 局领导, levels: [unit]}
{id: dangwei, kind: leaders, reports: [quarterly_bulletin, entity_profile], levels: [member]}
{id: renshi, kind: office}
{id: wangzhan, kind: site, levels: [unit]}"""
    office = Office(tmp_path, lines)
    assert who(office, "quarterly_bulletin", "unit", "internal") == ["ju", "renshi"]
    assert who(office, "quarterly_bulletin", "member", "internal") == ["dangwei", "renshi"]
    assert who(office, "entity_profile", "member", "internal", "M001") == ["M001", "dangwei", "renshi"]
    assert who(office, "entity_profile", "unit", "internal", "U01") == ["U01", "renshi"]
    assert who(office, "methodology_review", "unit", "internal") == ["renshi"]
    assert who(office, "quarterly_bulletin", "unit", "public") == [*ENTITIES, "renshi", "wangzhan"]
    assert who(office, "quarterly_bulletin", "party_org", "public") == [*ENTITIES, "renshi"]


def test_the_restricted_edition_goes_one_way_whatever_the_section_says(tmp_path):
    everything = "editions: [internal, public], reports: [accountability_annex, quarterly_bulletin]"
    lines = f"""{{id: jiwei, kind: authority, authority: 局党委}}
{{id: U01, kind: entity, {everything}}}
{{id: ju, kind: leaders, {everything}}}
{{id: renshi, kind: office, {everything}}}"""
    known = those_of(Office(tmp_path, lines))
    homes = {"局党委": "jiwei", "局属单位党委": "authority-局属单位党委", "党支部": "authority-党支部"}
    for level, authority in product(("unit", "party_org", "member"), homes):
        assert who(known, "accountability_annex", level, "restricted", authority) == [homes[authority]]
    # and nothing else goes there
    for report, level, edition in product(REPORTS, ("unit", "member"), ("internal", "public")):
        for subject in ("", "U01", "局党委"):
            assert not set(who(known, report.name, level, edition, subject)) & set(homes.values())


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{id: ../x, kind: office}", "“../x” 不能作文件夹名"),
        ("{id: CON, kind: office}", "“CON” 不能作文件夹名"),
        ("{id: .ssh, kind: office}", "“.ssh” 不能作文件夹名"),
        ("{id: a, kind: boss}", "kind"),
        ("{id: a, kind: office, editions: [restricted]}", "editions"),
        ("{id: a, kind: site, editions: [internal]}", "“internal” 不能给站点"),
        ("{id: a, kind: office, levels: [unti]}", "“unti” 不在 levels 里;应为 unit"),
        ("{id: a, kind: office, reports: [weekly]}", "“weekly” 不是报告;应为 weekly_dispatch"),
        ("{id: U99, kind: entity}", "“U99” 不是被评对象，也不是层级"),
        ("{id: a, kind: authority}", "没有写 authority"),
        ("{id: a, kind: authority, authority: 县委}", "“县委” 不是管理权限"),
        ("{id: a, kind: leaders, authority: 局党委}", "“局党委” 只用于 kind: authority"),
        ("{id: a, kind: authority, authority: 局党委, address: a@example.org}", "限阅件不经邮件"),
        ("{id: a, kind: authority, authority: 局党委, editions: [public]}", "不用于 kind: authority"),
        ("{id: unit, kind: entity, address: a@example.org}", "一个地址不能收一个层级"),
        ("{id: a, kind: office, address: 'a@b.cn, c@d.cn'}", "不是一个邮箱地址"),
        ('{id: a, kind: office, address: "a@b.cn\\nBcc: c@d.cn"}', "不是一个邮箱地址"),
        ('{id: a, kind: office, name: "甲\\u202e乙"}', "有看不见的控制符"),
        ("{id: a, kind: office}\n{id: A, kind: leaders}", "“A” 重复"),
        (
            "{id: a, kind: authority, authority: 局党委}\n{id: b, kind: authority, authority: 局党委}",
            "不止一次",
        ),
    ],
)
def test_what_is_wrong_in_the_section_is_told(tmp_path, line, words):
    office = Office(tmp_path, line)
    with pytest.raises(CampaignError) as told:
        those_of(office)
    assert words in str(told.value)
    assert "campaign.yaml" in str(told.value)


def test_two_with_one_folder_are_told(tmp_path):
    office = Office(tmp_path, "{id: u01, kind: office}")
    with pytest.raises(ReportError, match="有两个收件人的编号是 u01"):
        those_of(office)


def test_an_entity_whose_id_leads_elsewhere_has_no_folder(tmp_path):
    office = Office(tmp_path)
    path = office.campaign / "entities.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("U02", "../U02"), encoding="utf-8")
    with pytest.raises(ReportError, match="不能作文件夹名"):
        those_of(office)


@pytest.mark.parametrize("name", ["U01", "authority-局党委", "a.b", "x" * 64, "9"])
def test_names_of_folders(name):
    assert is_folder_name(name)


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "a/b", "a\\b", "a.", ".a", "nul", "COM1.x", "x" * 65, "a\n", "甲\u202e乙", "a b", "-a"],
)
def test_what_is_no_name_of_a_folder(name):
    assert not is_folder_name(name)


def test_mailboxes():
    assert is_mailbox("zhang.san+a@mail.example.gov.cn")
    for text in (
        "",
        "a",
        "a@",
        "@b",
        "a@b@c",
        "a b@c",
        "张@b.cn",
        "a@b.cn\n",
        "<a@b>",
        "a..b@c.cn",
        "a@b.cn,",
    ):
        assert not is_mailbox(text), text
