"""How facts are drawn: one place for dates, chances and what every row carries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sample.draw import Draw
from sample.words import TRADES, Trade, person

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sample.draw import Floats, Wholes
    from wbwz_eval.campaign.periods import Period
    from wbwz_eval.campaign.workdays import WorkCalendar

Days = np.ndarray[Any, np.dtype[np.datetime64]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]
Words = np.ndarray[Any, np.dtype[np.object_]]

LATE_SHARE, WITHDRAWN_SHARE, UNVERIFIED_SHARE = 0.012, 0.006, 0.02
NEVER = np.datetime64("NaT", "D")

VERIFIED = frozenset(
    {
        "commitments", "five_good", "member_goals", "outputs", "awards", "effects",
        "innovation_projects", "rectifications", "findings", "incidents", "accountability",
    }
)  # fmt: skip
"""Ledgers whose rows an inspection team verifies; they carry evidence too."""

FEW_CASES, FEW_LEDGERS = "U20", ("cases", "appeals")
"""The unit with a handful of cases and appeals a quarter."""

COMPLETIONS = frozenset(
    {"done_on", "closed_on", "replied_on", "finished_on", "solved_on", "returned_on", "adopted_on"}
)


@dataclass
class World:
    """What the ledgers are drawn from; ``skill`` has shape (entities, quarters, dimensions)."""

    seed: int
    table: pd.DataFrame
    skill: Floats
    quarters: list[Period]
    cutoffs: list[dt.date]
    calendar: WorkCalendar
    ledgers: dict[str, list[pd.DataFrame]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Work out what every row asks for: working days, cut-offs, liaisons, trades."""
        years = np.arange(np.datetime64("2011-01-01"), np.datetime64("2013-04-01"))
        self.workdays: Days = years[self.calendar.is_workday(years)]
        self.starts = np.array([quarter.start for quarter in self.quarters], dtype="datetime64[D]")
        self.ends = np.array([quarter.end for quarter in self.quarters], dtype="datetime64[D]")
        self.cutoff = np.array(self.cutoffs, dtype="datetime64[D]")
        self.ids = self.table["编号"].to_numpy(dtype=object)
        home = self.table["编号"].where(self.table["层级"] != "member", self.table["上级"])
        self.liaison = np.array([person(f"联络{name}") for name in home], dtype=object)
        self.trade = self.table["组别"].str.slice(2).to_numpy(dtype=object)
        self.trade = np.where(self.trade == "committee", "office", self.trade)

    def positions(self, *levels: str) -> Wholes:
        """Return the positions of the entities of some levels."""
        return np.flatnonzero(self.table["层级"].isin(levels))

    def slots(self, name: str, positions: Wholes, low: int, high: int) -> Slots:
        """Return ``low`` to ``high`` rows per entity and quarter, with a stream of that name."""
        draw = Draw(self.seed, name)
        count = len(self.quarters)
        who, quarter = np.repeat(positions, count), np.tile(np.arange(count), len(positions))
        rows = draw.whole(low, high, len(who))
        return Slots(self, draw, np.repeat(who, rows), np.repeat(quarter, rows))

    def quarter_of(self, day: Days) -> Wholes:
        """Return the quarter that a day lies in; the last one for days after the campaign."""
        return np.clip(np.searchsorted(self.starts, day, side="right") - 1, 0, len(self.starts) - 1)

    def shift(self, day: Days, count: Wholes | int) -> Days:
        """Return the day some working days later, or earlier where ``count`` is negative."""
        place = np.searchsorted(self.workdays, day) + count
        return self.workdays[np.clip(place, 0, len(self.workdays) - 1)]

    def sure(self, ledger: str, slots: Slots) -> Mask:
        """Return which rows are neither late nor withdrawn: those that an entity has few of."""
        few = (self.ids[slots.who] == FEW_CASES) & (ledger in FEW_LEDGERS)
        member = self.table["层级"].to_numpy(dtype=object)[slots.who] == "member"
        return few | (member & (ledger in {"activities", "visits"})) | (ledger == "surveys")

    def add(self, ledger: str, slots: Slots, place: Days, *, lag: int = 2, **columns: object) -> None:
        """Add rows to a ledger: its own columns and what every row carries.

        ``place`` is the day that decides the period of a row. A row is reported
        within ``lag`` working days after it and after what it tells of, and, but for a
        few late ones, by the quarter's cut-off; nothing later is known in it.
        """
        draw, count = slots.draw, len(slots)
        sure = self.sure(ledger, slots)
        quarter = self.quarter_of(place)
        cutoff = self.cutoff[quarter]
        known = place
        for name in COMPLETIONS & columns.keys():
            day = np.asarray(columns[name], dtype="datetime64[D]")
            known = np.where(np.isnat(day), known, np.maximum(known, day))
        reported = np.minimum(self.shift(known, draw.whole(0, lag, count)), cutoff)
        late = draw.chance(LATE_SHARE, count) & ~sure
        reported = np.where(late, self.shift(cutoff, draw.whole(2, 14, count)), reported)
        frame = pd.DataFrame({"entity_id": self.ids[slots.who]})
        frame["reported_on"] = reported
        frame["reporter"] = "" if ledger == "ballots" else self.liaison[slots.who]
        frame["status"] = np.where(draw.chance(WITHDRAWN_SHARE, count) & ~sure, "撤回", "有效")
        frame["_quarter"] = quarter
        if ledger in VERIFIED:
            seen = ~draw.chance(UNVERIFIED_SHARE, count)
            checked = np.where(
                late, reported, np.minimum(self.shift(reported, draw.whole(0, 2, count)), cutoff)
            )
            frame["verified_by"] = np.where(seen, draw.pick(["核查一组", "核查二组", "核查三组"], count), "")
            frame["verified_on"] = np.where(seen, checked, NEVER)
        for name, values in columns.items():
            frame[name] = values
        self.ledgers.setdefault(ledger, []).append(frame)


@dataclass
class Slots:
    """Rows to be filled: parallel arrays of entity position and quarter."""

    world: World
    draw: Draw
    who: Wholes
    quarter: Wholes

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.who)

    def only(self, mask: Mask) -> Slots:
        """Return some of the rows, on the same stream."""
        return Slots(self.world, self.draw, self.who[mask], self.quarter[mask])

    def skill(self, dimension: int) -> Floats:
        """Return how able the entity of each row is."""
        return self.world.skill[self.who, self.quarter, dimension]

    def share(self, dimension: int, low: float, high: float) -> Floats:
        """Return a number that goes from ``low`` at skill 0 to ``high`` at skill 1."""
        return low + (high - low) * self.skill(dimension)

    def chance(self, dimension: int, low: float, high: float) -> Mask:
        """Return which rows go well."""
        return self.draw.chance(self.share(dimension, low, high), len(self))

    def between(self, low: int, high: int) -> Wholes:
        """Return whole numbers from ``low`` to ``high``."""
        return self.draw.whole(low, high, len(self))

    def day(self, first: float = 0.0, last: float = 1.0) -> Days:
        """Return a working day in the row's quarter, between two shares of its working days."""
        begin = np.searchsorted(self.world.workdays, self.world.starts[self.quarter])
        end = np.searchsorted(self.world.workdays, self.world.ends[self.quarter], side="right") - 1
        share = self.draw.uniform(first, last, len(self))
        return self.world.workdays[begin + np.floor(share * (end - begin) + 0.5).astype(np.int64)]

    def done(self, due: Days, dimension: int, low: float, high: float, *, still_open: float = 0.4) -> Days:
        """Return when things due were done: mostly in time, else late or still open at the cut-off."""
        count = len(self)
        early = self.world.shift(due, -self.between(0, 7))
        late = self.world.shift(due, self.between(1, 12))
        cutoff = self.world.cutoff[self.world.quarter_of(due)]
        late = np.where(self.draw.chance(still_open, count) | (late > cutoff), NEVER, late)
        return np.where(self.chance(dimension, low, high), early, late)

    def filled(self, dimension: int, text: str | Words, low: float = 0.9) -> Words:
        """Return a text, or an empty cell where somebody forgot it."""
        return np.where(self.chance(dimension, low, 1.005), text, "").astype(object)

    def pick(self, words: Sequence[object]) -> Words:
        """Return one of some words for each row."""
        return self.draw.pick(words, len(self))

    def word(self, kind: str) -> Words:
        """Return one word of a kind (a field of ``Trade``) that suits the trade of each row's entity."""
        share = self.draw.uniform(0, 1, len(self))
        names = self.world.trade[self.who]
        lists: list[Sequence[object]] = [getattr(self._trade(name), kind) for name in names]
        chosen = [words[int(part * len(words))] for words, part in zip(lists, share, strict=True)]
        return _objects(chosen)

    @staticmethod
    def _trade(name: str) -> Trade:
        return TRADES[name]

    def someone(self, role: str, most: int) -> Words:
        """Return for each row one of the entity's ``most`` people in a role, as a placeholder name."""
        number = self.between(1, most)
        ids = self.world.ids[self.who]
        return np.array(
            [person(f"{role}{name}{k}") for name, k in zip(ids, number, strict=True)], dtype=object
        )


def _objects(values: Sequence[object]) -> NDArray[np.object_]:
    """Return values as they are, tuples too, in an array of one dimension."""
    result = np.empty(len(values), dtype=object)
    result[:] = values
    return result
