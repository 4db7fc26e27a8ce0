"""Fields of ledgers that no indicator reads; each is drawn on a stream of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from sample.draw import Draw
from sample.facts import NEVER, World
from sample.words import person

if TYPE_CHECKING:
    from sample.facts import Days, Words

Ledgers = dict[str, "pd.DataFrame"]


class Given(NamedTuple):
    """What a field is drawn from: the world, the ledger so far, a stream."""

    world: World
    frame: pd.DataFrame
    draw: Draw


Maker = Callable[[Given], object]

WITHOUT = ("", "", "")


def apply(world: World, ledgers: Ledgers) -> None:
    """Add the fields to the drawn ledgers."""
    for name, fields in FIELDS.items():
        frame = ledgers[name]
        for field, make in fields.items():
            frame[field] = make(Given(world, frame, Draw(world.seed, f"{name}/{field}")))


def words(*choices: str) -> Maker:
    """Draw one of some words."""
    return lambda given: given.draw.pick(choices, len(given.frame))


def whole(low: int, high: int) -> Maker:
    """Draw a whole number."""
    return lambda given: given.draw.whole(low, high, len(given.frame))


def people(role: str, most: int) -> Maker:
    """Draw one of a body's people, by placeholder names."""

    def make(given: Given) -> Words:
        number = given.draw.whole(1, most, len(given.frame))
        keys = zip(given.frame["entity_id"], number, strict=True)
        return np.array([person(f"{role}{entity}{k}") for entity, k in keys], dtype=object)

    return make


def before(field: str, low: int, high: int) -> Maker:
    """Draw a working day some days before another one."""

    def make(given: Given) -> Days:
        day = given.frame[field].to_numpy().astype("datetime64[D]")
        known = np.where(np.isnat(day), given.world.starts[0], day)
        earlier = given.world.shift(known, -given.draw.whole(low, high, len(given.frame)))
        return np.where(np.isnat(day), NEVER, np.maximum(earlier, given.world.workdays[0]))

    return make


def fewer(field: str, low: float, high: float) -> Maker:
    """Draw a whole number that is a share of another one, at least 1."""

    def make(given: Given) -> np.ndarray:
        return np.maximum(1, np.floor(given.frame[field] * given.draw.uniform(low, high, len(given.frame))))

    return make


def predecessors(given: Given) -> Words:
    """Let some tasks follow on the one before them of the same unit."""
    follows = given.draw.chance(0.35, len(given.frame))
    earlier = given.frame.groupby("entity_id")["task_no"].shift(1).fillna("")
    return earlier.where(follows, "").to_numpy(dtype=object)


def places(given: Given) -> np.ndarray:
    """Return each one's place in a contest, the most points first."""
    return given.frame.groupby("contest_no")["points"].rank(ascending=False, method="min").to_numpy()


def awards(given: Given) -> Words:
    """Give the first three of a contest their prizes."""
    names = {1: "一等奖", 2: "二等奖", 3: "三等奖"}
    return np.array([names.get(int(place), "") for place in given.frame["place_no"]], dtype=object)


def entrants(given: Given) -> np.ndarray:
    """Return how many took part."""
    return given.frame.groupby("contest_no")["points"].transform("size").to_numpy()


def help_needed(given: Given) -> Words:
    """Let those that are far behind ask for help."""
    behind = (given.frame["planned_pct"] - given.frame["actual_pct"]).to_numpy() > 10
    asks = given.draw.pick(("协调征地", "协调资金", "协调管线迁改", ""), len(given.frame))
    return np.where(behind, asks, "").astype(object)


def own_value(given: Given) -> np.ndarray:
    """Return what is left of the peer's value when the gap is taken off."""
    return (given.frame["peer_value"] - given.frame["gap_now"]).round(2).to_numpy()


FIELDS: dict[str, dict[str, Maker]] = {
    "activities": {
        "hours": whole(2, 8),
        "expert": words(*WITHOUT, "外聘专家甲", "外聘专家乙"),
        "place": words("会议室", "会议室", "项目现场", "外地"),
    },
    "lessons": {"place": words("青岛", "天津", "大连", "烟台"), "participants_n": whole(3, 15)},
    "benchmarks": {"peer_value": whole(80, 99), "own_value": own_value, "approver": words("工作小组")},
    "issues": {
        "owner": people("难题", 3),
        "root_cause": words("体制不顺", "资金不足", "部门协调", "人员能力"),
    },
    "tasks": {"predecessor_no": predecessors, "invest_plan": whole(50, 3000)},
    "task_reports": {"help_needed": help_needed, "push_action": words(*WITHOUT, "百日会战", "集中推进月")},
    "milestones": {"project": words("年度重点", "试点项目", "专项整治")},
    "cascade": {"parent_task": words("创先争优", "五比五争", "重点工作")},
    "five_good": {"reviewer": words("组织科甲", "组织科乙")},
    "member_goals": {"measure": words("岗位练兵", "结对帮带", "服务承诺")},
    "contests": {
        "type": words("岗位练兵", "技术比武", "业务竞赛"),
        "participants_n": entrants,
        "place_no": places,
        "award": awards,
    },
    "innovation_projects": {
        "progress": words("推进", "推进", "结项"),
        "difficulty": words("1", "1.2", "1.5"),
    },
    "topics": {
        "lead": people("课题", 3),
        "started_on": before("finished_on", 40, 90),
        "due_on": before("finished_on", 0, 5),
        "reviewed_score": whole(68, 96),
    },
    "effects": {
        "issued_on": before("verify_due_on", 40, 80),
        "metric": words("办理天数", "投诉件数", "通行时间"),
        "fund_won": words("", "", "120", "300"),
    },
    "rectifications": {
        "commented_on": before("due_on", 20, 40),
        "measure": words("专题会", "建章立制", "限期整改"),
    },
    "surveys": {"interviewer": words("调查员甲", "调查员乙", "调查员丙")},
    "visits": {"area": words("沿线村庄", "社区", "企业", "站场周边")},
    "service_items": {
        "statutory_days": whole(10, 20),
        "promised_days": fewer("statutory_days", 0.4, 0.8),
        "steps_before": whole(4, 8),
        "steps_after": fewer("steps_before", 0.4, 0.9),
        "docs_before": whole(4, 10),
        "docs_after": fewer("docs_before", 0.4, 0.9),
        "publish_channel": words("服务窗口", "交通网站"),
    },
    "supervised": {
        "lead": people("牵头", 3),
        "co_units": words("", "计划科", "财务科"),
        "feedback_on": before("due_on", 0, 6),
    },
    "findings": {
        "found_by": words("月检查", "群众反映", "自查", "督查"),
        "measure": words("专题会", "建章立制"),
    },
    "verification": {"checker": words("核查一组", "核查二组", "核查三组")},
    "accountability": {
        "authority": words("局党委", "局属单位党委"),
        "appealed": words("否", "否", "否", "是"),
    },
}
