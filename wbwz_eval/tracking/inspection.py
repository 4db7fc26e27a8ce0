"""What the monthly check looks at: verification on site, gaps in entries, how tasks are passed down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wbwz_eval.campaign.ledgers import ENTITY, ROW_ID
from wbwz_eval.campaign.receipts import OFFICE
from wbwz_eval.campaign.row_checks import Filled
from wbwz_eval.campaign.sampling import check_list_ledger

if TYPE_CHECKING:
    from wbwz_eval.tracking.situation import Situation

CASCADE = "cascade"
_GAP_COLUMNS = ("ledger", "name", "field", "message", "rows", "entities")


def verified(situation: Situation) -> pd.DataFrame:
    """Return what verification on site found in the period, by entity.

    Returns:
        One row per entity that was checked: ``entity_id``, ``name``, ``checked`` and ``different``
        (numbers of items), ``share`` (different ÷ checked). Empty where nothing was checked.

    Raises:
        CampaignError: The campaign has no ledger for it.
    """
    rows = situation.rows(check_list_ledger(situation.campaign))
    start = np.datetime64(situation.period.start, "s")
    rows = rows[rows["checked_on"].between(start, situation.end)]
    found = (
        rows.assign(different=(rows["agreed"] == "否"))
        .groupby(ENTITY, sort=True)["different"]
        .agg(["size", "sum"])
        .reset_index()
    )
    found.columns = ["entity_id", "checked", "different"]
    found["share"] = found["different"] / found["checked"]
    found.insert(1, "name", situation.names(found["entity_id"]))
    return found


def gaps(situation: Situation) -> pd.DataFrame:
    """Return what entries should say and do not, as the codebook's checks demand (四定 and the like).

    Returns:
        One row per demand that rows miss: ``ledger``, ``name``, ``field``, ``message``, ``rows`` (how
        many), ``entities`` (their names, most rows first).
    """
    lines = []
    for ledger, schema in situation.campaign.codebook.ledgers.items():
        for check in schema.checks:
            if not isinstance(check, Filled):
                continue
            rows = situation.rows(ledger)
            if check.where is not None:
                rows = rows[rows[check.where].isin(check.values)]
            column = rows[check.field]
            missing = rows[(column == "") if column.dtype == object else column.isna()]
            if len(missing):
                who = situation.names(missing[ENTITY]).value_counts(sort=True).index.tolist()
                lines.append((ledger, schema.name, check.field, check.message, len(missing), who))
    return pd.DataFrame(lines, columns=list(_GAP_COLUMNS))


def arrivals(situation: Situation) -> pd.DataFrame:
    """Return how many rows came in for the period, by ledger that has no deadlines.

    Returns:
        One row per ledger: ``ledger``, ``name``, ``rows`` (first come in after the cut-off before and
        by the period's own), ``entities`` (how many of those that report), ``owing`` (how many there
        are).
    """
    after = np.datetime64(situation.campaign.cutoff_before(situation.period), "s")
    from_start = after <= np.datetime64(situation.campaign.start, "s")
    lines = []
    levels = set(situation.entities["level"])
    for ledger, schema in situation.campaign.codebook.ledgers.items():
        reports = levels.intersection(schema.reported_by) or OFFICE in schema.reported_by
        if schema.track or not reports:
            continue
        rows = situation.rows(ledger)
        new = rows if from_start else rows[rows["reported_on"] > after]
        if len(new):
            lines.append((ledger, schema.name, len(new), new[ENTITY].nunique(), len(situation.entities)))
    return pd.DataFrame(lines, columns=["ledger", "name", "rows", "entities", "owing"])


def passed_down(situation: Situation) -> pd.DataFrame:
    """Return the tasks that are passed down to organisations, as a tree in order.

    Returns:
        One row per task of the ledger ``cascade``: ``entity_id``, ``name``, ``row_id``, ``task``,
        ``task_no``, ``parent`` (its number; empty for a root), ``depth`` (from 0), ``assigned_to``,
        ``due`` (``datetime64[s]``), ``owned`` (whether an organisation has taken it). A parent that
        is not in the ledger, or a circle, makes a root.
    """
    rows = situation.rows(CASCADE)
    table = pd.DataFrame(
        {
            "entity_id": rows[ENTITY],
            "name": situation.names(rows[ENTITY]),
            "row_id": rows[ROW_ID],
            "task": rows["task"],
            "task_no": rows["task_no"],
            "parent": rows["parent_task"],
            "assigned_to": rows["assigned_to"],
            "due": rows["due_on"],
            "owned": rows["assigned_to"] != "",
        }
    )
    begun = (rows["issued_on"] <= situation.end).to_numpy()
    return _in_order(table[begun].reset_index(drop=True))


def _in_order(table: pd.DataFrame) -> pd.DataFrame:
    numbers = table["task_no"].where(table["task_no"] != "", table["row_id"])
    place = dict(zip(numbers, range(len(table)), strict=True))
    parents = [place.get(parent, -1) for parent in table["parent"]]
    depth = np.zeros(len(table), dtype=np.int64)
    path: list[str] = []
    for own in range(len(table)):
        chain, at = [own], parents[own]
        while at >= 0 and at not in chain:
            chain.append(at)
            at = parents[at]
        depth[own] = len(chain) - 1
        path.append("/".join(f"{step:08d}" for step in reversed(chain)))
    table = table.assign(depth=depth, _path=path).sort_values("_path", kind="stable")
    return table.drop(columns="_path").reset_index(drop=True)
