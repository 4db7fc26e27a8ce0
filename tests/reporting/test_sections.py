"""Sections hold for whatever campaign: one entity or 240, one dimension or many, with a past or without."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from wbwz_eval.reporting import show
from wbwz_eval.reporting.editions import in_edition
from wbwz_eval.reporting.sections.drivers import parts_of_change
from wbwz_eval.reporting.view import peers

SECTIONS = (
    show.header,
    show.findings,
    show.ranking,
    show.profile_chart,
    show.profile,
    show.drivers,
    show.adjustments,
    show.quality,
    show.method,
    show.everybody,
)
NAN = float("nan")
RANDOM = np.random.default_rng(1)
CASES = {
    "one entity": ({"组": [90.0]}, {}),
    "one dimension": ({"组": [90.0, 80.0]}, {"dimensions": 1}),
    "nobody ranked": ({"组": [NAN]}, {}),
    "with a past": ({"甲": [90.0, 80.0], "乙": [70.0]}, {"before": {"甲": [80.0, 90.0], "乙": [NAN]}}),
    "nothing moved": ({"组": [90.0, 80.0]}, {"before": {"组": [90.0, 80.0]}}),
    "intervals": ({"组": [90.0, 89.0, 70.0]}, {"spread": 2.0}),
    "240 members": (
        {f"第{index}组": list(RANDOM.uniform(50, 100, 24).round(1)) for index in range(10)},
        {"before": {f"第{index}组": list(RANDOM.uniform(50, 100, 24).round(1)) for index in range(10)}},
    ),
    "longest names": (
        {"组": [90.0, 80.0]},
        {"names": ["市交通运输综合行政执法支队" * 5, "<script>x</script>"], "spread": 9.0},
    ),
    "12 dimensions": ({"组": [90.0] * 6}, {"dimensions": 12}),
}


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.__name__)
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("edition", ["internal", "public"])
def test_every_section_shows_something(made, section, case, edition):
    groups, options = CASES[case]
    piece = section(in_edition(made(groups, **options), edition))
    soup = BeautifulSoup(piece._repr_html_(), "html.parser")
    assert soup.text.strip()
    assert not soup.find_all("script")
    assert "nan" not in soup.text.lower()
    assert repr(piece).strip()


def ranking_rows(scores):
    soup = BeautifulSoup(show.ranking(scores)._repr_html_(), "html.parser")
    return [[cell.get_text(" ") for cell in row.find_all(["th", "td"])] for row in soup.find_all("tr")]


def test_ranking_shows_ties_movement_and_who_has_no_place(made):
    scores = made({"组": [90.0, 90.0, 80.0, NAN]}, before={"组": [70.0, 90.0, 80.0, 60.0]})
    assert ranking_rows(scores) == [
        ["位次", "被评对象", "总分", "进退", "备注"],
        ["1 并列", "对象1", "90.0", "↑2", ""],
        ["1 并列", "对象2", "90.0", "平", ""],
        ["3", "对象3", "80.0", "↓1", ""],
        ["—", "对象4", "—", "—", "数据不足"],
    ]


def test_movement_within_the_interval_stands_in_brackets(made):
    scores = made({"组": [91.0, 90.0]}, before={"组": [80.0, 85.0]}, spread=2.0)
    rows = ranking_rows(scores)
    assert rows[0] == ["位次", "被评对象", "总分", "位次区间", "进退"]
    assert rows[1] == ["1", "对象1", "91.0 89.0~93.0", "1~2", "(↑1)"]


def test_same_on_paper_but_not_the_same_place_is_explained(made):
    assert "显示相同而位次不同" in repr(show.ranking(made({"组": [90.04, 90.01]})))
    assert "显示相同而位次不同" not in repr(show.ranking(made({"组": [90.0, 90.0]})))


def test_many_are_shortened_and_the_appendix_lists_them_all(made):
    groups, options = CASES["240 members"]
    scores = made(groups, **options)
    assert "其余 9 个见附录" in repr(show.ranking(scores))
    names = set(scores.scores["name"])
    soup = BeautifulSoup(show.everybody(scores)._repr_html_(), "html.parser")
    assert {th.text for th in soup.find_all("th", scope="row")} == names


def test_a_level_ranked_as_one_is_shown_as_one(made):
    scores = made({"甲": [90.0, 70.0], "乙": [80.0, 60.0]})
    assert [group.name for group in peers(scores)] == ["甲", "乙"]
    ranked = scores.scores.assign(rank=[1.0, 3.0, 2.0, 4.0])
    whole = replace(scores, header=scores.header | {"rank_scope": "level"}, scores=ranked)
    (everybody,) = peers(whole)
    assert everybody.name == "单位"
    assert everybody.table["rank"].tolist() == [1.0, 2.0, 3.0, 4.0]


def test_the_parts_of_a_change_add_up_to_it(made):
    scores = made({"组": [92.0, 80.0]}, before={"组": [90.0, 83.5]})
    parts = parts_of_change(scores)
    assert parts.sum(axis=1).round(9).tolist() == [2.0, -3.5]


def adjusted(made):
    scores = made({"组": [90.0, 80.0]})
    common = {
        "clause": "第八条",
        "decided_by": "李四",
        "doc_no": "文〔1〕号",
        "ledger": "facts",
        "source": "事实.xlsx“事实台账”(回执 3)",
    }
    rows = [
        {"entity_id": "E000", "kind": "veto", "item": "v", "name": "重大事故", "points": 0.0, "row_id": "R9", "source_row": 10, "counted": True, "reason": "", "detail": "王五 <b>肇事</b>"} | common,
        {"entity_id": "E001", "kind": "deduction", "item": "d", "name": "通报", "points": 2.0, "row_id": "R8", "source_row": 9, "counted": True, "reason": "", "detail": "细节"} | common,
        {"entity_id": "E001", "kind": "deduction", "item": "d", "name": "通报", "points": 3.0, "row_id": "R7", "source_row": 8, "counted": True, "reason": "", "detail": "细节"} | common,
        {"entity_id": "E001", "kind": "veto", "item": "v", "name": "重大事故", "points": 0.0, "row_id": "R6", "source_row": 7, "counted": False, "reason": "缺文号", "detail": "赵六"} | common,
    ]  # fmt: skip
    table = pd.DataFrame(rows)[list(scores.adjustments.columns)]
    written = {"二级指标": "通报", "指标代码": "d", "条款": "办法第九条"}
    method = pd.concat([scores.method, pd.DataFrame([written])]).fillna("")
    quality = [["迟报", "E000", "对象1", "", "facts", 3, "事实台账：R5 等 3 行"]]
    quality = pd.DataFrame(quality, columns=scores.quality.columns)
    return replace(scores, adjustments=table, quality=quality, method=method)


def test_the_internal_edition_leads_to_the_ledger_row(made):
    said = repr(show.adjustments(in_edition(adjusted(made), "internal")))
    for words in (
        "第八条",
        "李四",
        "文〔1〕号",
        "R9 事实.xlsx“事实台账”(回执 3) 第 10 行",
        "缺文号",
        "王五 <b>肇事</b>",
    ):
        assert words in said


def test_the_public_edition_receives_neither_persons_nor_rows(made):
    public = in_edition(adjusted(made), "public")
    pieces = [section(public) for section in SECTIONS]
    said = "\n".join([*(repr(piece) for piece in pieces), *(piece._repr_html_() for piece in pieces)])
    for words in ("李四", "王五", "赵六", "张某某", "文〔1〕号", "R9", "R5", "ledgers/", "缺文号", "细节"):
        assert words not in said
    assert "第八条" not in said  # what a ledger row says of the clause is that row's own text
    assert "办法第九条" in said
    assert "−5.0" in said
    assert public.rows.empty


def test_the_public_edition_shows_one_decimal_at_most(made):
    scores = made({"组": [90.123, 80.0]}, display=3)
    assert "90.123" in repr(show.ranking(in_edition(scores, "internal")))
    assert "90.1\n" in repr(show.ranking(in_edition(scores, "public")))


def test_the_head_says_what_the_report_stands_on(made):
    scores = made({"组": [90.0]})
    head = show.header(scores)
    soup = BeautifulSoup(head._repr_html_(), "html.parser")
    for words in (
        "比武活动",
        "2012年第三季度单位季通报",
        "2012-10-12",
        "v1",
        "0123456789ab",
        "fedcba987654",
        "9.9",
        "正式",
        "张某某",
    ):
        assert words in soup.text
    assert soup.find("dd", title="0123456789abcdef" * 4)
    assert not soup.find(class_="warning")


def test_the_head_warns_of_synthetic_data_and_of_a_trial(made):
    scores = made({"组": [90.0]})
    trial = scores.header | {
        "synthetic": True,
        "synthetic_note": "",
        "methodology_status": "proposal",
        "approvals": [],
        "mark": "合成数据·试算，未批准",
    }
    said = repr(show.header(replace(scores, header=trial)))
    assert "【合成数据·试算，未批准】" in said
    assert "数据为合成数据。评价办法未经批准" in said
    assert "办法批准：未批准" in said
