"""Entities against time and against each other: figures only, from tables of totals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wbwz_eval.reporting import charts
from wbwz_eval.reporting.pieces import Picture

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PERCENT = 100.0


def compared(now: pd.DataFrame, before: pd.DataFrame, dimensions: Sequence[str]) -> pd.DataFrame:
    """Return what changed from one table of totals to another.

    A place is compared only within the same group.

    Args:
        now: One row per entity: ``entity_id``, ``name``, ``group``, ``rank``, ``total``, one column per
            dimension.
        before: The same, of before.
        dimensions: Their ids; those that ``before`` lacks have no change.

    Returns:
        See :meth:`.PeriodScores.compare`; NaN for who was not there.
    """
    table = now.sort_values(["group", "rank", "entity_id"], kind="stable").reset_index(drop=True)
    earlier = before.set_index("entity_id").reindex(table["entity_id"]).reset_index(drop=True)
    stayed = (earlier["group"] == table["group"]).to_numpy()
    rank_before = earlier["rank"].where(stayed)
    frame = table[["entity_id", "name", "rank"]].assign(
        rank_before=rank_before,
        moved=rank_before - table["rank"],
        total=table["total"],
        total_before=earlier["total"],
        change=table["total"] - earlier["total"],
    )
    for name in dimensions:
        frame[name] = table[name] - earlier[name] if name in earlier else np.nan
    return frame


def peers(
    totals: pd.DataFrame, entity: str, full: Mapping[str, float], names: Mapping[str, str]
) -> pd.DataFrame:
    """Return those of an entity's group, the most alike first.

    Args:
        totals: One row per entity.
        entity: Its id.
        full: Dimension → full mark.
        names: Dimension → name.

    Returns:
        See :meth:`.PeriodScores.peers`.
    """
    own = totals[totals["entity_id"] == entity].iloc[0]
    others = totals[(totals["group"] == own["group"]) & (totals["entity_id"] != entity)]
    scale = np.array([full[name] for name in names])
    ours = own[list(names)].to_numpy(np.float64) / scale * _PERCENT
    theirs = others[list(names)].to_numpy(np.float64) / scale * _PERCENT
    lead = theirs - ours
    both = ~np.isnan(lead)
    square = np.where(both, lead, 0.0) ** 2
    count = both.sum(axis=1)
    distance = np.sqrt(np.where(count > 0, square.sum(axis=1) / np.maximum(count, 1), np.nan))
    best = np.where(both, lead, -np.inf).argmax(axis=1) if len(others) else np.zeros(0, dtype=int)
    most = lead[np.arange(len(others)), best]
    titles = np.array(list(names.values()), dtype=object)
    frame = others[["entity_id", "name", "rank", "total"]].assign(
        distance=distance,
        ahead=others["total"] - own["total"],
        best=np.where(most > 0, titles[best], ""),
        lead=np.where(most > 0, most, np.nan),
    )
    columns = ["entity_id", "name", "distance", "rank", "total", "ahead", "best", "lead"]
    return frame[columns].sort_values("distance", kind="stable").reset_index(drop=True)


def trend(parts: Mapping[str, pd.DataFrame], node: str) -> pd.DataFrame:
    """Return one column of several tables of totals side by side.

    Args:
        parts: Period → table, in order; the last one says who is shown.
        node: The column.

    Returns:
        ``entity_id``, ``name`` and one column per period, NaN where an entity or node was not there.
    """
    last = list(parts.values())[-1]
    frame = last[["entity_id", "name"]].reset_index(drop=True)
    for period, table in parts.items():
        own = table.set_index("entity_id")
        values = own[node] if node in own else pd.Series(dtype=np.float64)
        frame[period] = values.reindex(frame["entity_id"]).to_numpy(np.float64)
    return frame


def trend_picture(parts: Mapping[str, pd.DataFrame], entity: str, name: str, stamp: str) -> Picture:
    """Return an entity's totals as a chart, a line a period, with the span of its group."""
    items = []
    for label, table in parts.items():
        own = table[table["entity_id"] == entity]
        if own.empty or own["total"].isna().all():
            continue
        total = float(own["total"].iloc[0])
        group = table.loc[table["group"] == own["group"].iloc[0], "total"].dropna()
        items.append(charts.Dot(label, total, f"{total:.2f}", float(group.min()), float(group.max())))
    ends = [end for item in items for end in (item.low, item.high)]
    pad = max(0.05 * (max(ends) - min(ends)), 0.5)
    caption = f"{name}的总分，横线是同组从最低到最高"
    return Picture(
        charts.dots(items, (min(ends) - pad, max(ends) + pad)),
        "；".join(f"{item.label} {item.text}" for item in items),
        f"{stamp}　{caption}" if stamp else caption,
    )
