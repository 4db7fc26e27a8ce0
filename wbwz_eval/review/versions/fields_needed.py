"""Which reported fields a version of the methodology needs, and which only one of two versions does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wbwz_eval.scoring.field_checks import fields_read
from wbwz_eval.scoring.measures import ledger_measures
from wbwz_eval.scoring.tree import leaves

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wbwz_eval.campaign.folder import Campaign
    from wbwz_eval.campaign.periods import Period
    from wbwz_eval.scoring.measures import Measure
    from wbwz_eval.scoring.methodology import MethodologyFile

MORE, LESS = "多要", "不再要"
COLUMNS = ("need", "ledger", "ledger_name", "field", "field_name", "cells")


def fields_needed(methodology: MethodologyFile) -> dict[str, set[str]]:
    """Return the fields of each ledger that scores, gates, bonus, deductions or vetoes of some level read."""
    found: dict[str, set[str]] = {}
    for measure in _measures(methodology):
        for part in ledger_measures(measure):
            found.setdefault(part.ledger, set()).update(fields_read(part))
    return found


def _measures(methodology: MethodologyFile) -> Iterator[Measure]:
    for level in methodology.levels.values():
        yield from (methodology.indicators[name].measure for name in leaves(level.tree))
        yield from (methodology.indicators[name].measure for name in level.gate_indicators)
        for section in (level.bonus.items, level.deductions.items, level.vetoes):
            yield from (item.measure for item in section.values())


def compare_fields(
    campaign: Campaign, old: MethodologyFile, new: MethodologyFile, periods: Sequence[Period]
) -> pd.DataFrame:
    """Return the fields that only one of two versions needs.

    Returns:
        One row per field: ``need`` (``MORE`` or ``LESS``), ``ledger``, ``ledger_name``, ``field``,
        ``field_name``, ``cells`` (filled in it by what came in for the periods, mean per period).
    """
    before, after = fields_needed(old), fields_needed(new)
    schemas = campaign.codebook.ledgers
    lines = [
        (need, ledger, schemas[ledger].name, field, schemas[ledger].fields[field].label)
        for need, mine, other in ((MORE, after, before), (LESS, before, after))
        for ledger in schemas
        for field in schemas[ledger].fields
        if field in mine.get(ledger, set()) - other.get(ledger, set())
    ]
    table = pd.DataFrame(lines, columns=list(COLUMNS[:-1]))
    counted = zip(table["ledger"], table["field"], strict=True)
    cells = [[_told(campaign, *each, span) for span in periods] for each in counted]
    means = [float(np.mean(each)) if each else np.nan for each in cells]
    return table.assign(cells=np.array(means, dtype=np.float64))


def filled(column: pd.Series) -> pd.Series:
    """Return which cells of a column are filled."""
    return (column.astype(object) != "") & column.notna()


def _told(campaign: Campaign, ledger: str, field: str, span: Period) -> int:
    """Return how many cells of a column were filled by what came in for a period."""
    rows = campaign.ledger_for(ledger, span).rows
    came = rows["reported_on"].to_numpy("datetime64[D]")
    after = np.datetime64(campaign.cutoff_before(span), "D")
    mine = (came <= np.datetime64(campaign.cutoff(span), "D")) & (came > after)
    return int(filled(rows.loc[mine, field]).sum())
