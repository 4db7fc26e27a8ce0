"""Ledgers of 比服务: commitments, rectifications, appeals, surveys, visits, service items."""

from __future__ import annotations

import numpy as np

from sample.facts import FEW_CASES, NEVER, Slots, World
from sample.words import TRADES

F = 3
FEW = 5
SMALL_SURVEYS = {("U11", 4), ("U02", 1), ("U15", 5), ("P12", 4), ("P27", 4), ("P40", 2), ("P33", 5)}
"""Entity and quarter (0 = the first) where fewer than 30 people had an opinion."""

OPTIONS = ("n_very", "n_ok", "n_basic", "n_poor", "n_bad", "n_unknown")
WEAK = np.array([0.24, 0.36, 0.24, 0.09, 0.07])
STRONG = np.array([0.66, 0.27, 0.05, 0.01, 0.01])
UNKNOWN_SHARE = 0.06


def write(world: World) -> None:
    """Add the ledgers of this module."""
    commitments(world)
    rectifications(world)
    appeals(world)
    surveys(world)
    visits(world)
    service_items(world)


def commitments(world: World) -> None:
    """Public commitments and whether they were kept."""
    for levels, low, high in ((("unit", "party_org"), 4, 6), (("member",), 1, 2)):
        slots = world.slots(f"commitments/{levels[0]}", world.positions(*levels), low, high)
        due = slots.day(0.08, 0.98)
        world.add(
            "commitments",
            slots,
            due,
            promise=slots.word("promises"),
            public_on=world.shift(due, -30),
            due_on=due,
            done_on=slots.done(due, F, 0.80, 1.0),
        )


def rectifications(world: World) -> None:
    """Problems that leaders asked to be put right, and the re-check."""
    for levels, low, high in ((("unit", "party_org"), 2, 3), (("member",), 0, 1)):
        slots = world.slots(f"rectifications/{levels[0]}", world.positions(*levels), low, high)
        due = slots.day(0.08, 0.98)
        closed = slots.done(due, F, 0.74, 1.0, still_open=0.6)
        passed = np.where(slots.chance(F, 0.90, 1.0), "通过", "不通过")
        world.add(
            "rectifications",
            slots,
            due,
            problem=slots.pick(["环境卫生", "服务态度", "台账不全", "现场管理", "标识不清"]),
            leader=slots.someone("领导", 3),
            due_on=due,
            closed_on=closed,
            recheck=np.where(np.isnat(closed), "未复核", passed),
        )


def few(slots: Slots) -> Slots:
    """Cut one unit's rows to a handful a quarter: the small sample of the campaign."""
    seen = np.zeros((len(slots.world.ids), len(slots.world.quarters)), dtype=int)
    keep = np.ones(len(slots), dtype=bool)
    for row in np.flatnonzero(slots.world.ids[slots.who] == FEW_CASES):
        seen[slots.who[row], slots.quarter[row]] += 1
        keep[row] = seen[slots.who[row], slots.quarter[row]] <= FEW
    return slots.only(keep)


def appeals(world: World) -> None:
    """Appeals of the public, some of which come back within 30 days of the answer."""
    slots = few(world.slots("appeals", world.positions("unit"), 20, 30))
    due = slots.day(0.05, 0.98)
    replied = slots.done(due, F, 0.80, 1.0, still_open=0.2)
    number = np.array([f"A{k:05d}" for k in range(1, len(slots) + 1)], dtype=object)
    world.add(
        "appeals",
        slots,
        due,
        appeal_no=number,
        channel=slots.pick(["12328", "12345", "来信来访"]),
        kind=slots.word("appeals"),
        received_on=world.shift(due, -10),
        due_on=due,
        replied_on=replied,
        handler=slots.someone("经办", 3),
        repeat_of="",
    )
    again = ~slots.chance(F, 0.80, 0.995) & ~np.isnat(replied) & (world.ids[slots.who] != FEW_CASES)
    back = slots.only(again)
    received = replied[again] + back.between(2, 28).astype("timedelta64[D]")
    due = world.shift(received, 10)
    # what came back so late that its term ends after the campaign is not in the books yet
    inside = due <= world.ends[-1]
    back, received, due, first = back.only(inside), received[inside], due[inside], number[again][inside]
    replied = world.shift(received, back.between(2, 12))
    replied = np.where(replied > world.cutoff[world.quarter_of(due)], NEVER, replied)
    world.add(
        "appeals",
        back,
        due,
        appeal_no=[f"R{k:05d}" for k in range(1, len(back) + 1)],
        channel="12345",
        kind="重复诉求",
        received_on=received,
        due_on=due,
        replied_on=replied,
        handler=back.someone("经办", 3),
        repeat_of=first,
    )


def surveys(world: World) -> None:
    """One telephone survey a quarter; a few of them ask hardly anybody."""
    slots = world.slots("surveys", world.positions("unit", "party_org"), 1, 1)
    small = [(name, q) in SMALL_SURVEYS for name, q in zip(world.ids[slots.who], slots.quarter, strict=True)]
    asked = np.where(small, slots.between(12, 26), slots.between(60, 180))
    skill = slots.skill(F)[:, None]
    share = (WEAK * (1 - skill) + STRONG * skill) * (1 - UNKNOWN_SHARE)
    bounds = np.column_stack([share.cumsum(axis=1), np.ones(len(slots))])
    answers = slots.draw.uniform(0, 1, int(asked.max()) * len(slots)).reshape(len(slots), -1)
    chosen = (answers[:, :, None] >= bounds[:, None, :]).sum(axis=2)
    given = np.arange(answers.shape[1]) < asked[:, None]
    counts = {name: ((chosen == k) & given).sum(axis=1) for k, name in enumerate(OPTIONS)}
    day = slots.day(0.85, 0.85)
    world.add("surveys", slots, day, surveyed_on=day, channel=slots.pick(["电话抽样", "窗口评价"]), **counts)


def visits(world: World) -> None:
    """Households visited, problems gathered and solved, by month or by quarter."""
    for levels, rows, low, high in ((("unit", "party_org"), 3, 30, 80), (("member",), 1, 8, 14)):
        slots = world.slots(f"visits/{levels[0]}", world.positions(*levels), rows, rows)
        plan = slots.between(low, high)
        visited = slots.draw.successes(plan, slots.share(F, 0.84, 1.0))
        raised = np.maximum(slots.draw.successes(visited, 0.35), np.minimum(visited, 1))
        solved = slots.draw.successes(raised, slots.share(F, 0.76, 1.0))
        day = slots.day(0.2, 0.95)
        columns = {"planned_n": plan, "visited_n": visited, "raised_n": raised, "solved_n": solved}
        world.add("visits", slots, day, visited_on=day, **columns)


def service_items(world: World) -> None:
    """Each quarter's list of service items, and what of each is public."""
    slots = world.slots("service_items", world.positions("unit"), 6, 6)
    common = ("信息公开", "政策咨询")
    trades = slots.world.trade[slots.who]
    place = np.arange(len(slots)) % 6
    names = [(TRADES[trade].items + common)[k] for trade, k in zip(trades, place, strict=True)]
    day = slots.day(0.9, 0.9)
    world.add(
        "service_items",
        slots,
        day,
        item=names,
        as_of=day,
        standard_public=np.where(slots.chance(F, 0.80, 1.0), "是", "否"),
        promise_public=np.where(slots.chance(F, 0.80, 1.0), "是", "否"),
    )
