"""All reports that one period owes: scored and made from what was received by its cut-off."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.folder import open_campaign
from wbwz_eval.reporting.batch import Order, owed
from wbwz_eval.reporting.catalogue import find_report
from wbwz_eval.reporting.errors import ReportError
from wbwz_eval.reporting.place import report_place
from wbwz_eval.scheduling.as_of import VIEWS
from wbwz_eval.scheduling.marks import FailedReport, Mark, read_marks, write_marks
from wbwz_eval.scoring.results import MANIFEST, ensure_results

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path
    from typing import TypeAlias

    from wbwz_eval.campaign.folder import Campaign
    from wbwz_eval.campaign.periods import Period
    from wbwz_eval.reporting.batch import Outcome
    from wbwz_eval.reporting.catalogue import Report
    from wbwz_eval.scheduling.as_of import Snapshot
    from wbwz_eval.scheduling.owed import Item
    from wbwz_eval.scheduling.place import Where

    # reads the campaign in the first folder, writes the reports into the second
    Make: TypeAlias = Callable[[Path, Sequence[Order], Path], list[Outcome]]

_CELL = re.compile(r"单元格 In \[([0-9]+)\]")


@dataclass(frozen=True)
class Done:
    """What became of one report of a period: its mark, how many are new, how many stood there already."""

    item: Item
    mark: Mark
    made: int = 0
    kept: int = 0


@dataclass(frozen=True)
class _Orders:
    """What one report owes: orders, or why there are none; and what else is to be known."""

    orders: tuple[Order, ...] = ()
    reason: str = ""
    notes: tuple[str, ...] = ()

    def about(self, entities: Collection[str]) -> _Orders:
        """Return those about some entities."""
        return replace(self, orders=tuple(order for order in self.orders if order.subject in entities))


@dataclass(frozen=True)
class Making:
    """How the reports of periods are made in one run.

    Attributes:
        snapshot: The campaign as it was when the run began.
        where: Its folders.
        day, run: What the marks say.
        make: What makes the reports.
        check: Called before anything is marked; raises where the run has lost its right to.
    """

    snapshot: Snapshot
    where: Where
    day: dt.date
    run: int
    make: Make
    check: Callable[[], None]

    def period(self, items: Sequence[Item]) -> tuple[list[Done], Path | None]:
        """Make what the reports of one period owe, and mark it.

        Whatever goes wrong is in what comes back: the other periods go on.

        Args:
            items: The reports, all of the same period, whose cut-off is known.

        Returns:
            What became of each, and the folder of the campaign that they were made from.

        Raises:
            LostError: The run has lost its right to go on.
        """
        done, view = self._made(items)
        self.check()
        folder = self.where.of_period(items[0].owing.period.id)
        try:
            write_marks(folder, read_marks(folder) | {one.item.report.name: one.mark for one in done})
        except OSError as error:
            # made, but not marked: the next run finds the reports and marks them
            done = [self._unmade(item, self._told(error)) for item in items]
        return done, view

    def ahead(self, items: Sequence[Item], entities: Collection[str]) -> list[Done]:
        """Make, of what the reports of one period owe, those about some entities, and mark nothing.

        Args:
            items: See :meth:`period`.
            entities: Their ids.
        """
        done, _ = self._made(items, entities)
        return done

    def _made(
        self, items: Sequence[Item], entities: Collection[str] | None = None
    ) -> tuple[list[Done], Path | None]:
        owing = items[0].owing
        assert owing.cutoff is not None
        view: Path | None = None
        try:
            view = self.snapshot.view(owing.period.id, owing.cutoff)
            asked = self._asked(view, items)
            if entities is not None:
                asked = [one.about(entities) for one in asked]
            orders = [order for one in asked for order in one.orders]
            folder = self.where.of_period(owing.period.id)
            outcomes = {one.order: one for one in self.make(view, orders, folder)} if orders else {}
            return [self._done(item, one, outcomes) for item, one in zip(items, asked, strict=True)], view
        except Exception as error:  # noqa: BLE001 - it takes no other period with it
            return [self._unmade(item, self._told(error)) for item in items], view

    def _asked(self, view: Path, items: Sequence[Item]) -> list[_Orders]:
        """Return what each report owes, as far as there is something to make it of."""
        campaign = open_campaign(view)
        period = items[0].owing.period
        names = [item.report.name for item in items]
        try:
            orders = owed(campaign, period, names=names)
        except CampaignError as error:
            return [_Orders(reason=self._told(error))] * len(items)
        scored, reason = None, ""
        if any(item.report.opens == "scores" for item in items):
            try:
                scored = _scored_levels(campaign, period.id)
            except CampaignError as error:
                reason = self._told(error)
        found = []
        for item in items:
            own = [order for order in orders if order.report == item.report.name]
            without = _levels_without_rules(campaign, item.report, period, own)
            notes = [f"{campaign.levels[level]}没有计分办法，不出" for level in without]
            if item.report.opens == "scores":
                if reason and own:
                    found.append(_Orders(reason=reason))
                    continue
                empty = {order.level for order in own} - set(scored or ())
                notes += [
                    f"{campaign.levels[level]}没有数据，不出" for level in campaign.levels if level in empty
                ]
                own = [order for order in own if order.level not in empty]
            found.append(_Orders(tuple(own), "", tuple(notes if own or notes else ["本期没有要出的"])))
        return found

    def _done(self, item: Item, asked: _Orders, outcomes: dict[Order, Outcome]) -> Done:
        own = [outcomes[order] for order in asked.orders]
        failed = tuple(self._failed(one.order, one.error) for one in own if one.page is None)
        there = [one for one in own if one.page is not None]
        mark = self._mark(item).model_copy(
            update={
                "state": "blocked" if asked.reason else "failed" if failed else "done",
                "made": tuple(self._manifest(one.order) for one in there),
                "failed": failed,
                "reason": asked.reason,
                "notes": asked.notes,
            }
        )
        kept = sum(one.kept for one in there)
        return Done(item, mark, len(there) - kept, kept)

    def _unmade(self, item: Item, error: str) -> Done:
        failed = FailedReport(level="", edition="", error=error, command=self._again(item))
        return Done(item, self._mark(item).model_copy(update={"state": "failed", "failed": (failed,)}))

    def _mark(self, item: Item) -> Mark:
        assert item.owing.cutoff is not None
        return Mark(
            state="done",
            basis=self.snapshot.basis(item.owing.period.id, item.owing.cutoff),
            configuration=self.snapshot.configuration,
            day=self.day,
            run=self.run,
        )

    def _failed(self, order: Order, error: str) -> FailedReport:
        cell = _CELL.search(error)
        return FailedReport(
            level=order.level,
            edition=order.edition,
            subject=order.subject or "",
            error=self._plain(error),
            cell=int(cell[1]) if cell else None,
            command=order.command(self.where.campaign),
        )

    def _again(self, item: Item) -> str:
        period = item.owing.period
        return (
            f"wbwz run-due {self.where.campaign} --only {item.report.name} --backfill {period.id} {period.id}"
        )

    def _manifest(self, order: Order) -> str:
        values = order.values(self.where.campaign)
        return report_place(self.where.reports, values, find_report(order.report)).manifest.name

    def _told(self, error: Exception) -> str:
        known = isinstance(error, CampaignError | ReportError)
        if isinstance(error, OSError):
            return self._plain(f"不能读写 {error.filename or ''}：{error.strerror or error}")
        return (
            self._plain(str(error) if known else f"{type(error).__name__}: {error}") or type(error).__name__
        )

    def _plain(self, text: str) -> str:
        """Name the campaign's folder where the one that it was read from is named."""
        views, name = re.escape(str(self.where.work / VIEWS)), re.escape(self.where.campaign.resolve().name)
        return re.sub(rf"{views}/[0-9a-f]+/{name}", str(self.where.campaign).replace("\\", r"\\"), text)


def _levels_without_rules(
    campaign: Campaign, report: Report, period: Period, orders: Sequence[Order]
) -> list[str]:
    """Return the levels that a report is made for and that owe none: the method does not score them."""
    if report.about is not None:
        return []
    return [
        level
        for level in campaign.levels
        if report.serves(campaign, level)
        and level not in {order.level for order in orders}
        and not campaign.entities_at(level, period).empty
    ]


def _scored_levels(campaign: Campaign, period: str) -> list[str]:
    """Score a period; return the levels that have results.

    Raises:
        CampaignError: No level has any data, or its ledgers are faulty.
    """
    folder = ensure_results(campaign, period)
    return list(json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["headers"])
