"""Ledgers as tables for people: Chinese headers, one text per cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from wbwz_eval.campaign.faults import CampaignError, nearest
from wbwz_eval.campaign.ledgers import ENTITY, ROW_ID

if TYPE_CHECKING:
    import datetime as dt

    from wbwz_eval.campaign.folder import Campaign
    from wbwz_eval.campaign.ledgers import LedgerSchema

ADDED_ZH = {
    "reported_on": "报送日期",
    "version": "版次",
    "receipt": "回执",
    "source": "出处",
    "source_row": "行",
}
_LEVEL, _GROUP = "层级", "组别"


def ledger_table(
    campaign: Campaign, ledger_id: str, as_of: dt.date | None = None, entity: str | None = None
) -> pd.DataFrame:
    """Return a ledger as it stood at the end of a day (None: now), of one entity or of all.

    Texts under Chinese headers: every field, the entity's level and group, and where the row comes
    from.

    Raises:
        CampaignError: An unknown ledger or entity.
    """
    ledger = campaign.ledger(ledger_id, as_of)
    rows = ledger.rows
    if entity is not None:
        if entity not in campaign.entities.index:
            close = nearest(entity, [str(name) for name in campaign.entities.index])
            message = f"没有被评对象 “{entity}”" + (f";最接近的是 {close}" if close else "")
            raise CampaignError(message)
        rows = rows[rows[ENTITY] == entity]
    table = _as_texts(rows, ledger.schema)
    places = campaign.entities.reindex(rows[ENTITY].to_numpy())
    levels = places["level"].map(campaign.levels).fillna("")
    groups = places["group"].map({name: group.name for name, group in campaign.groups.items()}).fillna("")
    table.insert(2, _LEVEL, levels.to_numpy(dtype=object))
    table.insert(3, _GROUP, groups.to_numpy(dtype=object))
    return table


def row_history(campaign: Campaign, ledger_id: str, row_id: str) -> pd.DataFrame:
    """Return what each submission said of a row: one line per version, empty where it said nothing.

    Raises:
        CampaignError: An unknown ledger, or a row that never came in.
    """
    schema = campaign.ledger(ledger_id).schema
    history = campaign.replay().versions[ledger_id].history(row_id)
    if history.empty:
        close = nearest(row_id, campaign.ledger(ledger_id).rows[ROW_ID].tolist(), cutoff=0.8)
        message = f"{schema.name}里没有行号 “{row_id}”" + (f";最接近的是 {close}" if close else "")
        raise CampaignError(message)
    return _as_texts(history, schema)


def _as_texts(rows: pd.DataFrame, schema: LedgerSchema) -> pd.DataFrame:
    labels = {code: spec.label for code, spec in schema.fields.items()} | ADDED_ZH
    return pd.DataFrame({label: _texts(rows[code]) for code, label in labels.items() if code in rows})


def _texts(column: pd.Series) -> pd.Series:
    """Write dates as dates, numbers without needless digits, and nothing for what is empty."""
    if pd.api.types.is_datetime64_any_dtype(column):
        return column.dt.strftime("%Y-%m-%d").fillna("").astype(object)
    if pd.api.types.is_float_dtype(column):
        return column.map(lambda value: "" if pd.isna(value) else f"{value:.15g}").astype(object)
    return column.astype(str).astype(object)
