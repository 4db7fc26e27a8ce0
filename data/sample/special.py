"""The cases that every evaluation meets sooner or later, put in on purpose."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sample.roster import TWIN_ORGANISATIONS, TWIN_UNITS

CUMULATIVE = ("benchmarks", "targets", "outputs", "innovation_projects")
"""Ledgers that are measured from the campaign's start: twins share all of them."""

TWIN_QUARTERS = {TWIN_UNITS: 4, TWIN_ORGANISATIONS: 3}
"""In these quarters (0 = the first) twins report the same figures and tie."""


def apply(ledgers: dict[str, pd.DataFrame]) -> None:
    """Change the drawn ledgers in place."""
    vetoes(ledgers)
    for twins, quarter in TWIN_QUARTERS.items():
        make_twins(ledgers, twins, quarter)
    silent_unit(ledgers)


def vetoes(ledgers: dict[str, pd.DataFrame]) -> None:
    """Add two complete veto cases and one without a document number."""
    cases = [
        ("U12", 4, "2012-08-14", "大型设备倾覆致重大财产损失", "安监〔2012〕17号"),
        ("U17", 5, "2012-10-19", "施工围挡坍塌致人员重伤", "安监〔2012〕26号"),
        ("U08", 4, "2012-09-03", "重大廉政问题线索(尚未发文)", ""),
    ]
    frame = pd.DataFrame(
        {
            "entity_id": [case[0] for case in cases],
            "_quarter": [case[1] for case in cases],
            "confirmed_on": pd.to_datetime([case[2] for case in cases]),
            "fact": [case[3] for case in cases],
            "doc_no": [case[4] for case in cases],
        }
    )
    frame["reported_on"] = frame["confirmed_on"] + pd.Timedelta(days=2)
    frame["verified_on"] = frame["reported_on"]
    frame = frame.assign(
        reporter="监察室",
        status="有效",
        verified_by="核查组",
        kind=["安全", "安全", "廉政"],
        severity="重大",
        clause="责任事件认定办法第八条",
        decided_by="局党委",
    )
    ledgers["incidents"] = pd.concat([ledgers["incidents"], frame], ignore_index=True)


def make_twins(ledgers: dict[str, pd.DataFrame], twins: tuple[str, str], quarter: int) -> None:
    """Give the second twin the first one's rows of a quarter, and all cumulative ones."""
    first, second = twins
    for name, frame in ledgers.items():
        scope = np.ones(len(frame), dtype=bool) if name in CUMULATIVE else (frame["_quarter"] == quarter)
        if name in {"cases", "appeals"}:
            scope = frame["_quarter"].isin([quarter - 1, quarter])
        copied = frame[(frame["entity_id"] == first) & scope].copy()
        copied["entity_id"] = second
        for column in ("appeal_no", "repeat_of", "task_no", "benchmark_no", "case_no"):
            if column in copied:
                copied[column] = copied[column].where(copied[column] == "", copied[column] + "b")
        for column in ("doc_no", "achievement", "matter"):
            if name in {"outputs", "awards", "accountability"} and column in copied:
                copied[column] = copied[column].where(copied[column] == "", copied[column] + "乙")
        rest = frame[~((frame["entity_id"] == second) & scope)]
        ledgers[name] = pd.concat([rest, copied], ignore_index=True)


def silent_unit(ledgers: dict[str, pd.DataFrame]) -> None:
    """Let one station report no survey and no visits in two quarters: missing, not zero."""
    for name in ("surveys", "visits"):
        frame = ledgers[name]
        silent = (frame["entity_id"] == "U23") & frame["_quarter"].isin([2, 4])
        ledgers[name] = frame[~silent].reset_index(drop=True)


def not_applicable() -> pd.DataFrame:
    """Return the table of ``not_applicable.csv``."""
    rows = [
        ("U27", "F3", "2011-07-01", "", "不设服务窗口,不受理群众诉求", "工作小组"),
        ("U27", "F4", "2011-07-01", "", "不设服务窗口,不受理群众诉求", "工作小组"),
        ("U28", "F3", "2011-07-01", "", "不设服务窗口,不受理群众诉求", "工作小组"),
        ("U28", "F4", "2011-07-01", "", "不设服务窗口,不受理群众诉求", "工作小组"),
        ("U28", "F6", "2011-07-01", "", "无行政审批事项", "工作小组"),
        ("U20", "F8", "2011-07-01", "", "执法事项清单另行公布", "工作小组"),
        ("U26", "Y4", "2012-04-01", "2012-09-30", "期内无在建项目", "工作小组"),
    ]
    return pd.DataFrame(rows, columns=["被评对象", "指标", "起", "止", "理由", "批准人"])
