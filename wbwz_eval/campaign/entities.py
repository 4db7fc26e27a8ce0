"""Who is evaluated: the campaign's entities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wbwz_eval.campaign.faults import FaultList
from wbwz_eval.campaign.fields import Field
from wbwz_eval.campaign.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def load_entities(
    path: Path, levels: Mapping[str, str] | None = None, groups: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Read ``entities.csv``.

    Args:
        path: The file.
        levels: Level id → name, as in ``campaign.yaml``; not checked if None.
        groups: Group id → id of its level; not checked if None.

    Returns:
        Indexed by ``id`` (text, in the order of the file), with columns ``name``, ``level``,
        ``group``, ``parent`` (text, empty where there is none), ``valid_from`` and ``valid_to``
        (``datetime64[s]``, NaT where open).

    Raises:
        CampaignError: With every fault: cells, repeated ids, unknown levels, groups and parents, a
            group of another level, an entity above itself, an end before its start.
    """
    faults = FaultList()
    fields = {
        "id": Field(label="编号", type="text", required=True),
        "name": Field(label="名称", type="text", required=True),
        "level": _choice("层级", levels),
        "group": _choice("组别", groups),
        "parent": Field(label="上级", type="text"),
        "valid_from": Field(label="起", type="date"),
        "valid_to": Field(label="止", type="date"),
    }
    table = read_table(path, path.name, fields, faults=faults)
    _add_places(table, path.name, levels or {}, groups or {}, faults)
    _add_circles(table, path.name, faults)
    faults.raise_if_any("被评对象名单有误")
    return table.drop(columns="source_row").set_index("id")


def _choice(label: str, allowed: Mapping[str, str] | None) -> Field:
    if not allowed:
        return Field(label=label, type="text", required=True)
    return Field(label=label, type="choice", allowed=tuple(allowed), required=True)


def _add_places(
    table: pd.DataFrame,
    name: str,
    levels: Mapping[str, str],
    groups: Mapping[str, str],
    faults: FaultList,
) -> None:
    """Tell which rows do not fit the others or the campaign."""
    own_level = table["group"].map(dict(groups))
    known = table["level"].isin(levels) & table["group"].isin(groups)
    misplaced = known & (own_level != table["level"])
    unknown_parent = (table["parent"] != "") & ~table["parent"].isin(table["id"])
    for wrong, column, label, message in (
        (table["id"].duplicated() & (table["id"] != ""), "id", "编号", "重复,前面的行已有"),
        (misplaced, "group", "组别", "属于别的层级"),
        (unknown_parent, "parent", "上级", "不在编号里"),
        (table["valid_to"] < table["valid_from"], "valid_to", "止", "早于“起”"),
    ):
        for value, row in zip(table.loc[wrong, column], table.loc[wrong, "source_row"], strict=True):
            shown = value.date() if isinstance(value, pd.Timestamp) else value
            faults.add(name, message, row=int(row), column=label, value=shown)


def _add_circles(table: pd.DataFrame, name: str, faults: FaultList) -> None:
    """Tell which entities stand, through their parents, above themselves."""
    single = table.drop_duplicates("id").reset_index(drop=True)
    above = pd.Index(single["id"]).get_indexer(single["parent"])
    # Steps upwards, doubled until they exceed the number of entities: who is still reached is
    # in a circle.
    for _ in range(len(single).bit_length()):
        above = np.where(above >= 0, above[above], -1)
    for row in np.unique(above[above >= 0]):
        entity = single.loc[row]
        faults.add(
            name,
            "是自己的上级(上下级绕成了圈)",
            row=int(entity["source_row"]),
            column="上级",
            value=entity["id"],
        )
