"""How good the data behind a period's scores are, as one table of weaknesses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from wbwz_eval.campaign.returns import IN_TIME, returns_of
from wbwz_eval.campaign.returns import LATE as RETURN_LATE
from wbwz_eval.campaign.returns import MISSING as RETURN_MISSING
from wbwz_eval.scoring.measured import LATE, UNVERIFIED, WITHDRAWN
from wbwz_eval.scoring.node_table import INSUFFICIENT
from wbwz_eval.scoring.points import MISSING, NOT_APPLICABLE, SMALL_N, STATUSES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wbwz_eval.scoring.scored import ScoredPeriod

QUALITY_COLUMNS = ("kind", "entity_id", "name", "indicator", "ledger", "count", "detail")

CHECKED, RETURNED_LATE, NOT_RETURNED = "核对提示", "报表迟报", "报表缺报"
INCOMPLETE_VETO = "否优要件不全"


def quality_table(scored: ScoredPeriod, nodes: pd.DataFrame) -> pd.DataFrame:
    """Return what was missing, late, small, excused, unverified or withdrawn."""
    names = scored.entities["name"]
    parts = [
        _by_status(nodes),
        *_by_reason(scored),
        _incomplete_vetoes(scored),
        _warnings(scored),
        _not_returned(scored),
    ]
    filled = [part for part in parts if len(part)]
    if not filled:
        return pd.DataFrame(columns=list(QUALITY_COLUMNS))
    table = pd.concat(filled, ignore_index=True)
    table["name"] = table["entity_id"].map(names)
    order = ["kind", "entity_id", "indicator", "ledger"]
    table = table.sort_values(order, kind="stable").reset_index(drop=True)
    return table[list(QUALITY_COLUMNS)].astype({"count": "int64"})


def _warnings(scored: ScoredPeriod) -> pd.DataFrame:
    """Return what the checks of the ledgers found about these entities."""
    found = scored.campaign.checked(scored.period)
    found = found[found["entity_id"].isin(scored.entities.index)]
    ledgers = scored.campaign.codebook.ledgers
    names = found["ledger"].map({name: schema.name for name, schema in ledgers.items()}).astype(str)
    place = found["source"] + " 第 " + found["source_row"].astype(str) + " 行"
    return pd.DataFrame(
        {
            "kind": CHECKED,
            "entity_id": found["entity_id"],
            "indicator": "",
            "ledger": found["ledger"],
            "count": 1,
            "detail": names + "：" + found["row_id"] + " " + found["message"] + "（" + place + "）",
        }
    )


def _not_returned(scored: ScoredPeriod) -> pd.DataFrame:
    """Return which returns were owed and are late or missing."""
    owed = returns_of(scored.campaign, scored.period)
    found = owed[owed["entity_id"].isin(scored.entities.index) & (owed["state"] != IN_TIME)]
    names = {name: schema.name for name, schema in scored.campaign.codebook.ledgers.items()}
    return pd.DataFrame(
        {
            "kind": found["state"].map({RETURN_LATE: RETURNED_LATE, RETURN_MISSING: NOT_RETURNED}),
            "entity_id": found["entity_id"],
            "indicator": "",
            "ledger": found["ledger"],
            "count": 1,
            "detail": found["ledger"].map(names).astype(str) + "：" + found["period"],
        }
    )


def _by_status(nodes: pd.DataFrame) -> pd.DataFrame:
    kinds = {
        STATUSES[MISSING]: "缺数",
        STATUSES[SMALL_N]: "小样本",
        STATUSES[NOT_APPLICABLE]: "不适用",
        INSUFFICIENT: "数据不足",
    }
    found = nodes[nodes["status"].isin(list(kinds)) & (nodes["kind"] != "gate")]
    return pd.DataFrame(
        {
            "kind": found["status"].map(kinds),
            "entity_id": found["entity_id"],
            "indicator": found["node"],
            "ledger": "",
            "count": found["n"].fillna(0).round(),
            "detail": found["name"].str.cat(found["note"].where(found["note"] == "", "；" + found["note"])),
        }
    )


def _by_reason(scored: ScoredPeriod) -> Iterator[pd.DataFrame]:
    """Yield late, unverified and withdrawn rows; a row that feeds many indicators counts once."""
    columns = ["entity_id", "ledger", "row_id", "reason"]
    for kind, reason in (("迟报", LATE), ("撤回", WITHDRAWN), ("未核实", UNVERIFIED)):
        frames = [
            measured.rows.loc[(measured.rows["reason"] == reason).to_numpy(bool), columns]
            for measured in scored.measured.values()
        ]
        found = pd.concat(frames, ignore_index=True).drop_duplicates(["ledger", "row_id"])
        count = found.groupby(["entity_id", "ledger"], sort=True)["row_id"].agg(["size", "min"])
        table = count.reset_index().rename(columns={"size": "count"})
        ledgers = scored.campaign.codebook.ledgers
        table["detail"] = [
            f"{ledgers[ledger].name}：{first} 等 {size} 行"
            if size > 1
            else f"{ledgers[ledger].name}：{first}"
            for ledger, first, size in zip(table["ledger"], table["min"], table["count"], strict=True)
        ]
        yield table.drop(columns="min").assign(kind=kind, indicator="")


def _incomplete_vetoes(scored: ScoredPeriod) -> pd.DataFrame:
    frames = []
    for name, veto in scored.level.vetoes.items():
        rows = scored.measured[name].rows
        found = rows[~rows["counted"] & rows["reason"].str.startswith("缺")]
        detail = veto.name + "：" + found["row_id"] + " " + found["reason"] + "，不生效"
        frames.append(
            pd.DataFrame(
                {
                    "kind": INCOMPLETE_VETO,
                    "entity_id": found["entity_id"],
                    "indicator": name,
                    "ledger": found["ledger"],
                    "count": 1,
                    "detail": detail,
                }
            )
        )
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
