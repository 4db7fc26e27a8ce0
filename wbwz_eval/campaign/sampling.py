"""Drawing rows for verification on site: the same seed draws the same rows, on any machine."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.ledgers import ENTITY, ROW_ID, STATUS, WITHDRAWN
from wbwz_eval.campaign.receipts import OFFICE

if TYPE_CHECKING:
    from wbwz_eval.campaign.folder import Campaign
    from wbwz_eval.campaign.ledgers import LedgerSchema
    from wbwz_eval.campaign.periods import Period

_SHOWN_FIELDS = 5


@dataclass(frozen=True)
class Drawing:
    """How a sample is drawn.

    Attributes:
        share: Share of each entity's rows, above 0 and up to 1; at least one row of each.
        seed: Any number; it belongs on the list, so that anybody can draw it again.
        ledgers: From which ledgers; empty for all that the entities report themselves.
    """

    share: float
    seed: int
    ledgers: tuple[str, ...] = ()


def check_list_ledger(campaign: Campaign) -> str:
    """Return the ledger that takes the results of verification on site.

    Raises:
        CampaignError: The codebook marks none (``check_list``), or several.
    """
    found = [ledger for ledger, schema in campaign.codebook.ledgers.items() if schema.check_list]
    if len(found) != 1:
        message = f"ledgers.yaml 里要有且只有一张台账写 check_list(核查结果记在哪里),现有 {len(found)} 张"
        raise CampaignError(message)
    return found[0]


def draw(campaign: Campaign, period: Period, drawing: Drawing) -> pd.DataFrame:
    """Draw the rows to verify of a period.

    The rows that came in, or were changed, between the cut-off before and the period's own are put
    in the order of SHA-256 of ``seed/ledger/row number``; of each entity the first ones are taken,
    its share of them, rounded half up, at least one. A further row changes nothing about the others'
    order.

    Returns:
        One row per row drawn, by entity and order of drawing: ``entity_id``, ``ledger``,
        ``row_id``, ``item`` (what it says, for people), ``value`` (the reported number to verify,
        NaN where the ledger has none), ``population`` (how many rows the entity had).

    Raises:
        CampaignError: A share that is none, an unknown ledger, or nothing to draw from.
    """
    if not 0 < drawing.share <= 1:
        message = f"抽取比例 {drawing.share:g} 不对;应为 0 以上、100% 以下,如 10%"
        raise CampaignError(message)
    ledgers = drawing.ledgers or tuple(
        ledger
        for ledger, schema in campaign.codebook.ledgers.items()
        if schema.reported_by != (OFFICE,) and not schema.check_list
    )
    parts = [_candidates(campaign, ledger, period, drawing.seed) for ledger in ledgers]
    rows = pd.concat(parts, ignore_index=True)
    if rows.empty:
        message = f"{period.id} 没有可抽的台账行"
        raise CampaignError(message)
    rows = rows.sort_values(["entity_id", "draw"], kind="stable").reset_index(drop=True)
    own = rows.groupby("entity_id", sort=False)
    rows["population"] = own["draw"].transform("size")
    wanted = rows["population"].map(lambda count: _wanted(int(count), drawing.share))
    return rows[(own.cumcount() < wanted).to_numpy()].drop(columns="draw").reset_index(drop=True)


def _wanted(count: int, share: float) -> int:
    exact = Decimal(str(share)) * count
    return max(1, int(exact.quantize(Decimal(1), ROUND_HALF_UP)))


def _candidates(campaign: Campaign, ledger: str, period: Period, seed: int) -> pd.DataFrame:
    schema = campaign.ledger(ledger).schema
    rows = campaign.ledger_for(ledger, period).rows
    received = np.array([one.receipt.received_on for one in campaign.replay().stored], dtype="datetime64[D]")
    after, until = campaign.cutoff_before(period), campaign.cutoff(period)
    arrived = received[rows["receipt"].to_numpy() - 1] if len(rows) else np.empty(0, "datetime64[D]")
    inside = arrived <= np.datetime64(until, "D")
    if after > campaign.start:
        inside &= arrived > np.datetime64(after, "D")
    rows = rows[inside & (rows[STATUS] != WITHDRAWN).to_numpy()]
    keys = [f"{seed}/{ledger}/{row_id}" for row_id in rows[ROW_ID]]
    return pd.DataFrame(
        {
            "entity_id": rows[ENTITY].to_numpy(object),
            "ledger": ledger,
            "row_id": rows[ROW_ID].to_numpy(object),
            "item": _told(rows, schema),
            "value": rows[schema.checked].to_numpy(np.float64) if schema.checked else np.nan,
            "draw": [hashlib.sha256(key.encode()).hexdigest() for key in keys],
        }
    )


def _told(rows: pd.DataFrame, schema: LedgerSchema) -> list[str]:
    """Say in one line what each row reports."""
    codes = [
        code
        for code, spec in schema.fields.items()
        if code not in {ROW_ID, ENTITY, STATUS}
        and spec.filled_by == "reporter"
        and spec.disclosure in {"public", "internal"}
    ]
    columns = {}
    for code in codes:
        column = rows[code]
        if pd.api.types.is_datetime64_any_dtype(column):
            columns[code] = column.dt.strftime("%Y-%m-%d").fillna("").tolist()
        elif pd.api.types.is_float_dtype(column):
            columns[code] = ["" if pd.isna(value) else f"{value:.15g}" for value in column]
        else:
            columns[code] = column.tolist()
    told = []
    for place, row_id in enumerate(rows[ROW_ID]):
        said = [
            f"{schema.fields[code].label} {columns[code][place]}" for code in codes if columns[code][place]
        ]
        told.append(f"{schema.name} {row_id}: {'，'.join(said[:_SHOWN_FIELDS])}")
    return told
