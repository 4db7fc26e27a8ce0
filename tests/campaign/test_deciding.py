"""The committee proposes, comments and decides; nothing of it can be altered unnoticed.

A committee of three by the default rules: at least two must vote (2/3 of 3), and more than half of all
three must be in favour, so two.
"""

from __future__ import annotations

import datetime as dt

import pytest
from support import COMMITTEE, approve

from wbwz_eval import evaluate, open_campaign
from wbwz_eval.campaign.campaign_file import Committee
from wbwz_eval.campaign.deciding import Ballot, Person, comment, decide, propose
from wbwz_eval.campaign.decisions import read_record
from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.scoring.freezing import freeze
from wbwz_eval.scoring.methodology_file import changed_text, load_methodology

FIRST, SECOND = "2023-inferred", "2023-v2"
DAY, LATER = dt.date(2023, 6, 1), dt.date(2023, 6, 8)
YES = {"甲某": "for", "乙某": "for"}


@pytest.fixture
def folder(panjin_copy):
    path = panjin_copy / "campaign.yaml"
    path.write_text(path.read_text(encoding="utf-8") + COMMITTEE, encoding="utf-8")
    return panjin_copy


def write_second(folder, change=99):
    """Write a second version that differs in its title."""
    campaign = open_campaign(folder)
    text = changed_text(campaign.version_path(FIRST), campaign, {"version": SECOND, "title": f"改 {change}"})
    (folder / "methodology" / f"{SECOND}.yaml").write_text(text, encoding="utf-8")


def test_from_proposal_to_decision(folder):
    propose(folder, FIRST, Person("王某", "办公室"), "首次试行", DAY)
    comment(folder, FIRST, Person("李某"), "满意率权重偏高", DAY)
    made = decide(folder, FIRST, Ballot(YES, "〔2023〕1号"), LATER)
    assert made.approved
    assert made.said == "应到 3 人，实到 2 人，赞成 2、反对 0、弃权 0"
    # campaign.yaml has the day on which the first version came into force
    assert made.effective_from == dt.date(2023, 1, 1)
    record = read_record(folder / "methodology", FIRST)
    assert [entry.kind for entry in record.entries] == ["proposal", "comment", "decision"]
    head = evaluate(folder, "term", "district").header
    assert head["mark"] == "正式"
    assert head["approvals"] == [
        {
            "digest": made.digest,
            "by": "评审组",
            "role": made.said,
            "on": "2023-06-08",
            "document": "〔2023〕1号",
        }
    ]


@pytest.mark.parametrize(
    ("voices", "approved"),
    [
        ({"甲某": "for", "乙某": "against"}, False),  # one of three is not more than half
        ({"甲某": "for", "乙某": "for", "丙某": "against"}, True),
        ({"甲某": "for", "乙某": "abstain", "丙某": "abstain"}, False),
    ],
)
def test_the_votes_say_what_the_decision_is(folder, voices, approved):
    propose(folder, FIRST, Person("王某"), "试行", DAY)
    assert decide(folder, FIRST, Ballot(voices, "〔2023〕1号"), LATER).approved is approved
    method = load_methodology(open_campaign(folder).version_path(FIRST), open_campaign(folder))
    assert method.status == ("approved" if approved else "proposal")


def test_what_was_refused_can_be_proposed_again_and_what_was_approved_be_taken_back(folder):
    no = Ballot(dict.fromkeys(YES, "against"), "〔2023〕2号")
    propose(folder, FIRST, Person("王某"), "试行", DAY)
    decide(folder, FIRST, no, DAY)
    propose(folder, FIRST, Person("王某"), "再议", LATER)
    decide(folder, FIRST, Ballot(YES, "〔2023〕3号"), LATER)
    campaign = open_campaign(folder)
    assert load_methodology(campaign.version_path(FIRST), campaign).status == "approved"
    propose(folder, FIRST, Person("李某"), "撤回", LATER)
    decide(folder, FIRST, no, LATER)
    assert load_methodology(campaign.version_path(FIRST), campaign).status == "proposal"


def test_majority_and_quorum_are_parameters():
    """Of seven: two thirds are 4.67, so five; three of five present are more than half of those, not of all."""
    members = [{"name": f"{k}"} for k in range(7)]
    of_all = Committee(name="组", members=members)
    of_present = Committee(name="组", members=members, quorum=0.5, majority_of="present")
    assert (of_all.least_present, of_present.least_present) == (5, 4)
    assert (of_all.passes(3, 5), of_all.passes(4, 5)) == (False, True)
    assert (of_present.passes(3, 5), of_present.passes(2, 4)) == (True, False)
    two_thirds = Committee(name="组", members=members[:6], majority=2 / 3)
    assert (two_thirds.passes(4, 6), two_thirds.passes(5, 6)) == (False, True)


def test_what_does_not_become_a_decision(folder):
    ballot = Ballot(YES, "〔2023〕1号")
    with pytest.raises(CampaignError, match="还没有提出：先用 wbwz methodology propose"):
        decide(folder, FIRST, ballot, LATER)
    propose(folder, FIRST, Person("王某"), "试行", DAY)
    with pytest.raises(CampaignError, match="此后没有改动"):
        propose(folder, FIRST, Person("李某"), "再提", DAY)
    with pytest.raises(CampaignError, match="至少 2 人表决，实到 1 人；没有作决定"):
        decide(folder, FIRST, Ballot({"甲某": "for"}, "〔2023〕1号"), LATER)
    with pytest.raises(CampaignError, match=r"丁某 不是评审组的成员；应为 .*甲某、乙某、丙某"):
        decide(folder, FIRST, Ballot(YES | {"丁某": "for"}, "〔2023〕1号"), LATER)
    with pytest.raises(CampaignError, match="文号"):
        decide(folder, FIRST, Ballot(YES, " "), LATER)
    with pytest.raises(CampaignError, match="早于提出日 2023-06-01"):
        decide(folder, FIRST, ballot, dt.date(2023, 5, 31))
    with pytest.raises(CampaignError, match="从 2023-01-01 起生效，早已定下；不能改为 2023-02-01"):
        decide(folder, FIRST, Ballot(YES, "〔2023〕1号", dt.date(2023, 2, 1)), LATER)
    path = folder / "methodology" / f"{FIRST}.yaml"
    before = path.read_bytes()
    path.write_bytes(before + b"# one byte more\n")
    with pytest.raises(CampaignError, match="提出之后被改动过：请重新提出"):
        decide(folder, FIRST, ballot, LATER)
    path.write_bytes(before)
    # none of all this was written down
    assert [entry.kind for entry in read_record(folder / "methodology", FIRST).entries] == ["proposal"]
    decide(folder, FIRST, ballot, LATER)
    with pytest.raises(CampaignError, match=r"已于 2023-06-08 决定.*此后没有再提出"):
        decide(folder, FIRST, ballot, LATER)
    with pytest.raises(CampaignError, match="此后没有再提出"):
        comment(folder, FIRST, Person("王某"), "晚了", LATER)
    with pytest.raises(CampaignError, match="应为 2023-inferred"):
        propose(folder, "2023-infered", Person("王某"), "试行", DAY)


def test_comments_take_their_working_days(folder):
    """Proposed on Thursday 1 June 2023; the fifth working day after it is Thursday 8 June."""
    path = folder / "campaign.yaml"
    text = path.read_text(encoding="utf-8").replace("  name: 评审组", "  name: 评审组\n  comment_days: 5")
    path.write_text(text, encoding="utf-8")
    propose(folder, FIRST, Person("王某"), "试行", DAY)
    with pytest.raises(CampaignError, match="征求意见要满 5 个工作日：最早 2023-06-08"):
        decide(folder, FIRST, Ballot(YES, "〔2023〕1号"), dt.date(2023, 6, 7))
    assert decide(folder, FIRST, Ballot(YES, "〔2023〕1号"), LATER).approved


def test_without_a_committee_nothing_is_decided(panjin_copy):
    propose(panjin_copy, FIRST, Person("王某"), "试行", DAY)
    with pytest.raises(CampaignError, match=r"campaign\.yaml 没有写 committee"):
        decide(panjin_copy, FIRST, Ballot(YES, "〔2023〕1号"), LATER)


def test_the_effective_day_decides_which_version_scores_which_period(folder):
    write_second(folder)
    propose(folder, SECOND, Person("王某"), "改进", DAY)
    with pytest.raises(CampaignError, match="从哪天起生效"):
        decide(folder, SECOND, Ballot(YES, "〔2023〕2号"), LATER)
    with pytest.raises(CampaignError, match="2023-inferred 已从 2023-01-01 起生效；请定另一天"):
        decide(folder, SECOND, Ballot(YES, "〔2023〕2号", dt.date(2023, 1, 1)), LATER)
    decide(folder, SECOND, Ballot(YES, "〔2023〕2号", dt.date(2023, 4, 1)), LATER)
    campaign = open_campaign(folder)
    paths = [campaign.methodology_path(campaign.period(name)).stem for name in ("2023-03", "2023-04", "term")]
    assert paths == [FIRST, SECOND, SECOND]


def test_an_altered_version_stays_in_force_as_a_trial_that_cannot_be_frozen(folder):
    write_second(folder)
    propose(folder, SECOND, Person("王某"), "改进", DAY)
    decide(folder, SECOND, Ballot(YES, "〔2023〕2号", dt.date(2023, 4, 1)), LATER)
    write_second(folder, change=100)
    head = evaluate(folder, "term", "district").header
    assert (head["methodology_version"], head["mark"]) == (SECOND, "试算，未批准")
    with pytest.raises(CampaignError, match=r"2023-v2 在 2023-06-08 批准.*之后被改动过，只能试算，不能冻结"):
        freeze(folder, "term", "王某", dt.date(2023, 7, 3))
    assert not list((folder / "frozen").glob("term/*"))


@pytest.mark.parametrize(
    ("acts", "why"),
    [
        ([], "还没有提出"),
        (["propose"], "已于 2023-06-01 提出，还没有决定"),
        (["propose", "refuse"], "未获通过"),
    ],
)
def test_what_is_not_approved_cannot_be_frozen(folder, acts, why):
    if "propose" in acts:
        propose(folder, FIRST, Person("王某"), "试行", DAY)
    if "refuse" in acts:
        decide(folder, FIRST, Ballot(dict.fromkeys(YES, "against"), "〔2023〕1号"), LATER)
    with pytest.raises(CampaignError, match=why):
        freeze(folder, "term", "王某", dt.date(2023, 7, 3))


def test_a_decision_does_not_reach_back_into_what_is_frozen(folder):
    approve(folder, FIRST, DAY)
    freeze(folder, "term", "王某", dt.date(2023, 7, 3))
    write_second(folder)
    propose(folder, SECOND, Person("王某"), "改进", LATER)
    with pytest.raises(CampaignError, match="term 已经冻结公布，办法不能回溯；生效日须晚于 2023-04-30"):
        decide(folder, SECOND, Ballot(YES, "〔2023〕2号", dt.date(2023, 4, 30)), LATER)
    decide(folder, SECOND, Ballot(YES, "〔2023〕2号", dt.date(2023, 5, 1)), LATER)
    # the frozen term keeps its version
    assert evaluate(folder, "term", "district").header["methodology_version"] == FIRST


@pytest.mark.parametrize(
    ("old", "new"),
    [("〔2023〕1号", "〔2023〕9号"), ("against", "for"), ("2023-06-08", "2023-06-09"), ("乙某", "己某")],
)
def test_a_record_that_was_altered_is_no_approval(folder, old, new):
    propose(folder, FIRST, Person("王某"), "试行", DAY)
    decide(folder, FIRST, Ballot(YES | {"丙某": "against"}, "〔2023〕1号"), LATER)
    path = folder / "methodology" / f"{FIRST}.approvals.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(CampaignError, match="第 2 条被改动过，批准不再可信"):
        open_campaign(folder)


def test_an_entry_cannot_be_taken_out(folder):
    """The seal of each entry covers the one before, which covers the one before that."""
    propose(folder, FIRST, Person("王某"), "试行", DAY)
    comment(folder, FIRST, Person("李某"), "反对", DAY)
    decide(folder, FIRST, Ballot(YES, "〔2023〕1号"), LATER)
    path = folder / "methodology" / f"{FIRST}.approvals.yaml"
    head, first, _, third = path.read_text(encoding="utf-8").split("- kind: ")
    path.write_text(f"{head}- kind: {first}- kind: {third}", encoding="utf-8")
    with pytest.raises(CampaignError, match="第 2 条被改动过"):
        open_campaign(folder)


def test_a_committee_names_each_member_once(folder):
    path = folder / "campaign.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("乙某", "甲某"), encoding="utf-8")
    with pytest.raises(CampaignError, match=r"committee\.members\[1\].*甲某.*成员重名"):
        open_campaign(folder)
