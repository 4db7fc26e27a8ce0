"""Ledgers of service to the public and of conduct."""

from __future__ import annotations

import numpy as np

from sample.facts import Slots, World, days, some

J, Y, C, F, Z = range(5)
FIVE_CASES = "U20"


def write(world: World) -> None:
    """Add the ledgers of this module."""
    service(world)
    conduct(world)


def service(world: World) -> None:
    """Service: commitments, rectifications, appeals, surveys, visits and service items."""
    for levels, low, high in ((("unit", "party_org"), 5, 9), (("member",), 2, 4)):
        slots = world.slots(world.positions(*levels), low, high)
        due = slots.day(0.1, 0.98)
        world.add(
            "commitments",
            slots,
            due,
            promise=slots.pick(["修复破损路面", "缩短办理时限", "延时服务", "公开收费标准", "走访服务对象"]),
            public_on=due - days(45),
            due_on=due,
            done_on=slots.done(due, F, 0.06),
        )
    for levels, low, high in ((("unit", "party_org"), 2, 4), (("member",), 0, 1)):
        slots = world.slots(world.positions(*levels), low, high)
        due = slots.day(0.1, 0.98)
        closed = slots.done(due, F, 0.06, 0.7)
        passed = np.where(slots.chance(F, 0.08), "通过", "不通过")
        world.add(
            "rectifications",
            slots,
            due,
            problem=slots.pick(["环境卫生", "服务态度", "台账不全", "现场管理"]),
            leader="局领导",
            due_on=due,
            closed_on=closed,
            recheck=np.where(np.isnat(closed), "未复核", passed),
        )
    appeals(world)
    slots = world.slots(world.positions("unit", "party_org"), 1, 1)
    asked = np.where(world.rng.random(len(slots)) < 0.08, slots.between(10, 26), slots.between(45, 160))
    quality = slots.skill(F)
    levels_ = np.column_stack(
        [quality**2, quality * 0.9, (1.05 - quality) * 0.9, (1 - quality) * 0.5, (1 - quality) * 0.3]
    )
    shares = np.clip(levels_, 0.005, None)
    shares = shares / shares.sum(axis=1, keepdims=True) * 0.94
    counts = world.rng.multinomial(asked, np.column_stack([shares, np.full(len(slots), 0.06)]))
    day = slots.at(0.85)
    names = ("n_very", "n_ok", "n_basic", "n_poor", "n_bad", "n_unknown")
    world.add(
        "surveys", slots, day, surveyed_on=day, channel="电话抽样", **dict(zip(names, counts.T, strict=True))
    )
    for levels, planned in ((("unit", "party_org"), (30, 80)), (("member",), (4, 8))):
        slots = world.slots(world.positions(*levels), 3, 3)
        plan = slots.between(*planned)
        visited = world.rng.binomial(plan, np.clip(slots.skill(F) + 0.06, 0, 1))
        raised = np.maximum(world.rng.binomial(visited, 0.3), (slots.between(0, 1) > 0).astype(int))
        solved = world.rng.binomial(raised, np.clip(slots.skill(F) + 0.04, 0, 1))
        day = slots.day(0.2, 0.95)
        world.add(
            "visits",
            slots,
            day,
            visited_on=day,
            planned_n=plan,
            visited_n=visited,
            raised_n=raised,
            solved_n=solved,
        )
    for item in (
        "许可办理",
        "年审检验",
        "投诉受理",
        "信息公开",
        "养护告知",
        "收费公示",
        "应急救援",
        "政策咨询",
    ):
        slots = world.slots(world.positions("unit"), 1, 1)
        day = slots.at(0.9)
        world.add(
            "service_items",
            slots,
            day,
            item=item,
            as_of=day,
            standard_public=np.where(slots.chance(F, 0.1), "是", "否"),
            promise_public=np.where(slots.chance(F, 0.1), "是", "否"),
        )


def _fewer(world: World, slots: Slots, most: int) -> Slots:
    """Cut one unit's rows to a handful a quarter: the small sample of the campaign."""
    own = world.table["编号"].to_numpy()[slots.who] == FIVE_CASES
    seen = np.zeros((len(world.table), len(world.quarters)), dtype=int)
    keep = np.ones(len(slots), dtype=bool)
    for row in np.flatnonzero(own):
        seen[slots.who[row], slots.quarter[row]] += 1
        keep[row] = seen[slots.who[row], slots.quarter[row]] <= most
    return some(slots, keep)


def appeals(world: World) -> None:
    """Appeals of the public, some of which come back after the answer."""
    slots = _fewer(world, world.slots(world.positions("unit"), 18, 40), 5)
    due = slots.day(0.08, 0.98)
    done = slots.done(due, F, 0.08, 0.2)
    number = np.array([f"A{k:05d}" for k in range(1, len(slots) + 1)], dtype=object)
    world.add(
        "appeals",
        slots,
        due,
        appeal_no=number,
        channel=slots.pick(["12328", "12345", "来信来访"]),
        received_on=due - days(15),
        due_on=due,
        replied_on=done,
        handler="经办人",
        repeat_of="",
    )
    again = ~slots.chance(F, 0.05) & ~np.isnat(done)
    back = some(slots, again)
    received = done[again] + days(back.between(1, 29))
    cutoff = np.array(world.cutoffs, dtype="datetime64[D]")[back.quarter]
    inside = received <= cutoff
    back = some(back, inside)
    received = received[inside]
    world.add(
        "appeals",
        back,
        received,
        appeal_no=[f"R{k:05d}" for k in range(1, len(back) + 1)],
        channel="12345",
        received_on=received,
        due_on=received + days(15),
        replied_on=_by_cutoff(back, received + days(back.between(3, 14))),
        handler="经办人",
        repeat_of=number[again][inside],
    )


def _by_cutoff(slots: Slots, day: np.ndarray) -> np.ndarray:
    """Return a day, or nothing where it is after the cut-off: not yet known then."""
    cutoff = np.array(slots.world.cutoffs, dtype="datetime64[D]")[slots.quarter]
    return np.where(day > cutoff, np.datetime64("NaT", "D"), day)


def conduct(world: World) -> None:
    """Cases with a term in working days, supervised items, findings, accountability, incidents."""
    for levels, low, high in ((("unit",), 20, 45), (("member",), 2, 5)):
        slots = _fewer(world, world.slots(world.positions(*levels), low, high), 5)
        accepted = slots.day(0.02, 0.80)
        promised, statutory = slots.between(3, 10), slots.between(14, 20)
        suspended = np.where(world.rng.random(len(slots)) < 0.15, slots.between(1, 4), 0)
        good = slots.chance(Z, 0.07)
        skill = np.clip(slots.skill(Z), 0.3, 1)
        quick = np.maximum(1, np.floor(promised * (1.25 - 0.6 * skill))).clip(max=promised).astype(int)
        used = np.where(good, quick, promised + slots.between(1, 6))
        finished = world.calendar.add_workdays(accepted, used + suspended)
        cutoff = np.array(world.cutoffs, dtype="datetime64[D]")[slots.quarter]
        finished = np.where(finished > cutoff, np.datetime64("NaT", "D"), finished)
        world.add(
            "cases",
            slots,
            accepted,
            case_no=[f"{levels[0][0].upper()}{k:06d}" for k in range(1, len(slots) + 1)],
            item=slots.pick(["许可", "年审", "投诉", "备案"]),
            accepted_on=accepted,
            statutory_days=statutory,
            promised_days=promised,
            suspended_days=suspended,
            finished_on=finished,
            actual_days=np.where(np.isnat(finished), np.nan, used),
            handler="经办人",
        )
    for levels, low, high in ((("unit",), 4, 7), (("member",), 1, 3)):
        slots = world.slots(world.positions(*levels), low, high)
        due = slots.day(0.25, 0.98)
        issued = np.maximum(due - days(35), slots.at(0.0))
        good = slots.chance(Z, 0.05)
        wait = np.where(good, slots.between(0, 1), slots.between(2, 7))
        closed = slots.done(due, Z, 0.05)
        late = ~(closed <= due)
        world.add(
            "supervised",
            slots,
            due,
            matter=slots.pick(["拥堵治理", "重点工程协调", "隐患整改", "信访积案"]),
            origin=slots.pick(["重大决策", "重点工作", "热点难点"]),
            issued_on=issued,
            first_action_on=world.calendar.add_workdays(issued, wait),
            due_on=due,
            closed_on=closed,
            colour=np.where(late, slots.pick(["蓝", "蓝", "橙", "橙", "红"]), "无"),
        )
    slots = world.slots(world.positions("unit", "party_org"), 3, 6)
    due = slots.day(0.15, 0.98)
    closed = slots.done(due, Z, 0.05, 0.6)
    world.add(
        "findings",
        slots,
        due,
        category=slots.pick(["体制机制", "管理理念", "服务意识", "工作方法"]),
        problem=slots.pick(["记录不全", "响应迟缓", "责任不清", "现场脏乱"]),
        found_on=due - days(30),
        due_on=due,
        closed_on=closed,
        recurred=np.where(~slots.chance(Z, 0.12), "是", "否"),
    )
    slots = world.slots(world.positions("unit", "party_org", "member"), 0, 1)
    slots = some(slots, ~slots.chance(Z, 0.17))
    decided = slots.day(0.1, 0.9)
    world.add(
        "accountability",
        slots,
        decided,
        matter=[f"事由{k:03d}" for k in range(1, len(slots) + 1)],
        kind=slots.pick(["提醒", "提醒", "提醒", "通报批评", "通报批评", "诫勉", "处分"]),
        severity="一般",
        decided_on=decided,
        person="有关责任人",
        clause="问责办法第五条",
        decided_by="局党委",
        doc_no=[f"问〔{k}〕号" for k in range(1, len(slots) + 1)],
    )
    slots = world.slots(world.positions("unit"), 0, 1)
    slots = some(slots, ~slots.chance(Z, 0.16))
    day = slots.day(0.1, 0.9)
    world.add(
        "incidents",
        slots,
        day,
        fact=slots.pick(["一般安全事件", "群体来访处置不当"]),
        kind=slots.pick(["安全", "稳定"]),
        severity="一般",
        confirmed_on=day,
        clause="责任事件认定办法第三条",
        decided_by="安委会办公室",
        doc_no=[f"认〔{k}〕号" for k in range(1, len(slots) + 1)],
    )
