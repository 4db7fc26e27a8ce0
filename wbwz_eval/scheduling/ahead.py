"""Some entities' reports of what is due, made before the run that makes the rest.

A scheduler with tasks of its own (Airflow) shows, and tries again, each entity by itself. Nothing is marked
here and nobody is kept away: several may run at once. The next ``run-due`` finds what is made, makes what
is not, and marks it.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.scheduling.as_of import VIEWS, Snapshot
from wbwz_eval.scheduling.owed import items, to_make
from wbwz_eval.scheduling.run_due import ALL_WELL, BLOCKED, FAILED, Options, maker
from wbwz_eval.scheduling.sets import Making
from wbwz_eval.scoring.explain import near

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from wbwz_eval.campaign.folder import Campaign
    from wbwz_eval.scheduling.marks import FailedReport
    from wbwz_eval.scheduling.owed import Item
    from wbwz_eval.scheduling.place import Where


@dataclass(frozen=True)
class Ahead:
    """What became of some entities' reports.

    Attributes:
        made, kept: How many are new, and how many stood there already.
        failed: Those that could not be made.
        blocked: Why those of a report and period could not be begun, in words.
    """

    made: int = 0
    kept: int = 0
    failed: tuple[FailedReport, ...] = ()
    blocked: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """Of the command, as those of ``run-due``."""
        return FAILED if self.failed else BLOCKED if self.blocked else ALL_WELL


def make_ahead(where: Where, day: dt.date, options: Options, entities: Sequence[str]) -> Ahead:
    """Make the reports that are due on a day and about one of some entities, and mark nothing.

    Args:
        where: The campaign's folders.
        day: The day.
        options: As for a run; nobody is told of a failure.
        entities: Their ids.

    Raises:
        CampaignError: There is no such entity, or the campaign's own files are wrong.
        ReportError: What was asked for does not exist.
    """
    options.asked.check()
    snapshot = Snapshot(where.campaign, where.work / VIEWS)
    _require(snapshot.campaign, entities)
    todo = to_make(items(snapshot, where, day, options.asked), options.asked)
    found = Ahead()
    with contextlib.ExitStack() as kept:
        make = maker(options, where.campaign, kept)
        making = Making(snapshot, where, day, 0, make, lambda: None)
        for _, own in groupby(todo, key=lambda item: item.owing.period.id):
            found = _more(found, making, [item for item in own if item.report.each == "entity"], entities)
    return found


def entities_of(campaign: Campaign, item: Item) -> list[str]:
    """Return whose reports an item may have: the participants of its period; none if it is about none."""
    if item.report.each != "entity":
        return []
    levels = [level for level in campaign.levels if item.report.serves(campaign, level)]
    return [str(each) for level in levels for each in campaign.entities_at(level, item.owing.period).index]


def _more(found: Ahead, making: Making, own: Sequence[Item], entities: Sequence[str]) -> Ahead:
    if not own:
        return found
    done = making.ahead(own, set(entities))
    return Ahead(
        found.made + sum(one.made for one in done),
        found.kept + sum(one.kept for one in done),
        found.failed + tuple(each for one in done for each in one.mark.failed),
        found.blocked
        + tuple(
            f"{one.item.report.title} {one.item.owing.period.id}：{one.mark.reason}"
            for one in done
            if one.mark.reason
        ),
    )


def _require(campaign: Campaign, entities: Sequence[str]) -> None:
    """See that there are such entities at all."""
    known = campaign.entities
    unknown = [each for each in entities if each not in known.index]
    if unknown:
        raise CampaignError("\n".join(f"没有被评对象 “{each}”{near(known, each)}" for each in unknown))
