"""Ledgers of key tasks, innovation, service and conduct."""

from __future__ import annotations

import numpy as np

from sample.facts import Slots, World, days

J, Y, C, F, Z = range(5)
FIVE_CASES = "U20"


def write(world: World) -> None:
    """Add the ledgers of this module."""
    tasks(world)
    returns_and_checks(world)
    organisations(world)
    innovation(world)
    service(world)
    conduct(world)


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
    slots = _some(slots, slots.chance(C, -0.1))
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
    slots = _some(slots, slots.chance(C, -0.62))
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


def _some(slots: Slots, mask: np.ndarray) -> Slots:
    return Slots(slots.world, slots.who[mask], slots.quarter[mask])


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
    return _some(slots, keep)


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
    back = _some(slots, again)
    received = done[again] + days(back.between(1, 29))
    cutoff = np.array(world.cutoffs, dtype="datetime64[D]")[back.quarter]
    inside = received <= cutoff
    back = _some(back, inside)
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
    slots = _some(slots, ~slots.chance(Z, 0.17))
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
    slots = _some(slots, ~slots.chance(Z, 0.16))
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
