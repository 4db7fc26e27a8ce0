"""Ledgers that no indicator reads: what reports and decisions stand on beside the scores."""

from __future__ import annotations

import numpy as np

from sample.facts import NEVER, World

J, Y, C, F, Z = range(5)
DIMENSIONS = ("比境界", "比业绩", "比创新", "比服务", "比作风")
RINGS = {"黄三角": 4.0, "半岛": 9.0, "环渤海": 15.0}
"""Ring → by how many points its best body is ahead of an average one of ours."""


def write(world: World) -> None:
    """Add the ledgers of this module."""
    peers(world)
    party_bodies(world)
    measures(world)
    recognition(world)
    oversight(world)
    uses(world)
    voices(world)


def peers(world: World) -> None:
    """Add what the best bodies of each ring reach; they move on as well."""
    for ring, ahead in RINGS.items():
        slots = world.slots(f"peers/{ring}", world.positions("unit"), 1, 1)
        day = slots.day(0.9, 0.98)
        value = 78 + ahead + 0.6 * slots.quarter + slots.draw.bell(1.5, len(slots))
        world.add(
            "peers",
            slots,
            day,
            ring=ring,
            peer=f"{ring}先进单位",
            item=slots.word("benchmarks"),
            value=value.round(1),
            as_of=day,
            source_doc=slots.pick(["交通统计季报", "行业通报", "对标考察材料"]),
        )


def party_bodies(world: World) -> None:
    """Each organisation's state at the end of a quarter."""
    slots = world.slots("party_bodies", world.positions("party_org"), 1, 1)
    day = slots.day(0.93, 0.98)
    committee = world.table["组别"].to_numpy(dtype=object)[slots.who] == "p-committee"
    world.add(
        "party_bodies",
        slots,
        day,
        type=np.where(committee, "党委", "党支部").astype(object),
        unit=np.where(committee, "", "所在单位").astype(object),
        members_n=np.where(committee, 3, 1) * slots.between(12, 35),
        activities_n=slots.between(3, 9),
        as_of=day,
    )


def measures(world: World) -> None:
    """Goals of reform, each with a measure of its own; some lack an owner or a deadline."""
    slots = world.slots("measures", world.positions("unit"), 1, 2)
    set_on = slots.day(0.05, 0.5)
    due = world.shift(set_on, slots.between(25, 60))
    world.add(
        "measures",
        slots,
        set_on,
        goal=slots.word("projects"),
        measure=slots.pick(["试点先行", "流程再造", "制度配套", "联合攻关"]),
        set_on=set_on,
        owner=slots.filled(C, slots.someone("责任", 3), 0.9),
        due_on=np.where(slots.chance(C, 0.9, 1.005), due, NEVER),
        done_on=NEVER,
    )


def recognition(world: World) -> None:
    """Highlights that others take over, and service brands."""
    slots = world.slots("highlights", world.positions("unit", "party_org"), 0, 1)
    slots = slots.only(slots.chance(C, 0.2, 0.8))
    day = slots.day(0.2, 0.95)
    copied = slots.chance(C, 0.1, 0.6)
    number = np.array([f"亮〔{k}〕号" for k in range(1, len(slots) + 1)], dtype=object)
    world.add(
        "highlights",
        slots,
        day,
        title=slots.word("projects"),
        project=slots.word("projects"),
        recognised_on=day,
        recognition_level=slots.pick(["局级", "局级", "市级", "省级"]),
        doc_no=number,
        replicated_by=np.where(copied, slots.pick(["兄弟单位", "全系统", "邻市某局"]), "").astype(object),
    )
    slots = world.slots("brands", world.positions("unit"), 1, 1)
    day = slots.day(0.9, 0.98)
    world.add(
        "brands",
        slots,
        day,
        brand=np.array([f"{name}窗口" for name in world.ids[slots.who]], dtype=object),
        started_on=world.starts[0],
        as_of=day,
        standard_doc=np.array([f"服标〔{name}〕号" for name in world.ids[slots.who]], dtype=object),
        satisfaction=slots.share(F, 82, 97).round(1),
        recognised_level=slots.pick(["未认定", "局级", "局级", "市级"]),
    )


def oversight(world: World) -> None:
    """Meetings on site, checks of conduct, and talks with party organisations."""
    slots = world.slots("inspections", world.positions("unit"), 1, 2)
    day = slots.day(0.1, 0.95)
    found = slots.between(0, 3)
    world.add(
        "inspections",
        slots,
        day,
        kind=slots.pick(["现场会", "观摩会", "专项督查", "专项督查"]),
        held_on=day,
        project=slots.word("projects"),
        findings_n=found,
        findings=np.where(found > 0, slots.word("issues"), "").astype(object),
    )
    slots = world.slots("conduct_checks", world.positions("unit", "member"), 1, 1)
    slots = slots.only(slots.chance(Z, 0.30, 0.0))
    day = slots.day(0.1, 0.95)
    world.add(
        "conduct_checks",
        slots,
        day,
        kind=slots.pick(["庸", "懒", "散"]),
        checked_on=day,
        person=slots.someone("当事", 4),
        fact=slots.pick(["无故离岗", "办件拖延", "上班玩游戏", "推诿来访群众"]),
        handled=slots.pick(["提醒", "批评教育", "书面检查"]),
    )
    slots = world.slots("dispatches", world.positions("party_org"), 1, 1)
    slots = slots.only(slots.chance(Y, 0.6, 0.98))
    day = slots.day(0.1, 0.9)
    world.add(
        "dispatches",
        slots,
        day,
        dispatched_on=day,
        problem=slots.pick(["", "活动形式单一", "任务分解不细", "台账不全"]),
        experience=slots.pick(["", "党员责任区", "一线工作法", "夜学制度"]),
    )


def uses(world: World) -> None:
    """Who was nominated as a model, and what was made of the results of the quarter before."""
    slots = world.slots("nominations", world.positions("member"), 1, 1)
    slots = slots.only(slots.chance(Y, 0.02, 0.22))
    day = slots.day(0.70, 0.74)
    chosen = slots.chance(Y, 0.2, 0.8)
    start = world.shift(day, 3)
    world.add(
        "nominations",
        slots,
        day,
        dimension=slots.pick(DIMENSIONS),
        nominated_on=day,
        quota=5,
        score=slots.share(Y, 70, 97).round(1),
        votes=slots.draw.successes(np.full(len(slots), 40), slots.share(Y, 0.4, 0.95)),
        notice_start=start,
        notice_end=world.shift(start, 5),
        result=np.where(chosen, "当选", "未当选").astype(object),
    )
    slots = world.slots("result_uses", world.positions("unit"), 1, 1)
    slots = slots.only((slots.quarter > 0) & slots.draw.chance(0.25, len(slots)))
    day = slots.day(0.2, 0.6)
    good = slots.chance(Y, 0.0, 1.0)
    before = np.array([quarter.id for quarter in world.quarters], dtype=object)[slots.quarter - 1]
    world.add(
        "result_uses",
        slots,
        day,
        period=before,
        grade=np.where(good, "优秀", "合格").astype(object),
        action=np.where(good, slots.pick(["评优", "通报表扬"]), slots.pick(["约谈", "培训"])).astype(object),
        basis="季通报",
        used_on=day,
    )


def voices(world: World) -> None:
    """Add what the public and the press saw: participation, reports, experience worth telling."""
    slots = world.slots("participation", world.positions("unit", "party_org"), 1, 1)
    day = slots.day(0.1, 0.95)
    world.add(
        "participation",
        slots,
        day,
        event=slots.pick(["开放日", "志愿服务", "意见征集", "技能展示"]),
        group=slots.pick(["工会", "共青团", "妇委会", "群众代表"]),
        held_on=day,
        participants_n=slots.between(12, 160),
    )
    slots = world.slots("publicity", world.positions("unit", "party_org"), 1, 2)
    day = slots.day(0.05, 0.97)
    channel = slots.pick(["政务信息", "交通网站", "交通网站", "市级媒体", "省级媒体"])
    level = {"政务信息": "局级", "交通网站": "局级", "市级媒体": "市级", "省级媒体": "省级"}
    world.add(
        "publicity",
        slots,
        day,
        channel=channel,
        title=slots.word("projects"),
        published_on=day,
        publish_level=np.array([level[word] for word in channel], dtype=object),
        repeat_of="",
    )
    slots = world.slots("experiences", world.positions("unit", "party_org"), 1, 1)
    slots = slots.only(slots.chance(J, 0.2, 0.8))
    day = slots.day(0.2, 0.9)
    taken = slots.chance(J, 0.3, 0.9)
    world.add(
        "experiences",
        slots,
        day,
        dimension=slots.pick(DIMENSIONS),
        title=slots.word("lessons"),
        text=slots.pick(["办理时限缩短", "群众满意度上升", "投诉下降", "成本下降"]),
        submitted_on=day,
        approved=np.where(taken, "是", "否").astype(object),
        published_on=np.where(taken, world.shift(day, 5), NEVER),
    )
