"""How a campaign's reports stand at a glance: what is late and why, what comes next, the last runs."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wbwz_eval.campaign.periods import label_zh
from wbwz_eval.scheduling.as_of import VIEWS, Snapshot
from wbwz_eval.scheduling.lease import read_holder
from wbwz_eval.scheduling.owed import Item, items, open_ones, troubles
from wbwz_eval.scheduling.records import Looked, Record, read_looked, records

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wbwz_eval.campaign.folder import Campaign
    from wbwz_eval.reporting.catalogue import Report
    from wbwz_eval.scheduling.lease import Holder
    from wbwz_eval.scheduling.place import Where

_RUNS_SHOWN = 10
_MINUTE, _HOUR = 60, 3600


@dataclass(frozen=True)
class Status:
    """How things stand on a day.

    Attributes:
        campaign: The campaign.
        day: The day.
        items: All that the calendar owes.
        records: The last runs, the newest first.
        looked: When somebody last looked whether anything is due.
        holder: Who runs at this moment.
    """

    campaign: Campaign
    day: dt.date
    items: tuple[Item, ...]
    records: tuple[Record, ...]
    looked: Looked | None
    holder: Holder | None

    @property
    def troubles(self) -> list[Item]:
        """What is late or blocked, the longest overdue first."""
        return troubles(self.items)

    @property
    def in_time(self) -> list[Item]:
        """What is due, and not late yet."""
        return [item for item in open_ones(self.items) if not item.overdue]

    @property
    def headline(self) -> str:
        """The one sentence that matters."""
        late = sum(item.state == "late" for item in self.troubles)
        blocked = len(self.troubles) - late
        told = [f"逾期 {late} 项"] * bool(late) + [f"受阻 {blocked} 项"] * bool(blocked)
        head = "，".join(told) or "没有逾期的，也没有受阻的"
        return f"{head}；期限内应出 {len(self.in_time)} 项" if self.in_time else head

    @property
    def is_well(self) -> bool:
        """Whether nothing is late or blocked."""
        return not self.troubles

    @property
    def watch(self) -> str:
        """Whether anybody looks, which is why nothing may have happened."""
        if self.holder is not None:
            since = f"{self.holder.by}，{self.holder.host} 进程 {self.holder.pid}"
            return f"正在运行（或刚被中断）：{since}，{local(self.holder.began)} 起"
        if self.looked is None:
            return "run-due 还没有运行过：请设一个每天运行的定时任务"
        return f"上次查看：{local(self.looked.at)}，由 {self.looked.by}"

    def why(self, item: Item) -> str:
        """Return why a report is not there, in words."""
        if item.state == "blocked" or item.mark is not None or item.owing.cutoff is None:
            return item.reason
        if self.looked is None:
            return "run-due 还没有运行过"
        if self.looked.day <= item.owing.cutoff:
            return f"截止日以后 run-due 没有运行过（上次是 {self.looked.day}）"
        return item.reason


@dataclass(frozen=True)
class Coming:
    """How one report stands over all its periods."""

    report: Report
    done: int
    owed: int
    last: Item | None
    next: Item | None


def status(where: Where, day: dt.date) -> Status:
    """Look how a campaign's reports stand.

    Raises:
        CampaignError: The campaign's own files are wrong.
    """
    snapshot = Snapshot(where.campaign, where.work / VIEWS)
    return Status(
        snapshot.campaign,
        day,
        tuple(items(snapshot, where, day)),
        tuple(records(where.runs, _RUNS_SHOWN)),
        read_looked(where.runs),
        read_holder(where.work),
    )


def coming(found: Status) -> list[Coming]:
    """Return how each report stands: how many are there, the last one, the next one."""
    answer = []
    for report in dict.fromkeys(item.report for item in found.items):
        own = [item for item in found.items if item.report == report]
        past = [item for item in own if item.state != "waiting"]
        done = [item for item in past if item.state == "done"]
        waiting = [item for item in own if item.state == "waiting"]
        last, following = done[-1] if done else None, waiting[0] if waiting else None
        answer.append(Coming(report, len(done), len(past), last, following))
    return answer


def overdue_days(item: Item, day: dt.date) -> int:
    """Return for how many days a report has been overdue; 0 where it is not."""
    by = item.owing.publish_by
    return (day - by).days if item.overdue and by is not None else 0


def outcome(record: Record) -> str:
    """Say how a run ended."""
    if record.state == "refused":
        return f"没有开始：{first_line(record.error)}"
    if record.state == "interrupted":
        return "中断，没有做完的由下一次接着做"
    done, made = record.count("done"), sum(one.made for one in record.sets)
    told = [f"完成 {done} 项，新出 {made} 份"]
    if record.count("failed"):
        told.append(f"失败 {record.count('failed')} 项（{record.failed_reports} 份）")
    if record.count("blocked"):
        told.append(f"受阻 {record.count('blocked')} 项")
    untold = [alert for alert in record.alerts if not alert.told]
    if untold:
        told.append(f"{len(untold)} 个通知没有送到")
    return ("正在运行：" if record.state == "running" else "") + "，".join(told)


def first_line(text: str) -> str:
    """Return the first line of a message."""
    return text.splitlines()[0] if text else ""


def local(at: str) -> str:
    """Write a time of a record as this machine's clock shows it."""
    try:
        return dt.datetime.fromisoformat(at).astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return at


def duration(seconds: float) -> str:
    """Write how long something took."""
    if seconds < _MINUTE:
        return f"{seconds:.1f} 秒"
    if seconds < _HOUR:
        return f"{int(seconds // _MINUTE)} 分 {int(seconds % _MINUTE)} 秒"
    return f"{int(seconds // _HOUR)} 时 {int(seconds % _HOUR // _MINUTE)} 分"


def trouble_rows(found: Status) -> list[tuple[str, ...]]:
    """Return what is late or blocked as rows: report, period, state, why, cut-off, last day in time."""
    return [
        (
            item.report.title,
            label_zh(item.owing.period),
            f"{item.state_name} {overdue_days(item, found.day)} 天" if item.overdue else item.state_name,
            first_line(found.why(item)),
            str(item.owing.cutoff or "—"),
            str(item.owing.publish_by or "—"),
        )
        for item in sorted(found.troubles, key=lambda item: -overdue_days(item, found.day))
    ]


def in_time_rows(found: Status) -> list[tuple[str, ...]]:
    """Return what is due in time as rows: report, period, cut-off, last day in time, what is to be known."""
    return [
        (
            item.report.title,
            label_zh(item.owing.period),
            str(item.owing.cutoff),
            str(item.owing.publish_by),
            first_line(found.why(item)),
        )
        for item in found.in_time
    ]


def coming_rows(found: Status) -> list[tuple[str, ...]]:
    """Return how each report stands as rows: report, there of owed, last period, next period, its days."""
    return [
        (
            one.report.title,
            f"{one.done}/{one.owed}",
            label_zh(one.last.owing.period) if one.last else "—",
            label_zh(one.next.owing.period) if one.next else "—",
            str(one.next.owing.cutoff or "—") if one.next else "—",
            str(one.next.owing.publish_by or "—") if one.next else "—",
        )
        for one in coming(found)
    ]


def run_rows(found: Sequence[Record]) -> list[tuple[str, ...]]:
    """Return runs as rows: number, when, by whom, for which day, how it ended, how long it took."""
    return [
        (
            str(record.number),
            local(record.began_at),
            record.starter.by + (f"（{record.starter.via}）" if record.starter.via else ""),
            str(record.day),
            outcome(record),
            duration(record.seconds),
        )
        for record in found
    ]


TROUBLE_HEADS = ("报告", "期", "状态", "为什么", "截止日", "期限")
IN_TIME_HEADS = ("报告", "期", "截止日", "期限", "说明")
COMING_HEADS = ("报告", "已出/应出", "最近一期", "下一期", "下一期截止日", "下一期期限")
RUN_HEADS = ("次", "开始", "由谁", "为哪一天", "结果", "用时")
