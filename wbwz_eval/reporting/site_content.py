"""What the public site of a campaign shows, all of it opened in the public edition."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.reporting.catalogue import PUBLIC
from wbwz_eval.reporting.editions import in_edition, open_ledgers
from wbwz_eval.review.history import history, restatements
from wbwz_eval.scoring.results import open_results

if TYPE_CHECKING:
    import datetime as dt

    import pandas as pd

    from wbwz_eval.campaign.folder import Campaign
    from wbwz_eval.campaign.periods import Period
    from wbwz_eval.scoring.scores import Scores
    from wbwz_eval.tracking.situation import Situation

KINDS = ("quarter", "half", "year", "term")


@dataclass(frozen=True, eq=False)
class LevelContent:
    """One level: ``scores`` and ``ledgers`` by period id, in the order of the periods.

    ``history`` holds the results of all periods of the first kind that has any,
    ``restated`` what was corrected after publication (without reasons).
    """

    level: str
    name: str
    kind: str
    scores: dict[str, Scores]
    ledgers: dict[str, Situation]
    history: pd.DataFrame
    restated: pd.DataFrame

    @property
    def latest(self) -> Scores:
        """The last period's results of the first kind."""
        return self.scores[str(self.history["period"].iloc[-1])]


@dataclass(frozen=True, eq=False)
class SiteContent:
    """All levels that have results, and the periods that could not be shown, with the reason."""

    campaign: Campaign
    levels: tuple[LevelContent, ...]
    left_out: tuple[tuple[str, str], ...] = field(default=())


def open_site(campaign: Campaign, until: dt.date) -> SiteContent:
    """Open everything that the public may see of the periods that were over on a day.

    Levels whose entities are persons are not there at all.

    Raises:
        CampaignError: The campaign's own files are wrong.
        ReportError: see :func:`wbwz_eval.reporting.editions.open_ledgers`.
    """
    spans = [span for kind in KINDS for span in campaign.periods(kind) if span.end <= until]  # type: ignore[arg-type]
    spans = list({(span.start, span.end): span for span in reversed(spans)}.values())[::-1]
    levels, left_out = [], []
    for level, name in campaign.levels.items():
        if level in campaign.persons:
            continue
        scores: dict[str, Scores] = {}
        for span in spans:
            try:
                scores[span.id] = in_edition(open_results(campaign, span.id, level), PUBLIC)
            except CampaignError as error:
                left_out.append((f"{span.id} {name}", error.header))
        if scores:
            levels.append(_level(campaign, level, scores, spans))
    return SiteContent(campaign, tuple(levels), tuple(left_out))


def _level(campaign: Campaign, level: str, scores: dict[str, Scores], spans: list[Period]) -> LevelContent:
    shown = [span for span in spans if span.id in scores]
    kind = shown[0].kind
    own = [span for span in shown if span.kind == kind]
    path = str(campaign.path)
    ledgers = {span.id: open_ledgers("quarterly_bulletin", path, span.id, level, PUBLIC) for span in shown}
    restated = restatements(campaign, shown, level).assign(reason="")
    name = campaign.levels[level]
    return LevelContent(level, name, kind, scores, ledgers, history(campaign, own, level), restated)
