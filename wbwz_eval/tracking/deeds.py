"""What was done in a period that has no deadline: campaigns, visits, publicity, inspections, discipline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from wbwz_eval.campaign.ledgers import ENTITY, ROW_ID

if TYPE_CHECKING:
    from wbwz_eval.tracking.situation import Situation


def campaigns(situation: Situation) -> pd.DataFrame:
    """Return how each linked campaign went: activities planned in the period, and done by its end.

    Returns:
        ``campaign``, ``planned``, ``done``, ``share``; most planned first.
    """
    rows = situation.dated("activities", "planned_on")
    columns = ["campaign", "planned", "done", "share"]
    if rows.empty:
        return pd.DataFrame(columns=columns)
    done = rows["done_on"].notna() & (rows["done_on"] <= situation.end)
    about = rows["linked_campaign"].where(rows["linked_campaign"] != "", "未挂接")
    found = done.groupby(about.rename("campaign")).agg(["size", "sum"]).reset_index()
    found.columns = pd.Index(columns[:3])
    found["share"] = found["done"] / found["planned"]
    return found.sort_values("planned", ascending=False, kind="stable").reset_index(drop=True)


def visits(situation: Situation) -> dict[str, float]:
    """Return households planned and visited, problems raised and solved; nothing where there was no visit."""
    rows = situation.dated("visits", "visited_on")
    names = ("planned_n", "visited_n", "raised_n", "solved_n")
    return {name: float(rows[name].sum()) for name in names} if len(rows) else {}


def publicity(situation: Situation) -> pd.DataFrame:
    """Return what was published, each story once: ``channel``, ``n``, ``entities``, ``repeats``."""
    rows = situation.dated("publicity", "published_on")
    columns = ["channel", "n", "entities", "repeats"]
    if rows.empty:
        return pd.DataFrame(columns=columns)
    again = rows["repeat_of"] != ""
    once = rows[~again].groupby("channel").agg(n=(ROW_ID, "size"), entities=(ENTITY, "nunique"))
    repeats = rows[again].groupby("channel")[ROW_ID].size().rename("repeats")
    found = once.join(repeats, how="outer").fillna(0).reset_index()
    return found[columns].sort_values("n", ascending=False, kind="stable").reset_index(drop=True)


def by_kind(situation: Situation, ledger: str, day: str) -> pd.DataFrame:
    """Return the rows of the period by ``kind``: ``kind``, ``n``, ``entities``."""
    rows = situation.dated(ledger, day)
    if rows.empty:
        return pd.DataFrame(columns=["kind", "n", "entities"])
    return rows.groupby("kind", as_index=False).agg(n=(ROW_ID, "size"), entities=(ENTITY, "nunique"))


def dispatched(situation: Situation) -> tuple[int, int, pd.DataFrame]:
    """Return how many entities were dispatched in the period, of how many, and the experience told."""
    rows = situation.dated("dispatches", "dispatched_on")
    if rows.empty:
        return 0, len(situation.entities), rows
    told = rows[rows["experience"] != ""] if "experience" in rows else rows.iloc[:0]
    return rows[ENTITY].nunique(), len(situation.entities), told.assign(name=situation.names(told[ENTITY]))
