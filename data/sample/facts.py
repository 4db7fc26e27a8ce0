"""How facts are drawn: one place for dates, chances and what every row carries."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from wbwz_eval.campaign.periods import Period
from wbwz_eval.campaign.workdays import WorkCalendar

LATE_SHARE, WITHDRAWN_SHARE, UNVERIFIED_SHARE = 0.012, 0.006, 0.03


@dataclass
class World:
    """What the ledgers are drawn from; ``ability`` has shape (entities, quarters, dimensions)."""

    table: pd.DataFrame
    ability: np.ndarray
    quarters: list[Period]
    cutoffs: list[dt.date]
    calendar: WorkCalendar
    rng: np.random.Generator
    ledgers: dict[str, list[pd.DataFrame]] = field(default_factory=dict)

    def positions(self, *levels: str) -> np.ndarray:
        """Return the positions of the entities of some levels."""
        return np.flatnonzero(self.table["层级"].isin(levels))

    def slots(self, positions: np.ndarray, low: int, high: int) -> Slots:
        """Return ``low`` to ``high`` rows per entity and quarter."""
        who, when = np.meshgrid(positions, np.arange(len(self.quarters)), indexing="ij")
        count = self.rng.integers(low, high + 1, who.shape)
        return Slots(self, np.repeat(who.ravel(), count.ravel()), np.repeat(when.ravel(), count.ravel()))

    def add(self, ledger: str, slots: Slots, place: np.ndarray, **columns: object) -> None:
        """Add rows to a ledger: its own columns and what every row carries.

        ``place`` is the day that decides the period of a row; a row is
        reported after it and, but for a few late ones, by the cut-off.
        """
        count = len(slots.who)
        cutoff = np.array(self.cutoffs, dtype="datetime64[D]")[slots.quarter]
        reported = np.minimum(place + days(self.rng.integers(1, 8, count)), cutoff)
        for name, values in columns.items():
            # nobody reports that a thing is done before it is
            if name in {"done_on", "closed_on", "replied_on", "finished_on", "solved_on", "returned_on"}:
                known = np.asarray(values, dtype="datetime64[D]")
                reported = np.where(np.isnat(known), reported, np.maximum(reported, known))
        reported = np.minimum(reported, cutoff)
        late = self.rng.random(count) < LATE_SHARE
        reported = np.where(late, cutoff + days(self.rng.integers(3, 21, count)), reported)
        verified = self.rng.random(count) >= UNVERIFIED_SHARE
        frame = pd.DataFrame({"entity_id": self.table["编号"].to_numpy()[slots.who]})
        frame["reported_on"] = reported
        frame["reporter"] = "联络员" + frame["entity_id"]
        frame["status"] = np.where(self.rng.random(count) < WITHDRAWN_SHARE, "撤回", "有效")
        frame["verified_by"] = np.where(verified, "核查组", "")
        frame["verified_on"] = np.where(verified, np.minimum(reported, cutoff), np.datetime64("NaT", "D"))
        frame["_quarter"] = slots.quarter
        for name, values in columns.items():
            frame[name] = values
        self.ledgers.setdefault(ledger, []).append(frame)


@dataclass
class Slots:
    """Rows to be filled: parallel arrays of entity position and quarter."""

    world: World
    who: np.ndarray
    quarter: np.ndarray

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.who)

    def chance(self, dimension: int, lift: float = 0.0) -> np.ndarray:
        """Return which rows go well."""
        return self.world.rng.random(len(self)) < self.skill(dimension) + lift

    def skill(self, dimension: int) -> np.ndarray:
        """Return the ability behind each row."""
        return self.world.ability[self.who, self.quarter, dimension]

    def day(self, first: float = 0.0, last: float = 1.0) -> np.ndarray:
        """Return a day in the row's quarter, between two shares of its length."""
        start = np.array([q.start for q in self.world.quarters], dtype="datetime64[D]")[self.quarter]
        end = np.array([q.end for q in self.world.quarters], dtype="datetime64[D]")[self.quarter]
        length = (end - start).astype(int)
        share = self.world.rng.uniform(first, last, len(self))
        return start + days(np.floor(share * length).astype(int))

    def at(self, share: float) -> np.ndarray:
        """Return the day at a share of the row's quarter."""
        return self.day(share, share)

    def between(self, low: int, high: int) -> np.ndarray:
        """Return whole numbers from ``low`` to ``high``."""
        return self.world.rng.integers(low, high + 1, len(self))

    def pick(self, words: list[str]) -> np.ndarray:
        """Return one of some words for each row."""
        return np.array(words, dtype=object)[self.world.rng.integers(0, len(words), len(self))]

    def done(
        self, due: np.ndarray, dimension: int, lift: float = 0.0, still_open: float = 0.35
    ) -> np.ndarray:
        """Return when things due were done: mostly in time, else late or still open."""
        good = self.chance(dimension, lift)
        early = due - days(self.between(0, 9))
        late = due + days(self.between(1, 18))
        is_open = self.world.rng.random(len(self)) < still_open
        cutoff = np.array(self.world.cutoffs, dtype="datetime64[D]")[self.quarter]
        never = np.datetime64("NaT", "D")
        late = np.where(is_open | (late > cutoff), never, late)
        return np.where(good, early, late)

    def filled(self, dimension: int, text: str, lift: float = 0.1) -> np.ndarray:
        """Return a text, or an empty cell where somebody forgot it."""
        return np.where(self.chance(dimension, lift), text, "")


def days(count: np.ndarray | int) -> np.ndarray:
    """Return day counts as time spans."""
    return np.asarray(count).astype("timedelta64[D]")


def some(slots: Slots, mask: np.ndarray) -> Slots:
    """Return the rows of a mask."""
    return Slots(slots.world, slots.who[mask], slots.quarter[mask])
