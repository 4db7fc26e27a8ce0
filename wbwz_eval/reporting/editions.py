"""Opening results for a report, and what the public edition leaves out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from wbwz_eval.campaign.faults import CampaignError, one_of
from wbwz_eval.campaign.folder import open_campaign
from wbwz_eval.reporting.catalogue import PUBLIC, check_place, find_report
from wbwz_eval.reporting.errors import ReportError
from wbwz_eval.scoring.results import open_results
from wbwz_eval.scoring.scores import Scores
from wbwz_eval.tracking.situation import Situation, open_situation

if TYPE_CHECKING:
    from wbwz_eval.campaign.folder import Campaign
    from wbwz_eval.reporting.catalogue import Report

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
    opened = _opened(entry, campaign, period, level, edition)
    if entry.opens == "ledgers":
        return _situation(entry, opened, period, level, edition)
    try:
        scores = in_edition(open_results(opened, period, level), edition)
    except CampaignError as error:
        raise ReportError(str(error)) from None
    return replace(scores, header=scores.header | {"heading": entry.heading})


def open_accountability(campaign: str, period: str, level: str, edition: str, authority: str) -> Situation:
    """Open the ledgers for those who may decide on the cadres of one authority.

    Raises:
        ReportError: as :func:`open_report`; also an authority that the campaign does not know.
    """
    entry = find_report("accountability_annex")
    entry.check(
        {"campaign": campaign, "period": period, "level": level, "edition": edition, "authority": authority}
    )
    opened = _opened(entry, campaign, period, level, edition)
    known = authorities(opened)
    if authority not in known:
        msg = f"没有管理权限 “{authority}”；应为 {one_of(known, instead_of=authority)}"
        raise ReportError(msg)
    situation = _situation(entry, opened, period, level, edition)
    return replace(situation, header=situation.header | {"subject": f"{authority}管理权限内"})


def authorities(campaign: Campaign) -> tuple[str, ...]:
    """Return the authorities over cadres that the ledger of accountability knows."""
    schema = campaign.codebook.ledgers.get("accountability")
    field = None if schema is None else schema.fields.get("authority")
    return () if field is None else field.allowed


def open_ledgers(report: str, campaign: str, period: str, level: str, edition: str) -> Situation:
    """Open a period's ledgers beside its results, in the edition that was asked for.

    Raises:
        ReportError: as :func:`open_report`.
    """
    entry = find_report(report)
    entry.check({"campaign": campaign, "period": period, "level": level, "edition": edition})
    return _situation(entry, _opened(entry, campaign, period, level, edition), period, level, edition)


def _opened(entry: Report, campaign: str, period: str, level: str, edition: str) -> Campaign:
    try:
        opened = open_campaign(campaign)
    except CampaignError as error:
        raise ReportError(str(error)) from None
    check_place(entry, opened, period, level, edition)
    return opened


def _situation(entry: Report, opened: Campaign, period: str, level: str, edition: str) -> Situation:
    try:
        situation = open_situation(opened, period, level, public=edition == PUBLIC)
    except CampaignError as error:
        raise ReportError(str(error)) from None
    return replace(
        situation, header=header_in_edition(situation.header, edition) | {"heading": entry.heading}
    )


def in_edition(scores: Scores, edition: str) -> Scores:
    """Return the results as an edition may know them.

    What the public edition must not show it does not receive: no ledger row,
    no person who handled, decided or approved, no account of a case, no more
    than one decimal.
    """
    header = header_in_edition(scores.header, edition)
    if edition != PUBLIC:
        return replace(scores, header=header)
    return replace(
        scores,
        header=header,
        rows=scores.rows.iloc[:0],
        adjustments=_public_adjustments(scores),
        quality=scores.quality.assign(name="", detail=""),
    )


def header_in_edition(header: dict[str, Any], edition: str) -> dict[str, Any]:
    """Return the header of results or ledgers as an edition may know it."""
    header = header | {"edition": edition}
    if edition != PUBLIC:
        return header
    approvals = [approval | {"by": ""} for approval in header["approvals"]]
    return header | {"display": min(header["display"], PUBLIC_DIGITS), "approvals": approvals}


def _public_adjustments(scores: Scores) -> pd.DataFrame:
    """Return what counted, by entity and item, with the method's clause, without the cases behind it."""
    table = scores.adjustments
    clauses = scores.method.set_index("指标代码")["条款"]
    table = table.assign(clause=table["item"].map(clauses[~clauses.index.duplicated()]).fillna(""))
    keys = ["entity_id", "kind", "item", "name", "clause"]
    counted = table[table["counted"].astype(bool)]
    summed = counted.groupby(keys, sort=False, as_index=False)["points"].sum()
    hidden = [column for column in table.columns if column not in {*keys, "points", "counted"}]
    blank = dict.fromkeys(hidden, "") | {"counted": True}
    return pd.DataFrame(summed.assign(**blank))[list(table.columns)]
