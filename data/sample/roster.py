"""Who is in the sample campaign, all invented, and how able each one is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from sample.draw import Draw, Floats

DIMENSIONS = ("J", "Y", "C", "F", "Z")

UNITS = {
    "u-road": [
        ("河东公路管理站", 0.72, 0.00, (0.00, 0.06, -0.05, 0.02, -0.12)),
        ("河西公路管理站", 0.42, 0.01, (-0.05, 0.00, 0.00, 0.05, 0.05)),
        ("城南公路养护中心", 0.56, 0.02, (-0.08, -0.02, 0.15, 0.00, 0.08)),
        ("城北公路养护中心", 0.33, 0.00, (0.00, -0.06, 0.12, 0.00, -0.05)),
        ("东港公路管理站", 0.52, 0.01, (0.05, 0.00, -0.05, 0.00, 0.08)),
        ("西岭公路管理站", 0.46, 0.02, (0.00, 0.02, 0.00, -0.04, 0.04)),
        ("北湾公路养护中心", 0.80, 0.01, (0.05, 0.02, 0.05, 0.00, -0.12)),
        ("南塘公路管理站", 0.52, 0.00, (-0.06, -0.04, 0.00, 0.16, -0.04)),
        ("滨海公路应急养护中心", 0.93, 0.01, (-0.06, 0.02, 0.04, 0.02, 0.03)),
    ],
    "u-transport": [
        ("道路运输管理处", 0.40, -0.01, (0.10, -0.05, -0.04, 0.00, -0.05)),
        ("城市客运管理处", 0.30, 0.07, (0.00, 0.00, 0.05, -0.06, 0.04)),
        ("货运物流发展中心", 0.70, 0.03, (0.06, 0.00, 0.08, 0.00, 0.00)),
        ("驾培维修管理处", 0.88, 0.02, (-0.04, 0.04, 0.00, 0.03, 0.04)),
        ("出租汽车管理中心", 0.86, -0.04, (0.06, 0.00, -0.05, 0.04, -0.05)),
        ("公交服务中心", 0.48, 0.01, (0.00, -0.03, 0.05, -0.02, 0.04)),
    ],
    "u-port": [
        ("港航管理局", 0.88, 0.02, (0.03, 0.04, -0.05, 0.00, 0.03)),
        ("地方海事处", 0.93, 0.00, (0.03, 0.02, 0.02, 0.02, 0.02)),
        ("内河航道管理站", 0.22, 0.05, (0.04, -0.06, 0.00, 0.03, 0.04)),
        ("渔港渡口管理站", 0.17, 0.01, (0.00, 0.00, 0.08, 0.05, 0.00)),
    ],
    "u-enforce": [
        ("交通稽查支队", 0.68, 0.02, (0.10, 0.00, 0.00, -0.05, 0.06)),
        ("工程质量监督站", 0.94, 0.01, (0.04, 0.02, 0.00, 0.00, 0.04)),
        ("超限检测管理站", 0.40, -0.01, (0.08, -0.08, 0.06, -0.02, 0.06)),
        ("路政执法支队", 0.58, 0.00, (0.02, -0.03, 0.00, 0.12, 0.02)),
    ],
    "u-station": [
        ("中心客运站管理处", 0.92, 0.01, (-0.04, 0.03, 0.04, 0.02, 0.03)),
        ("东郊收费站管理处", 0.80, 0.01, (0.05, -0.04, 0.03, 0.06, 0.05)),
        ("高速互通服务区管理中心", 0.60, 0.02, (0.03, -0.05, 0.06, 0.02, 0.04)),
    ],
    "u-support": [
        ("工程造价站", 0.86, 0.01, (0.02, 0.02, 0.00, 0.00, 0.03)),
        ("信息中心", 0.66, 0.02, (0.04, 0.00, -0.08, -0.04, 0.05)),
    ],
}
"""Peer group → unit, its level at the start (0 weak to 1 strong), its change a
quarter, and how far it is better or worse in each dimension. The groups differ
in size; the last one is under the size floor."""

BRANCHES = {"p-road": 14, "p-transport": 12, "p-port": 12}
MEMBERS = {"m-road": 90, "m-transport": 72, "m-port": 54, "m-office": 36}
SYSTEMS = {"p-road": "公路系统", "p-transport": "运输系统", "p-port": "港航执法"}

TWIN_UNITS, TWIN_ORGANISATIONS = ("U05", "U06"), ("P08", "P09")

SPREAD, LOWEST, HIGHEST = 1.75, -0.65, 0.90

DRIFT = 0.012
"""What each quarter takes off, so that rising stocks of results do not lift everybody."""

_TEN = 10


def entities() -> pd.DataFrame:
    """Return the table of ``entities.csv``: id, name, level, group, parent."""
    units = [(group, unit[0]) for group, members in UNITS.items() for unit in members]
    rows = [(f"U{k:02d}", name, "unit", group, "") for k, (group, name) in enumerate(units, 1)]
    committees = ["公路系统党委", "运输系统党委", "港航执法党委", "局机关党委"]
    rows += [(f"P{k:02d}", name, "party_org", "p-committee", "") for k, name in enumerate(committees, 1)]
    number = len(committees)
    homes: dict[str, list[str]] = {"m-office": ["P04"]}
    for parent, (group, count) in enumerate(BRANCHES.items(), 1):
        for k in range(1, count + 1):
            number += 1
            branch, name = f"P{number:02d}", f"{SYSTEMS[group]}第{_chinese(k)}党支部"
            rows.append((branch, name, "party_org", group, f"P{parent:02d}"))
            homes.setdefault(group.replace("p-", "m-"), []).append(branch)
    number = 0
    for group, count in MEMBERS.items():
        for k in range(count):
            number += 1
            home = homes[group][k % len(homes[group])]
            rows.append((f"M{number:03d}", f"党员{number:03d}号", "member", group, home))
    return pd.DataFrame(rows, columns=["编号", "名称", "层级", "组别", "上级"])


def _chinese(number: int) -> str:
    digits = "零一二三四五六七八九十"
    return digits[number] if number <= _TEN else f"十{digits[number - _TEN]}"


def skills(table: pd.DataFrame, quarters: int, draw: Draw) -> Floats:
    """Return how able each entity is, shape (entities, quarters, dimensions); 1 = seldom fails.

    A level of its own, a strength or weakness in each dimension, a trend over
    the campaign and a little luck each quarter, so that stories hold together.
    """
    count, depth = len(table), len(DIMENSIONS)
    level = draw.uniform(0.25, 0.97, count)
    trend = 0.005 + draw.bell(0.02, count)
    strength = draw.bell(0.08, count * depth).reshape(count, depth)
    known = [unit for members in UNITS.values() for unit in members]
    for position, (_, start, change, own) in enumerate(known):
        level[position], trend[position], strength[position] = start, change, own
    luck = draw.bell(0.03, count * quarters * depth).reshape(count, quarters, depth)
    course = level[:, None] + (trend[:, None] - DRIFT) * np.arange(quarters)
    able = course[:, :, None] + strength[:, None, :] + luck
    return np.clip(1 - SPREAD * (1 - able), LOWEST, HIGHEST)
