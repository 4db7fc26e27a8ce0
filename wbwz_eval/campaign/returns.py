"""Who owed a return for a period, who handed it in, who was late, who did not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wbwz_eval.campaign.receipts import OFFICE
from wbwz_eval.campaign.senders import sender_of

if TYPE_CHECKING:
    import datetime as dt

    from wbwz_eval.campaign.folder import Campaign
    from wbwz_eval.campaign.ledgers import LedgerSchema
    from wbwz_eval.campaign.periods import Period
    from wbwz_eval.campaign.receipts import Receipt

IN_TIME, LATE, MISSING = "已报", "迟报", "缺"
COLUMNS = ("ledger", "period", "level", "entity_id", "state", "received_on")


def returns_of(campaign: Campaign, period: Period) -> pd.DataFrame:
    """Return what was owed for a period, and what became of it.

    A ledger's return is owed as often as its codebook entry says (``every``), by the entities of
    the levels that report it. It is there where rows of the entity, or a sheet of whoever reports for
    it, be it without a row, came in after the cut-off before and by the cut-off; or, at whatever
    time, in a file handed in for that very period. It is late where only a file for that period came
    in, after the cut-off.

    Returns:
        One row per ledger, period and entity: ``ledger``, ``period`` (id), ``level``,
        ``entity_id``, ``state`` (已报, 迟报 or 缺), ``received_on`` (``datetime64[D]``, NaT where
        missing).
    """
    parts = []
    for ledger, schema in campaign.codebook.ledgers.items():
        if schema.every is None or schema.reported_by == (OFFICE,):
            continue
        ended = [due for due in campaign.periods(schema.every) if period.start <= due.end <= period.end]
        parts += [_owed(campaign, ledger, schema, due) for due in ended]
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=list(COLUMNS))


def _owed(campaign: Campaign, ledger: str, schema: LedgerSchema, due: Period) -> pd.DataFrame:
    levels = [level for level in schema.reported_by if level in campaign.levels]
    tables = [campaign.entities_at(level, due) for level in levels]
    owing = pd.concat([table[["level"]] for table in tables]) if tables else pd.DataFrame(columns=["level"])
    after, until = campaign.cutoff_before(due), campaign.cutoff(due)
    received = _from_sheets(campaign, ledger, due, after, until)
    in_window = _from_rows(campaign, ledger, after, until)
    for entity, day in in_window.items():
        received[entity] = min(day, received.get(entity, day))
    days = np.array([received.get(str(entity), np.datetime64("NaT", "D")) for entity in owing.index])
    days = days.astype("datetime64[D]")
    state = np.where(np.isnat(days), MISSING, np.where(days <= np.datetime64(until, "D"), IN_TIME, LATE))
    return pd.DataFrame(
        {
            "ledger": ledger,
            "period": due.id,
            "level": owing["level"].to_numpy(object),
            "entity_id": owing.index.to_numpy(object),
            "state": state.astype(object),
            "received_on": days.astype("datetime64[s]"),
        }
    )


def _from_rows(campaign: Campaign, ledger: str, after: dt.date, until: dt.date) -> dict[str, np.datetime64]:
    """Return the first day in a window on which rows of each entity came in."""
    versions = campaign.replay().versions[ledger]
    since = np.datetime64(after, "D") if after > campaign.start else np.datetime64("1900-01-01", "D")
    place = np.flatnonzero(
        versions.known(campaign.basis.through)
        & (versions.received > since)
        & (versions.received <= np.datetime64(until, "D"))
    )
    owners = versions.owners(place)
    frame = pd.DataFrame({"entity": owners, "day": versions.received[place].astype("datetime64[s]")})
    first = frame.groupby("entity", sort=False)["day"].min()
    return {str(entity): np.datetime64(day, "D") for entity, day in first.items() if entity}


def _from_sheets(
    campaign: Campaign, ledger: str, due: Period, after: dt.date, until: dt.date
) -> dict[str, np.datetime64]:
    """Return the first day on which a sheet of the ledger came in for each entity."""
    found: dict[str, np.datetime64] = {}
    below: dict[str, frozenset[str]] = {}
    for one in campaign.replay().stored[: campaign.basis.through]:
        receipt = one.receipt
        if receipt.status == "refused" or receipt.sender == OFFICE or not _has(receipt, ledger):
            continue
        meant = receipt.period == due.id
        by_day = not receipt.period and (after < receipt.received_on or after <= campaign.start)
        if meant or (by_day and receipt.received_on <= until):
            day = np.datetime64(receipt.received_on, "D")
            if receipt.sender not in below:
                below[receipt.sender] = sender_of(receipt.sender, campaign.entities).own or frozenset()
            for entity in below[receipt.sender]:
                found[entity] = min(day, found.get(entity, day))
    return found


def _has(receipt: Receipt, ledger: str) -> bool:
    return any(section.ledger == ledger for section in receipt.sections)
