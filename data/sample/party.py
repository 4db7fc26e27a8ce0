"""Ledgers of party organisations and members, and of innovation."""

from __future__ import annotations

import numpy as np

from sample.facts import NEVER, Slots, World

Y, C, F = 1, 2, 3
CRITERIA = ("第一条", "第二条", "第三条", "第四条", "第五条")


def write(world: World) -> None:
    """Add the ledgers of this module."""
    cascade(world)
    mutual_help(world)
    goals_and_contests(world)
    projects(world)
    topics_and_outputs(world)
    awards_and_effects(world)


def cascade(world: World) -> None:
    """Tasks handed down to a named organisation; the five-good criteria."""
    positions = world.positions("party_org")
    slots = world.slots("cascade", positions, 4, 6)
    issued = slots.day(0.05, 0.8)
    world.add(
        "cascade",
        slots,
        issued,
        task=slots.pick(["防汛保通", "春运保障", "节能减排", "队伍建设", "文明创建", "安全生产"]),
        issued_on=issued,
        assigned_to=slots.filled(Y, slots.pick(["第一党小组", "第二党小组", "所属党支部"]), 0.90),
        measures=slots.filled(Y, "推进措施", 0.92),
        due_on=np.where(slots.chance(Y, 0.93, 1.0), world.shift(issued, 35), NEVER),
    )
    for criterion in CRITERIA:
        slots = world.slots(f"five_good/{criterion}", positions, 1, 1)
        day = slots.day(0.93, 0.93)
        met = np.where(slots.chance(Y, 0.62, 1.0), "是", "否")
        world.add("five_good", slots, day, criterion=criterion, met=met, reviewed_on=day)


def mutual_help(world: World) -> None:
    """Matters promised to a paired organisation in the country."""
    slots = world.slots("mutual_help", world.positions("party_org"), 2, 3)
    due = slots.day(0.2, 0.95)
    world.add(
        "mutual_help",
        slots,
        due,
        partner=slots.pick(["东乡镇党支部", "西河村党支部", "南港村党支部", "北塘村党支部"]),
        matter=slots.pick(["道路养护帮扶", "农资运输", "结对助学", "图书共享"]),
        due_on=due,
        done_on=slots.done(due, F, 0.75, 1.0),
    )


def goals_and_contests(world: World) -> None:
    """Members' own goals; a contest a quarter in which about two thirds of a group take part."""
    slots = world.slots("member_goals", world.positions("member"), 2, 2)
    due = slots.day(0.15, 0.98)
    world.add(
        "member_goals",
        slots,
        due,
        goal=slots.pick(["业务考试达标", "服务零投诉", "技改一项", "帮扶一户", "考取资格证"]),
        role_model=slots.pick(["杨善洲", "岗位标兵", "海关某窗口"]),
        due_on=due,
        done_on=slots.done(due, Y, 0.72, 1.0),
    )
    slots = world.slots("contests", world.positions("member"), 1, 1)
    slots = slots.only(slots.draw.chance(0.62, len(slots)))
    held = slots.day(0.6, 0.6)
    group = world.table["组别"].to_numpy(dtype=object)[slots.who]
    names = [f"{world.quarters[q].id}-{g}" for q, g in zip(slots.quarter, group, strict=True)]
    points = np.clip(slots.share(Y, 45, 92) + slots.draw.bell(6, len(slots)), 0, 100).round(1)
    columns = {"contest_no": names, "kind": slots.word("contests"), "points": points}
    world.add("contests", slots, held, held_on=held, **columns)


def projects(world: World) -> None:
    """Innovation projects and their milestones."""
    positions = world.positions("unit", "party_org")
    slots = world.slots("innovation_projects", positions, 2, 4)
    # units close at least three as a rule: fewer are shown only
    units = world.slots("innovation_projects/unit", world.positions("unit"), 0, 1)
    slots = Slots(world, slots.draw, np.r_[slots.who, units.who], np.r_[slots.quarter, units.quarter])
    due = slots.day(0.1, 0.98)
    started = np.maximum(world.shift(due, -55), np.datetime64("2011-07-01"))
    world.add(
        "innovation_projects",
        slots,
        due,
        title=slots.word("projects"),
        started_on=started,
        owner=slots.filled(C, slots.someone("项目", 3), 0.97),
        due_on=due,
        measures=slots.filled(C, "攻坚措施", 0.97),
        closed_on=slots.done(due, C, 0.74, 1.0),
    )
    slots = world.slots("milestones/innovation", positions, 3, 4)
    due = slots.day(0.05, 0.98)
    title = slots.pick(["方案评审", "试点运行", "中期评估", "推广准备"])
    done = slots.done(due, C, 0.72, 1.0, still_open=0.7)
    world.add("milestones", slots, due, kind="创新项目", title=title, due_on=due, done_on=done)


def topics_and_outputs(world: World) -> None:
    """Research that was or was not adopted; documents that are or are not in force."""
    positions = world.positions("unit", "party_org")
    slots = world.slots("topics", positions, 2, 3)
    finished = slots.day(0.1, 0.8)
    adopted = slots.chance(C, 0.40, 0.97)
    world.add(
        "topics",
        slots,
        finished,
        title=slots.word("topics"),
        finished_on=finished,
        adopted_on=np.where(adopted, world.shift(finished, 8), NEVER),
        doc_no=np.where(adopted, [f"研采〔{k}〕号" for k in range(1, len(slots) + 1)], ""),
    )
    slots = world.slots("outputs", positions, 1, 4)
    slots = slots.only(slots.chance(C, 0.55, 1.0))
    issued = slots.day(0.1, 0.95)
    number = np.array([f"交制〔{k}〕号" for k in range(1, len(slots) + 1)], dtype=object)
    # the same document entered twice by one body must count once
    twice = np.flatnonzero((slots.who[1:] == slots.who[:-1]) & (np.arange(1, len(slots)) % 20 == 0))
    number[twice + 1] = number[twice]
    world.add(
        "outputs",
        slots,
        issued,
        kind=slots.pick(["研究成果", "改革方案", "攻坚措施", "长效机制", "长效机制"]),
        title=slots.word("outputs"),
        issued_on=issued,
        doc_no=np.where(slots.draw.chance(0.04, len(slots)), "", number),
        in_force=np.where(slots.draw.chance(0.96, len(slots)), "是", "否"),
    )


def awards_and_effects(world: World) -> None:
    """Recognition from above; measures whose gain was or was not proven when it fell due."""
    slots = world.slots("awards", world.positions("unit", "party_org"), 1, 1)
    slots = slots.only(slots.chance(C, 0.02, 0.20))
    day = slots.day(0.1, 0.95)
    number = [f"表〔{k}〕号" for k in range(1, len(slots) + 1)]
    world.add(
        "awards",
        slots,
        day,
        achievement=[f"{word}(第{k}号)" for k, word in enumerate(slots.word("projects"), 1)],
        award_level=slots.pick(["市级", "市级", "市级", "省级"]),
        awarded_on=day,
        doc_no=np.where(slots.draw.chance(0.12, len(slots)), "", number),
    )
    slots = world.slots("effects", world.positions("unit"), 2, 3)
    due = slots.day(0.1, 0.95)
    before = slots.draw.uniform(40, 70, len(slots)).round(1)
    proven = slots.chance(C, 0.55, 1.0)
    world.add(
        "effects",
        slots,
        due,
        title=slots.word("projects"),
        verify_due_on=due,
        before=before,
        after=(before + np.where(proven, slots.between(4, 15), -slots.between(0, 3))).round(1),
        proven=np.where(proven, "是", "否"),
    )
