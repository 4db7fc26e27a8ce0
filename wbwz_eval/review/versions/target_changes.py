"""Targets that were changed on the way: in the method itself, and in the ledgers; lowering one is marked."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pandas as pd

from wbwz_eval.campaign.ledgers import ENTITY, STATUS, WITHDRAWN
from wbwz_eval.scoring.number_names import NUMBER_NAMES
from wbwz_eval.scoring.numbers import dated_numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wbwz_eval.campaign.folder import Campaign
    from wbwz_eval.campaign.ledgers import LedgerSchema
    from wbwz_eval.campaign.periods import Period
    from wbwz_eval.scoring.methodology import MethodologyFile

COLUMNS = (
    "source",
    "entity_id",
    "name",
    "item",
    "changed_on",
    "old",
    "new",
    "lowered",
    "reason",
    "approver",
)
OF_METHOD = "评价办法"
_TARGETS = (
    *("target", "threshold", "satisfied", "unacceptable", "standard"),
    *("from_", "to", "reference", "low", "high"),
)
"""The numbers of a rule that say how good is good enough; the points that it gives for that are none."""


def target_changes(campaign: Campaign, methodology: MethodologyFile, period: Period) -> pd.DataFrame:
    """Return each change of a target in mid-year, up to a period's last day.

    Of the method: each dated version after the first of a target or threshold in an indicator's rule,
    unless it begins with a calendar year or changes nothing. Of the ledgers: each further version, in a
    calendar year, of a target in a ledger whose codebook checks that targets are not lowered, as far as it
    was reported by the period's cut-off.

    Returns:
        One row per change, by day: ``source`` (``OF_METHOD`` or the ledger's name), ``entity_id`` and
        ``name`` (empty for the method), ``item``, ``changed_on``, ``old``, ``new``, ``lowered`` (made
        easier to reach), ``reason``, ``approver`` (empty where nobody wrote one).
    """
    rows = [*_of_method(methodology), *_of_ledgers(campaign, period)]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table["changed_on"] = pd.to_datetime(table["changed_on"])
    in_time = table["changed_on"] <= pd.Timestamp(period.end)
    return table[in_time].sort_values("changed_on", kind="stable").reset_index(drop=True)


def _of_method(methodology: MethodologyFile) -> Iterator[tuple[object, ...]]:
    for code, indicator in methodology.indicators.items():
        sign = 1.0 if indicator.direction == "up" else -1.0
        for key, number in dated_numbers(indicator.rule):
            if key not in _TARGETS:
                continue
            item = f"{code} {indicator.name}：{NUMBER_NAMES.get(key, key)}"
            for old, new in pairwise(number.versions):
                # what is in force from New Year on is the year's target, as the first of a year in a ledger
                if (new.start.month, new.start.day) == (1, 1) or new.value == old.value:
                    continue
                lowered = sign * (new.value - old.value) < 0
                about = (new.start, old.value, new.value, lowered, new.reason, new.approver)
                yield (OF_METHOD, "", "", item, *about)


def _of_ledgers(campaign: Campaign, period: Period) -> Iterator[tuple[object, ...]]:
    for ledger, schema in campaign.codebook.ledgers.items():
        for check in schema.checks:
            if check.kind == "not_lowered":
                yield from _versions(campaign, ledger, schema, check.field, check.by, check.date, period)


def _versions(
    campaign: Campaign,
    ledger: str,
    schema: LedgerSchema,
    field: str,
    by: tuple[str, ...],
    date: str,
    period: Period,
) -> Iterator[tuple[object, ...]]:
    rows = campaign.ledger_for(ledger, period).rows
    cutoff = pd.Timestamp(campaign.cutoff(period))
    rows = rows[(rows["reported_on"] <= cutoff) & (rows[STATUS] != WITHDRAWN)]
    rows = rows.sort_values([*by, date], kind="stable")
    before = rows.groupby([*by, rows[date].dt.year], sort=False)[field].shift()
    changed = rows[before.notna() & (before != rows[field])].assign(before=before)
    names = campaign.entities["name"]
    what = [key for key in by if key != ENTITY]
    for row in changed.to_dict("records"):
        item = "、".join(str(row[key]) for key in what)
        said = [str(row[key]) if key in row else "" for key in ("reason", "approver")]
        lowered = row[field] < row["before"]
        about = (row[date], row["before"], row[field], lowered, *said)
        yield (schema.name, row[ENTITY], names.get(row[ENTITY], row[ENTITY]), item, *about)
