"""Ledgers of 比境界: learning, benchmarks, problems, targets and ratings."""

from __future__ import annotations

import numpy as np

from sample.draw import Draw
from sample.facts import NEVER, Slots, World

J, Y, C = 0, 1, 2
RINGS = ("市内", "黄三角", "半岛", "环渤海", "全国")
TERM_WORKDAYS = 60
LOWERED_TARGET, LOWERED_RING = "U03", "U22"


def write(world: World) -> None:
    """Add the ledgers of this module."""
    activities(world)
    lessons(world)
    benchmarks(world)
    issues(world)
    targets(world)
    ballots(world)


def activities(world: World) -> None:
    """Planned study, with who should come and who came; members' own training."""
    themes = ("黄蓝战略", "转变方式调整结构", "管理创新", "服务提升", "向海关学习", "入党为什么、在党干什么")
    carriers = ("学习型党组织", "两保两树", "双学", "两评一树", "大讨论")
    slots = world.slots("activities", world.positions("unit", "party_org"), 4, 6)
    planned, expected = slots.day(0.05, 0.95), slots.between(15, 60)
    happened = slots.chance(J, 0.78, 1.0)
    attended = slots.draw.successes(expected, slots.share(J, 0.85, 0.995)).astype(float)
    world.add(
        "activities",
        slots,
        planned,
        kind=slots.pick(["研讨", "讲课", "调研", "参观", "观摩", "讨论"]),
        theme=slots.pick(themes),
        linked_campaign=slots.pick(carriers),
        planned_on=planned,
        done_on=np.where(happened, planned, NEVER),
        expected_n=expected,
        attended_n=np.where(happened, attended, np.nan),
        output_doc=np.where(happened, slots.filled(J, "学习材料"), ""),
    )
    slots = world.slots("activities/member", world.positions("member"), 1, 1)
    planned, expected = slots.day(0.1, 0.95), slots.between(5, 12)
    world.add(
        "activities",
        slots,
        planned,
        kind="参训",
        theme=slots.pick(themes),
        linked_campaign=slots.pick(carriers),
        planned_on=planned,
        done_on=planned,
        expected_n=expected,
        attended_n=slots.draw.successes(expected, slots.share(J, 0.82, 0.995)),
        output_doc="",
    )


def lessons(world: World) -> None:
    """Visits elsewhere, and what was made of each within 60 working days."""
    slots = world.slots("lessons", world.positions("unit"), 3, 5)
    due = slots.day(0.05, 0.98)
    visited = world.shift(due, -TERM_WORKDAYS)
    adopted, in_time = slots.chance(J, 0.50, 0.90), slots.chance(J, 0.75, 0.98)
    soon, late = world.shift(visited, slots.between(20, 58)), world.shift(due, slots.between(1, 5))
    day = np.where(in_time, soon, late)
    day = np.where(adopted & (day <= world.cutoff[slots.quarter]), day, NEVER)
    number = [f"学转〔{k}〕号" for k in range(1, len(slots) + 1)]
    world.add(
        "lessons",
        slots,
        due,
        visited_on=visited,
        peer=slots.pick(["青岛某局", "天津某局", "大连某局", "海关某处", "烟台某县局"]),
        lesson=slots.word("lessons"),
        adopted_on=day,
        doc_no=np.where(np.isnat(day), "", slots.filled(J, np.array(number, dtype=object))),
    )


def benchmarks(world: World) -> None:
    """One row a quarter for each benchmark that an entity chose at the start."""
    positions = world.positions("unit", "party_org")
    per, quarters = 3, len(world.quarters)
    draw = Draw(world.seed, "benchmarks")
    who = np.repeat(positions, per)
    count = len(who)
    base = Slots(world, draw, who, np.zeros(count, dtype=int))
    ring = np.clip(np.round(base.share(J, 0.2, 3.8) + draw.bell(0.7, count)), 0, 4).astype(int)
    gap = draw.uniform(8, 30, count).round(1)
    # the first benchmark of each is due at once, the others later
    due = np.tile([0, 2, 4], len(positions)) + np.where(np.arange(count) % per, draw.whole(-1, 0, count), 0)
    item, peer = base.word("benchmarks"), base.pick(["先进单位甲", "先进单位乙", "先进单位丙"])
    closed, stage = np.zeros(count), np.zeros(count, dtype=int)
    lowered = world.ids[who] == LOWERED_RING
    for quarter in range(quarters):
        slots = Slots(world, draw, who, np.full(count, quarter))
        closed = np.clip(closed + slots.share(Y, 0.005, 0.09) + draw.bell(0.015, count), -0.05, 0.95)
        decided = (due <= quarter) & (stage == 0)
        stage = np.where(decided & slots.chance(Y, 0.35, 1.0), 1, stage)
        # who has reached the mark may surpass it, and then aims at a wider ring
        better = (stage == 1) & slots.chance(Y, 0.0, 0.35)
        stage, ring = np.where(better, 2, stage), np.clip(ring + better, 0, 4)
        # this one takes an easier mark in mid-campaign, which the method does not credit
        shown = np.where(lowered & (quarter >= 3), 0, ring)
        as_of = slots.day(0.97, 0.97)
        names = np.array(["寻标" if quarter == 0 else "对标", "达标", "夺标"], dtype=object)
        due_on = world.shift(world.ends[due], -12)
        world.add(
            "benchmarks",
            slots,
            as_of,
            benchmark_no=[f"B{k:03d}" for k in range(1, count + 1)],
            item=item,
            ring=np.array(RINGS, dtype=object)[shown],
            peer=peer,
            stage=names[stage],
            as_of=as_of,
            due_on=due_on,
            gap_start=gap,
            gap_now=(gap * (1 - closed)).round(2),
            gap_measure=slots.filled(J, "专项措施", 0.94),
            owner=slots.filled(J, slots.someone("分管", 2), 0.94),
            measure_due_on=np.where(slots.chance(J, 0.95, 1.0), world.shift(as_of, 30), NEVER),
            on_schedule=np.where(slots.chance(J, 0.72, 1.0), "是", "否"),
        )


def issues(world: World) -> None:
    """Obstructing and hard problems, each with a difficulty set beforehand."""
    for levels, kind, low, high in (
        (("unit", "party_org"), "突出问题", 2, 3),
        (("unit", "party_org"), "攻坚难题", 2, 3),
        (("member",), "攻坚难题", 1, 1),
    ):
        slots = world.slots(f"issues/{kind}/{levels[0]}", world.positions(*levels), low, high)
        if levels == ("member",):
            # most members take on one problem a quarter
            slots = slots.only(slots.draw.chance(0.93, len(slots)))
        due = slots.day(0.15, 0.98)
        good = slots.chance(J if kind == "突出问题" else C, 0.60, 1.0)
        solved = np.where(good, world.shift(due, -slots.between(0, 15)), NEVER)
        world.add(
            "issues",
            slots,
            due,
            kind=kind,
            title=slots.word("issues"),
            raised_on=world.shift(due, -45),
            due_on=due,
            difficulty=slots.pick([1.0, 1.2, 1.5]).astype(float),
            solved_on=solved,
            solution_doc=np.where(good, "破解材料", ""),
        )


def targets(world: World) -> None:
    """Each unit's targets: of 2011, of 2012 on a new baseline, and what mid-year changed."""
    positions = world.positions("unit")
    draw = Draw(world.seed, "targets")
    per = 4
    who = np.repeat(positions, per)
    count = len(who)
    item = np.array([f"第{'一二三四'[k % per]}项目标" for k in range(count)], dtype=object)
    first = Slots(world, draw, who, np.zeros(count, dtype=int))
    names = first.word("targets")
    item = np.array([f"{own}({name})" for own, name in zip(item, names, strict=True)], dtype=object)
    baseline = draw.uniform(80, 400, count).round(0)
    target = _uplifted(first, baseline)
    approver = "工作小组"

    def add(quarter: int, day: str, rows: np.ndarray, base: np.ndarray, aim: np.ndarray, why: str) -> None:
        slots = Slots(world, draw, who[rows], np.full(len(rows), quarter))
        set_on = np.full(len(rows), np.datetime64(day))
        columns = {"item": item[rows], "baseline": base[rows], "target": aim[rows], "set_on": set_on}
        world.add("targets", slots, set_on, **columns, reason=why, approver=approver)

    everyone = np.arange(count)
    add(0, "2011-07-05", everyone, baseline, target, "活动启动时确定")
    # last year's result is the new baseline: near its target
    actual = (target * draw.uniform(0.97, 1.03, count)).round(0)
    second = _uplifted(Slots(world, draw, who, np.full(count, 2)), actual)
    second = np.maximum(second, target)
    add(2, "2012-01-10", everyone, actual, second, "年度目标,以上年实绩为基数")
    raised = np.flatnonzero(draw.chance(0.25, count) & (world.ids[who] != LOWERED_TARGET))
    higher = (second * 1.04).round(1)
    add(3, "2012-06-20", raised, actual, higher, "自我加压,年中提高")
    lowered = np.flatnonzero(world.ids[who] == LOWERED_TARGET)[:1]
    add(3, "2012-05-10", lowered, actual, (second * 0.9).round(1), "上级资金未到位,年中下调")


def _uplifted(slots: Slots, baseline: np.ndarray) -> np.ndarray:
    uplift = slots.share(J, 0.01, 0.15) + slots.draw.bell(0.02, len(slots))
    return (baseline * (1 + np.clip(uplift, 0, None))).round(1)


BALLOTS = {
    "unit": {"分管领导": ("L", 5), "同级及职工": ("S", 8), "考核组": ("K", 6)},
    "party_org": {"分管领导": ("L", 5), "同级及职工": ("S", 6), "考核组": ("K", 5)},
    "member": {"同级及职工": ("S", 5), "考核组": ("K", 5)},
}
LAZY_RATER, OUT_OF_RANGE_RATER = "U-K2", "U-S7"


def ballots(world: World) -> None:
    """Ratings by leaders, peers and the assessment team; some of them void."""
    for level, groups in BALLOTS.items():
        positions = world.positions(level)
        for group, (letter, raters) in groups.items():
            draw = Draw(world.seed, f"ballots/{level}/{group}")
            quarters = np.repeat(np.arange(len(world.quarters)), len(positions) * raters)
            who = np.tile(np.repeat(positions, raters), len(world.quarters))
            slots = Slots(world, draw, who, quarters)
            number = np.tile(np.arange(1, raters + 1), len(positions) * len(world.quarters))
            lenient = np.array([-2.0, 0.0, 2.5, 1.0, -1.0, 0.5, 0.0, -0.5])[number - 1]
            points = slots.share(J, 70, 95) + lenient + draw.bell(2.5, len(slots))
            points = np.clip(points.round(0), 40, 100)
            rater = np.array([f"{level[0].upper()}-{letter}{k}" for k in number], dtype=object)
            # one gives everybody 90 in the first and fifth quarter, one slips a key
            points = np.where((rater == LAZY_RATER) & np.isin(quarters, [0, 4]), 90, points)
            slip = (rater == OUT_OF_RANGE_RATER) & (quarters == 4) & (world.ids[who] == "U02")
            points = np.where(slip, 880, points)
            cast = slots.day(0.9, 0.97)
            world.add("ballots", slots, cast, cast_on=cast, rater_no=rater, rater_group=group, points=points)
