"""Ledgers of 比作风: cases with a term, supervised items, findings, accountability, incidents."""

from __future__ import annotations

import numpy as np

from sample.facts import FEW_CASES, NEVER, World
from sample.service import few

Z = 4


def write(world: World) -> None:
    """Add the ledgers of this module."""
    cases(world)
    supervised(world)
    findings(world)
    accountability(world)


def cases(world: World) -> None:
    """Cases whose term counts in working days, suspended days added."""
    calendar = world.calendar
    for levels, low, high in ((("unit",), 14, 20), (("member",), 2, 2)):
        slots = few(world.slots(f"cases/{levels[0]}", world.positions(*levels), low, high))
        accepted = slots.day(0.0, 0.85)
        # the handful of the small sample falls due in its own quarter
        accepted = np.where(world.ids[slots.who] == FEW_CASES, slots.day(0.05, 0.5), accepted)
        statutory = slots.between(15, 20)
        promised = slots.between(8, 13)
        suspended = np.where(slots.draw.chance(0.15, len(slots)), slots.between(1, 5), 0)
        good = slots.chance(Z, 0.84, 1.0)
        quick = np.ceil(promised * slots.draw.uniform(0.7, 1.0, len(slots)) * slots.share(Z, 1.0, 0.85))
        used = np.where(good, np.minimum(quick, promised), promised + slots.between(1, 6)).astype(int)
        due = calendar.add_workdays(accepted, promised + suspended)
        finished = calendar.add_workdays(accepted, used + suspended)
        finished = np.where(finished > world.cutoff[world.quarter_of(due)], NEVER, finished)
        letter = levels[0][0].upper()
        world.add(
            "cases",
            slots,
            due,
            case_no=[f"{letter}{k:05d}" for k in range(1, len(slots) + 1)],
            item=slots.word("items"),
            accepted_on=accepted,
            statutory_days=statutory,
            promised_days=promised,
            suspended_days=suspended,
            finished_on=finished,
            actual_days=np.where(np.isnat(finished), np.nan, used),
            handler=slots.someone("经办", 3),
        )


def supervised(world: World) -> None:
    """Items that a special office presses for, with the first answer and the colour of the last slip."""
    for levels, low, high in ((("unit",), 4, 7), (("member",), 1, 1)):
        slots = world.slots(f"supervised/{levels[0]}", world.positions(*levels), low, high)
        due = slots.day(0.3, 0.98)
        issued = world.shift(due, -slots.between(18, 30))
        issued = np.maximum(issued, world.starts[slots.quarter])
        wait = np.where(slots.chance(Z, 0.30, 1.0), slots.between(0, 1), slots.between(2, 5))
        closed = slots.done(due, Z, 0.76, 1.0)
        late = ~(closed <= due)
        world.add(
            "supervised",
            slots,
            due,
            matter=slots.word("issues"),
            origin=slots.pick(["重大决策", "重点工作", "热点难点"]),
            issued_on=issued,
            first_action_on=world.shift(issued, wait),
            due_on=due,
            closed_on=closed,
            colour=np.where(late, slots.pick(["蓝", "蓝", "橙", "红"]), "无"),
        )


def findings(world: World) -> None:
    """Inspections: what each found, whether it was put right, whether it came back."""
    slots = world.slots("findings", world.positions("unit", "party_org"), 3, 5)
    due = slots.day(0.1, 0.98)
    closed = slots.done(due, Z, 0.78, 1.0, still_open=0.7)
    recurred = ~slots.chance(Z, 0.90, 1.0) & ~np.isnat(closed)
    world.add(
        "findings",
        slots,
        due,
        category=slots.pick(["体制机制", "管理理念", "服务意识", "工作方法"]),
        problem=slots.pick(["记录不全", "响应迟缓", "责任不清", "现场脏乱", "考勤不严"]),
        found_on=world.shift(due, -20),
        due_on=due,
        closed_on=closed,
        recurred=np.where(recurred, "是", "否"),
    )


def accountability(world: World) -> None:
    """Reminders and sterner measures; minor incidents."""
    for level, chance in (("unit", 0.45), ("party_org", 0.30), ("member", 0.08)):
        slots = world.slots(f"accountability/{level}", world.positions(level), 1, 1)
        slots = slots.only(slots.chance(Z, chance, 0.0))
        day = slots.day(0.1, 0.9)
        letter = level[0].upper()
        world.add(
            "accountability",
            slots,
            day,
            matter=[f"{letter}事由{k:02d}:{word}" for k, word in enumerate(slots.word("appeals"), 1)],
            kind=slots.pick(["提醒", "提醒", "提醒", "提醒", "通报批评", "通报批评", "诫勉"]),
            severity="一般",
            decided_on=day,
            person=slots.someone("当事", 5),
            clause="问责办法第五条",
            decided_by="局党委",
            doc_no=[f"问〔{letter}{k}〕号" for k in range(1, len(slots) + 1)],
        )
    slots = world.slots("incidents", world.positions("unit"), 1, 1)
    slots = slots.only(slots.chance(Z, 0.22, 0.0))
    day = slots.day(0.1, 0.9)
    kind = slots.pick(["安全", "稳定"])
    fact = {"安全": "作业现场防护不到位致轻微财产损失", "稳定": "来访接待处置不当"}
    world.add(
        "incidents",
        slots,
        day,
        fact=[fact[name] for name in kind],
        kind=kind,
        severity="一般",
        confirmed_on=day,
        clause="责任事件认定办法第三条",
        decided_by="安全生产委员会办公室",
        doc_no=[f"认〔{k}〕号" for k in range(1, len(slots) + 1)],
    )
