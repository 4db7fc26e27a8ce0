"""What the calendar owes: when a period's data are in, and by when its reports are to be there.

Pure: the day on which somebody asks is an argument. Days are the office's own; an hour more or less in
a day changes nothing.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from wbwz_eval.campaign.campaign_file import read_campaign_file
from wbwz_eval.campaign.faults import CampaignError, FaultList
from wbwz_eval.campaign.folder import CONFIGURATION
from wbwz_eval.campaign.periods import PERIOD_KINDS, Period, PeriodKind

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from wbwz_eval.campaign.folder import Campaign

Stage = Literal["waiting", "due", "late"]

PUBLISH_WORKDAYS: Mapping[PeriodKind, int] = {
    "week": 1,
    "month": 3,
    "quarter": 5,
    "half": 5,
    "year": 10,
    "term": 10,
}
"""Working days after the cut-off until reports are late, where ``campaign.yaml`` does not say."""


@dataclass(frozen=True)
class Owing:
    """A period with the days that matter for its reports.

    Attributes:
        period: The period.
        cutoff: The last day on which what is reported about it counts; None where that cannot be said.
        publish_by: The last day on which its reports are in time; None as before.
        obstacle: Why the days cannot be said.
    """

    period: Period
    cutoff: dt.date | None
    publish_by: dt.date | None
    obstacle: str = ""

    def stage(self, day: dt.date) -> Stage:
        """Return where a day stands: the cut-off itself is still waiting, the last day still in time."""
        if day <= (self.cutoff or self.period.end):
            return "waiting"
        return "late" if self.publish_by is not None and day > self.publish_by else "due"


@dataclass(frozen=True)
class Schedule:
    """What a campaign says about its reports' days.

    Attributes:
        publish_workdays: Working days after the cut-off until the reports of a kind of period are late.
        since: Periods with a cut-off before this day are owed to nobody; None = all are owed.
    """

    publish_workdays: Mapping[PeriodKind, int]
    since: dt.date | None


def load_schedule(campaign: Campaign) -> Schedule:
    """Read what ``campaign.yaml`` says about the days of reports, beside the cut-offs.

    Raises:
        CampaignError: The file is faulty.
    """
    faults = FaultList()
    written, _ = read_campaign_file(campaign.configuration / CONFIGURATION[0], faults)
    faults.raise_if_any(f"活动文件夹 {campaign.path.name} 有误")
    assert written is not None
    return Schedule({**PUBLISH_WORKDAYS, **written.publish_workdays}, written.due_since)


def owings(
    campaign: Campaign, schedule: Schedule, kinds: Collection[PeriodKind] = PERIOD_KINDS
) -> list[Owing]:
    """Return all periods of some kinds that have a cut-off, those first whose data are in first.

    Where two are in on one day the one that ended first, then the shorter kind, comes first: a quarter's
    last month before the quarter.
    """
    wanted = [kind for kind in PERIOD_KINDS if kind in kinds and kind in campaign.cutoff_workdays]
    found = [_owing(campaign, schedule, period) for kind in wanted for period in campaign.periods(kind)]
    return sorted(found, key=_order)


def _order(owing: Owing) -> tuple[dt.date, dt.date, int]:
    period = owing.period
    return owing.cutoff or period.end, period.end, PERIOD_KINDS.index(period.kind)


def _owing(campaign: Campaign, schedule: Schedule, period: Period) -> Owing:
    try:
        cutoff = campaign.cutoff(period)
        return Owing(period, cutoff, campaign.calendar.cutoff(cutoff, schedule.publish_workdays[period.kind]))
    except CampaignError as error:
        # a year whose holidays are not known yet: the others are known
        return Owing(period, None, None, error.header)
