"""``campaign.yaml``: what the activity is called, how long it lasts, who is compared."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, StrictBool, StrictStr
from pydantic import Field as Described

from wbwz_eval.campaign.faults import CampaignError, FaultList, one_of
from wbwz_eval.campaign.periods import PeriodKind
from wbwz_eval.campaign.recipients import Recipient, check_recipients
from wbwz_eval.campaign.workdays import CalendarYear, WorkCalendar
from wbwz_eval.campaign.yaml_source import YamlSource, load_yaml, read_model

if TYPE_CHECKING:
    from pathlib import Path

_Name = Annotated[StrictStr, Described(min_length=1)]
_Days = Annotated[int, Described(strict=True, ge=0)]
_ROUNDING = 1e-9


class Group(BaseModel):
    """A peer group: entities of one level that are compared with each other."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: _Name
    level: _Name


class MethodologyVersion(BaseModel):
    """A version of the methodology and the day from which it is in force."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: _Name
    effective_from: dt.date


class Member(BaseModel):
    """A member of the committee."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: _Name
    role: StrictStr = ""


class Committee(BaseModel):
    """Who decides on the methodology, and when a decision stands.

    ``quorum`` is the share of members who must vote; a proposal passes with the votes of more than
    ``majority`` of all members, or of those present, as ``majority_of`` says; ``comment_days`` are the
    working days between proposal and decision.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: _Name
    members: Annotated[tuple[Member, ...], Described(min_length=1)]
    quorum: Annotated[float, Described(gt=0, le=1)] = 2 / 3
    majority: Annotated[float, Described(ge=0.5, lt=1)] = 0.5
    majority_of: Literal["members", "present"] = "members"
    comment_days: _Days = 0

    @property
    def least_present(self) -> int:
        """How many members must vote at least."""
        return math.ceil(self.quorum * len(self.members) - _ROUNDING)

    def passes(self, in_favour: int, present: int) -> bool:
        """Whether so many votes carry a proposal."""
        base = len(self.members) if self.majority_of == "members" else present
        return in_favour > self.majority * base + _ROUNDING


class CampaignFile(BaseModel):
    """``campaign.yaml`` as it is written.

    ``publish_workdays`` are the working days after a cut-off until the reports are late, and
    ``due_since`` the first cut-off that owes any; see :mod:`wbwz_eval.campaign.due`. ``recipients`` are
    those to whom reports are handed otherwise than by default.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: _Name
    organiser: _Name
    office: _Name
    synthetic: StrictBool = False
    synthetic_note: StrictStr = ""
    start: dt.date
    end: dt.date
    cutoff_workdays: dict[PeriodKind, _Days]
    publish_workdays: dict[PeriodKind, _Days] = {}
    due_since: dt.date | None = None
    committee: Committee | None = None
    methodology: Annotated[tuple[MethodologyVersion, ...], Described(min_length=1)]
    levels: Annotated[dict[str, _Name], Described(min_length=1)]
    persons: tuple[StrictStr, ...] = ()
    groups: dict[str, Group]
    extra_workdays: tuple[dt.date, ...] = ()
    extra_holidays: tuple[dt.date, ...] = ()
    calendar: dict[Annotated[int, Described(ge=1900, le=2199)], CalendarYear] = {}
    recipients: tuple[Recipient, ...] = ()


def read_campaign_file(path: Path, faults: FaultList) -> tuple[CampaignFile | None, WorkCalendar | None]:
    """Read ``campaign.yaml`` and build its calendar; None where there is a fault."""
    source = load_yaml(path)
    written = read_model(CampaignFile, source, faults=faults)
    if written is None:
        return None, None
    _check_campaign(written, source, faults)
    return written, _calendar(written, source, faults)


def _check_campaign(written: CampaignFile, source: YamlSource, faults: FaultList) -> None:
    """Tell what does not fit together in ``campaign.yaml``."""
    if written.end < written.start:
        faults.add(source.name, "早于 start", value=written.end, line=source.line_of(("end",)), key="end")
    for index, level in enumerate(written.persons):
        if level not in written.levels:
            faults.add(
                source.name,
                "不在 levels 里",
                expected=one_of(written.levels, instead_of=level),
                value=level,
                line=source.line_of(("persons", index)),
                key=f"persons[{index}]",
            )
    for group_id, group in written.groups.items():
        if group.level not in written.levels:
            faults.add(
                source.name,
                "不在 levels 里",
                expected=one_of(written.levels, instead_of=group.level),
                value=group.level,
                line=source.line_of(("groups", group_id, "level")),
                key=f"groups.{group_id}.level",
            )
    check_recipients(written.recipients, written.levels, source, faults)
    members = [member.name for member in written.committee.members] if written.committee else []
    for index, name in enumerate(members):
        if name in members[:index]:
            faults.add(
                source.name,
                "成员重名",
                value=name,
                expected="能区分的姓名",
                line=source.line_of(("committee", "members", index)),
                key=f"committee.members[{index}]",
            )
    since = [version.effective_from for version in written.methodology]
    for index, day in enumerate(since):
        if day in since[:index]:
            faults.add(
                source.name,
                "有两个版本从同一天起生效",
                value=day,
                line=source.line_of(("methodology", index, "effective_from")),
                key=f"methodology[{index}].effective_from",
            )


def _calendar(written: CampaignFile, source: YamlSource, faults: FaultList) -> WorkCalendar | None:
    """Build the calendar, and see that it knows the years of the campaign."""
    try:
        calendar = WorkCalendar(written.extra_workdays, written.extra_holidays, written.calendar)
        for year in range(written.start.year, written.end.year + 1):
            calendar.require_year(year)
    except CampaignError as error:
        faults.add(source.name, error.header)
        return None
    return calendar
