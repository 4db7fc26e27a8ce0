"""Many reports at once: what a period owes, run side by side, each failure by itself."""

from __future__ import annotations

import multiprocessing
import os
import shlex
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.folder import open_campaign
from wbwz_eval.reporting.catalogue import INTERNAL, REPORTS, Report, find_report
from wbwz_eval.reporting.errors import ReportError
from wbwz_eval.reporting.progress import steps
from wbwz_eval.reporting.run import is_current, report_place, reports_folder, run_report
from wbwz_eval.scoring.methodology_file import load_methodology
from wbwz_eval.scoring.results import write_results
from wbwz_eval.tracking.situation import open_situation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wbwz_eval.campaign.folder import Campaign
    from wbwz_eval.campaign.periods import Period


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
    force: bool = False,
    forms: Sequence[str] = (),
    red_head: bool = False,
) -> list[Outcome]:
    """Make reports side by side; returns what became of each, in the order of ``orders``.

    A report whose inputs, notebook, parameters and code are as they were is kept, unless ``force``.
    A report that fails is told; the others go on.

    Args:
        folder: The campaign.
        orders: What to make.
        out: See :func:`wbwz_eval.reporting.run.run_report`.
        jobs: How many at a time; as many as there are processors for us if None.
        force: Make all of them again.
        forms: As for one report.
        red_head: As for one report.

    Raises:
        CampaignError: The campaign's own files are wrong.
    """
    campaign = open_campaign(folder)
    outcomes: dict[Order, Outcome] = {}
    for order in orders:
        report = find_report(order.report)
        values = order.values(folder)
        place = report_place(out or reports_folder(campaign, order.period), values, report)
        if not force and is_current(campaign, report, values, place, forms, red_head=red_head):
            outcomes[order] = Outcome(order, place.page, kept=True)
    rest = [order for order in orders if order not in outcomes]
    workers = min(jobs or len(os.sched_getaffinity(0)), len(rest))
    with steps("报告", len(rest)) as advance:
        for period in dict.fromkeys(
            order.period for order in rest if find_report(order.report).opens == "scores"
        ):
            # once, not once in every process
            try:
                write_results(campaign, period)
            except CampaignError:
                # each report tells it in its own words
                continue
        if not rest:
            return [outcomes[order] for order in orders]
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(workers, mp_context=context) as pool:
            futures: dict[Future[Outcome], Order] = {
                pool.submit(_make, folder, order, out, tuple(forms), red_head): order for order in rest
            }
            for future in as_completed(futures):
                order = futures[future]
                advance(f"{find_report(order.report).title} {order.subject or order.level}")
                outcomes[order] = _outcome(future, order)
    return [outcomes[order] for order in orders]


def _outcome(future: Future[Outcome], order: Order) -> Outcome:
    try:
        return future.result()
    except Exception as error:  # noqa: BLE001 - a process that died takes nothing else with it
        return Outcome(order, None, f"{type(error).__name__}: {error}")


def _make(folder: Path, order: Order, out: Path | None, forms: tuple[str, ...], red_head: bool) -> Outcome:  # noqa: FBT001
    try:
        page = run_report(
            order.report,
            folder,
            order.period,
            level=order.level,
            edition=order.edition,
            out=out,
            parameters=order.parameters,
            forms=forms,
            red_head=red_head,
            quiet=True,
        )
    except (ReportError, CampaignError) as error:
        return Outcome(order, None, str(error))
    return Outcome(order, page)
