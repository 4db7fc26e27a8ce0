"""Many reports at once: what a period owes, run side by side, each failure by itself."""

from __future__ import annotations

import contextlib
import shlex
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.folder import open_campaign
from wbwz_eval.reporting.catalogue import INTERNAL, REPORTS, Report, find_report
from wbwz_eval.reporting.errors import LostProcessError, ReportError
from wbwz_eval.reporting.executors import in_pool, on_cluster, on_this_computer, processors
from wbwz_eval.reporting.making import Plan, Request, UnfinishedError, plan
from wbwz_eval.reporting.place import clear_left
from wbwz_eval.reporting.progress import steps
from wbwz_eval.reporting.run import failed
from wbwz_eval.reporting.unchanged import Inputs, is_current
from wbwz_eval.scoring.methodology_file import load_methodology
from wbwz_eval.scoring.results import ensure_results
from wbwz_eval.tracking.situation import open_situation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from concurrent.futures import Executor, Future
    from contextlib import AbstractContextManager

    from wbwz_eval.campaign.folder import Campaign
    from wbwz_eval.campaign.periods import Period
    from wbwz_eval.reporting.executors import Begin, Made

RETRIES = 2
"""How often a report is tried again whose process was ended from outside."""
TIMEOUT = 1800.0
"""Seconds that a cell of a report in a batch may take, unless told otherwise."""


@dataclass(frozen=True)
class Order:
    """One report to make."""

    report: str
    period: str
    level: str
    edition: str
    subject: str | None = None

    @property
    def parameters(self) -> dict[str, object]:
        """The report's own parameters."""
        return {} if self.subject is None else {find_report(self.report).each: self.subject}

    def values(self, campaign: Path) -> dict[str, object]:
        """Return the notebook's parameters."""
        place = {"campaign": str(campaign), "period": self.period, "level": self.level}
        return {**place, "edition": self.edition, **self.parameters}

    def command(self, campaign: Path) -> str:
        """Return the command that makes this one report."""
        words = ["wbwz", "report", self.report, str(campaign), self.period, "--level", self.level]
        words += ["--edition", self.edition]
        words += [f"--{name}" for name in self.parameters] + [self.subject] if self.subject else []
        return shlex.join(words)


@dataclass(frozen=True)
class Outcome:
    """What became of an order: the page, or why there is none; ``kept`` where it stood already."""

    order: Order
    page: Path | None
    error: str = ""
    kept: bool = False


def owed(campaign: Campaign, period: Period, *, names: Sequence[str] = ()) -> list[Order]:
    """Return the reports that a period owes: of each level, in each edition, of each entity.

    Args:
        campaign: The campaign.
        period: The period.
        names: Only these reports; empty for all that are made for periods of this kind.

    Raises:
        CampaignError: No methodology is in force.
        ReportError: An unknown report, or one that is not made for such a period.
    """
    reports = [find_report(name) for name in names]
    for report in reports:
        report.check_period(period)
    wanted = reports or [
        report for report in REPORTS if period.kind in report.kinds and not report.on_request
    ]
    methodology = load_methodology(campaign.methodology_path(period), campaign)
    orders = []
    for report in wanted:
        for level in campaign.levels:
            entities = campaign.entities_at(level, period)
            if level not in methodology.levels or entities.empty or not report.serves(campaign, level):
                continue
            orders += _orders(campaign, report, period, level, [str(entity) for entity in entities.index])
    return orders


def _orders(
    campaign: Campaign, report: Report, period: Period, level: str, entities: list[str]
) -> list[Order]:
    editions = report.editions(campaign, level)
    subjects: list[str | None] = [None]
    if report.about is not None:
        rows = open_situation(campaign, period.id, level).dated(*report.about)
        if rows.empty:
            return []
        if report.each:
            subjects = sorted(set(rows[report.each]) - {""})
    elif report.each:
        # the public has the site; what is handed out to each is the internal edition
        subjects, editions = [*entities], (INTERNAL,)
    return [
        Order(report.name, period.id, level, edition, subject) for subject in subjects for edition in editions
    ]


def run_batch(
    folder: Path,
    orders: Sequence[Order],
    *,
    out: Path | None = None,
    jobs: int | None = None,
    dask: str | None = None,
    pool: Executor | None = None,
    named: Path | None = None,
    force: bool = False,
    forms: Sequence[str] = (),
    red_head: bool = False,
    timeout: float | None = TIMEOUT,
) -> list[Outcome]:
    """Make reports side by side; returns what became of each, in the order of ``orders``.

    A report whose inputs, notebook, parameters and code are as they were is kept, unless ``force``.
    A report that fails is told; the others go on. Only a report whose process was ended from outside is
    tried again, :data:`RETRIES` times. Stopped by Ctrl-C, what is finished stays, and nothing half.

    Args:
        folder: The campaign.
        orders: What to make.
        out: See :class:`wbwz_eval.reporting.making.Request`.
        jobs: How many at a time; as many as there are processors for us if None.
        dask: The address of a Dask cluster that makes them, with as many at a time as its workers have
            threads; None = this computer.
        pool: What :func:`.executors.processes` gives, for who makes one batch after the other.
        named: What the reports call the campaign's folder; ``folder`` if None.
        force: Make all of them again.
        forms: As for one report.
        red_head: As for one report.
        timeout: Seconds that a cell may take, None = any time.

    Raises:
        CampaignError: The campaign's own files are wrong.
        ReportError: The cluster cannot be used.
    """
    campaign = open_campaign(folder)
    inputs = Inputs(campaign)
    outcomes: dict[Order, Outcome] = {}
    plans: dict[Order, Plan] = {}
    for order in orders:
        asked = (order.report, named or folder, order.period, order.level, order.edition, order.parameters)
        try:
            planned = plan(Request(*asked, tuple(forms), red_head, timeout, out), campaign, inputs)
        except (ReportError, CampaignError) as error:
            outcomes[order] = Outcome(order, None, str(error))
            continue
        if not force and is_current(planned.place, planned.state, forms, red_head=red_head):
            outcomes[order] = Outcome(order, planned.place.page, kept=True)
        else:
            plans[order] = planned
    if plans:
        for place in {planned.place.page.parent for planned in plans.values()}:
            clear_left(place)
        with steps("报告", len(plans)) as advance:
            _derive(campaign, plans.values())
            with _begins(folder, plans, jobs, dask, pool) as begin:
                for order, outcome in _made(begin, plans):
                    advance(f"{find_report(order.report).title} {order.subject or order.level}")
                    outcomes[order] = outcome
    return [outcomes[order] for order in orders]


def _begins(
    folder: Path, plans: Mapping[Order, Plan], jobs: int | None, dask: str | None, pool: Executor | None
) -> AbstractContextManager[Begin]:
    if dask is not None:
        return on_cluster(folder, dask, next(iter(plans.values())))
    if pool is not None:
        return contextlib.nullcontext(in_pool(folder, pool))
    return on_this_computer(folder, min(jobs or processors(), len(plans)))


def _derive(campaign: Campaign, plans: Iterable[Plan]) -> None:
    """Write the results that the reports open: once, not once in every process."""
    periods = [planned.parameters["period"] for planned in plans if planned.report.opens == "scores"]
    for period in dict.fromkeys(periods):
        # what cannot be scored each report tells in its own words
        with contextlib.suppress(CampaignError):
            ensure_results(campaign, period)


def _made(begin: Begin, plans: Mapping[Order, Plan]) -> Iterator[tuple[Order, Outcome]]:
    """Yield what became of each order as soon as that is known; its files are in place then."""
    ready: SimpleQueue[tuple[Order, Future[Made]]] = SimpleQueue()
    tried: Counter[Order] = Counter()

    def ask(order: Order) -> None:
        tried[order] += 1
        begin(plans[order]).add_done_callback(lambda future: ready.put((order, future)))

    for order in plans:
        ask(order)
    left = len(plans)
    while left:
        order, future = ready.get()
        try:
            outcome = _outcome(order, plans[order], future)
        except LostProcessError as error:
            if tried[order] <= RETRIES:
                ask(order)
                continue
            outcome = Outcome(order, None, f"{error}（试过 {tried[order]} 次）")
        left -= 1
        yield order, outcome


def _outcome(order: Order, planned: Plan, future: Future[Made]) -> Outcome:
    try:
        made = future.result()
    except LostProcessError:
        raise
    except Exception as error:  # noqa: BLE001 - it takes nothing else with it
        planned.place.drop_finished()
        return Outcome(order, None, _told(error))
    if isinstance(made, UnfinishedError):
        return Outcome(order, None, _told(failed(planned, made)))
    try:
        planned.place.publish(made)
    except OSError as error:  # a full disk
        planned.place.drop_finished()
        return Outcome(order, None, f"不能写 {planned.place.page}：{error.strerror or error}")
    return Outcome(order, planned.place.page)


def _told(error: Exception) -> str:
    own = isinstance(error, ReportError | CampaignError)
    return str(error) if own else f"{type(error).__name__}: {error}"
