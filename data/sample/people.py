"""Ledgers of learning, benchmarks, opinion and membership."""

from __future__ import annotations

import numpy as np

from sample.facts import Slots, World, days

J, Y, C, F, Z = range(5)
RINGS = ["市内", "黄三角", "半岛", "环渤海", "全国"]


def write(world: World) -> None:
    """Add the ledgers of this module."""
    activities(world)
    lessons(world)
    benchmarks(world)
    issues(world)
    targets(world)
    ballots(world)
    goals_and_contests(world)


def activities(world: World) -> None:
    """Planned study, with who should come and who came; members' own training."""
    slots = world.slots(world.positions("unit", "party_org"), 4, 7)
    planned = slots.day(0.05, 0.9)
    happened = slots.chance(J, 0.08)
    expected = slots.between(15, 60)
    world.add(
        "activities",
        slots,
        planned,
        kind=slots.pick(["研讨", "讲课", "调研", "讨论", "观摩"]),
        theme=slots.pick(["黄蓝战略", "转变方式调整结构", "管理创新", "服务提升", "向海关学习"]),
        linked_campaign=slots.pick(["学习型党组织", "两保两树", "双学", "两评一树", "大讨论"]),
        planned_on=planned,
        done_on=np.where(happened, planned, np.datetime64("NaT", "D")),
        expected_n=expected,
        attended_n=np.where(happened, _share(slots, expected, J, 0.06), np.nan),
        output_doc=slots.filled(J, "学习材料"),
    )
    slots = world.slots(world.positions("member"), 1, 2)
    planned, expected = slots.day(0.1, 0.9), slots.between(3, 6)
    world.add(
        "activities",
        slots,
        planned,
        kind="参训",
        theme="岗位学习",
        linked_campaign="双学",
        planned_on=planned,
        done_on=planned,
        expected_n=expected,
        attended_n=_share(slots, expected, J, 0.05),
        output_doc="",
    )


def _share(slots: Slots, total: np.ndarray, dimension: int, lift: float) -> np.ndarray:
    chance = np.clip(slots.skill(dimension) + lift, 0, 1)
    return slots.world.rng.binomial(total, chance).astype(float)


def lessons(world: World) -> None:
    """Visits elsewhere, and what was made of them within 60 working days."""
    slots = world.slots(world.positions("unit"), 2, 4)
    # the term of 60 working days must end inside the quarter
    visited = slots.day(0.05, 0.9) - days(88)
    start = np.datetime64(world.quarters[0].start) - days(30)
    visited = np.maximum(visited, start)
    good = slots.chance(J, -0.2)
    adopted = np.where(good, visited + days(slots.between(20, 70)), np.datetime64("NaT", "D"))
    world.add(
        "lessons",
        slots,
        slots.at(0.95),
        visited_on=visited,
        peer=slots.pick(["青岛某局", "天津某局", "海关某处", "先进县区"]),
        lesson=slots.pick(["一窗受理", "养护机械化", "现场调度", "信用监管"]),
        adopted_on=adopted,
        doc_no=np.where(good, [f"学转〔{k}〕号" for k in range(1, len(slots) + 1)], ""),
    )


def benchmarks(world: World) -> None:
    """One row a quarter for each benchmark that an entity chose at the start."""
    positions = world.positions("unit", "party_org")
    quarters = len(world.quarters)
    per = 3
    base = Slots(world, np.repeat(positions, per), np.zeros(len(positions) * per, dtype=int))
    ring = np.clip(np.round(base.skill(J) * 5.2 - 1.2 + world.rng.normal(0, 0.7, len(base))), 0, 4)
    gap = world.rng.uniform(8, 30, len(base)).round(1)
    due = world.rng.integers(1, quarters, len(base))
    closing = np.zeros(len(base))
    names = [f"B{k:03d}" for k in range(1, len(base) + 1)]
    for quarter in range(quarters):
        slots = Slots(world, base.who, np.full(len(base), quarter))
        step = (slots.skill(Y) - 0.55) * 0.24 + world.rng.normal(0, 0.02, len(base))
        closing = np.clip(closing + step, -0.2, 1.3)
        reached = np.select([closing >= 0.45, closing >= 0.25], ["夺标", "达标"], "对标")
        due_on = np.array([world.quarters[q].end for q in due], dtype="datetime64[D]")
        as_of = slots.at(0.97)
        world.add(
            "benchmarks",
            slots,
            as_of,
            benchmark_no=names,
            ring=np.array(RINGS, dtype=object)[ring.astype(int)],
            peer=np.array(["先进单位甲", "先进单位乙", "先进单位丙"] * len(positions), dtype=object),
            stage=np.where(closing < 0.02, "寻标", reached),
            as_of=as_of,
            due_on=np.where(due_on <= as_of + days(3), np.minimum(due_on, as_of), due_on),
            gap_start=gap,
            gap_now=(gap * (1 - closing)).round(2),
            gap_measure=slots.filled(J, "专项措施", 0.12),
            owner=slots.filled(J, "分管负责人", 0.12),
            measure_due_on=as_of + days(45),
            on_schedule=np.where(slots.chance(J, 0.05), "是", "否"),
        )


def issues(world: World) -> None:
    """Obstructing and hard problems, each with a difficulty set beforehand."""
    for levels, kind, low, high in (
        (("unit", "party_org"), "突出问题", 2, 4),
        (("unit", "party_org"), "攻坚难题", 2, 4),
        (("member",), "攻坚难题", 0, 1),
    ):
        slots = world.slots(world.positions(*levels), low, high)
        due = slots.day(0.2, 0.98)
        solved = slots.done(due, J if kind == "突出问题" else C, still_open=0.8)
        world.add(
            "issues",
            slots,
            due,
            kind=kind,
            title=slots.pick(["断头路衔接", "超限治理", "站场安全", "渡口改造", "审批环节多", "信息孤岛"]),
            raised_on=due - days(60),
            due_on=due,
            difficulty=slots.pick([1.0, 1.2, 1.5]).astype(float),
            solved_on=solved,
            solution_doc=np.where(np.isnat(solved), "", "破解材料"),
        )


def targets(world: World) -> None:
    """Each unit's targets, raised for 2012; one lowered in mid-year."""
    positions = world.positions("unit")
    items = ["年度投资", "养护里程", "办件量", "安全天数"]
    who = np.repeat(positions, len(items))
    first = Slots(world, who, np.zeros(len(who), dtype=int))
    baseline = world.rng.uniform(80, 400, len(who)).round(0)
    uplift = np.clip((first.skill(J) - 0.6) * 0.4 + world.rng.normal(0, 0.03, len(who)), 0, None)
    target = (baseline * (1 + uplift)).round(1)
    start = np.full(len(who), np.datetime64("2011-07-05"))
    common = {"item": np.array(items * len(positions), dtype=object), "baseline": baseline}
    world.add(
        "targets", first, start, **common, target=target, set_on=start, reason="年初确定", approver="工作小组"
    )
    raised = Slots(world, who, np.full(len(who), 2))
    later = np.full(len(who), np.datetime64("2012-01-10"))
    higher = (target * (1 + np.abs(world.rng.normal(0.02, 0.01, len(who))))).round(1)
    world.add(
        "targets",
        raised,
        later,
        **common,
        target=higher,
        set_on=later,
        reason="自我加压",
        approver="工作小组",
    )
    lowered = world.table["编号"].to_numpy()[who] == "U03"
    one = np.flatnonzero(lowered)[:1]
    slots = Slots(world, who[one], np.full(1, 3))
    day = np.full(1, np.datetime64("2012-05-10"))
    world.add(
        "targets",
        slots,
        day,
        item=common["item"][one],
        baseline=baseline[one],
        target=(higher[one] * 0.9).round(1),
        set_on=day,
        reason="资金未到位",
        approver="工作小组",
    )


def ballots(world: World) -> None:
    """Ratings by leaders, peers and the assessment team; some raters give all the same."""
    sizes = {
        "unit": {"分管领导": 5, "同级及职工": 9, "考核组": 7},
        "party_org": {"分管领导": 5, "同级及职工": 7, "考核组": 6},
        "member": {"同级及职工": 6, "考核组": 5},
    }
    for level, groups in sizes.items():
        positions = world.positions(level)
        for group, raters in groups.items():
            slots = Slots(
                world,
                np.tile(np.repeat(positions, raters), len(world.quarters)),
                np.repeat(np.arange(len(world.quarters)), len(positions) * raters),
            )
            number = np.tile(np.arange(raters), len(positions) * len(world.quarters))
            lenient = np.array([-2.0, 0.0, 2.5, 1.0, -1.0, 0.5, 0.0, -0.5, 1.5])[number]
            points = 52 + 44 * slots.skill(J) + lenient + world.rng.normal(0, 3.0, len(slots))
            points = np.clip(points.round(0), 40, 100)
            # the second rater of the assessment team is a lazy one in the first quarter
            lazy = (number == 1) & (slots.quarter == 0) & (group == "考核组") & (level == "unit")
            points = np.where(lazy, 90, points)
            cast = slots.day(0.9, 0.97)
            world.add(
                "ballots",
                slots,
                cast,
                cast_on=cast,
                rater_no=[f"{level[0].upper()}-{group}-{k + 1}" for k in number],
                rater_group=group,
                points=points,
            )


def goals_and_contests(world: World) -> None:
    """Members' own goals; contests in which most of a group take part."""
    slots = world.slots(world.positions("member"), 3, 5)
    due = slots.day(0.2, 0.98)
    done = slots.done(due, Y, 0.06, 0.5)
    world.add(
        "member_goals",
        slots,
        due,
        goal=slots.pick(["业务考试达标", "服务零投诉", "技改一项", "帮扶一户"]),
        role_model=slots.pick(["杨善洲", "岗位标兵", "海关某窗口"]),
        due_on=due,
        done_on=done,
    )
    slots = world.slots(world.positions("member"), 0, 1)
    held = slots.at(0.6)
    group = world.table["组别"].to_numpy()[slots.who]
    world.add(
        "contests",
        slots,
        held,
        contest_no=[f"{world.quarters[q].id}-{g}" for q, g in zip(slots.quarter, group, strict=True)],
        kind="业务知识竞赛",
        held_on=held,
        points=np.clip(40 + 50 * slots.skill(Y) + world.rng.normal(0, 6, len(slots)), 0, 100).round(1),
    )
