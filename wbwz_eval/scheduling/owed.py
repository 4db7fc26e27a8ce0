"""What is owed on a day, report by report and period by period, and how it stands."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from wbwz_eval.campaign.due import Owing, load_schedule, owings
from wbwz_eval.campaign.faults import CampaignError, one_of
from wbwz_eval.reporting.catalogue import REPORTS, Report, find_report
from wbwz_eval.reporting.errors import ReportError
from wbwz_eval.scheduling.marks import Mark, is_whole, read_marks

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from wbwz_eval.campaign.folder import Campaign
    from wbwz_eval.scheduling.as_of import Snapshot
    from wbwz_eval.scheduling.place import Where

State = Literal["done", "due", "late", "waiting", "blocked"]

STATE_NAMES: dict[State, str] = {
    "done": "已出",
    "due": "应出",
    "late": "逾期",
    "waiting": "未到",
    "blocked": "受阻",
}


@dataclass(frozen=True)
class Item:
    """One report of one period, in all its levels, editions and subjects.

    Attributes:
        report: The report.
        owing: Its period with the days that matter.
        state: How it stands.
        overdue: Whether the last day on which it would be in time is over and it is not there.
        reason: Why it is not there, or what is to be known of it, in words.
        mark: What became of it when it was last tried.
        frozen: The version of the period that is frozen; None where it is not.
    """

    report: Report
    owing: Owing
    state: State
    overdue: bool = False
    reason: str = ""
    mark: Mark | None = field(default=None, repr=False)
    frozen: int | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Report and period."""
        return self.report.name, self.owing.period.id

    @property
    def state_name(self) -> str:
        """The state as people call it."""
        name = STATE_NAMES[self.state]
        return f"{name}（逾期）" if self.overdue and self.state == "blocked" else name


@dataclass(frozen=True)
class Asked:
    """Which part of what is owed somebody asks about.

    Attributes:
        reports: Only these; empty = all.
        first, last: Only periods that end between these days, be they older than what is owed; None = all.
    """

    reports: tuple[str, ...] = ()
    first: dt.date | None = None
    last: dt.date | None = None

    def check(self) -> None:
        """Raise a :class:`ReportError` for a report that does not exist, or days the wrong way round."""
        for name in self.reports:
            if find_report(name).on_request:
                known = one_of([report.name for report in REPORTS if not report.on_request])
                msg = f"报告 {name} 只在要它时才出，没有哪一期应出；应为 {known}"
                raise ReportError(msg)
        if self.first is not None and self.last is not None and self.last < self.first:
            msg = f"补出的止日 {self.last} 早于起日 {self.first}"
            raise ReportError(msg)

    @property
    def backfills(self) -> bool:
        """Whether certain periods are asked for, whatever was made of them."""
        return self.first is not None or self.last is not None

    def wants(self, owing: Owing, since: dt.date | None) -> bool:
        """Whether a period is asked about."""
        if self.backfills:
            after = self.first is None or owing.period.end >= self.first
            return after and (self.last is None or owing.period.end <= self.last)
        return since is None or (owing.cutoff or owing.period.end) >= since


def items(snapshot: Snapshot, where: Where, day: dt.date, asked: Asked | None = None) -> list[Item]:
    """Return everything that the calendar owes, in the order in which it is to be made.

    Args:
        snapshot: The campaign.
        where: Its folders.
        day: The day on which is asked.
        asked: Which part.

    Raises:
        CampaignError: The campaign's own files are wrong.
        ReportError: An unknown report is asked for.
    """
    asked = asked or Asked()
    asked.check()
    campaign = snapshot.campaign
    schedule = load_schedule(campaign)
    wanted = [report for report in reports_of(campaign) if report.name in (asked.reports or (report.name,))]
    found: list[Item] = []
    for owing in owings(campaign, schedule, {kind for report in wanted for kind in report.kinds}):
        if asked.wants(owing, schedule.since):
            standing = _Standing(snapshot, where, day, owing)
            found += [standing.item(report) for report in wanted if owing.period.kind in report.kinds]
    return found


def reports_of(campaign: Campaign) -> list[Report]:
    """Return the reports that periods of a campaign owe at all."""
    ledgers = campaign.codebook.ledgers
    return [
        report
        for report in REPORTS
        if not report.on_request
        and (report.about is None or report.about[0] in ledgers)
        and any(report.serves(campaign, level) for level in campaign.levels)
    ]


def open_ones(found: Iterable[Item]) -> list[Item]:
    """Return what a run has to do: all that is due or late; what is blocked waits for what blocks it."""
    return [item for item in found if item.state in {"due", "late"}]


def to_make(found: Iterable[Item], asked: Asked) -> list[Item]:
    """Return what a run has to do that was asked for a part of what is owed.

    Asked for by its days, that is also what was made: from what may have been registered since.
    """
    if not asked.backfills:
        return open_ones(found)
    return [item for item in found if item.state != "waiting" and item.owing.cutoff is not None]


def troubles(found: Sequence[Item]) -> list[Item]:
    """Return what is late or blocked, the latest first in need: that of which the time is longest over."""
    return [item for item in found if item.overdue or item.state == "blocked"]


class _Standing:
    """How the reports of one period stand."""

    def __init__(self, snapshot: Snapshot, where: Where, day: dt.date, owing: Owing) -> None:
        self._snapshot, self._day, self._owing = snapshot, day, owing
        self._folder = where.of_period(owing.period.id)
        self._stage = owing.stage(day)

    def item(self, report: Report) -> Item:
        if self._stage == "waiting":
            return Item(report, self._owing, "waiting", reason=self._owing.obstacle)
        mark = self._marks.get(report.name)
        state, reason = self._state(mark)
        return Item(
            report,
            self._owing,
            state,
            self._stage == "late" and state in {"late", "blocked"},
            reason,
            mark,
            self._snapshot.frozen_version(self._owing.period.id),
        )

    @cached_property
    def _marks(self) -> dict[str, Mark]:
        return read_marks(self._folder)

    @cached_property
    def _basis(self) -> str:
        assert self._owing.cutoff is not None
        return self._snapshot.basis(self._owing.period.id, self._owing.cutoff)

    @cached_property
    def _names(self) -> Collection[str]:
        return {path.name for path in self._folder.iterdir()} if self._folder.is_dir() else ()

    @cached_property
    def _obstacle(self) -> str:
        """Why nothing of the period can be begun, as far as that can be seen without scoring."""
        period, cutoff = self._owing.period, self._owing.cutoff
        if cutoff is None:
            return self._owing.obstacle
        if self._snapshot.frozen_version(period.id) is not None:
            return ""
        if not self._snapshot.received(period.id, cutoff):
            return f"到截止日 {cutoff} 没有收到任何报送"
        try:
            self._snapshot.campaign.methodology_path(period)
        except CampaignError as error:
            return error.header
        return ""

    def _state(self, mark: Mark | None) -> tuple[State, str]:
        if self._obstacle:
            return "blocked", self._obstacle
        owed: State = "late" if self._stage == "late" else "due"
        if mark is None:
            return owed, "还没有出"
        if mark.basis != self._basis:
            # what was there in time and is to be made again is not late
            return "due" if mark.state == "done" else owed, self._news(mark)
        if mark.state == "blocked" and mark.configuration == self._snapshot.configuration:
            return "blocked", mark.reason
        lack = self._lack(mark)
        return (owed, lack) if lack else ("done", "；".join(mark.notes))

    def _lack(self, mark: Mark) -> str:
        """Return what is not there though its basis has not changed; empty where all is."""
        if mark.state == "blocked":
            return "活动的设置或评价办法改过，可以再出"
        if mark.state == "failed":
            # what failed stands beside it already
            why = mark.failed[0].error.splitlines()[0].split("没有完成：", 1)[-1]
            return f"{len(mark.failed)} 份失败：{why}"
        missing = [name for name in mark.made if name not in self._names or not is_whole(self._folder, name)]
        return f"{len(missing)} 份报告的文件缺失" if missing else ""

    def _news(self, mark: Mark) -> str:
        if self._basis.startswith("frozen"):
            return "已冻结，报告要按冻结的结果再出"
        return "上次出报告以后，又登记了截止日前收到的报送" if mark.made else "登记了截止日前收到的报送"
