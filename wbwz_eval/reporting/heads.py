"""What a finished report stands on, opened without what it shows: a page's head and foot need no more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wbwz_eval.campaign.folder import open_campaign
from wbwz_eval.reporting.editions import header_in_edition, open_accountability, open_report
from wbwz_eval.reporting.portraits import heading_of
from wbwz_eval.scoring.results import open_header, open_totals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wbwz_eval.reporting.catalogue import Report
    from wbwz_eval.reporting.view import Headed


@dataclass(frozen=True)
class Head:
    """See :class:`wbwz_eval.reporting.view.Headed`."""

    header: dict[str, Any]


def head_of(report: Report, values: Mapping[str, Any]) -> Headed:
    """Return what has the header of a report that was made.

    Args:
        report: The report.
        values: Its parameters.

    Raises:
        ReportError: See :func:`.editions.open_report`.
        CampaignError: See :func:`wbwz_eval.scoring.results.open_results`.
    """
    period, level, edition = values["period"], values["level"], values["edition"]
    if report.opens == "ledgers":
        places = (values["campaign"], period, level, edition)
        if report.each == "authority":
            return open_accountability(*places, values["authority"])
        return open_report(report.name, *places)
    campaign = open_campaign(values["campaign"])
    header = header_in_edition(open_header(campaign, period, level), edition)
    if report.each == "entity":
        return Head(header | heading_of(open_totals(campaign, period, level), values["entity"]))
    return Head(header | {"heading": report.heading})
