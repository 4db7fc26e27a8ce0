"""Ledgers of key tasks: settings, weekly progress, milestones, quality, returns and checks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sample.draw import Draw
from sample.facts import NEVER, Days, Slots, World

Y, Z = 1, 4
FORGETFUL, FORGOTTEN_WEEK = "U14", "2012-08-17"
SPAN_LOW, SPAN_HIGH = 120, 260
WEEK = np.timedelta64(7, "D")


def write(world: World) -> None:
    """Add the ledgers of this module."""
    plan = tasks(world)
    weekly_progress(world, plan)
    milestones_and_quality(world)
    weekly_returns(world)
    verification(world)


@dataclass(frozen=True)
class Plan:
    """The key tasks: parallel arrays, one element per task."""

    slots: Slots
    number: np.ndarray
    started: Days
    due: Days
    unit: np.ndarray


def tasks(world: World) -> Plan:
    """Key tasks that run for two to four quarters, with their four settings."""
    positions = world.positions("unit")
    draw = Draw(world.seed, "tasks")
    # three at the start of the campaign, one more in each later quarter
    quarter = np.tile([0, 0, 0, 1, 2, 3, 4], len(positions))
    slots = Slots(world, draw, np.repeat(positions, 7), quarter)
    started = slots.day(0.0, 0.15)
    span = np.where(quarter == 4, 50, slots.between(SPAN_LOW, SPAN_HIGH))
    due = np.minimum(world.shift(started, span), np.datetime64("2012-11-30"))
    words = slots.word("tasks")
    number = np.array([f"T{k:03d}" for k in range(1, len(slots) + 1)], dtype=object)
    beforehand = slots.chance(Z, 0.85, 1.0)
    world.add(
        "tasks",
        slots,
        started,
        task_no=number,
        title=np.array([word[0] for word in words], dtype=object),
        category=np.array([word[1] for word in words], dtype=object),
        started_on=started,
        set_on=np.where(beforehand, world.shift(started, -slots.between(1, 5)), world.shift(started, 7)),
        person=slots.filled(Z, slots.someone("任务", 4), 0.95),
        duty=slots.filled(Z, "牵头落实", 0.95),
        due_on=due,
        reward_rule=slots.filled(Z, "按期完成予以通报表扬", 0.92),
        penalty_rule=slots.filled(Z, "逾期约谈责任人", 0.92),
    )
    return Plan(slots, number, started, due, np.array([word[2] for word in words], dtype=object))


def weekly_progress(world: World, plan: Plan) -> None:
    """Each task's report of each Friday: planned and actual progress, and this quarter's amount."""
    draw = Draw(world.seed, "task_reports")
    count = len(plan.number)
    size = draw.uniform(100, 900, count).round(0)
    quick, behind = np.zeros(count), np.zeros(count)
    drift = np.zeros(count)
    previous = -1
    for friday in fridays(world):
        quarter = int(world.quarter_of(friday))
        everyone = Slots(world, draw, plan.slots.who, np.full(count, quarter))
        if quarter != previous:
            # a quarter's pace: how far behind plan it ends, and how much of the amount is done
            previous = quarter
            slipping = everyone.chance(Y, 0.28, 0.0)
            drift = np.where(slipping, draw.uniform(11, 34, count), everyone.share(Y, 7.5, 0.0))
            quick = everyone.share(Y, 0.83, 1.04) + draw.bell(0.04, count)
        behind += (drift - behind) * 0.3
        span = (plan.due - plan.started).astype(float)
        planned = np.clip((friday - plan.started).astype(float) / span * 100, 0, 100)
        actual = np.clip(planned - behind + draw.bell(1.2, count), 0, 100).round(1)
        begin = np.maximum(world.starts[quarter], plan.started)
        share = np.clip((friday - begin).astype(float) / span, 0, 1)
        amount = (size * share).round(1)
        open_ = np.flatnonzero((plan.started < friday) & (friday <= plan.due + WEEK) & (amount > 0))
        slots = everyone.only(open_)
        day = np.full(len(slots), friday)
        world.add(
            "task_reports",
            slots,
            day,
            lag=1,
            task_no=plan.number[open_],
            week_ended_on=day,
            planned_pct=planned[open_].round(1),
            actual_pct=actual[open_],
            measure_unit=plan.unit[open_],
            target=amount[open_],
            actual=(amount * quick)[open_].round(1),
            problem=_problem(slots, (planned - actual)[open_], slots.skill(Y)),
        )


def fridays(world: World) -> Days:
    """Return the Fridays of the campaign, without weeks that are all holiday."""
    every = np.arange(np.datetime64("2011-07-08"), world.ends[-1], WEEK)
    worked = world.calendar.is_workday(every[:, None] - np.arange(5)).any(axis=1)
    return every[worked]


def _problem(slots: Slots, behind: np.ndarray, skill: np.ndarray) -> np.ndarray:
    """Return what a unit reports of a task that is behind; the weaker ones keep silent at times."""
    words = slots.pick(["征地未完", "资金到位慢", "雨天停工", "设备未到", "手续未齐"])
    told = slots.draw.uniform(0, 1, len(slots)) < 0.6 + 0.4 * skill
    return np.where((behind > 10) & told, words, "")


def milestones_and_quality(world: World) -> None:
    """Milestones of key tasks, and spot checks of what was built."""
    slots = world.slots("milestones/task", world.positions("unit"), 4, 7)
    due = slots.day(0.08, 0.98)
    title = slots.pick(["招标完成", "主体开工", "主体完工", "设备安装", "交工验收"])
    done = slots.done(due, Y, 0.80, 1.0)
    world.add("milestones", slots, due, kind="重点工作", title=title, due_on=due, done_on=done)
    slots = world.slots("quality_checks", world.positions("unit"), 2, 3)
    inspected = slots.between(60, 160)
    passed = slots.draw.successes(inspected, slots.share(Y, 0.92, 1.0))
    day = slots.day(0.1, 0.95)
    project = np.array([word[0] for word in slots.word("tasks")], dtype=object)
    columns = {"project": project, "inspected_n": inspected, "passed_n": passed}
    world.add("quality_checks", slots, day, checked_on=day, **columns)


def weekly_returns(world: World) -> None:
    """Whether each body sent its weekly return by the next working day."""
    positions = world.positions("unit", "party_org")
    draw = Draw(world.seed, "weekly_returns")
    for friday in fridays(world):
        quarter = int(world.quarter_of(friday))
        slots = Slots(world, draw, positions, np.full(len(positions), quarter))
        due = np.full(len(slots), world.calendar.add_workdays(friday, 1))
        good = slots.chance(Z, 0.85, 1.0)
        returned = np.where(good, due, world.shift(due, slots.between(1, 4)))
        returned = np.where(returned > world.cutoff[world.quarter_of(due)], NEVER, returned)
        # one unit forgot one week altogether, row and all
        kept = ~((world.ids[positions] == FORGETFUL) & (friday == np.datetime64(FORGOTTEN_WEEK)))
        ended = np.full(len(slots), friday)
        world.add(
            "weekly_returns",
            slots.only(kept),
            due[kept],
            week_ended_on=ended[kept],
            due_on=due[kept],
            returned_on=returned[kept],
        )


def verification(world: World) -> None:
    """Monthly checks: what was reported and what was found."""
    slots = world.slots("verification", world.positions("unit", "party_org"), 5, 7)
    checked = slots.day(0.1, 0.95)
    reported = slots.draw.uniform(40, 100, len(slots)).round(1)
    agreed = slots.chance(Z, 0.82, 1.0)
    verified = np.where(agreed, reported, (reported * slots.draw.uniform(0.8, 0.97, len(slots))).round(1))
    world.add(
        "verification",
        slots,
        checked,
        checked_on=checked,
        item=slots.pick(["任务进度", "办件数量", "学习记录", "承诺兑现"]),
        reported_value=reported,
        verified_value=verified,
        agreed=np.where(agreed, "是", "否"),
    )
