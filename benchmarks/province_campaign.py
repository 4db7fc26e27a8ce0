"""A synthetic province: a campaign's folder and the files that come in, of any size, drawn by a seed.

Every name and figure is invented; ``province.py`` measures with it, a test recalculates it.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

PERIOD, LEVEL = "2012-Q3", "unit"
IN_GROUP = 250
FILE_ROWS = 50_000
QUARTERS = {
    "2012-Q2": (np.datetime64("2012-04-01"), 91, 0.2),
    "2012-Q3": (np.datetime64("2012-07-01"), 92, 0.8),
}
"""First day, days, and share of the rows."""

RECEIVED = {"2012-Q2": dt.date(2012, 7, 4), "2012-Q3": dt.date(2012, 10, 9)}
CORRECTED, LATE = dt.date(2012, 10, 10), dt.date(2012, 10, 20)
SHARES = {"cases": 0.4, "appeals": 0.25, "commitments": 0.2, "inspections": 0.15}
NAMES = {
    "cases": "限时办件台账",
    "appeals": "群众诉求台账",
    "commitments": "公开承诺台账",
    "inspections": "检查台账",
}
CORRECTIONS = 100
"""One row of so many is corrected, and one late."""

CAMPAIGN = """
name: 全省交通运输系统考核评比(合成)
organiser: 省交通运输厅(合成)
office: 考核办公室(合成)
synthetic: true
synthetic_note: 由 benchmarks/province.py 生成，只用于测速，与任何真实单位无关。
start: 2012-04-01
end: 2012-09-30
cutoff_workdays: {quarter: 8, term: 10}
methodology:
  - {version: province, effective_from: 2012-04-01}
levels: {unit: 单位}
"""

CODEBOOK = """
common:
  row_id: {label: 行号, type: text, required: true}
  entity_id: {label: 被评对象, type: entity, required: true}
  reporter: {label: 报送人, type: text, disclosure: personal}
  status: {label: 状态, type: choice, allowed: [有效, 撤回], default: 有效}
  verified_by: {label: 核实人, type: text, filled_by: office}
  verified_on: {label: 核实日期, type: date, filled_by: office}
  evidence_id: {label: 佐证编号, type: text}
common_checks:
  - {kind: different, fields: [reporter, verified_by], severity: error, message: 核实人就是报送人}
ledgers:
  cases:
    name: 限时办件台账
    prefix: BJ
    reported_by: [unit]
    every: quarter
    checks:
      - {kind: in_order, earlier: accepted_on, later: done_on, severity: error, message: 办结早于受理}
    fields:
      case_no: {label: 办件编号, type: text}
      matter: {label: 事项, type: text}
      channel: {label: 渠道, type: choice, allowed: [窗口, 网上, 电话]}
      accepted_on: {label: 受理日期, type: date}
      legal_days: {label: 法定时限, type: integer}
      promised_days: {label: 承诺时限, type: integer}
      suspended_days: {label: 停计时, type: integer}
      done_on: {label: 办结日期, type: date}
      window: {label: 经办窗口, type: text}
      fee: {label: 收费, type: number}
      remark: {label: 情况, type: text}
  appeals:
    name: 群众诉求台账
    prefix: SQ
    reported_by: [unit]
    checks:
      - {kind: in_order, earlier: raised_on, later: answered_on, message: 答复早于受理}
      - {kind: filled, field: theme, message: 没有写诉求类别}
    fields:
      appeal_no: {label: 诉求编号, type: text}
      again_of: {label: 重复自, type: text}
      theme: {label: 诉求类别, type: text}
      raised_on: {label: 诉求日期, type: date}
      due_on: {label: 答复时限, type: date}
      answered_on: {label: 答复日期, type: date}
      satisfied: {label: 是否满意, type: choice, allowed: [满意, 不满意, 未评价]}
      caller: {label: 诉求人, type: text, disclosure: personal}
      duration: {label: 通话秒数, type: integer}
      answer: {label: 答复要点, type: text}
  commitments:
    name: 公开承诺台账
    prefix: CN
    reported_by: [unit]
    fields:
      subject: {label: 承诺事项, type: text}
      published_on: {label: 公开日期, type: date}
      promised_on: {label: 兑现时限, type: date}
      kept_on: {label: 兑现日期, type: date}
      planned: {label: 计划数, type: number}
      achieved: {label: 完成数, type: number}
      owner: {label: 责任人, type: text}
      audience: {label: 公开范围, type: text}
      note: {label: 兑现情况, type: text}
  inspections:
    name: 检查台账
    prefix: JC
    reported_by: [office]
    fields:
      checked_on: {label: 检查日期, type: date}
      kind: {label: 类别, type: choice, allowed: [例行, 专项, 表扬, 事故]}
      points: {label: 得分, type: number, minimum: 0, maximum: 100}
      items: {label: 检查项, type: integer}
      passed: {label: 合格项, type: integer}
      worth: {label: 分值, type: number}
      doc_no: {label: 文号, type: text}
      clause: {label: 条款, type: text}
      decided_by: {label: 认定人, type: text}
      inspector: {label: 检查人, type: text}
      finding: {label: 检查情况, type: text}
"""

METHODOLOGY = """
version: province
title: 全省考核评比办法(合成)
small_sample: 10
rounding: {points: 2, node: 2, total: 2}
indicators:
  on_time:
    name: 限时办结率
    direction: up
    measure:
      kind: on_time_rate
      ledger: cases
      deadline: {from: accepted_on, workdays: promised_days, suspended: suspended_days}
      done: done_on
    rule: {type: threshold_slope, threshold: 95, minus: 1}
  lateness:
    name: 平均超期
    direction: down
    measure:
      kind: mean_lateness
      ledger: cases
      deadline: {from: accepted_on, workdays: promised_days, suspended: suspended_days}
      done: done_on
    rule: {type: deduct, per: 2}
  online:
    name: 网办率
    direction: up
    measure: {kind: rate, ledger: cases, date: accepted_on, success: [{field: channel, is: 网上}]}
    rule: {type: percentile_rank, scope: group}
  answered:
    name: 按期答复率
    direction: up
    measure: {kind: on_time_rate, ledger: appeals, deadline: due_on, done: answered_on}
    rule: {type: proportional, target: 98}
  satisfied:
    name: 满意率
    direction: up
    measure:
      kind: rate
      ledger: appeals
      date: answered_on
      where: [{field: satisfied, in: [满意, 不满意]}]
      success: [{field: satisfied, is: 满意}]
    rule: {type: proportional, target: 95}
  first_time:
    name: 一次解决率
    direction: up
    measure:
      kind: first_time_rate
      ledger: appeals
      date: answered_on
      key: appeal_no
      link: again_of
      answered: answered_on
      raised: raised_on
      within_days: 30
    rule: {type: proportional, target: 100}
  kept:
    name: 承诺兑现率
    direction: up
    measure: {kind: on_time_rate, ledger: commitments, deadline: promised_on, done: kept_on, verified: true}
    rule: {type: proportional, target: 100}
  achieved:
    name: 计划完成率
    direction: up
    measure: {kind: ratio, ledger: commitments, date: promised_on, numerator: achieved, denominator: planned}
    rule: {type: proportional, target: 100}
  quality:
    name: 检查得分
    direction: up
    measure: {kind: mean, ledger: inspections, date: checked_on, value: points}
    rule: {type: min_max, scope: group}
  passed:
    name: 检查合格率
    direction: up
    measure: {kind: ratio, ledger: inspections, date: checked_on, numerator: passed, denominator: items}
    rule: {type: efficacy, satisfied: 98, unacceptable: 60, clip: [0, 100]}
levels:
  unit:
    tree:
      d1:
        name: 比服务
        weight: 50
        children: {on_time: 20, lateness: 20, online: 20, answered: 20, satisfied: 20}
      d2:
        name: 比落实
        weight: 50
        children: {first_time: 20, kept: 20, achieved: 20, quality: 20, passed: 20}
    bonus:
      cap: 5
      items:
        praise:
          name: 表扬
          measure:
            kind: sum
            ledger: inspections
            date: checked_on
            value: worth
            where: [{field: kind, is: 表扬}]
    deductions:
      cap: 5
      items:
        accident:
          name: 事故
          measure:
            kind: sum
            ledger: inspections
            date: checked_on
            value: worth
            where: [{field: kind, is: 事故}]
    vetoes:
      major:
        name: 重大事故
        clause: 第八条
        grade_cap: 合格
        measure:
          kind: count
          ledger: inspections
          date: checked_on
          needs: [clause]
          where: [{field: kind, is: 事故}, {field: worth, at_least: 4.5}]
    rank: {scope: group, method: competition, tie_break: [on_time]}
    grades:
      order: [优秀, 良好, 合格, 不合格]
      cutoffs: {优秀: 85, 良好: 75, 合格: 50, 不合格: null}
      quotas: {优秀: {share: 0.2}}
"""


def make(folder: Path, entities: int, rows: int) -> list[tuple[Path, dt.date]]:
    """Write the campaign and, beside it, its files; returns them with the day on which each comes in."""
    campaign, files = folder / "campaign", folder / "files"
    (campaign / "methodology").mkdir(parents=True)
    files.mkdir()
    groups = -(-entities // IN_GROUP)
    listed = "".join(f"  g{place:04d}: {{name: 第{place}组, level: unit}}\n" for place in range(groups))
    (campaign / "campaign.yaml").write_text(f"{CAMPAIGN}groups:\n{listed}", encoding="utf-8")
    (campaign / "ledgers.yaml").write_text(CODEBOOK, encoding="utf-8")
    (campaign / "methodology" / "province.yaml").write_text(METHODOLOGY, encoding="utf-8")
    names = [f"U{place:06d}" for place in range(entities)]
    lines = [f"{name},单位{name},unit,g{place % groups:04d}" for place, name in enumerate(names)]
    table = "\n".join(["编号,名称,层级,组别", *lines])
    (campaign / "entities.csv").write_text(f"{table}\n", encoding="utf-8")
    rng = np.random.default_rng(20121009)
    written = [
        (path, day)
        for quarter, (start, length, share) in QUARTERS.items()
        for ledger, part in SHARES.items()
        for path, day in write(rng, files, quarter, ledger, start, length, names, round(rows * share * part))
    ]
    written.sort(key=lambda one: one[1])
    (folder / "files.json").write_text(json.dumps([(str(path), day.isoformat()) for path, day in written]))
    return written


def write(
    rng: np.random.Generator,
    files: Path,
    quarter: str,
    ledger: str,
    start: np.datetime64,
    length: int,
    names: list[str],
    count: int,
) -> Iterator[tuple[Path, dt.date]]:
    """Write a ledger's rows of a quarter in portions, the corrections and what comes late apart."""
    label = NAMES[ledger]
    again: list[str] = []
    late: list[str] = []
    header = ""
    for first in range(0, count, FILE_ROWS):
        size = min(FILE_ROWS, count - first)
        columns = PORTIONS[ledger](rng, start, length, size, first + (0 if quarter == "2012-Q2" else 1 << 30))
        owners = [names[place] for place in rng.integers(0, len(names), size)]
        prefix = f"{ledger[:2].upper()}{quarter[-1]}"
        ids = [f"{prefix}{first + place:08d}" for place in range(size)]
        verified = rng.random(size) < 0.97
        columns = {
            "行号": ids,
            "被评对象": owners,
            "报送人": [f"联络员{owner}" for owner in owners],
            "状态": chosen(rng, ["有效", "", "撤回"], size, [0.5, 0.49, 0.01]),
            "核实人": np.where(verified, "核实员甲", "").tolist(),
            "核实日期": np.where(verified, str(start + length + 1), "").tolist(),
            "佐证编号": [f"佐{one}" for one in ids],
            **columns,
        }
        header = ",".join(columns)
        lines = list(map(",".join, zip(*columns.values(), strict=True)))
        again += [line.replace("核实员甲", "") for line in lines[::CORRECTIONS]]
        late += lines[1::CORRECTIONS]
        del lines[1::CORRECTIONS]
        yield (
            saved(files / f"{label}{quarter}-{first // FILE_ROWS:03d}.csv", header, lines),
            RECEIVED[quarter],
        )
    if quarter == PERIOD:
        for name, lines, day in (("更正", again, CORRECTED), ("补报", late, LATE)):
            for first in range(0, len(lines), FILE_ROWS):
                path = files / f"{label}{quarter}{name}{first // FILE_ROWS:03d}.csv"
                yield saved(path, header, lines[first : first + FILE_ROWS]), day


def saved(path: Path, header: str, lines: list[str]) -> Path:
    """Write a table."""
    path.write_text("\n".join([header, *lines, ""]), encoding="utf-8")
    return path


def chosen(rng: np.random.Generator, words: list[str], size: int, shares: list[float]) -> list[str]:
    """Draw words."""
    return [words[place] for place in rng.choice(len(words), size, p=shares)]


def texts(values: NDArray[np.generic], empty: NDArray[np.bool_] | None = None) -> list[str]:
    """Return values as texts, some of them empty."""
    found = values.astype(str)
    return (found if empty is None else np.where(empty, "", found)).tolist()


def cases(
    rng: np.random.Generator, start: np.datetime64, length: int, size: int, first: int
) -> dict[str, list[str]]:
    """Draw cases with limits in working days, some late, some open."""
    accepted = start + rng.integers(0, length, size)
    return {
        "办件编号": [f"办{first + place}" for place in range(size)],
        "事项": [f"许可事项{place}" for place in rng.integers(0, 200, size)],
        "渠道": chosen(rng, ["窗口", "网上", "电话"], size, [0.5, 0.4, 0.1]),
        "受理日期": texts(accepted),
        "法定时限": texts(np.full(size, 20)),
        "承诺时限": texts(rng.integers(3, 11, size)),
        "停计时": texts(rng.integers(0, 4, size), rng.random(size) < 0.8),
        "办结日期": texts(accepted + rng.integers(0, 14, size), rng.random(size) < 0.02),
        "经办窗口": [f"窗口{place}" for place in rng.integers(0, 3000, size)],
        "收费": texts(rng.integers(0, 9000, size) / 10),
        "情况": [f"按程序办理{place}" for place in rng.integers(0, 20_000, size)],
    }


def appeals(
    rng: np.random.Generator, start: np.datetime64, length: int, size: int, first: int
) -> dict[str, list[str]]:
    """Draw appeals, some of which come back."""
    raised = start + rng.integers(0, length, size)
    back = np.maximum(first + np.arange(size) - rng.integers(1, 2000, size), 0)
    return {
        "诉求编号": [f"诉{first + place}" for place in range(size)],
        "重复自": [
            f"诉{of}" if often else "" for of, often in zip(back, rng.random(size) < 0.05, strict=True)
        ],
        "诉求类别": [f"类别{place}" if place else "" for place in rng.integers(0, 1000, size)],
        "诉求日期": texts(raised),
        "答复时限": texts(raised + 10),
        "答复日期": texts(raised + rng.integers(0, 13, size), rng.random(size) < 0.02),
        "是否满意": chosen(rng, ["满意", "不满意", "未评价"], size, [0.6, 0.1, 0.3]),
        "诉求人": [f"群众{place}" for place in rng.integers(0, 1_000_000, size)],
        "通话秒数": texts(rng.integers(20, 900, size)),
        "答复要点": [f"已答复{place}" for place in rng.integers(0, 20_000, size)],
    }


def commitments(
    rng: np.random.Generator, start: np.datetime64, length: int, size: int, first: int
) -> dict[str, list[str]]:
    """Draw commitments."""
    promised = start + rng.integers(0, length, size)
    planned = rng.integers(10, 100, size)
    return {
        "承诺事项": [f"承诺{first + place}" for place in range(size)],
        "公开日期": texts(promised - 30),
        "兑现时限": texts(promised),
        "兑现日期": texts(promised + rng.integers(-20, 3, size), rng.random(size) < 0.03),
        "计划数": texts(planned),
        "完成数": texts(np.minimum(planned, rng.integers(8, 120, size))),
        "责任人": [f"责任人{place}" for place in rng.integers(0, 50_000, size)],
        "公开范围": chosen(rng, ["网站", "大厅", "报纸"], size, [0.6, 0.3, 0.1]),
        "兑现情况": [f"情况{place}" for place in rng.integers(0, 20_000, size)],
    }


def inspections(
    rng: np.random.Generator, start: np.datetime64, length: int, size: int, first: int
) -> dict[str, list[str]]:
    """Draw inspections, praise and accidents."""
    items = rng.integers(5, 40, size)
    kind = chosen(rng, ["例行", "专项", "表扬", "事故"], size, [0.7, 0.2, 0.06, 0.04])
    special = np.isin(kind, ["表扬", "事故"])
    return {
        "检查日期": texts(start + rng.integers(0, length, size)),
        "类别": kind,
        "得分": texts(rng.integers(600, 1001, size) / 10),
        "检查项": texts(items),
        "合格项": texts(np.ceil(items * rng.uniform(0.6, 1, size)).astype(int)),
        "分值": texts(rng.integers(1, 11, size) / 2, ~special),
        "文号": [f"文{first + place}" for place in range(size)],
        "条款": np.where(special & (rng.random(size) < 0.9), "第八条", "").tolist(),
        "认定人": np.where(special, "评审组", "").tolist(),
        "检查人": [f"检查员{place}" for place in rng.integers(0, 5000, size)],
        "检查情况": [f"现场情况{place}" for place in rng.integers(0, 20_000, size)],
    }


PORTIONS: dict[str, Callable[..., dict[str, list[str]]]] = {
    "cases": cases,
    "appeals": appeals,
    "commitments": commitments,
    "inspections": inspections,
}
