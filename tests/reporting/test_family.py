"""Every report of the list on the sample campaign, on a small one, and in a batch."""

from __future__ import annotations

from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from support import bare_copy

from wbwz_eval import Campaign, open_campaign
from wbwz_eval.reporting.batch import Order, owed, run_batch
from wbwz_eval.reporting.catalogue import REPORTS, find_report
from wbwz_eval.reporting.errors import ReportError
from wbwz_eval.reporting.run import run_report

PLACES = [
    ("weekly_dispatch", "2012-W36", "unit", {}),
    ("monthly_check", "2012-09", "unit", {}),
    ("monthly_check", "2012-09", "party_org", {}),
    ("monthly_check", "2012-09", "member", {}),
    ("entity_profile", "2012-Q3", "unit", {"entity": "U05"}),
    ("entity_profile", "2012-Q3", "party_org", {"entity": "P07"}),
    ("entity_profile", "2012-Q3", "member", {"entity": "M017"}),
    ("quarterly_bulletin", "2012", "unit", {}),
    ("quarterly_bulletin", "2012-Q3", "party_org", {}),
    ("model_selection", "2012-Q3", "member", {}),
    ("data_quality", "2012-Q3", "unit", {}),
    ("data_quality", "2012-Q3", "party_org", {}),
    ("data_quality", "2012-Q3", "member", {}),
    ("term_summary", "term", "unit", {}),
    ("term_summary", "term", "party_org", {}),
    ("term_summary", "term", "member", {}),
    ("accountability_annex", "2012-Q3", "unit", {"authority": "局党委"}),
]


@pytest.mark.parametrize(("name", "period", "level", "parameters"), PLACES)
def test_a_report_of_the_sample_has_something_in_every_section(
    sample: Campaign, tmp_path: Path, name: str, period: str, level: str, parameters: dict[str, object]
) -> None:
    edition = find_report(name).editions(sample, level)[0]
    page = run_report(
        name,
        sample.path,
        period,
        level=level,
        edition=edition,
        out=tmp_path,
        parameters=parameters,
        quiet=True,
    )
    soup = BeautifulSoup(page.read_text("utf-8"), "html.parser")
    assert "合成数据" in soup.title.text
    headings = soup.find_all("h2")
    assert len(headings) >= (1 if name == "accountability_annex" else 3)
    main = soup.main
    for heading, following in zip(headings, [*headings[1:], soup.footer], strict=True):
        said = ""
        for element in heading.find_all_next(["td", "li", "p", "h2", "footer"]):
            if element is following:
                break
            if element.name in {"td", "li", "p"} and "prose" not in (element.parent.get("class") or []):
                said += element.get_text(strip=True)
        assert said, heading.text
    assert "nan" not in main.get_text()
    assert "NaT" not in main.get_text()


@pytest.mark.parametrize(("name", "period"), [("weekly_dispatch", "2012-W36"), ("monthly_check", "2012-09")])
def test_a_period_without_anything_says_so(tmp_path: Path, name: str, period: str) -> None:
    folder = bare_copy("wbwz-2011", tmp_path)
    page = run_report(name, folder, period, out=tmp_path / "out", quiet=True)
    text = BeautifulSoup(page.read_text("utf-8"), "html.parser").main.get_text()
    assert "没有" in text
    assert "NaN" not in text


def test_a_level_that_reports_no_tasks_has_no_weekly_dispatch(sample: Campaign, tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="不为党员出"):
        run_report("weekly_dispatch", sample.path, "2012-W36", level="member", out=tmp_path)
    with pytest.raises(ReportError, match="参数 edition 的值 “public” 不对"):
        run_report("weekly_dispatch", sample.path, "2012-W36", edition="public", out=tmp_path)


def test_a_period_owes_what_the_list_says(sample: Campaign) -> None:
    week = owed(sample, sample.period("2012-W36"))
    assert week == [Order("weekly_dispatch", "2012-W36", "unit", "internal")]
    month = owed(sample, sample.period("2012-09"))
    assert [(order.report, order.level) for order in month] == [
        ("monthly_check", level) for level in ("unit", "party_org", "member")
    ]
    quarter = owed(sample, sample.period("2012-Q3"))
    bulletins = [order for order in quarter if order.report == "quarterly_bulletin"]
    assert len(bulletins) == 5  # three levels in two editions, members only in the internal one
    profiles = [order for order in quarter if order.report == "entity_profile"]
    assert len(profiles) == len(sample.entities)
    annexes = {order.subject for order in quarter if order.report == "accountability_annex"}
    assert annexes == set(
        sample.ledger("accountability").rows.loc[
            lambda rows: rows["decided_on"].between("2012-07-01", "2012-09-30"), "authority"
        ]
    )
    selections = {order.level for order in quarter if order.report == "model_selection"}
    assert selections == {"member"}  # nobody else was nominated
    term = owed(sample, sample.period("term"))
    regular = {report.name for report in REPORTS if not report.on_request}
    assert {order.report for order in [*week, *month, *quarter, *term]} == regular


def test_one_that_fails_does_not_stop_the_others_and_nothing_is_done_twice(
    panjin_copy: Path, tmp_path: Path
) -> None:
    campaign = open_campaign(panjin_copy)
    out = tmp_path / "out"
    orders = [order for order in owed(campaign, campaign.period("term")) if order.subject in {None, "D4"}]
    orders = [order for order in orders if order.report in {"quarterly_bulletin", "entity_profile"}]
    assert len(orders) == 3
    wrong = Order("entity_profile", "term", "district", "internal", "D9")
    outcomes = run_batch(panjin_copy, [orders[0], wrong, *orders[1:]], out=out, jobs=2)
    assert [outcome.page is not None for outcome in outcomes] == [True, False, True, True]
    assert "没有被评对象 “D9”" in outcomes[1].error
    assert outcomes[1].order.command(panjin_copy).endswith("--edition internal --entity D9")
    before = {path.name: path.stat().st_mtime_ns for path in out.glob("*.html")}
    again = run_batch(panjin_copy, orders, out=out)
    assert [outcome.kept for outcome in again] == [True, True, True]
    assert {path.name: path.stat().st_mtime_ns for path in out.glob("*.html")} == before
    # a page that somebody touched is made again
    page = again[0].page
    assert page is not None
    whole = page.read_bytes()
    page.write_bytes(whole + b" ")
    assert [outcome.kept for outcome in run_batch(panjin_copy, orders, out=out)] == [False, True, True]
    assert page.read_bytes() == whole
