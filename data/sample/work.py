"""Ledgers of key tasks, party organisations and innovation."""

from __future__ import annotations

import numpy as np

from sample.facts import Slots, World, days, some

J, Y, C, F, Z = range(5)


def write(world: World) -> None:
    """Add the ledgers of this module."""
    tasks(world)
    returns_and_checks(world)
    organisations(world)
    innovation(world)


def tasks(world: World) -> None:
    """Key tasks with their four settings, weekly progress, milestones and quality."""
    slots = world.slots(world.positions("unit"), 3, 4)
    started = slots.day(0.0, 0.12)
    number = [f"T{k:04d}" for k in range(1, len(slots) + 1)]
    title = slots.pick(["干线大修", "场站改造", "航道疏浚", "治超站点", "信息平台", "农村公路", "安全整治"])
    on_time = slots.chance(Z, 0.08)
    world.add(
        "tasks",
        slots,
        started,
        task_no=number,
        title=title,
        category=slots.pick(["大项目", "产业发展", "环境优化", "其他"]),
        started_on=started,
        set_on=np.where(on_time, started - days(3), started + days(9)),
        person=slots.filled(Z, "项目负责人", 0.12),
        duty=slots.filled(Z, "牵头落实", 0.12),
        due_on=slots.at(0.99),
        reward_rule=slots.filled(Z, "按期奖励", 0.1),
        penalty_rule=slots.filled(Z, "逾期约谈", 0.1),
    )
    weekly_progress(world, slots, np.array(number, dtype=object))
    nodes = world.slots(world.positions("unit"), 4, 7)
    due = nodes.day(0.1, 0.98)
    world.add(
        "milestones",
        nodes,
        due,
        kind="重点工作",
        title="工程节点",
        due_on=due,
        done_on=nodes.done(due, Y, 0.05),
    )
    checks = world.slots(world.positions("unit"), 2, 3)
    inspected = checks.between(60, 160)
    passed = world.rng.binomial(inspected, np.clip(0.80 + 0.20 * checks.skill(Y) + 0.01, 0, 1))
    when = checks.day(0.1, 0.95)
    world.add(
        "quality_checks",
        checks,
        when,
        checked_on=when,
        project="在建项目",
        inspected_n=inspected,
        passed_n=passed,
    )


def weekly_progress(world: World, tasks_: Slots, number: np.ndarray) -> None:
    """Each task's report of each week: planned and actual progress, amount to date."""
    final = np.clip(tasks_.skill(Y) + world.rng.normal(0.04, 0.06, len(tasks_)), 0.3, 1.12)
    target = world.rng.uniform(100, 900, len(tasks_)).round(0)
    for quarter, period in enumerate(world.quarters):
        rows = np.flatnonzero(tasks_.quarter == quarter)
        first = np.datetime64(period.start, "D")
        friday = first + days((4 - (first.astype(int) + 3) % 7) % 7)
        fridays = np.arange(friday, np.datetime64(period.end) + days(1), days(7))
        length = (np.datetime64(period.end) - first).astype(int)
        for week in fridays[fridays > first + days(5)]:
            slots = Slots(world, tasks_.who[rows], np.full(len(rows), quarter))
            planned = min(100.0, (week - first).astype(int) / length * 100)
            noise = world.rng.normal(0, 2.0, len(rows))
            actual = np.clip(planned * final[rows] + noise, 0, 100).round(1)
            day = np.full(len(rows), week)
            world.add(
                "task_reports",
                slots,
                day,
                task_no=number[rows],
                week_ended_on=day,
                planned_pct=round(planned, 1),
                actual_pct=actual,
                target=(target[rows] * planned / 100).round(1),
                actual=(target[rows] * planned / 100 * np.clip(final[rows], 0, 1.15)).round(1),
                problem=np.where(actual < planned - 10, "进度滞后", ""),
            )


def returns_and_checks(world: World) -> None:
    """Weekly returns, and what the monthly check found of what was reported."""
    positions = world.positions("unit", "party_org")
    for quarter, period in enumerate(world.quarters):
        first = np.datetime64(period.start, "D")
        friday = first + days((4 - (first.astype(int) + 3) % 7) % 7)
        for week in np.arange(friday, np.datetime64(period.end) - days(2), days(7)):
            slots = Slots(world, positions, np.full(len(positions), quarter))
            due = np.full(len(positions), world.calendar.add_workdays(week, 1))
            done = slots.done(due, Z, 0.07, 0.15)
            done = np.where(done < week, due, done)
            # one unit forgot one week altogether
            forgot = (world.table["编号"].to_numpy()[positions] == "U14") & (
                week == np.datetime64("2012-08-17")
            )
            kept = Slots(world, positions[~forgot], slots.quarter[~forgot])
            world.add(
                "weekly_returns",
                kept,
                due[~forgot],
                week_ended_on=week,
                due_on=due[~forgot],
                returned_on=done[~forgot],
            )
    slots = world.slots(positions, 5, 8)
    checked = slots.day(0.1, 0.95)
    reported = world.rng.uniform(10, 100, len(slots)).round(1)
    agreed = slots.chance(Z, 0.1)
    world.add(
        "verification",
        slots,
        checked,
        checked_on=checked,
        item=slots.pick(["任务进度", "办件数量", "学习记录", "承诺兑现"]),
        reported_value=reported,
        verified_value=np.where(agreed, reported, (reported * 0.92).round(1)),
        agreed=np.where(agreed, "是", "否"),
    )


def organisations(world: World) -> None:
    """Party organisations: cascaded tasks, the five-good criteria, mutual help."""
    positions = world.positions("party_org")
    slots = world.slots(positions, 4, 7)
    issued = slots.day(0.05, 0.6)
    world.add(
        "cascade",
        slots,
        issued,
        task=slots.pick(["防汛保通", "春运保障", "节能减排", "队伍建设"]),
        issued_on=issued,
        assigned_to=slots.filled(Y, "所属党支部", 0.06),
        measures=slots.filled(Y, "推进措施", 0.08),
        due_on=np.where(slots.chance(Y, 0.1), issued + days(50), np.datetime64("NaT", "D")),
    )
    for criterion in ("第一条", "第二条", "第三条", "第四条", "第五条"):
        slots = world.slots(positions, 1, 1)
        day = slots.at(0.93)
        met = np.where(slots.chance(Y, 0.04), "是", "否")
        world.add("five_good", slots, day, criterion=criterion, met=met, reviewed_on=day)
    slots = world.slots(positions, 2, 3)
    due = slots.day(0.3, 0.95)
    world.add(
        "mutual_help",
        slots,
        due,
        partner="乡镇党支部",
        matter=slots.pick(["道路养护帮扶", "农资运输", "结对助学"]),
        due_on=due,
        done_on=slots.done(due, F, 0.05),
    )


def innovation(world: World) -> None:
    """Projects, their milestones, research, outputs, recognition and proven effects."""
    positions = world.positions("unit", "party_org")
    slots = world.slots(positions, 2, 5)
    due = slots.day(0.2, 0.98)
    started = np.maximum(due - days(80), np.datetime64(world.quarters[0].start))
    blank = ~slots.chance(C, 0.3)
    world.add(
        "innovation_projects",
        slots,
        due,
        title=slots.pick(["电子不停车", "养护市场化", "一站式审批", "智能调度", "信用考核"]),
        started_on=started,
        owner=np.where(blank, "", "项目负责人"),
        due_on=due,
        measures=slots.filled(C, "攻坚措施", 0.3),
        closed_on=slots.done(due, C, 0.04),
    )
    slots = world.slots(positions, 3, 6)
    due = slots.day(0.1, 0.98)
    world.add(
        "milestones",
        slots,
        due,
        kind="创新项目",
        title="项目里程碑",
        due_on=due,
        done_on=slots.done(due, C, 0.05),
    )
    slots = world.slots(positions, 1, 3)
    finished = slots.day(0.1, 0.8)
    adopted = slots.chance(C, -0.1)
    world.add(
        "topics",
        slots,
        finished,
        title=slots.pick(["统筹城乡客运", "港口集疏运", "治超长效", "绿色养护"]),
        finished_on=finished,
        adopted_on=np.where(adopted, finished + days(10), np.datetime64("NaT", "D")),
        doc_no=np.where(adopted, [f"研采〔{k}〕号" for k in range(1, len(slots) + 1)], ""),
    )
    slots = world.slots(positions, 0, 2)
    slots = some(slots, slots.chance(C, -0.1))
    issued = slots.day(0.1, 0.95)
    numbers = np.array([f"交制〔{k}〕号" for k in range(1, len(slots) + 1)], dtype=object)
    # the same document entered twice must count once
    numbers[5::40] = numbers[4::40][: len(numbers[5::40])]
    world.add(
        "outputs",
        slots,
        issued,
        kind=slots.pick(["研究成果", "改革方案", "攻坚措施", "长效机制"]),
        title="制度成果",
        issued_on=issued,
        doc_no=np.where(world.rng.random(len(slots)) < 0.04, "", numbers),
        in_force=np.where(world.rng.random(len(slots)) < 0.95, "是", "否"),
    )
    slots = world.slots(positions, 0, 1)
    slots = some(slots, slots.chance(C, -0.62))
    awarded = slots.day(0.1, 0.95)
    world.add(
        "awards",
        slots,
        awarded,
        achievement=[f"成果{k:03d}" for k in range(1, len(slots) + 1)],
        award_level=slots.pick(["市级", "市级", "市级", "省级"]),
        awarded_on=awarded,
        doc_no=np.where(
            world.rng.random(len(slots)) < 0.1, "", [f"表〔{k}〕号" for k in range(1, len(slots) + 1)]
        ),
    )
    slots = world.slots(world.positions("unit"), 1, 3)
    due = slots.day(0.2, 0.95)
    before = world.rng.uniform(40, 70, len(slots)).round(1)
    proven = slots.chance(C, -0.05)
    world.add(
        "effects",
        slots,
        due,
        title=slots.pick(["窗口延时服务", "错峰养护", "路警联动"]),
        verify_due_on=due,
        before=before,
        after=np.where(proven, before + 8, before - 1).round(1),
        proven=np.where(proven, "是", "否"),
    )
