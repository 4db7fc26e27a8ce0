"""Matters to be completed: which are open, late or done, in working days."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wbwz_eval.campaign.ledgers import ENTITY, ROW_ID

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from wbwz_eval.campaign.ledgers import Track
    from wbwz_eval.scoring.numbers import Number
    from wbwz_eval.tracking.situation import Situation

RUNNING, OVERDUE, IN_TIME, LATE, NO_DEADLINE = "在办", "逾期未办结", "按期办结", "逾期办结", "无时限"
_COPIED = ("source", "source_row")
COLUMNS: tuple[str, ...] = (
    "ledger",
    "row_id",
    "entity_id",
    "name",
    "title",
    "opened",
    "due",
    "done",
    "responded",
)
COLUMNS += ("state", "late", "waited", "verified", *_COPIED)


def tracked_ledgers(situation: Situation) -> list[str]:
    """Return the ledgers of matters to be completed."""
    return [ledger for ledger, schema in situation.campaign.codebook.ledgers.items() if schema.track]


def matters(situation: Situation, ledger: str) -> pd.DataFrame:
    """Return how each matter of a ledger stands at the end of the period.

    What was done after the period's last day counts as still open on it.

    Returns:
        One row per matter: ``ledger``, ``row_id``, ``entity_id``, ``name``, ``title``; ``opened``,
        ``due``, ``done``, ``responded`` (``datetime64[s]``, NaT where there is none, or not yet);
        ``state`` (在办, 逾期未办结, 按期办结, 逾期办结 or 无时限); ``late`` (working days past the
        deadline until done, or until the last day; 0 where none); ``waited`` (working days from
        opened to the first action, NaN where there was none); ``verified`` (whether somebody did);
        ``source``, ``source_row``.
    """
    schema = situation.campaign.codebook.ledgers[ledger]
    track = schema.track
    assert track is not None
    rows = situation.rows(ledger)
    opened = _days(rows, track.opened)
    begun = np.isnat(opened) | (opened <= situation.end)
    rows, opened = rows[begun], opened[begun]
    calendar = situation.campaign.calendar
    due = _due(situation, track, rows, opened)
    done, responded = (_until(_days(rows, code), situation.end) for code in (track.done, track.responded))
    closed, dated = ~np.isnat(done), ~np.isnat(due)
    ends = np.where(closed, done, situation.end)
    over = dated & (ends > due)
    late = np.zeros(len(rows))
    late[over] = calendar.workdays_between(due[over], ends[over])
    state = np.select(
        [~dated & ~closed, closed & over, closed, over], [NO_DEADLINE, LATE, IN_TIME, OVERDUE], RUNNING
    )
    return pd.DataFrame(
        {
            "ledger": ledger,
            "row_id": rows[ROW_ID].to_numpy(object),
            "entity_id": rows[ENTITY].to_numpy(object),
            "name": situation.names(rows[ENTITY]).to_numpy(object),
            "title": rows[track.title].to_numpy(object),
            "opened": opened,
            "due": due,
            "done": done,
            "responded": responded,
            "state": state.astype(object),
            "late": late,
            "waited": np.maximum(calendar.workdays_between(opened, responded), 0),
            "verified": (rows["verified_by"] != "").to_numpy(),
            **{code: rows[code].to_numpy() for code in _COPIED},
        }
    )


def all_matters(situation: Situation) -> pd.DataFrame:
    """Return the matters of all ledgers that have them, as :func:`matters` does."""
    tables = [matters(situation, ledger) for ledger in tracked_ledgers(situation)]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(COLUMNS))


def _due(
    situation: Situation, track: Track, rows: pd.DataFrame, opened: NDArray[np.datetime64]
) -> NDArray[np.datetime64]:
    if track.workdays is None:
        return _days(rows, track.due)
    allowed = rows[track.workdays].to_numpy(np.float64)
    if track.suspended:
        allowed = allowed + rows[track.suspended].fillna(0).to_numpy(np.float64)
    return situation.campaign.calendar.add_workdays(opened, allowed).astype("datetime64[s]")


def _days(rows: pd.DataFrame, code: str | None) -> NDArray[np.datetime64]:
    if code is None:
        return np.full(len(rows), np.datetime64("NaT"), dtype="datetime64[s]")
    return rows[code].to_numpy("datetime64[s]")


def _until(days: NDArray[np.datetime64], end: np.datetime64) -> NDArray[np.datetime64]:
    return np.where(days <= end, days, np.datetime64("NaT")).astype("datetime64[s]")


def order_due(late: pd.Series, escalation: Mapping[str, Number]) -> pd.Series:
    """Return the supervision order (督查单) that working days overdue ask for; empty text where none."""
    steps = sorted((float(days), order) for order, days in escalation.items())
    bounds = np.array([days for days, _ in steps])
    orders = np.array(["", *(order for _, order in steps)], dtype=object)
    return pd.Series(
        orders[np.searchsorted(bounds, late.to_numpy(), side="right")], index=late.index, dtype=object
    )


def summary(situation: Situation) -> pd.DataFrame:
    """Return the standing of every ledger of matters.

    Returns:
        One row per ledger that has matters: ``ledger``, ``name``; numbers of matters: ``opened`` in
        the period, ``due`` in it, of these ``in_time``, and ``late`` (done too late or not at all);
        ``running`` and ``overdue`` on the last day, whenever they were due; ``unverified``: done in
        the period and verified by nobody.
    """
    start, end = np.datetime64(situation.period.start, "s"), situation.end
    lines = []
    for ledger in tracked_ledgers(situation):
        table = matters(situation, ledger)
        if table.empty:
            continue
        due = table["due"].between(start, end)
        done = table["done"].between(start, end)
        lines.append(
            {
                "ledger": ledger,
                "name": situation.campaign.codebook.ledgers[ledger].name,
                "opened": int(table["opened"].between(start, end).sum()),
                "due": int(due.sum()),
                "in_time": int((due & (table["state"] == IN_TIME)).sum()),
                "late": int((due & table["state"].isin([LATE, OVERDUE])).sum()),
                "running": int(table["state"].isin([RUNNING, NO_DEADLINE]).sum()),
                "overdue": int((table["state"] == OVERDUE).sum()),
                "unverified": int((done & ~table["verified"]).sum()),
            }
        )
    columns = ["ledger", "name", "opened", "due", "in_time", "late", "running", "overdue", "unverified"]
    return pd.DataFrame(lines, columns=columns)
