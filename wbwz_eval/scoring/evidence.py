"""The tables that lead from a score to its ledger rows, and tell how good they are."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wbwz_eval.scoring.measured import NOT_CONCERNED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from wbwz_eval.scoring.scored import ScoredPeriod
    from wbwz_eval.scoring.tree import Item, Veto

ROW_COLUMNS = (
    "entity_id",
    "indicator",
    "ledger",
    "row_id",
    "source",
    "source_row",
    "counted",
    "reason",
    "value",
    "weight",
)
ADJUSTMENT_COLUMNS = (
    "entity_id",
    "kind",
    "item",
    "name",
    "points",
    "clause",
    "decided_by",
    "doc_no",
    "row_id",
    "ledger",
    "source",
    "source_row",
    "counted",
    "reason",
    "detail",
)
_DETAIL_FIELDS = 2

PORTION = 200_000
"""So many rows of evidence are put into a table at a time."""


def row_table(scored: ScoredPeriod) -> pd.DataFrame:
    """Return each ledger row that concerned a measure, counted or not, with the reason."""
    return pd.concat(row_portions(scored), ignore_index=True)


def row_portions(scored: ScoredPeriod, rows: int = PORTION) -> Iterator[pd.DataFrame]:
    """Yield :func:`row_table` in portions of whole entities, of about so many ``rows`` each, at least one."""
    size = len(scored.entities)
    places = {name: _by_entity(measured.rows, size) for name, measured in scored.measured.items()}
    total = np.sum([ends for _, ends in places.values()], axis=0)  # rows before each entity
    cuts = np.searchsorted(total, np.arange(rows, total[-1], rows), side="left")
    order = {name: index for index, name in enumerate(places)}
    for first, last in pairwise(np.unique([0, *cuts, size]).tolist()):
        frames = [
            scored.measured[name].rows.iloc[place[ends[first] : ends[last]]].assign(indicator=name)
            for name, (place, ends) in places.items()
        ]
        table = pd.concat(frames, ignore_index=True)[list(ROW_COLUMNS)]
        keys = table.assign(_order=table["indicator"].map(order))
        keys = keys.sort_values(["entity_id", "_order", "source", "source_row"], kind="stable")
        yield keys.drop(columns="_order").reset_index(drop=True)


def _by_entity(rows: pd.DataFrame, size: int) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    """Return the rows that concern a measure in the order of the entities, and where each begins."""
    concerned = np.flatnonzero((rows["reason"] != NOT_CONCERNED).to_numpy(bool))
    codes = rows["code"].to_numpy(np.int64)[concerned]
    ends = np.concatenate([[0], np.cumsum(np.bincount(codes, minlength=size))])
    return concerned[np.argsort(codes, kind="stable")], ends


def adjustment_table(scored: ScoredPeriod) -> pd.DataFrame:
    """Return each ledger row behind a bonus, a deduction or a veto."""
    frames = [_adjustment_rows(scored, kind, name, item) for kind, name, item in _adjustments(scored)]
    frames += [_recurrence_rows(scored, name) for name in scored.recurrences]
    filled = [frame for frame in frames if len(frame)]
    if not filled:
        return pd.DataFrame(columns=list(ADJUSTMENT_COLUMNS))
    table = pd.concat(filled, ignore_index=True)
    return table.sort_values(["entity_id", "kind", "item"], kind="stable").reset_index(drop=True)


def _recurrence_rows(scored: ScoredPeriod, name: str) -> pd.DataFrame:
    """Return whom a rule across periods holds down; no ledger row says so, the places of the periods do."""
    rule, times = scored.level.recurrences[name], scored.recurrences[name]
    met = scored.after.recurred[name]
    place = "末位" if rule.place == "last" else "首位"
    return pd.DataFrame(
        {
            "entity_id": scored.entities.index.to_numpy(object)[met],
            "kind": "veto",
            "item": name,
            "name": rule.name,
            "points": 0.0,
            "clause": rule.clause,
            "decided_by": "",
            "doc_no": "",
            "row_id": "",
            "ledger": "",
            "source": "",
            "source_row": 0,
            "counted": True,
            "reason": "",
            "detail": [f"{place} {count:.0f} 次" for count in times[met]],
        },
        columns=list(ADJUSTMENT_COLUMNS),
    )


def _adjustments(scored: ScoredPeriod) -> Iterator[tuple[str, str, Item | Veto]]:
    level = scored.level
    yield from (("bonus", name, item) for name, item in level.bonus.items.items())
    yield from (("deduction", name, item) for name, item in level.deductions.items.items())
    yield from (("veto", name, item) for name, item in level.vetoes.items())


def _adjustment_rows(scored: ScoredPeriod, kind: str, name: str, item: Item | Veto) -> pd.DataFrame:
    rows = scored.measured[name].rows
    rows = rows[rows["reason"] != NOT_CONCERNED]
    table = pd.DataFrame({"entity_id": rows["entity_id"], "kind": kind, "item": name})
    table["name"] = item.name
    table["points"] = 0.0 if kind == "veto" else rows["value"].where(rows["counted"], 0.0)
    for column in ("clause", "decided_by", "doc_no", "detail"):
        table[column] = ""
    for ledger_id, part in rows.groupby("ledger"):
        facts = _facts(scored, str(ledger_id), part["row_id"])
        for column in facts.columns:
            table.loc[part.index, column] = part["row_id"].map(facts[column]).fillna("")
    table["clause"] = table["clause"].where(table["clause"] != "", item.clause)
    for column in ("row_id", "ledger", "source", "source_row", "counted", "reason"):
        table[column] = rows[column]
    return table[list(ADJUSTMENT_COLUMNS)]


def _facts(scored: ScoredPeriod, ledger_id: str, row_ids: pd.Series) -> pd.DataFrame:
    """Return, by row id, the clause, decider, document and what may be told of some rows of a ledger."""
    fields = scored.campaign.codebook.ledgers[ledger_id].fields
    named = [name for name in ("clause", "decided_by", "doc_no") if name in fields]
    tellable = [
        name
        for name, field in fields.items()
        if field.type in {"text", "choice"}
        and field.disclosure in {"public", "internal"}
        and name not in {"row_id", "status", "reporter", "evidence_id", "verified_by", *named}
    ][:_DETAIL_FIELDS]
    rows = scored.campaign.ledger_for(ledger_id, scored.period, {"row_id", *named, *tellable}).rows
    rows = rows[rows["row_id"].isin(row_ids)]
    facts = rows[named].astype(object).copy()
    facts["detail"] = ""
    for name in tellable:
        text = rows[name].astype(object)
        gap = ((facts["detail"] != "") & (text != "")).map({True: "；", False: ""})
        facts["detail"] = facts["detail"] + gap + text
    return facts.set_index(rows["row_id"].to_numpy())
