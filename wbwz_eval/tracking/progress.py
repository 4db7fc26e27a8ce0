"""Key tasks week by week: plan against actual, lights, stalled weeks, what follows on what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.ledgers import ENTITY
from wbwz_eval.scoring.tracks import ScheduleDeviation

if TYPE_CHECKING:
    from wbwz_eval.tracking.situation import Situation

GREEN, YELLOW, RED, UNREPORTED = "绿", "黄", "红", "未报"
DONE_PCT = 100.0
_WEEK_DAYS = 7
_YELLOWS_TO_RED = 2
TASKS = "tasks"


@dataclass(frozen=True)
class Bands:
    """From which deviation a light is yellow and red, in percentage points, by which measure."""

    indicator: str
    measure: ScheduleDeviation

    @property
    def yellow(self) -> float:
        """Below this it is yellow."""
        return float(self.measure.yellow)

    @property
    def red(self) -> float:
        """Below this it is red."""
        return float(self.measure.red)


def bands(situation: Situation) -> Bands:
    """Return the bands of the method's measure of schedule deviation.

    Raises:
        CampaignError: The method has none.
    """
    for code, indicator in situation.methodology.indicators.items():
        if isinstance(indicator.measure, ScheduleDeviation):
            return Bands(code, indicator.measure)
    message = f"评价办法 {situation.methodology.version} 没有 schedule_deviation 的指标: 不知道红黄绿的界限"
    raise CampaignError(message)


def progress(situation: Situation) -> pd.DataFrame:
    """Return each running task's last report, and what it means.

    A task runs from its first report, or from its start in the ledger ``tasks``, until a report before
    this period says 100 %. Two yellow reports in a row make red. A task without a report for the
    period keeps its last figures, and its light says that nobody reported.

    Returns:
        One row per task, by entity and task: ``entity_id``, ``name``, ``task``, ``title``,
        ``person``, ``due`` (``datetime64[s]``), ``reported`` (whether for this period),
        ``week`` (of the last report), ``planned``, ``actual``, ``deviation`` (percentage points,
        NaN without any report), ``light`` (绿, 黄, 红 or 未报), ``turned`` (whether two yellows made
        it red), ``stalled`` (whole weeks without progress), ``silent`` (past its deadline, unfinished,
        and nobody reports it any more), ``follows`` (the task before it),
        ``before`` (progress of that one in %, NaN where there is none), ``problem``,
        ``help_needed``, ``push_action``; ``source`` and ``source_row`` of the report.
    """
    limits = bands(situation)
    measure = limits.measure
    reports = situation.rows(measure.ledger)
    date = measure.date
    assert date is not None
    reports = reports[(reports[date] <= situation.end).to_numpy()]
    reports = reports.sort_values([ENTITY, measure.task, date], kind="stable").reset_index(drop=True)
    keys = [reports[ENTITY], reports[measure.task]]
    actual = reports[measure.actual]
    deviation = actual - reports[measure.planned]
    yellow = (deviation < limits.yellow) & (deviation >= limits.red)
    block = (~yellow).groupby(keys, sort=False).cumsum()
    run = yellow.astype(np.float64).groupby([*keys, block], sort=False).cumsum()
    before = actual.groupby(keys, sort=False).cummax().groupby(keys, sort=False).shift()
    moved = reports[date].where(~(actual <= before))
    reports = reports.assign(
        deviation=deviation,
        own=np.select([deviation < limits.red, yellow], [RED, YELLOW], GREEN),
        turned=(run >= _YELLOWS_TO_RED).to_numpy(),
        moved_on=moved.groupby(keys, sort=False).ffill(),
        over=(before >= DONE_PCT).to_numpy(),
    )
    last = reports.groupby(keys, sort=False).tail(1)
    table = _with_tasks(situation, limits, last)
    start = np.datetime64(situation.period.start, "s")
    reported = (table["week"] >= start).to_numpy()
    finished = (table["actual"] >= DONE_PCT).to_numpy() & ~reported | table.pop("over").to_numpy(bool)
    table["reported"] = reported
    light = np.where(table["turned"], RED, table.pop("own"))
    table["light"] = np.where(reported, light, UNREPORTED).astype(object)
    days = (pd.Timestamp(situation.period.end) - table.pop("moved_on")).dt.days
    table["stalled"] = (days // _WEEK_DAYS).fillna(0).astype(np.int64)
    table["silent"] = ~reported & (table["due"] < start).to_numpy()
    table["before"] = _before(table)
    return table[~finished].reset_index(drop=True)


def _with_tasks(situation: Situation, limits: Bands, last: pd.DataFrame) -> pd.DataFrame:
    """Join the last reports with the tasks that have begun, reported or not."""
    measure = limits.measure
    tasks = situation.rows(TASKS) if TASKS in situation.campaign.codebook.ledgers else pd.DataFrame()
    told = pd.DataFrame(
        {
            "entity_id": last[ENTITY],
            "task": last[measure.task],
            "week": last[measure.date],
            "planned": last[measure.planned],
            "actual": last[measure.actual],
            **{code: last[code] for code in ("deviation", "own", "turned", "moved_on", "over")},
            **{code: _texts(last, code) for code in ("problem", "help_needed", "push_action")},
            "source": last["source"],
            "source_row": last["source_row"],
        }
    )
    if tasks.empty:
        known = pd.DataFrame(columns=["entity_id", "task", "title", "person", "due", "follows"])
    else:
        begun = tasks[(tasks["started_on"] <= situation.end).to_numpy()]
        known = pd.DataFrame(
            {
                "entity_id": begun[ENTITY],
                "task": begun["task_no"],
                "title": begun["title"],
                "person": begun["person"],
                "due": begun["due_on"],
                "follows": begun["predecessor_no"],
            }
        ).drop_duplicates(["entity_id", "task"], keep="last")
    table = known.merge(told, on=["entity_id", "task"], how="outer", sort=True)
    for code in ("title", "person", "follows", "problem", "help_needed", "push_action", "source", "own"):
        table[code] = table[code].astype(object).where(table[code].notna(), "")
    for code in ("turned", "over"):
        table[code] = (table[code] == True).to_numpy(bool)  # noqa: E712 - missing is not true
    table["due"] = pd.to_datetime(table["due"]).astype("datetime64[s]")
    table["title"] = table["title"].where(table["title"] != "", table["task"])
    table["name"] = situation.names(table["entity_id"])
    return table


def _texts(table: pd.DataFrame, code: str) -> pd.Series:
    return table[code] if code in table.columns else pd.Series("", index=table.index, dtype=object)


def _before(table: pd.DataFrame) -> pd.Series:
    """Return the progress of the task that each one follows."""
    done = table.drop_duplicates("task").set_index("task")["actual"]
    return table["follows"].map(done)
