"""The selection of models (标兵评选): candidates, quota, votes, public notice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wbwz_eval.campaign.ledgers import ENTITY

if TYPE_CHECKING:
    from wbwz_eval.tracking.situation import Situation

LEDGER = "nominations"
ELECTED, IN_NOTICE = "当选", "公示中"
COLUMNS = (
    "entity_id",
    "name",
    "group_name",
    "dimension",
    "score",
    "votes",
    "quota",
    "notice_start",
    "notice_end",
    "notice_days",
    "result",
    "before",
)


def candidates(situation: Situation) -> pd.DataFrame:
    """Return who was nominated in the period, by dimension, most votes first.

    Returns:
        One row per nomination: ``entity_id``, ``name``, ``group_name``, ``dimension``, ``score``,
        ``votes``, ``quota``, ``notice_start``, ``notice_end``, ``notice_days`` (working days of public
        notice, both days counted; NaN where it is not set), ``result``, ``before`` (times elected before
        the period).
    """
    rows = situation.dated(LEDGER, "nominated_on")
    if rows.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    every = situation.rows(LEDGER)
    earlier = every[
        (every["nominated_on"] < np.datetime64(situation.period.start, "s")) & (every["result"] == ELECTED)
    ]
    campaign = situation.campaign
    groups = {group: entry.name for group, entry in campaign.groups.items()}
    own = rows[ENTITY].map(campaign.entities["group"])
    start, end = (rows[code].to_numpy("datetime64[s]") for code in ("notice_start", "notice_end"))
    days = campaign.calendar.workdays_between(start - np.timedelta64(1, "D"), end)
    table = rows.assign(
        name=situation.names(rows[ENTITY]),
        group_name=own.map(groups).fillna(""),
        notice_days=np.where(np.isnat(start) | np.isnat(end), np.nan, days),
        before=rows[ENTITY].map(earlier[ENTITY].value_counts()).fillna(0).astype(int),
    )
    order = campaign.codebook.ledgers[LEDGER].fields["dimension"].allowed
    place = table["dimension"].map({name: at for at, name in enumerate(order)})
    table = table.assign(place=place).sort_values(["place", "votes"], ascending=[True, False], kind="stable")
    return table[list(COLUMNS)].reset_index(drop=True)


def by_dimension(table: pd.DataFrame) -> pd.DataFrame:
    """Return how many were nominated and elected in each dimension, and the quota.

    Args:
        table: See :func:`candidates`.

    Returns:
        ``dimension``, ``nominated``, ``quota``, ``elected``, ``in_notice``, ``over`` (elected past the
        quota).
    """
    found = table.groupby("dimension", sort=False, as_index=False).agg(
        nominated=("name", "size"),
        quota=("quota", "max"),
        elected=("result", lambda own: int((own == ELECTED).sum())),
        in_notice=("result", lambda own: int((own == IN_NOTICE).sum())),
    )
    return found.assign(over=(found["elected"] - found["quota"]).clip(lower=0).fillna(0).astype(int))
