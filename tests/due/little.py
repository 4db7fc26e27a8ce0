"""A little campaign with weeks, and a maker of reports that costs nothing, for what has to do with days."""

from __future__ import annotations

import atexit
import datetime as dt
import json
import re
import shutil
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from support import bare_copy, take_in

from wbwz_eval import open_campaign
from wbwz_eval.reporting.batch import Outcome
from wbwz_eval.reporting.catalogue import find_report
from wbwz_eval.reporting.place import report_place
from wbwz_eval.scheduling.owed import Asked
from wbwz_eval.scheduling.place import Where
from wbwz_eval.scheduling.run_due import Options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wbwz_eval.reporting.batch import Order

WEEKLY = Asked(("weekly_dispatch",))
FIRST = dt.date(2011, 9, 20)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def campaign(to: Path, **settings: str) -> Where:
    """Make a campaign of 2011/12 in which one unit has told of one task, received on 20 September 2011.

    It has two ledgers and one indicator, that its files are read quickly; with ``whole`` all of the sample.
    """
    folder = to / "wbwz-2011"
    shutil.copytree(_made(tuple(settings.items())), folder)
    return Where(folder, to / "reports")


@cache
def _made(settings: tuple[tuple[str, str], ...]) -> Path:
    """Make a campaign once, for the tests to copy."""
    to = Path(tempfile.mkdtemp(prefix="wbwz-little-"))
    atexit.register(shutil.rmtree, to, ignore_errors=True)
    more = dict(settings)
    start, end = more.pop("start", "2011-09-01"), more.pop("end", "2012-03-31")
    folder = bare_copy("wbwz-2011", to)
    if not more.pop("whole", ""):
        _lessen(folder)
    path = folder / "campaign.yaml"
    text = re.sub(r"\nstart: .*\nend: .*\n", f"\nstart: {start}\nend: {end}\n", path.read_text("utf-8"))
    path.write_text(text + "".join(f"{key}: {value}\n" for key, value in more.items()), encoding="utf-8")
    tasks = "行号,被评对象,任务编号,任务,启动日期,完成时限\nRW-1,U01,T1,大桥,2011-9-1,2012-3-1\n"
    take_in(folder, {"tasks": tasks, "task_reports": told("2011-9-18", 20)}, received_on=FIRST)
    return folder


def _lessen(folder: Path) -> None:
    """Leave of a campaign's ledgers and indicators only what has to do with tasks."""
    for name in ("not_applicable.csv", "README.md"):
        (folder / name).unlink()
    shutil.rmtree(folder / "review")
    path = folder / "ledgers.yaml"
    book = yaml.safe_load(path.read_text("utf-8"))
    book["ledgers"] = {name: book["ledgers"][name] for name in ("tasks", "task_reports")}
    path.write_text(yaml.safe_dump(book, allow_unicode=True, sort_keys=False), encoding="utf-8")
    for path in (folder / "methodology").iterdir():
        if path.name != "2011-v1.yaml":
            path.unlink()
    (folder / "methodology" / "2011-v1.yaml").write_text(METHOD, encoding="utf-8")


METHOD = """
version: 2011-v1
title: 小办法
basis: 试
indicators:
  Y2:
    name: 序时进度偏差
    gloss: actual minus planned progress
    unit: 个百分点
    direction: up
    measure: {kind: latest, ledger: task_reports, date: week_ended_on, value: actual_pct}
    rule: {type: proportional, target: 100}
levels:
  unit: &level
    full: 100
    tree: {Y2: {points: 100}}
    rank: {scope: group, method: competition}
  party_org: *level
  member: *level
"""


def told(week_ended: str, percent: int, problem: str = "无") -> str:
    """Return how far the task is at the end of a week, as a table."""
    head = "行号,被评对象,任务编号,周止日,计划进度,实际进度,存在问题\n"
    return f"{head}ZD-{week_ended},U01,T1,{week_ended},30,{percent},{problem}\n"


def receive(where: Where, week_ended: str, on: str, percent: int = 30, problem: str = "无") -> None:
    take_in(where.campaign, {"task_reports": told(week_ended, percent, problem)}, received_on=day(on))


class Maker:
    """Makes pages that say what was seen, as a batch would: what stands there of the same is kept."""

    def __init__(self, fail: Sequence[str] = (), size: int = 0) -> None:
        self.fail, self.size = set(fail), size
        self.made: list[tuple[str, str]] = []
        self.seen: dict[tuple[str, str], list[str]] = {}

    def __call__(self, folder: Path, orders: Sequence[Order], out: Path) -> list[Outcome]:
        return [self._one(folder, order, out) for order in orders]

    def _one(self, folder: Path, order: Order, out: Path) -> Outcome:
        if order.period in self.fail or order.report in self.fail:
            error = f"报告 {order.report} 没有完成：{order.report}.ipynb 的单元格 In [7] 出错：ValueError: 坏"
            return Outcome(order, None, error)
        opened = open_campaign(folder)
        rows = opened.ledger_for("task_reports", opened.period(order.period)).rows
        text = "\n".join(rows["reported_on"].astype(str) + " " + rows["problem"])
        place = report_place(out, order.values(folder), find_report(order.report))
        manifest = json.dumps({"files": {place.page.name: ""}, "seen": text})
        if (
            place.manifest.is_file()
            and place.manifest.read_text("utf-8") == manifest
            and place.page.is_file()
        ):
            return Outcome(order, place.page, kept=True)
        self.made.append((order.report, order.period))
        self.seen[order.report, order.period] = rows["problem"].tolist()
        page = f"<p>{text}</p>{'x' * self.size}".encode()
        place.publish(
            {place.notebook.name: b"{}", place.page.name: page, place.manifest.name: manifest.encode()}
        )
        return Outcome(order, place.page)


def options(make: Maker, asked: Asked = WEEKLY, **more: object) -> Options:
    return replace(Options(asked=asked, make=make), **more)


def pages(where: Where) -> dict[str, bytes]:
    """Return the pages that are there with what is in them, by their path."""
    return {
        path.relative_to(where.reports).as_posix(): path.read_bytes()
        for path in sorted(where.reports.glob("*/*.html"))
    }
