"""The entrance to scoring: a campaign's period in, :class:`Scores` out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wbwz_eval.campaign.check import ERROR, as_faults
from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.folder import Campaign, open_campaign
from wbwz_eval.campaign.frozen import standing
from wbwz_eval.campaign.periods import Period, previous
from wbwz_eval.scoring.assemble import assemble
from wbwz_eval.scoring.methodology_file import changed_methodology
from wbwz_eval.scoring.scored import ScoredPeriod, score_period

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from wbwz_eval.scoring.methodology import Methodology
    from wbwz_eval.scoring.scores import Scores


class NoDataError(CampaignError):
    """A period in which no ledger row counts for a level."""


def evaluate(
    campaign: Campaign | Path | str,
    period: Period | str,
    level: str,
    *,
    methodology: Methodology | None = None,
    changes: Mapping[str, object] | None = None,
) -> Scores:
    """Score all entities of a level for a period.

    ``methodology`` replaces the one in force, for a what-if; ``changes`` is a
    small delta on it, place in the file → value, such as
    ``{"indicators.F1.rule.threshold": 90}``, and
    :func:`wbwz_eval.scoring.reweighting.reweighted` makes one of weights.
    What is changed is a trial and says so. The period before, where the
    campaign has one, is scored by the same method for the movement.

    Raises:
        CampaignError: anything wrong in the campaign's files or with the
            changed method; both a methodology and changes; ledger rows that
            contradict each other (errors of ``wbwz check``); an unknown
            period or level; :class:`NoDataError` for a period without any data.
    """
    opened = campaign if isinstance(campaign, Campaign) else open_campaign(campaign)
    span = opened.period(period) if isinstance(period, str) else period
    opened = standing(opened, span.id)
    if changes and methodology is not None:
        raise CampaignError("methodology 与 changes 只能给一个：先改好办法，或对现行办法试改")
    if changes:
        methodology = changed_methodology(opened.methodology_path(span), opened, changes)
    return assemble(*scored_with_earlier(opened, span, level, methodology))


def scored_with_earlier(
    campaign: Campaign, period: Period, level: str, methodology: Methodology | None = None
) -> tuple[ScoredPeriod, ScoredPeriod | None]:
    """Score a period as the campaign stands, and the one before it where there is one, without its evidence.

    Raises:
        CampaignError: see :func:`evaluate`.
    """
    _require_sound(campaign, period)
    current = score_period(campaign, period, level, methodology=methodology)
    if not current.has_data:
        msg = f"{period.id} 的“{campaign.levels[level]}”没有任何数据，不能计分"
        raise NoDataError(msg)
    return current, _before(campaign, period, level, methodology)


def _require_sound(campaign: Campaign, period: Period) -> None:
    found = campaign.checked(period)
    errors = found[found["severity"] == ERROR]
    if len(errors):
        msg = f"{period.id} 的台账有 {len(errors)} 处错误，更正后才能计分(wbwz check 可随时查看)"
        raise CampaignError(msg, as_faults(errors, campaign.codebook.ledgers))


def _before(
    campaign: Campaign, period: Period, level: str, methodology: Methodology | None
) -> ScoredPeriod | None:
    """Score the period before, where there is one with a methodology, entities and data."""
    earlier = previous(period, campaign.term)
    if earlier is None or campaign.entities_at(level, earlier).empty:
        return None
    first = min(version.effective_from for version in campaign.methodology_versions)
    if methodology is None and first > earlier.end:
        return None
    scored = score_period(campaign, earlier, level, methodology=methodology)
    return scored.without_rows() if scored.has_data else None
