"""All that is due is made, in order, once, from what was received in time; nothing else is."""

from __future__ import annotations

import datetime as dt
import shutil

import pandas as pd
import pytest
from little import WEEKLY, Maker, campaign, day, options, pages, receive, told
from support import DATA, approve, take_in

from wbwz_eval import open_campaign
from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.reporting.batch import Outcome
from wbwz_eval.reporting.catalogue import find_report
from wbwz_eval.reporting.errors import ReportError
from wbwz_eval.reporting.place import report_place
from wbwz_eval.scheduling.as_of import VIEWS, Snapshot
from wbwz_eval.scheduling.lease import BEAT, Lease, LostError
from wbwz_eval.scheduling.owed import Asked, items
from wbwz_eval.scheduling.place import Where
from wbwz_eval.scheduling.records import read_looked, records, run_numbers
from wbwz_eval.scheduling.run_due import ALL_WELL, BLOCKED, FAILED, run_due
from wbwz_eval.scoring.freezing import freeze
from wbwz_eval.scoring.results import write_results


@pytest.fixture
def where(tmp_path):
    return campaign(tmp_path)


def states(where, date: str, asked: Asked = WEEKLY) -> dict[str, str]:
    snapshot = Snapshot(where.campaign, where.work / VIEWS)
    return {item.owing.period.id: item.state for item in items(snapshot, where, day(date), asked)}


def reasons(where, date: str, asked: Asked = WEEKLY) -> dict[str, str]:
    snapshot = Snapshot(where.campaign, where.work / VIEWS)
    return {item.owing.period.id: item.reason for item in items(snapshot, where, day(date), asked)}


def test_what_is_due_is_made_once_and_then_nothing_happens(where):
    maker = Maker()
    # 20 September: the cut-offs of the weeks to 4, 11 and 18 September are over
    ended = run_due(where, day("2011-09-21"), options(maker))
    assert ended.exit_code == BLOCKED  # nothing had come in by 5 and 13 September
    before = pages(where)
    assert list(before) == []
    receive(where, "2011-9-25", "2011-09-26")
    ended = run_due(where, day("2011-09-27"), options(maker))
    assert maker.made == [("weekly_dispatch", "2011-W38")]
    again = run_due(where, day("2011-09-27"), options(maker))
    assert (again.record, maker.made) == (None, [("weekly_dispatch", "2011-W38")])
    assert list(pages(where)) == ["2011-W38/weekly_dispatch-unit-internal.html"]


def test_missed_periods_are_caught_up_in_order_each_with_what_was_there_in_time(where):
    for week, on, problem in (
        ("2011-9-25", "2011-09-26", "甲"),
        ("2011-10-2", "2011-10-08", "乙"),  # on the very day of the cut-off
        ("2011-10-9", "2011-10-11", "迟"),  # one day after it
        ("2011-10-16", "2011-10-17", "丙"),
    ):
        receive(where, week, on, problem=problem)
    maker = Maker()
    run_due(where, day("2011-10-20"), options(maker))
    assert [period for _, period in maker.made] == ["2011-W38", "2011-W39", "2011-W40", "2011-W41"]
    seen = {period: rows for (_, period), rows in maker.seen.items()}
    assert seen == {
        "2011-W38": ["无", "甲"],
        "2011-W39": ["无", "甲", "乙"],
        "2011-W40": ["无", "甲", "乙"],
        "2011-W41": ["无", "甲", "乙", "迟", "丙"],
    }


def test_catching_up_gives_the_same_as_having_been_there(where, tmp_path):
    other = campaign(tmp_path / "other")
    weeks = [("2011-9-25", "2011-09-26"), ("2011-10-2", "2011-10-10"), ("2011-10-9", "2011-10-10")]
    daily, late = Maker(), Maker()
    date = day("2011-09-20")
    while date <= day("2011-10-12"):
        for week, on in weeks:
            if day(on) == date:
                receive(where, week, on, problem=on)
        run_due(where, date, options(daily))
        date += dt.timedelta(1)
    for week, on in weeks:
        receive(other, week, on, problem=on)
    run_due(other, day("2011-10-12"), options(late))
    assert len(late.made) == 3
    assert daily.made == late.made
    assert pages(where) == pages(other)
    assert len(daily.made) == len(set(daily.made))


def test_what_was_received_in_time_but_registered_late_is_made_good(where):
    receive(where, "2011-9-25", "2011-09-26", problem="甲")
    maker = Maker()
    run_due(where, day("2011-09-27"), options(maker))
    receive(where, "2011-10-2", "2011-10-10", problem="后")
    assert states(where, "2011-10-09")["2011-W38"] == "done"
    # registered on 9 October, but it had come in on 26 September; after one that came later
    receive(where, "2011-9-18", "2011-09-26", problem="补")
    assert states(where, "2011-10-09")["2011-W38"] == "due"
    assert "登记了截止日前收到的报送" in reasons(where, "2011-10-09")["2011-W38"]
    run_due(where, day("2011-10-09"), options(maker))
    assert maker.seen["weekly_dispatch", "2011-W38"] == ["补", "甲"]
    assert states(where, "2011-10-09")["2011-W38"] == "done"


def test_what_comes_in_during_a_run_counts_for_the_next(where):
    receive(where, "2011-9-25", "2011-09-26", problem="甲")
    maker = Maker()

    def slow(folder, orders, out):
        made = maker(folder, orders, out)
        if len(maker.made) == 1:
            receive(where, "2011-10-2", "2011-10-08", problem="其间")
        return made

    run_due(where, day("2011-10-10"), options(slow))
    assert maker.seen["weekly_dispatch", "2011-W39"] == ["无", "甲"]
    run_due(where, day("2011-10-10"), options(slow))
    assert maker.seen["weekly_dispatch", "2011-W39"] == ["无", "甲", "其间"]
    assert [period for _, period in maker.made] == ["2011-W38", "2011-W39", "2011-W39"]


def test_the_folder_that_reports_see_has_no_trace_of_what_came_later(where):
    receive(where, "2011-9-25", "2011-09-26", problem="甲")
    receive(where, "2011-10-2", "2011-10-08", problem="后来的话")
    receive(where, "2011-9-18", "2011-09-26", problem="补登的话")
    snapshot = Snapshot(where.campaign, where.work / VIEWS)
    view = snapshot.view("2011-W38", day("2011-09-26"))
    # tasks and weeks of 20 September, then the four receipts above
    numbers = [one.receipt.number for one in open_campaign(view).inbox.read()]
    live = [one.receipt for one in open_campaign(where.campaign).inbox.read()]
    assert numbers == [1, 2, 3, 4, 5]
    assert [receipt.received_on.day for receipt in live] == [20, 20, 26, 8, 26]
    kept = {path.name for path in (view / "submissions" / "originals").iterdir()}
    assert kept == {receipt.original for receipt in live if receipt.number != 4}
    open_campaign(where.campaign).replay()
    open_campaign(view).replay()
    assert list((view / ".cache").glob("*/*.bin"))
    told = "".join(path.read_text("utf-8", "replace") for path in view.rglob("*") if path.is_file())
    assert "补登的话" in told
    assert "后来的话" not in told
    # the same view again is the same folder, not made anew
    assert snapshot.view("2011-W38", day("2011-09-26")) == view


def test_a_clock_set_forward_and_back_does_no_harm(where):
    receive(where, "2011-9-25", "2011-09-26", problem="甲")
    maker = Maker()
    # the clock says November: weeks that are still to come are made of what there is
    run_due(where, day("2011-11-01"), options(maker))
    assert ("weekly_dispatch", "2011-W42") in maker.made
    assert ("weekly_dispatch", "2011-W43") in maker.made
    assert states(where, "2011-09-27")["2011-W42"] == "waiting"
    run_due(where, day("2011-09-27"), options(maker))
    count = len(maker.made)
    # what then comes in counts, as if the clock had always been right
    receive(where, "2011-10-23", "2011-10-24", problem="真")
    run_due(where, day("2011-10-25"), options(maker))
    assert maker.made[count:] == [("weekly_dispatch", "2011-W42")]
    assert maker.seen["weekly_dispatch", "2011-W42"] == ["无", "甲", "真"]
    run_due(where, day("2011-11-01"), options(maker))
    # of the weeks after it that had been made too early, only those that it changes are made again
    assert maker.made[count + 1 :] == [("weekly_dispatch", "2011-W43")]


def test_an_hour_that_comes_twice_is_one_day(where):
    receive(where, "2011-9-25", "2011-09-26")
    # 02:30 twice, where clocks are set back: the day is an argument, the clock only dates the records
    times = iter(
        [dt.datetime(2011, 10, 30, hour, 30, tzinfo=dt.UTC) for hour in (0, 0, 0, 0, 0, 0, 0, 0, 1, 1)]
    )
    last = dt.datetime(2011, 10, 30, 1, 30, tzinfo=dt.UTC)
    maker = Maker()
    for _ in range(2):
        run_due(where, day("2011-10-30"), options(maker, clock=lambda: next(times, last)))
    assert len(maker.made) == len(set(maker.made)) == 5
    assert run_numbers(where.runs) == [1]
    assert read_looked(where.runs).at.startswith("2011-10-30T00:30") is False


def test_only_the_periods_since_are_owed_and_others_on_request(tmp_path):
    where = campaign(tmp_path, due_since="2011-10-01")
    receive(where, "2011-9-25", "2011-09-26")
    maker = Maker()
    run_due(where, day("2011-10-18"), options(maker))
    assert [period for _, period in maker.made] == ["2011-W39", "2011-W40", "2011-W41"]
    asked = Asked(WEEKLY.reports, day("2011-09-19"), day("2011-10-09"))
    run_due(where, day("2011-10-18"), options(maker, asked))
    # W38 ends on 25 September; W39 and W40 stand there already
    assert [period for _, period in maker.made] == ["2011-W39", "2011-W40", "2011-W41", "2011-W38"]
    record = records(where.runs)[0]
    assert [(one.period, one.made, one.kept) for one in record.sets] == [
        ("2011-W38", 1, 0),
        ("2011-W39", 0, 1),
        ("2011-W40", 0, 1),
    ]


def test_twelve_weeks_backfilled_by_one_command(where):
    for week in range(12):
        ended = day("2011-09-25") + dt.timedelta(7 * week)
        receive(where, str(ended), str(ended), problem=f"第{week}周")
    maker = Maker()
    asked = Asked(WEEKLY.reports, day("2011-09-25"), day("2011-12-11"))
    ended = run_due(where, day("2012-03-01"), options(maker, asked))
    assert ended.exit_code == ALL_WELL
    assert [period for _, period in maker.made] == [f"2011-W{number}" for number in range(38, 50)]
    for week in range(12):
        seen = maker.seen["weekly_dispatch", f"2011-W{38 + week}"]
        assert seen == ["无", *(f"第{number}周" for number in range(week + 1))]


def test_reports_taken_away_are_owed_again(where):
    receive(where, "2011-9-25", "2011-09-26")
    maker = Maker()
    run_due(where, day("2011-10-10"), options(maker))
    (where.reports / "2011-W38" / "weekly_dispatch-unit-internal.html").unlink()
    assert reasons(where, "2011-10-10")["2011-W38"] == "1 份报告的文件缺失"
    shutil.rmtree(where.reports / "2011-W39")
    run_due(where, day("2011-10-10"), options(maker))
    assert [period for _, period in maker.made] == ["2011-W38", "2011-W39", "2011-W38", "2011-W39"]


def test_one_failure_keeps_no_other_period_from_being_made(where):
    receive(where, "2011-9-25", "2011-09-26")
    maker = Maker(fail=["2011-W39"])
    ended = run_due(where, day("2011-10-18"), options(maker))
    assert ended.exit_code == FAILED
    assert [period for _, period in maker.made] == ["2011-W38", "2011-W40", "2011-W41"]
    (failed,) = [one for one in ended.record.sets if one.state == "failed"]
    assert (failed.period, failed.failed[0].cell) == ("2011-W39", 7)
    command = failed.failed[0].command
    assert command.startswith("wbwz report weekly_dispatch")
    assert f" {where.campaign} " in command
    assert states(where, "2011-10-18")["2011-W39"] == "late"
    assert "单元格 In [7]" in reasons(where, "2011-10-18")["2011-W39"]
    maker.fail.clear()
    assert run_due(where, day("2011-10-18"), options(maker)).exit_code == BLOCKED
    assert maker.made[3:] == [("weekly_dispatch", "2011-W39")]


def test_an_error_that_nobody_foresaw_is_one_periods_own(where):
    receive(where, "2011-9-25", "2011-09-26")
    maker = Maker()

    def broken(folder, orders, out):
        if orders[0].period == "2011-W39":
            raise OSError(28, "No space left on device", str(out))
        return maker(folder, orders, out)

    ended = run_due(where, day("2011-10-18"), options(broken))
    assert ended.exit_code == FAILED
    (failed,) = [one for one in ended.record.sets if one.failed]
    assert "No space left" in failed.failed[0].error
    assert "--backfill 2011-W39 2011-W39" in failed.failed[0].command
    assert [period for _, period in maker.made] == ["2011-W38", "2011-W40", "2011-W41"]


def test_what_blocks_is_said_in_words_and_tried_again_when_it_may_have_gone(tmp_path):
    where = campaign(tmp_path)
    path = where.campaign / "campaign.yaml"
    text = path.read_text("utf-8")
    path.write_text(text.replace("effective_from: 2011-07-01", "effective_from: 2011-10-03"), "utf-8")
    maker = Maker()
    ended = run_due(where, day("2011-10-18"), options(maker))
    assert ended.exit_code == BLOCKED
    said = reasons(where, "2011-10-18")
    assert said["2011-W36"] == "到截止日 2011-09-13 没有收到任何报送"
    assert said["2011-W38"] == "2011-W38 没有生效的评价办法: 最早的从 2011-10-03 起"
    assert [period for _, period in maker.made] == ["2011-W40", "2011-W41"]
    path.write_text(text, "utf-8")
    run_due(where, day("2011-10-18"), options(maker))
    assert [period for _, period in maker.made[2:]] == ["2011-W38", "2011-W39"]


def test_a_quarter_without_data_says_so_and_is_not_scored_again_every_day(where):
    asked = Asked(("quarterly_bulletin",))
    ended = run_due(where, day("2011-10-14"), options(Maker(), asked))
    # tasks alone: units have data, party organisations and members have none
    (one,) = ended.record.sets
    assert one.state == "done"
    assert one.notes == ("党组织没有数据，不出", "党员没有数据，不出")
    assert states(where, "2011-10-14", asked)["2011-Q3"] == "done"


def test_scores_count_no_row_that_came_late_nor_list_it(where):
    asked = Asked(("quarterly_bulletin",))
    late = told("2011-9-25", 30).replace("ZD-", "late-")
    # the quarter's cut-off is 12 October
    take_in(where.campaign, {"task_reports": late}, received_on=day("2011-10-13"))
    viewed = []
    run_due(where, day("2011-10-14"), options(_plain(viewed), asked))
    seen, live = (
        pd.read_csv(write_results(folder, "2011-Q3") / "unit" / "rows.csv")["row_id"].tolist()
        for folder in (viewed[0], where.campaign)
    )
    assert "ZD-2011-9-18" in seen
    assert "late-2011-9-25" not in seen
    # as the campaign is now, it is listed among what does not count
    assert "late-2011-9-25" in live


def test_a_campaign_that_cannot_be_read_is_noticed(where):
    (where.campaign / "entities.csv").write_text("编号\n", encoding="utf-8")
    ended = run_due(where, day("2011-10-18"), options(Maker()))
    assert ended.exit_code == FAILED
    assert ended.record.state == "refused"
    assert "entities.csv" in ended.record.error
    assert records(where.runs)[0] == ended.record


def test_what_does_not_exist_is_told_before_anything_runs(where):
    with pytest.raises(ReportError, match="weekly_dispatch"):
        run_due(where, day("2011-10-18"), options(Maker(), Asked(("weekly",))))
    with pytest.raises(ReportError, match="只在要它时才出"):
        run_due(where, day("2011-10-18"), options(Maker(), Asked(("methodology_review",))))
    asked = Asked((), day("2011-10-18"), day("2011-10-01"))
    with pytest.raises(ReportError, match="早于"):
        run_due(where, day("2011-10-18"), options(Maker(), asked))
    with pytest.raises(CampaignError, match="不是活动文件夹"):
        run_due(type(where)(where.campaign / "nowhere", where.reports), day("2011-10-18"))
    assert not where.runs.exists()


def test_a_run_that_has_lost_its_right_stops_and_marks_nothing(where, monkeypatch):
    receive(where, "2011-9-25", "2011-09-26")
    maker = Maker()

    def lost(_):
        if maker.made:
            raise LostError("接手")

    monkeypatch.setattr(Lease, "check", lost)
    with pytest.raises(LostError):
        run_due(where, day("2011-10-18"), options(maker, beat=BEAT))
    assert len(maker.made) == 1
    assert records(where.runs)[0].state == "interrupted"
    assert states(where, "2011-10-18")["2011-W38"] == "late"


def test_frozen_periods_are_used_as_frozen(tmp_path, panjin_copy):
    folder = panjin_copy
    version = next((folder / "methodology").glob("*.yaml")).stem
    approve(folder, version, dt.date(2023, 1, 1))
    where = Where(folder, tmp_path / "reports")
    asked = Asked(("quarterly_bulletin",))
    run_due(where, dt.date(2023, 6, 20), options(_plain([]), asked))
    freeze(folder, "term", "办公室", dt.date(2023, 6, 21))
    found = states(where, "2023-06-21", asked)
    assert found == {"term": "due"}
    assert "冻结" in reasons(where, "2023-06-21", asked)["term"]
    viewed = []
    ended = run_due(where, dt.date(2023, 6, 21), options(_plain(viewed), asked))
    assert ended.record.sets[0].basis.startswith("frozen 1 ")
    assert (viewed[0] / "frozen" / "term" / "1" / "freeze.json").is_file()
    assert states(where, "2023-06-21", asked) == {"term": "done"}
    # what comes in after the freeze changes nothing
    run_due(where, dt.date(2023, 6, 22), options(_plain(viewed), asked))
    assert len(viewed) == 1


class _Plain(Maker):
    """Makes pages without looking at a ledger."""

    def _one(self, folder, order, out):
        place = report_place(out, order.values(folder), find_report(order.report))
        place.publish({place.page.name: b"x", place.manifest.name: b'{"files": {}}'})
        return Outcome(order, place.page)


def _plain(viewed):
    def make(view, orders, out):
        viewed.append(view)
        return _Plain()(view, orders, out)

    return make


def test_the_sample_is_not_touched():
    assert not (DATA / "wbwz-2011" / ".due").exists()
