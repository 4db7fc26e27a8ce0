"""The cases that every evaluation meets sooner or later, put in on purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sample.roster import TWIN_ORGANISATIONS, TWIN_UNITS

if TYPE_CHECKING:
    from sample.facts import World

Ledgers = dict[str, pd.DataFrame]

SHARED = ("benchmarks", "targets", "outputs", "innovation_projects", "tasks", "task_reports")
"""Ledgers that twins have in common all along: they carry the same joint work."""

TWIN_QUARTERS = {TWIN_UNITS: 4, TWIN_ORGANISATIONS: 3}
"""In these quarters (0 = the first) twins report the same figures and tie."""

SILENCES = (
    ("U23", 2, ("surveys", "visits", "rectifications")),
    ("U23", 4, ("surveys", "visits")),
    ("P36", 3, ("five_good",)),
)
"""Who reported nothing of these in a quarter: missing, which is not zero."""

NO_SUCH_WORK = (("appeals", ("U27", "U28"), 0, 5), ("quality_checks", ("U26",), 3, 4))
"""Ledgers of work that an exemption says an entity does not have: no rows in those quarters."""

NUMBERS = {"appeals": "appeal_no", "cases": "case_no"}
OWN_NUMBERS = (
    "task_no",
    "benchmark_no",
    "appeal_no",
    "repeat_of",
    "case_no",
    "doc_no",
    "achievement",
    "matter",
)


def apply(world: World, ledgers: Ledgers) -> None:
    """Change the drawn ledgers in place."""
    add_vetoes(ledgers)
    add_accountability(ledgers)
    for twins, quarter in TWIN_QUARTERS.items():
        make_twins(ledgers, twins, quarter)
    for entity, quarter, names in SILENCES:
        for name in names:
            frame = ledgers[name]
            silent = (frame["entity_id"] == entity) & (frame["_quarter"] == quarter)
            ledgers[name] = frame[~silent].reset_index(drop=True)
    for name, entities, start, end in NO_SUCH_WORK:
        frame = ledgers[name]
        idle = frame["entity_id"].isin(entities) & frame["_quarter"].between(start, end)
        ledgers[name] = frame[~idle].reset_index(drop=True)
    renumber(world, ledgers)


def _append(ledgers: Ledgers, name: str, rows: list[dict[str, object]], **common: object) -> None:
    frame = pd.DataFrame(rows).assign(status="有效", verified_by="核查一组", **common)
    for column in ("confirmed_on", "decided_on"):
        if column in frame:
            frame[column] = frame[column].astype("datetime64[s]")
            frame["reported_on"] = frame[column] + np.timedelta64(2, "D")
            frame["verified_on"] = frame["reported_on"]
    ledgers[name] = pd.concat([ledgers[name], frame], ignore_index=True)


def add_vetoes(ledgers: Ledgers) -> None:
    """Add two major incidents with clause, decider and document, and one without a document."""
    rows: list[dict[str, object]] = [
        {
            "entity_id": "U12",
            "_quarter": 4,
            "confirmed_on": "2012-08-14",
            "kind": "安全",
            "fact": "物流园区大型设备倾覆,致重大财产损失",
            "doc_no": "安监〔2012〕17号",
        },
        {
            "entity_id": "U17",
            "_quarter": 5,
            "confirmed_on": "2012-10-19",
            "kind": "安全",
            "fact": "渡船碰撞码头,致人员重伤",
            "doc_no": "安监〔2012〕26号",
        },
        {
            "entity_id": "U08",
            "_quarter": 4,
            "confirmed_on": "2012-09-03",
            "kind": "廉政",
            "fact": "重大廉政问题线索(尚未正式发文)",
            "doc_no": "",
        },
    ]
    clause = "责任事件认定办法第八条"
    _append(ledgers, "incidents", rows, severity="重大", clause=clause, decided_by="局党委", reporter="郑甲")


def add_accountability(ledgers: Ledgers) -> None:
    """Add what followed from the accidents, and one matter that was punished twice."""
    matters = (
        ("U12", 4, "2012-09-10", "物流园区设备倾覆事故", "诫勉", "一般", "问〔2012〕31号"),
        ("U17", 5, "2012-11-08", "渡船碰撞码头事故", "处分", "重大损失", "问〔2012〕38号"),
        ("U10", 4, "2012-07-18", "群众来信逾期未复", "提醒", "一般", "问〔2012〕27号"),
        ("U10", 4, "2012-08-22", "群众来信逾期未复", "通报批评", "一般", "问〔2012〕29号"),
    )
    names = ("entity_id", "_quarter", "decided_on", "matter", "kind", "severity", "doc_no")
    rows = [dict(zip(names, matter, strict=True)) for matter in matters]
    clause, person = "问责办法第七条", "有关责任人"
    _append(
        ledgers, "accountability", rows, clause=clause, decided_by="局党委", person=person, reporter="郑甲"
    )


def make_twins(ledgers: Ledgers, twins: tuple[str, str], quarter: int) -> None:
    """Give the second twin the first one's rows of a quarter, and all of the joint work."""
    first, second = twins
    for name, frame in ledgers.items():
        near = [quarter - 1, quarter, quarter + 1] if name in NUMBERS else [quarter]
        scope = (frame["_quarter"].isin(near)) | (name in SHARED)
        copied = frame[(frame["entity_id"] == first) & scope].copy()
        copied["entity_id"] = second
        for column in OWN_NUMBERS:
            if column in copied:
                copied[column] = copied[column].where(copied[column] == "", copied[column] + "乙")
        rest = frame[~((frame["entity_id"] == second) & scope)]
        ledgers[name] = pd.concat([rest, copied], ignore_index=True)


def renumber(world: World, ledgers: Ledgers) -> None:
    """Give appeals and cases running numbers in the order they came in."""
    for name, column in NUMBERS.items():
        frame = ledgers[name]
        begun = "received_on" if name == "appeals" else "accepted_on"
        frame = frame.sort_values([begun, "entity_id", column], kind="stable").reset_index(drop=True)
        year = frame[begun].dt.year.astype(str)
        letter = {"appeals": "诉", "cases": "办"}[name]
        number = letter + year + "-" + (frame.index + 1).astype(str).str.zfill(5)
        if "repeat_of" in frame:
            renamed = dict(zip(frame[column], number, strict=True))
            frame["repeat_of"] = frame["repeat_of"].map(renamed).fillna("")
        frame[column] = number
        ledgers[name] = frame
    kept = set(world.ids)
    for name, frame in ledgers.items():
        if not set(frame["entity_id"]) <= kept:
            message = f"unknown entity in {name}"
            raise ValueError(message)


def not_applicable() -> pd.DataFrame:
    """Return the table of ``not_applicable.csv``."""
    rows = [
        ("U20", "F8", "2011-07-01", "", "执法事项清单另行公布", "工作小组"),
        ("U26", "Y4", "2012-04-01", "2012-09-30", "期内无在建项目", "工作小组"),
        ("U27", "F3", "2011-07-01", "", "不设服务窗口,不受理群众诉求", "工作小组"),
        ("U27", "F4", "2011-07-01", "", "不设服务窗口,不受理群众诉求", "工作小组"),
        ("U28", "F3", "2011-07-01", "", "不设服务窗口,不受理群众诉求", "工作小组"),
        ("U28", "F4", "2011-07-01", "", "不设服务窗口,不受理群众诉求", "工作小组"),
        ("U28", "F6", "2011-07-01", "", "以技术服务为主，不评压缩率", "工作小组"),
    ]
    return pd.DataFrame(rows, columns=["被评对象", "指标", "起", "止", "理由", "批准人"])
