"""The list of reports: to add one, write its notebook and one entry here."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from wbwz_eval.campaign.faults import CampaignError, one_of
from wbwz_eval.campaign.periods import KIND_NAMES
from wbwz_eval.reporting.errors import ReportError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wbwz_eval.campaign.folder import Campaign
    from wbwz_eval.campaign.periods import Period, PeriodKind

INTERNAL, RESTRICTED, PUBLIC = "internal", "restricted", "public"

_TYPE_NAMES = {str: "文字", int: "整数", float: "数", bool: "是否（true/false）"}


@dataclass(frozen=True)
class Parameter:
    """One cell parameter of a report's notebook.

    ``choices`` empty = anything of its type; with a ``default`` it may be left out.
    """

    name: str
    type: type
    choices: tuple[str, ...] = ()
    default: str | int | None = None

    def check(self, value: object) -> None:
        """Raise a :class:`ReportError` unless the value is one that the report takes."""
        if type(value) is not self.type:
            wanted = _TYPE_NAMES.get(self.type, self.type.__name__)
            msg = f"参数 {self.name} 应为{wanted}，得到的是 {value!r}"
            raise ReportError(msg)
        if self.choices and value not in self.choices:
            msg = f"参数 {self.name} 的值 “{value}” 不对；应为 {one_of(self.choices, instead_of=str(value))}"
            raise ReportError(msg)


@dataclass(frozen=True)
class Report:
    """A report: its notebook, the kinds of period it is made for, and its parameters.

    ``kinds`` names the usual kind first; it is the one meant where no period is given. ``opens`` says
    what it shows: results, or the ledgers as they stand; ``heading`` is what its pages are called
    where that is not the period's own word; ``each`` is the parameter of which there is one report for
    each value; ``about`` is the ledger, and its column of days, whose rows call for it: a period without
    any owes none; where ``ledger`` is given, it serves the
    levels that report that ledger; ``names_persons`` says that its public edition is for naming persons;
    ``on_request`` that no period owes it.
    """

    name: str
    notebook: str
    title: str
    kinds: tuple[PeriodKind, ...]
    parameters: tuple[Parameter, ...]
    opens: Literal["scores", "ledgers"] = "scores"
    heading: str = ""
    ledger: str = ""
    names_persons: bool = False
    about: tuple[str, str] | None = None
    each: Literal["", "entity", "authority"] = ""
    on_request: bool = False

    def check(self, values: Mapping[str, object]) -> None:
        """Raise a :class:`ReportError` for a parameter that is missing, unknown or of another type."""
        known = {parameter.name: parameter for parameter in self.parameters}
        for name in values:
            if name not in known:
                msg = f"报告 {self.name} 没有参数 “{name}”；应为 {one_of(known, instead_of=name)}"
                raise ReportError(msg)
        for name, parameter in known.items():
            if name not in values and parameter.default is not None:
                continue
            if name not in values:
                msg = f"报告 {self.name} 缺少参数 {name}"
                raise ReportError(msg)
            parameter.check(values[name])

    def editions(self, campaign: Campaign, level: str) -> tuple[str, ...]:
        """Return the editions that it comes in for a level: where persons are compared, none is public."""
        choices = next(parameter.choices for parameter in self.parameters if parameter.name == "edition")
        if level in campaign.persons and not self.names_persons:
            return tuple(edition for edition in choices if edition != PUBLIC)
        return choices

    def serves(self, campaign: Campaign, level: str) -> bool:
        """Whether it is made for a level."""
        schema = campaign.codebook.ledgers.get(self.ledger)
        return not self.ledger or (schema is not None and level in schema.reported_by)

    def check_period(self, period: Period) -> None:
        """Raise a :class:`ReportError` for a period of a kind that the report is not made for."""
        if period.kind not in self.kinds:
            kinds = "、".join(KIND_NAMES[kind] for kind in self.kinds)
            msg = f"报告 {self.name} 按{kinds}出，{period.id} 是{KIND_NAMES[period.kind]}"
            raise ReportError(msg)

    def last_period(self, campaign: Campaign) -> Period:
        """Return the last period that is over, of the first kind that the campaign sets a cut-off for."""
        set_off = [kind for kind in self.kinds if kind in campaign.cutoff_workdays]
        periods = campaign.periods(set_off[0] if set_off else self.kinds[0])
        over = [period for period in periods if period.end < dt.date.today()]
        return over[-1] if over else periods[0]

    def notebook_path(self) -> Path:
        """Return the notebook's file.

        Raises:
            ReportError: it is neither beside the package nor in the current folder.
        """
        places = [Path(__file__).resolve().parents[2], Path.cwd()]
        found = [place / "notebooks" / self.notebook for place in places]
        for path in found:
            if path.is_file():
                return path
        msg = f"找不到报告 {self.name} 的笔记本：{found[0]}"
        raise ReportError(msg)


_PLACE = (Parameter("campaign", str), Parameter("period", str), Parameter("level", str))
_COMMON = (*_PLACE, Parameter("edition", str, (INTERNAL, PUBLIC)))
_RESTRICTED = (*_PLACE, Parameter("edition", str, (RESTRICTED,)))
_LONG: tuple[PeriodKind, ...] = ("quarter", "half", "year", "term")
_INTERNAL = (*_PLACE, Parameter("edition", str, (INTERNAL,)))

REPORTS = (
    Report(
        name="quarterly_bulletin",
        notebook="quarterly_bulletin.ipynb",
        title="季通报",
        kinds=_LONG,
        parameters=_COMMON,
    ),
    Report(
        name="weekly_dispatch",
        notebook="weekly_dispatch.ipynb",
        title="周调度单",
        kinds=("week",),
        parameters=_INTERNAL,
        opens="ledgers",
        heading="周调度单",
        ledger="task_reports",
    ),
    Report(
        name="monthly_check",
        notebook="monthly_check.ipynb",
        title="月检查",
        kinds=("month",),
        parameters=_INTERNAL,
        opens="ledgers",
        heading="月检查通报",
    ),
    Report(
        name="entity_profile",
        notebook="entity_profile.ipynb",
        title="画像",
        kinds=_LONG,
        parameters=(*_COMMON, Parameter("entity", str)),
        heading="画像",
        each="entity",
    ),
    Report(
        name="model_selection",
        notebook="model_selection.ipynb",
        title="标兵评选",
        kinds=_LONG,
        parameters=_COMMON,
        opens="ledgers",
        heading="标兵评选",
        names_persons=True,
        about=("nominations", "nominated_on"),
    ),
    Report(
        name="data_quality",
        notebook="data_quality.ipynb",
        title="数据质量",
        kinds=_LONG,
        parameters=_INTERNAL,
        heading="数据质量报告",
    ),
    Report(
        name="accountability_annex",
        notebook="accountability_annex.ipynb",
        title="问责附件",
        kinds=_LONG,
        parameters=(*_RESTRICTED, Parameter("authority", str)),
        opens="ledgers",
        heading="问责附件",
        about=("accountability", "decided_on"),
        each="authority",
    ),
    Report(
        name="methodology_review",
        notebook="methodology_review.ipynb",
        title="评价办法检验",
        kinds=("quarter", "half", "term"),
        parameters=(
            *_INTERNAL,
            Parameter("against", str, default=""),
            Parameter("draws", int, default=0),
        ),
        heading="评价办法检验报告",
        on_request=True,
    ),
    Report(
        name="term_summary",
        notebook="term_summary.ipynb",
        title="收官总评",
        kinds=("term", "year"),
        parameters=_COMMON,
        heading="总评",
    ),
)


def find_report(name: str) -> Report:
    """Return a report of the list.

    Raises:
        ReportError: there is none of that name.
    """
    found = {report.name: report for report in REPORTS}
    if name not in found:
        msg = f"没有报告 “{name}”；应为 {one_of(found, instead_of=name)}"
        raise ReportError(msg)
    return found[name]


def check_place(report: Report, campaign: Campaign, period: str, level: str, edition: str) -> Period:
    """Return the period; raise unless the campaign has it, the level, and the report its kind and edition.

    Raises:
        ReportError: with the one message that says what would be right.
    """
    try:
        span = campaign.period(period)
        campaign.entities_at(level, span)
    except CampaignError as error:
        raise ReportError(str(error)) from None
    report.check_period(span)
    if not report.serves(campaign, level):
        msg = f"报告 {report.name} 不为{campaign.levels[level]}出：这一层级不报台账 {report.ledger}"
        raise ReportError(msg)
    editions = report.editions(campaign, level)
    if edition not in editions:
        msg = f"{campaign.levels[level]}是个人，报告 {report.name} 不出公开版；应为 {one_of(editions)}"
        raise ReportError(msg)
    return span
