"""Who is in the sample campaign: units, party organisations and members, all invented."""

from __future__ import annotations

import numpy as np
import pandas as pd

DIMENSIONS = ("J", "Y", "C", "F", "Z")

UNITS = {
    "u-road": [
        "河东公路管理站",
        "河西公路管理站",
        "城南公路养护中心",
        "城北公路养护中心",
        "东港公路管理站",
        "西岭公路管理站",
        "北湾公路养护中心",
        "南塘公路管理站",
        "滨海公路应急养护中心",
    ],
    "u-transport": [
        "道路运输管理处",
        "城市客运管理处",
        "货运物流发展中心",
        "驾培维修管理处",
        "出租汽车管理中心",
        "公交服务中心",
    ],
    "u-port": ["港航管理局", "地方海事处", "内河航道管理站", "渔港渡口管理站"],
    "u-enforce": ["交通稽查支队", "工程质量监督站", "超限检测管理站", "路政执法支队"],
    "u-station": ["中心客运站管理处", "东郊收费站管理处", "高速互通服务区管理中心"],
    "u-support": ["工程造价站", "信息中心"],
}
"""Peer group → units; groups differ in size, and the last one is under the size floor."""

BRANCHES = {"p-road": 14, "p-transport": 12, "p-port": 12}
MEMBERS = {"m-road": 90, "m-transport": 72, "m-port": 54, "m-office": 36}
SYSTEMS = {"p-road": "公路系统", "p-transport": "运输系统", "p-port": "港航执法"}

WEAKEST_UNIT, TWIN_UNITS = "U19", ("U05", "U06")
TWIN_ORGANISATIONS = ("P08", "P09")


def entities() -> pd.DataFrame:
    """Return the table of ``entities.csv``: id, name, level, group, parent."""
    rows: list[tuple[str, str, str, str, str]] = []
    units = [(group, name) for group, names in UNITS.items() for name in names]
    rows += [(f"U{k:02d}", name, "unit", group, "") for k, (group, name) in enumerate(units, 1)]
    committees = ["公路系统党委", "运输系统党委", "港航执法党委", "局机关党委"]
    rows += [(f"P{k:02d}", name, "party_org", "p-committee", "") for k, name in enumerate(committees, 1)]
    number = len(committees)
    branches: dict[str, list[str]] = {}
    for parent, (group, count) in enumerate(BRANCHES.items(), 1):
        for k in range(1, count + 1):
            number += 1
            name = f"{SYSTEMS[group]}第{_chinese(k)}党支部"
            rows.append((f"P{number:02d}", name, "party_org", group, f"P{parent:02d}"))
            branches.setdefault(group.replace("p-", "m-"), []).append(f"P{number:02d}")
    number = 0
    for group, count in MEMBERS.items():
        homes = branches.get(group, ["P04"])
        for k in range(count):
            number += 1
            rows.append((f"M{number:03d}", f"党员{number:03d}号", "member", group, homes[k % len(homes)]))
    return pd.DataFrame(rows, columns=["编号", "名称", "层级", "组别", "上级"])


def _chinese(number: int) -> str:
    digits = "零一二三四五六七八九十"
    return digits[number] if number <= 10 else f"十{digits[number - 10]}"


def abilities(table: pd.DataFrame, quarters: int, rng: np.random.Generator) -> np.ndarray:
    """Return each entity's chance to do well, shape (entities, quarters, dimensions).

    A level of its own, a strength or weakness in each dimension, a trend over
    the campaign and a little luck each quarter, so that stories hold together.
    """
    count = len(table)
    level = rng.uniform(0.64, 0.965, (count, 1, 1))
    weakest = np.flatnonzero(table["编号"] == WEAKEST_UNIT)
    level[weakest] = 0.45
    strength = rng.normal(0, 0.035, (count, 1, len(DIMENSIONS)))
    trend = rng.normal(0.004, 0.010, (count, 1, 1)) * np.arange(quarters)[None, :, None]
    luck = rng.normal(0, 0.015, (count, quarters, len(DIMENSIONS)))
    ability = np.clip(level + strength + trend + luck, 0.25, 0.995)
    for twins in (TWIN_UNITS, TWIN_ORGANISATIONS):
        first, second = (int(np.flatnonzero(table["编号"] == name)[0]) for name in twins)
        ability[second] = ability[first]
    return ability
