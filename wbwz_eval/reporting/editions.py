"""Opening results for a report, and what the public edition leaves out."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.folder import open_campaign
from wbwz_eval.reporting.catalogue import PUBLIC, check_place, find_report
from wbwz_eval.reporting.errors import ReportError
from wbwz_eval.scoring.results import open_results
from wbwz_eval.scoring.scores import Scores
from wbwz_eval.tracking.situation import Situation, open_situation

PUBLIC_DIGITS = 1


def open_report(report: str, campaign: str, period: str, level: str, edition: str) -> Scores | Situation:
    """Open what a report shows: results, or ledgers, in the edition that was asked for.

    The header says which edition it is (key ``edition``).

    Raises:
        ReportError: a parameter that the report or the campaign does not take,
            or no results; one message that says what would be right.
    """
    entry = find_report(report)
    entry.check({"campaign": campaign, "period": period, "level": level, "edition": edition})
    try:
        opened = open_campaign(campaign)
        check_place(entry, opened, period, level)
        if entry.opens == "ledgers":
            situation = open_situation(opened, period, level)
            header = situation.header | {"edition": edition, "heading": entry.heading}
            return replace(situation, header=header)
        scores = open_results(opened, period, level)
    except CampaignError as error:
        raise ReportError(str(error)) from None
    return in_edition(scores, edition)


def in_edition(scores: Scores, edition: str) -> Scores:
    """Return the results as an edition may know them.

    What the public edition must not show it does not receive: no ledger row,
    no person who handled, decided or approved, no account of a case, no more
    than one decimal.
    """
    header = scores.header | {"edition": edition}
    if edition != PUBLIC:
        return replace(scores, header=header)
    header["display"] = min(scores.header["display"], PUBLIC_DIGITS)
    header["approvals"] = [approval | {"by": ""} for approval in scores.header["approvals"]]
    return replace(
        scores,
        header=header,
        rows=scores.rows.iloc[:0],
        adjustments=_public_adjustments(scores.adjustments),
        quality=scores.quality.assign(name="", detail=""),
    )


def _public_adjustments(table: pd.DataFrame) -> pd.DataFrame:
    """Return what counted, by entity, item and clause, without the cases behind it."""
    keys = ["entity_id", "kind", "item", "name", "clause"]
    counted = table[table["counted"].astype(bool)]
    summed = counted.groupby(keys, sort=False, as_index=False)["points"].sum()
    hidden = [column for column in table.columns if column not in {*keys, "points", "counted"}]
    blank = dict.fromkeys(hidden, "") | {"counted": True}
    return pd.DataFrame(summed.assign(**blank))[list(table.columns)]
