"""The committee's report says what its numbers say: change a number, and the sentence follows."""

from __future__ import annotations

import datetime as dt
import math
import shutil
import subprocess
from dataclasses import replace

import docx
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from support import DATA

from wbwz_eval.campaign.decisions import ApprovalRecord, Comment, Decision, Proposal, Vote
from wbwz_eval.reporting.errors import ReportError
from wbwz_eval.reporting.reviewing import open_review
from wbwz_eval.reporting.run import run_report
from wbwz_eval.reporting.sections import review_findings, review_proposal, review_ranks, review_structure
from wbwz_eval.review.uncertainty.choices import FEWEST, MOST, Choices, WeightChoice

NAME, PERIOD = "methodology_review", "2012-Q3"
SAMPLE = str(DATA / "wbwz-2011")
NONE = float("nan")
DAY = dt.date(2012, 10, 20)


@pytest.fixture(scope="module")
def review():
    """The review of the sample's units, with the version that lies before the committee."""
    return open_review(SAMPLE, PERIOD, "unit", "internal", "", 128)


def said(review, head: str) -> str:
    """Return the sentence of the findings that stands under a head; empty where there is none."""
    return dict(review_findings.review_findings(review).items).get(head, "")


def asked(review) -> list[str]:
    """Return the three questions."""
    bullets, _ = review_findings.decisions(review).parts
    assert [head for head, _ in bullets.items] == ["其一", "其二", "其三"]
    return [text for _, text in bullets.items]


def with_header(review, **update):
    return replace(review, scores=replace(review.scores, header=review.scores.header | update))


def with_places(review, part="robustness", drop=(), **columns):
    """Return the review with three entities of one group; columns as lists of three."""
    base = getattr(review, part)
    table = base.entities.head(3).assign(
        group="g", group_name="组", name=["甲", "乙", "丙"], rank=[1.0, 2.0, 3.0]
    )
    table = table.assign(**columns).drop(columns=list(drop))
    return replace(review, **{part: replace(base, entities=table)})


def with_coherence(review, **update):
    return replace(review, coherence=replace(review.coherence, **update))


def with_proposed(review, **update):
    return replace(review, proposed=replace(review.proposed, **update))


def with_backtest(review, **update):
    return with_proposed(review, backtest=replace(review.proposed.backtest, **update))


# the first page


def test_the_standing_of_the_version_in_force(review):
    assert said(review, "状态") == "现行办法 2011-v1 未经批准：各期通报只是试算，不能冻结公布。"
    approval = {"by": "工作小组", "on": "2011-07-05", "document": "〔2011〕1号"}
    approved = with_header(review, methodology_status="approved", approvals=[approval])
    assert said(approved, "状态") == "现行办法 2011-v1 已由工作小组于 2011-07-05 批准（〔2011〕1号）。"


def test_how_sure_the_places_are(review):
    made = with_places(review, low=[1, 2, 2], high=[1, 3, 3], over_next=[0.95, 0.6, NONE])
    assert said(made, "位次把握").endswith(
        "3 个有位次的对象中，1 个的位次在九成抽样里不变；相邻的 2 对里，1 对分不出先后（把握不足 90%）。"
    )
    made = with_places(review, low=[1, 1, 2], high=[2, 3, 3], over_next=[0.9, 0.9, NONE])
    assert "没有一个的位次在九成抽样里不变；相邻的 2 对里，0 对" in said(made, "位次把握")
    assert said(review, "位次把握").startswith("128 次抽样，")


def test_the_first_three_where_only_weights_move(review):
    made = with_places(review, "by_weights", same=[0.9, 1.0, 0.97])
    assert said(made, "前三名") == "只让权重各变动 ±20%，各组前三名的位次在九成以上的抽样里都不变。"
    made = with_places(review, "by_weights", same=[0.89, 1.0, 0.5])
    assert said(made, "前三名") == (
        "只让权重各变动 ±20%，前三名里有 2 个的位次不稳：甲（第 1 位，89% 不变）、丙（第 3 位，50% 不变）。"
    )
    # who is fourth is none of the first three, however unsure
    made = with_places(review, "by_weights", rank=[1.0, 2.0, 4.0], same=[1.0, 1.0, 0.1])
    assert "都不变" in said(made, "前三名")


def drivers(*rows):
    return pd.DataFrame(
        [
            {"name": name, "first": 0.1, "first_low": 0.0, "first_high": 0.2, "total": total}
            | {"total_low": total - 0.1, "total_high": total + 0.1}
            for name, total in rows
        ]
    )


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (
            (("权重", 0.2), ("计分方式", 0.7), ("缺数处理", 0.3), ("评议人", 0.0)),
            "主要是计分方式（总效应 0.70，95% 区间 0.60–0.80），其次是缺数处理 0.30、权重 0.20。",
        ),
        ((("权重", 1.0),), "只声明了权重这一种不确定。"),
        ((("权重", NONE),), "声明的各种选择都不移动位次。"),
    ],
)
def test_what_moves_the_places(review, rows, sentence):
    made = replace(review, robustness=replace(review.robustness, drivers=drivers(*rows)))
    assert said(made, "影响位次的") == sentence
    section = review_ranks.rank_drivers(made).text()
    assert ("没有什么要解释的" in section) == all(math.isnan(total) for _, total in rows)


def test_weights_that_are_not_what_they_seem(review):
    weights = review.coherence.weights
    same = with_coherence(review, weights=weights.assign(differs=False))
    assert said(same, "权重") == "各维度在总分里的实际影响与名义权重没有可靠的差别。"
    off = weights.assign(differs=weights["node"].isin(["Y", "Y1"]))
    off.loc[off["node"] == "Y", ["nominal", "relative"]] = [0.4, 0.275]
    # 28 and not 27: halves go up; Y1 is no dimension
    assert said(with_coherence(review, weights=off), "权重") == (
        "实际影响与名义权重不符的维度：比业绩（名义 40%，实际 28%）。"
    )
    pictures = review_structure.weights_in_effect(with_coherence(review, weights=off)).parts
    assert "可靠地不同的有 1 个：比业绩。" in pictures[0].alt


def quiet(review):
    """Return the review with nothing to say against any indicator, and every aspect looked at."""
    coherence = review.coherence
    return with_coherence(
        review,
        indicators=coherence.indicators.assign(mute=False, against=False, missing=0.0),
        correlations=coherence.correlations.assign(redundant=False),
        aspects=coherence.aspects.assign(gap=False),
        unmatched=coherence.unmatched.iloc[:0],
    )


def test_indicators_without_a_fault(review):
    made = quiet(review)
    assert said(made, "指标") == "36 项指标各能分出高低，没有与本维度相反的，也没有重复的。"
    assert asked(made)[2] == "指标不需要修订：是否同意？"
    text = review_structure.doubtful_indicators(made).text()
    assert "各项指标都能分出高低，没有与本维度相反的、重复的和缺数多的。" in text
    assert "几乎重复的" not in text


def test_each_fault_of_an_indicator_is_named_and_asked_about(review):
    coherence = quiet(review).coherence
    names = coherence.indicators["name"].tolist()
    codes = coherence.indicators["node"]
    mute = coherence.indicators.assign(mute=codes.isin(codes[:5]), against=codes == codes[6])
    pairs = coherence.correlations.copy()
    pairs["redundant"] = [at in {0, 1} for at in range(len(pairs))]
    pairs.loc[[0, 1], "r"] = [0.91, -0.95]
    made = with_coherence(quiet(review), indicators=mute, correlations=pairs)
    first, second = (f"{row['first_name']}与{row['second_name']}" for row in pairs.head(2).to_dict("records"))
    assert said(made, "指标") == (
        f"36 项指标中，5 项几乎分不出高低（{'、'.join(names[:4])}等）；"
        f"1 项与本维度相反（{names[6]}）；2 对几乎重复（{first}、{second}）。"
    )
    # the most alike is that of the greatest correlation, whichever its sign
    assert asked(made)[2] == (
        f"是否修订或停用分不出高低的 5 项（{'、'.join(names[:4])}等）；"
        f"是否合并几乎重复的指标（2 对，最像的是{second}，r = −0.95）？"
    )
    text = review_structure.doubtful_indicators(made).text()
    for caption in ("几乎分不出高低的", "与本维度相反的", "几乎重复的"):
        assert caption in text


def test_what_the_document_demands(review):
    assert said(quiet(review), "对照文件") == "文件要求的 13 个看点都有计分指标对应。"
    table = review.coherence.aspects
    gaps = table.assign(gap=[at in {0, 3} for at in range(len(table))])
    loose = pd.DataFrame(
        [{"name": "甲项", "dimension_name": "比境界", "aspect": "", "weight": 0.1, "note": "没有写看点"}]
    )
    made = with_coherence(review, aspects=gaps, unmatched=loose)
    named = "、".join(table["aspect"].iloc[[0, 3]])
    assert said(made, "对照文件") == (
        f"文件要求的 13 个看点中，2 个没有计分指标对应（{named}）；1 项指标在文件里找不到看点（甲项）。"
    )
    assert f"是否为没有指标的 2 个看点补指标（{named}）" in asked(made)[2]
    assert "甲项" in review_structure.aspect_table(made).text()
    nothing = with_coherence(review, aspects=table.iloc[:0], unmatched=review.coherence.unmatched.iloc[:0])
    assert said(nothing, "对照文件") == ""
    assert "没有核对" in review_structure.aspect_table(nothing).text()


def targets(*rows):
    columns = (
        "source",
        "entity_id",
        "name",
        "item",
        "changed_on",
        "old",
        "new",
        "lowered",
        "reason",
        "approver",
    )
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(changed_on=pd.to_datetime(table["changed_on"]))


UP = ("目标台账", "U01", "甲站", "里程", "2012-03-01", 80.0, 90.0, False, "加压", "局长")
DOWN = ("目标台账", "U02", "乙站", "里程", "2012-04-01", 80.0, 70.0, True, "", "")
METHOD = ("评价办法", "", "", "F1 兑现率：门槛", "2012-05-01", 95.0, 90.0, True, "从宽", "工作小组")


def test_targets_that_were_changed(review):
    nothing = replace(review, targets=targets())
    assert said(nothing, "目标调整") == "没有年中调整的目标。"
    assert review_proposal.changed_targets(nothing).text() == "没有年中调整的目标。"
    raised = replace(review, targets=targets(UP))
    assert said(raised, "目标调整") == "年中调整目标 1 处，其中下调 0 处，都有理由和批准人。"
    made = replace(review, targets=targets(UP, DOWN, METHOD))
    assert said(made, "目标调整") == (
        "年中调整目标 3 处，其中下调 2 处（乙站、F1 兑现率：门槛）；没有写理由或批准人的 1 处。"
    )
    rows = review_proposal.changed_targets(made).rows
    # those lowered first
    assert [(row[0].text, row[0].below, row[2].text) for row in rows] == [
        ("乙站", "里程", "80.0→70.0（下调）"),
        ("评价办法", "F1 兑现率：门槛", "95.0→90.0（下调）"),
        ("甲站", "里程", "80.0→90.0（提高）"),
    ]
    assert [row[3].text for row in rows] == ["没有写", "从宽", "加压"]


def size(rho, p, small=-0.5, large=0.25):
    return pd.DataFrame(
        [
            {"what": what, "rho": rho, "p": p, "small": small, "large": large, "n": 26}
            for what in ("old", "new", "change")
        ]
    )


@pytest.mark.parametrize(
    ("effect", "first_page", "section"),
    [
        (
            size(0.4, 0.04),
            "它偏向工作量大的对象（ρ = 0.40）：小的一半平均 −0.50 分，大的一半 +0.25 分。",
            "新版本对工作量大的对象有利。",
        ),
        (size(-0.4, 0.04), "它偏向工作量小的对象（ρ = −0.40）", "新版本对工作量小的对象有利。"),
        (size(0.4, 0.06), "看不出它偏向工作量大或小的对象。", "这点差别可能出于偶然。"),
        (size(NONE, NONE), "看不出它偏向工作量大或小的对象。", "看不出新版本偏向工作量大的还是小的。"),
    ],
)
def test_whom_the_proposal_favours(review, effect, first_page, section):
    made = with_backtest(review, size=effect)
    assert first_page in said(made, "回测")
    text = review_proposal.backtest_effects(made).text()
    assert text.splitlines()[-1].endswith(section)


def test_the_back_test_on_the_first_page(review):
    proposed = review.proposed
    summary = proposed.backtest.summary.head(2).assign(movers=[3, 4], ranked=[26, 25], regraded=[1, 0])
    stability = proposed.backtest.stability.head(1).assign(tau_old=0.5, tau_new=0.75)
    made = with_backtest(review, summary=summary, stability=stability, size=size(0.1, 0.9))
    made = with_proposed(made, diff=proposed.diff.head(2), fields=proposed.fields.iloc[:0])
    assert said(made, "回测") == (
        "2012-v2 与现行办法相比改 2 处。过去 2 期按它重算：位次变动 7 对象次（共 51），等次变动 1；"
        "前后两期次序的一致程度由 0.50 到 0.75。看不出它偏向工作量大或小的对象。填报字段没有增减。"
    )
    # where no agreement is defined none is told
    blank = with_backtest(made, stability=stability.assign(tau_old=NONE))
    assert "一致程度" not in said(blank, "回测")
    assert "—" not in said(blank, "回测")
    # four fields of the service items are needed no more (tests/review/versions/test_fields_needed.py)
    assert "填报字段多要 0 个，少要 4 个。" in said(review, "回测")


# what is asked


def test_which_version_is_to_be_decided_on(review):
    digest = review.proposed.methodology.digest
    assert asked(review)[0].startswith(
        f"是否批准 2012-v2（摘要 {digest[:12]}），从哪天起生效？已收到 2 条意见"
    )
    silent = with_proposed(review, record=ApprovalRecord())
    assert "还没有意见" in asked(silent)[0]
    # a comment on an earlier wording is none on this one
    other = ApprovalRecord(entries=(Comment(on=DAY, digest="0" * 64, by="甲", text="好"),))
    assert "还没有意见" in asked(with_proposed(review, record=other))[0]
    alone = replace(review, proposed=None)
    assert asked(alone)[0] == (
        f"是否批准现行的 2011-v1（摘要 {review.header['methodology_digest'][:12]}）？"
        "不批准，各期通报只能标“试算，未批准”，不能冻结公布。"
    )
    approved = with_header(alone, methodology_status="approved")
    assert asked(approved)[0] == "没有待批的版本：是否维持 2011-v1？"


def test_whether_places_may_be_published_as_they_are(review):
    sure = with_places(review, over_next=[0.9, 0.99, NONE])
    assert asked(sure)[1] == "位次可以照原样公布：相邻的先后都有九成以上的把握。是否同意？"
    odds = {"优秀": [0.95, 0.5, 0.0], "良好": [0.05, 0.5, 0.1], "合格": [0, 0, 0.9], "不合格": [0, 0, 0]}
    made = with_places(review, over_next=[0.6, 0.99, NONE], **odds)
    interval = "是否在通报里同时公布位次区间（抽样的第 5 到第 95 百分位）"
    assert asked(made)[1] == (
        f"有 1 对相邻的对象分不出先后：{interval}，并对等次没有九成把握的 1 个对象（乙）先复核再定等次？"
    )
    # a method without grades has no odds of any
    bare = with_places(review, drop=odds, over_next=[0.6, 0.99, NONE])
    assert asked(bare)[1] == f"有 1 对相邻的对象分不出先后：{interval}？"
    assert "的可能" not in " ".join(column.title for column in review_ranks.rank_table(bare).columns)
    # where hardly anybody is told apart, a second look at everybody is no answer
    blurred = with_places(review, over_next=[0.6, 0.7, NONE], **odds)
    assert asked(blurred)[1].startswith("2 对相邻的对象里有 2 对分不出先后：是否不公布逐个的位次，只公布")
    titles = [column.title for column in review_ranks.rank_table(made).columns]
    assert titles[-4:] == ["优秀的可能", "良好的可能", "合格的可能", "不合格的可能"]


def test_who_decides(review):
    committee = review.committee
    _, note = review_findings.decisions(review).parts
    # seven members, two thirds of them: 4.67, so five
    assert note.text() == "由活动工作小组决定：应到 7 人，至少 5 人表决。"
    assert committee is not None
    _, note = review_findings.decisions(replace(review, committee=None)).parts
    assert note.text() == "campaign.yaml 没有写明由谁决定。"


# the sections behind


def test_without_a_proposal_every_section_says_so(review):
    alone = replace(review, proposed=None)
    assert said(alone, "回测") == ""
    for section in (
        review_proposal.proposed_changes,
        review_proposal.backtest_summary,
        review_proposal.backtest_effects,
        review_proposal.burden_change,
    ):
        assert section(alone).text() == "没有待决定的版本，也没有指定要试的版本。"
    assert "2012-v2" not in review_proposal.approval_record(alone).text()


def test_a_proposal_without_rules_for_the_level(review):
    made = with_proposed(review, backtest=None)
    assert said(made, "回测").endswith("它没有这个层级的规则，没有回测。")
    assert "没有这个层级的规则" in review_proposal.backtest_summary(made).text()
    assert review_proposal.backtest_effects(made).text() == "没有回测。"


def test_a_proposal_that_changes_nothing(review):
    proposed = review.proposed
    entities = proposed.backtest.entities
    still = entities.assign(
        moved=0.0, change=0.0, rank_new=entities["rank_old"], grade_new=entities["grade_old"]
    )
    made = with_backtest(review, entities=still)
    made = with_proposed(made, diff=proposed.diff.iloc[:0], fields=proposed.fields.iloc[:0])
    assert review_proposal.proposed_changes(made).text() == "2012-v2 与 2011-v1 除版本名外没有区别。"
    assert review_proposal.burden_change(made).text() == "2012-v2 用到的填报字段与现行办法相同。"
    text = review_proposal.backtest_summary(made).text()
    assert "过去各期没有一个对象的位次或等次会变。" in text
    assert "最近一期位次没有变动的组：" in text
    assert not [piece for piece in review_proposal.backtest_summary(made).parts if hasattr(piece, "alt")]


def test_a_slope_for_each_group_in_which_somebody_moves(review):
    entities = review.proposed.backtest.entities
    still = entities.assign(moved=0.0, rank_new=entities["rank_old"])
    last = still["period"] == still["period"].iloc[-1]
    one = still.index[last & (still["group_name"] == "港航类")][0]
    name = still.loc[one, "name"]
    old = still.loc[one, "rank_old"]
    still.loc[one, ["rank_new", "moved"]] = [old + 1, -1.0]
    pieces = review_proposal.backtest_summary(with_backtest(review, entities=still)).parts
    (picture,) = [piece for piece in pieces if hasattr(piece, "alt")]
    assert picture.alt == f"港航类位次的变动：{name} {old:g}→{old + 1:g}。"


def test_swaps_and_leave_outs_where_nothing_moves(review):
    made = replace(review, swaps=review.swaps.assign(change=NONE), without=review.without.assign(moved=0))
    assert "没有哪一个维度的权重单独变动能使相邻的两个互换。" in review_ranks.close_calls(made).text()
    assert review_ranks.leave_outs(made).text() == "去掉任何一项指标或维度，位次都不变。"


def test_what_was_declared_is_what_is_told(review):
    only = Choices(weights=WeightChoice(spread=0.25), normalisation=("as_written", "min_max"), targets=0.05)
    made = replace(review, robustness=replace(review.robustness, choices=only))
    rows = [[cell.text for cell in row] for row in review_ranks.declared_choices(made).rows]
    assert rows == [
        ["权重", "每个权重各在 ±25% 内均匀变动，同级再折成原来的合计"],
        ["计分方式", "按办法、极差标准化"],
        ["目标与门槛", "各在 ±5% 内变动"],
    ]


def test_the_record_of_a_decision(review):
    digest = review.proposed.methodology.digest
    votes = (
        Vote(name="甲", role="组长", voice="for"),
        Vote(name="乙", voice="against"),
        Vote(name="丙", voice="for"),
    )
    decided = Decision(
        on=DAY,
        digest=digest,
        committee="评审组",
        document="〔2012〕9号",
        effective_from=dt.date(2013, 1, 1),
        members=3,
        votes=votes,
        approved=True,
    )
    proposal = Proposal(on=DAY, digest=digest, by="丁", role="办公室", reason="试行")
    made = with_proposed(review, record=ApprovalRecord(entries=(proposal, decided)))
    text = review_proposal.approval_record(made).text()
    assert "丁 办公室" in text
    assert "批准，自 2013-01-01 起生效；〔2012〕9号" in text
    assert "甲（组长）赞成、乙反对、丙赞成" in text
    assert "此后办法文件被改动过" not in text
    changed = with_proposed(
        made, methodology=made.proposed.methodology.model_copy(update={"digest": "f" * 64})
    )
    assert "；此后办法文件被改动过" in review_proposal.approval_record(changed).text()
    refused = decided.model_copy(update={"approved": False})
    made = with_proposed(review, record=ApprovalRecord(entries=(proposal, refused)))
    assert "未获通过" in review_proposal.approval_record(made).text()
    assert f"2011-v1（摘要 {review.header['methodology_digest'][:12]}）还没有提出。" in text


@pytest.mark.parametrize("evil", ["<b>x</b>", "$x$", "a*b* & `c`"])
def test_what_people_wrote_stays_text(review, evil):
    digest = review.proposed.methodology.digest
    entries = (
        Proposal(on=DAY, digest=digest, by=evil, reason=evil),
        Comment(on=DAY, digest=digest, by="甲", text=evil),
    )
    diff = review.proposed.diff.head(1).assign(old=evil, new=evil, about=evil)
    row = dict(zip(targets(DOWN).columns, DOWN, strict=True)) | {
        "name": evil,
        "item": evil,
        "reason": evil,
        "changed_on": pd.Timestamp("2012-04-01"),
    }
    made = with_proposed(review, record=ApprovalRecord(entries=entries), diff=diff)
    made = replace(made, targets=pd.DataFrame([row]))
    for section, times in (
        (review_proposal.approval_record, 3),
        (review_proposal.proposed_changes, 3),
        (review_proposal.changed_targets, 3),
        (review_findings.review_findings, 1),
    ):
        piece = section(made)
        page = BeautifulSoup(piece._repr_html_(), "html.parser")
        assert page.get_text().count(evil) == times
        assert page.b is None
        assert page.code is None


def test_hostile_names_in_charts(review):
    made = with_places(review, name=["<b>甲</b>", "$x$", "丙" * 40])
    assert "<b>" not in review_ranks.rank_intervals(made).html()


# a method without dimensions and grades, in a campaign that closes no quarters


@pytest.fixture(scope="module")
def flat(tmp_path_factory):
    """The review of the real small campaign, the version in force tried against itself."""
    folder = tmp_path_factory.mktemp("flat") / "panjin"
    shutil.copytree(DATA / "panjin-2023", folder, ignore=shutil.ignore_patterns("results", ".cache"))
    return open_review(str(folder), "term", "district", "internal", "2023-inferred", 100)


def test_indicators_stand_for_dimensions_where_there_are_none(flat):
    assert said(flat, "权重") == "各指标在总分里的实际影响与名义权重没有可靠的差别。"
    assert "指标不分维度。" in review_structure.consistency_table(flat).text()
    assert "个维度合看" not in review_structure.consistency_table(flat).text()
    picture, table = review_structure.weights_in_effect(flat).parts
    assert picture.alt == "各指标的名义权重与实际影响（%）；可靠地不同的有 0 个。"
    # 按时反馈率 is 100 everywhere
    assert table.notes[-1] == "数据太少或人人相同而没有列出的：按时反馈率。"
    blank = flat.coherence.weights.assign(relative=NONE, differs=False)
    assert said(with_coherence(flat, weights=blank), "权重") == "数据太少，看不出各指标在总分里的实际影响。"


def test_without_grades_nothing_is_said_of_them(flat):
    for section in (review_ranks.rank_table, review_findings.decisions):
        assert "等次" not in section(flat).text().replace("位次、区间和等次的可能", "")


def test_a_campaign_without_quarters_is_tried_on_its_own_kind_of_period(flat):
    assert [span.id for span in flat.proposed.backtest.periods] == ["term"]
    # against itself: 6 districts, none moves
    assert "过去 1 期按它重算：位次变动 0 对象次（共 6），等次变动 0。" in said(flat, "回测")
    # the record of the one version is told once
    assert review_proposal.approval_record(flat).text().count("还没有提出") == 1


# end to end


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The report on the members in three forms."""
    out = tmp_path_factory.mktemp("review")
    return run_report(
        NAME,
        DATA / "wbwz-2011",
        PERIOD,
        level="member",
        edition="internal",
        out=out,
        parameters={"draws": 100},
        forms=("pdf", "docx"),
        quiet=True,
    )


TWELVE = [
    "一、结论",
    "二、提请决定",
    "三、位次有多大把握",
    "四、什么左右位次",
    "五、权重名实是否相符",
    "六、指标是否协调",
    "七、是否覆盖文件的要求",
    "八、提出的改动",
    "九、回测：放到过去会怎样",
    "十、填报负担",
    "十一、年中调整的目标",
    "十二、提出、意见和决定",
]


def test_the_page_has_its_twelve_parts_and_its_mark(finished):
    page = BeautifulSoup(finished.read_text("utf-8"), "html.parser")
    assert [heading.get_text() for heading in page.find_all("h2")] == TWELVE
    assert "试算，未批准" in page.title.text
    assert "试算，未批准" in page.find(class_="mark").text
    assert "试算，未批准" in page.footer.text


ENGLISH = (
    *("min_max", "z_score", "percentile_rank", "as_written", "winsorise", "redistribute", "zero"),
    *("arithmetic", "geometric", "unit", "member", "party_org", "weight", "share", "uniform", "nan", "NaT"),
)


def test_people_see_no_key(finished):
    page = BeautifulSoup(finished.read_text("utf-8"), "html.parser")
    seen = page.main.get_text(" ") + " ".join(image["alt"] for image in page.find_all("img"))
    assert [word for word in ENGLISH if word in seen] == []
    assert len(seen) > 5000


def pages_of(pdf) -> list[str]:
    """Return the text of each page without blanks."""
    done = subprocess.run(["pdftotext", str(pdf), "-"], check=True, capture_output=True)
    return ["".join(page.split()) for page in done.stdout.decode().split("\f")][:-1]


def test_paper_says_the_same_and_every_sheet_bears_the_mark(finished):
    pages = pages_of(finished.with_suffix(".pdf"))
    book = docx.Document(str(finished.with_suffix(".docx")))
    word = "".join(book.element.body.xpath(".//w:t/text()"))
    for text in ("".join(pages), "".join(word.split())):
        for heading in TWELVE:
            assert heading in text
        assert "nan" not in text.lower()
    assert len(pages) > 5
    assert [page for page in pages if "试算，未批准" not in page] == []
    (section,) = book.sections
    for header in (section.header, section.even_page_header):
        assert "试算，未批准" in header.paragraphs[0].text


def test_no_version_is_tried_where_none_is_asked_for():
    made = open_review(SAMPLE, PERIOD, "party_org", "internal", "-", 100)
    assert made.proposed is None


def test_a_version_that_is_not_there_is_told_with_those_that_are():
    with pytest.raises(ReportError, match=r"2099-v9.*2011-v1") as caught:
        open_review(SAMPLE, PERIOD, "unit", "internal", "2099-v9", 100)
    assert "2012-v2" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("draws", [-1, FEWEST - 1, MOST + 1])
def test_so_many_draws_are_not_to_be_had(draws):
    with pytest.raises(ReportError, match=f"参数 draws 的值 {draws} 不对；应为 0.*100 到 100000 次"):
        open_review(SAMPLE, PERIOD, "unit", "internal", "", draws)


def test_only_what_the_level_has_is_declared(review):
    """F7h is an indicator of party organisations; a unit cannot be without it."""
    choices = review.robustness.choices.model_copy(update={"exclude": ("Y5", "F7h")})
    made = replace(review, robustness=replace(review.robustness, choices=choices))
    said = repr(review_ranks.declared_choices(made))
    assert "不剔除，或剔除 Y5" in said
    assert "F7h" not in said
    assert "之一" not in said
