"""Opening the committee's review: one level of one period, put to the test together with what is proposed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from wbwz_eval.campaign.decisions import ApprovalRecord, read_record
from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.folder import METHODOLOGY, open_campaign
from wbwz_eval.campaign.frozen import standing
from wbwz_eval.campaign.in_force import written_versions
from wbwz_eval.reporting.catalogue import check_place, find_report
from wbwz_eval.reporting.editions import in_edition
from wbwz_eval.reporting.errors import ReportError
from wbwz_eval.reporting.progress import counted
from wbwz_eval.review.structure.coherence import Coherence, coherence
from wbwz_eval.review.uncertainty.choices import FEWEST, MOST, Choices, WeightChoice, load_choices
from wbwz_eval.review.uncertainty.nudges import leave_one_out, swaps
from wbwz_eval.review.uncertainty.robustness import Robustness, robustness
from wbwz_eval.review.versions.backtest import BackTest, backtest, past_periods
from wbwz_eval.review.versions.compare import diff
from wbwz_eval.review.versions.fields_needed import compare_fields
from wbwz_eval.review.versions.target_changes import target_changes
from wbwz_eval.scoring.methodology_file import load_methodology
from wbwz_eval.scoring.results import open_results
from wbwz_eval.scoring.scored import ScoredPeriod, score_period

if TYPE_CHECKING:
    from wbwz_eval.campaign.campaign_file import Committee
    from wbwz_eval.campaign.folder import Campaign
    from wbwz_eval.campaign.periods import Period
    from wbwz_eval.scoring.methodology import Methodology
    from wbwz_eval.scoring.scores import Scores

NOT_ASKED = "-"
"""The value of ``against`` for which no version is tried."""
WEIGHTS_BY = 0.2
"""By how much of itself each weight moves where only weights are in question (the first three places)."""


@dataclass(frozen=True, eq=False)
class Proposed:
    """A version before the committee.

    Attributes:
        methodology: What it says.
        record: What became of it so far.
        diff: See :func:`wbwz_eval.review.versions.compare.diff`, against the version in force.
        backtest: See :class:`wbwz_eval.review.versions.backtest.BackTest`; None where the level has no
            rules in it.
        fields: See :func:`wbwz_eval.review.versions.fields_needed.compare_fields`.
    """

    methodology: Methodology
    record: ApprovalRecord
    diff: pd.DataFrame
    backtest: BackTest | None
    fields: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Review:
    """A level of a period and its method under test.

    Attributes:
        scores: The results.
        scored: The same with all that went into them.
        committee: Who decides; None where campaign.yaml does not say.
        record: What became of the version in force.
        robustness: With the declared choices.
        by_weights: With every weight moved by up to ± 20 % of itself and nothing else.
        swaps: See :func:`wbwz_eval.review.uncertainty.nudges.swaps`.
        without: See :func:`wbwz_eval.review.uncertainty.nudges.leave_one_out`.
        coherence: See :class:`wbwz_eval.review.structure.coherence.Coherence`.
        targets: See :func:`wbwz_eval.review.versions.target_changes.target_changes`.
        proposed: What is proposed; None where nothing is.
    """

    scores: Scores
    scored: ScoredPeriod
    committee: Committee | None
    record: ApprovalRecord
    robustness: Robustness
    by_weights: Robustness
    swaps: pd.DataFrame
    without: pd.DataFrame
    coherence: Coherence
    targets: pd.DataFrame
    proposed: Proposed | None

    @property
    def header(self) -> dict[str, Any]:
        """What it stands on."""
        return self.scores.header


def open_review(campaign: str, period: str, level: str, edition: str, against: str, draws: int = 0) -> Review:
    """Put a level of a period and its method to the test.

    ``against`` is the version to try on past periods; empty for the one that lies before the committee,
    if any; ``NOT_ASKED`` for none. ``draws`` 0 is what the campaign declares.

    Raises:
        ReportError: A parameter that the report or the campaign does not take, no results, or nothing
            that can be tested; one message that says what would be right.
    """
    entry = find_report("methodology_review")
    entry.check(
        {
            "campaign": campaign,
            "period": period,
            "level": level,
            "edition": edition,
            "against": against,
            "draws": draws,
        }
    )
    if draws and not FEWEST <= draws <= MOST:
        message = f"参数 draws 的值 {draws} 不对；应为 0（按活动所定），或 {FEWEST} 到 {MOST} 次"
        raise ReportError(message)
    try:
        opened = open_campaign(campaign)
        span = check_place(entry, opened, period, level, edition)
        scores = in_edition(open_results(opened, period, level), edition)
        scores = replace(scores, header=scores.header | {"heading": entry.heading})
        fixed = standing(opened, span.id)
        scored = score_period(fixed, span, level)
        choices = load_choices(opened, scored.methodology)
        if draws:
            choices = choices.model_copy(update={"draws": draws})
        alone = Choices(draws=choices.draws, seed=choices.seed, weights=WeightChoice(spread=WEIGHTS_BY))
        version = against or proposed_version(opened)
        if version not in {"", NOT_ASKED}:
            opened.version_path(version)  # an unknown one is told before anything is drawn
        with counted("稳健性") as advance:
            found = robustness(scored, choices, advance=advance)
        return Review(
            scores,
            scored,
            opened.committee,
            read_record(opened.path / METHODOLOGY, scored.methodology.version),
            found,
            robustness(scored, alone),
            swaps(scored),
            leave_one_out(scored),
            coherence(scored),
            target_changes(fixed, load_methodology(fixed.methodology_path(span), fixed), span),
            None if version in {"", NOT_ASKED} else _proposed(opened, version, span, level),
        )
    except CampaignError as error:
        raise ReportError(str(error)) from None


def proposed_version(campaign: Campaign) -> str:
    """Return the version that was proposed last and is not decided on; empty where there is none."""
    waiting = []
    for version in written_versions(campaign.path / METHODOLOGY):
        record = read_record(campaign.path / METHODOLOGY, version)
        if record.pending is not None:
            waiting.append((record.pending.on, version))
    return max(waiting)[1] if waiting else ""


def _proposed(campaign: Campaign, version: str, span: Period, level: str) -> Proposed:
    new = load_methodology(campaign.version_path(version), campaign)
    old = load_methodology(campaign.methodology_path(span), campaign)
    # where a campaign closes no quarters the periods tried are of the kind under review
    kind = "quarter" if "quarter" in campaign.cutoff_workdays else span.kind
    spans = past_periods(campaign, kind, until=span)
    return Proposed(
        new,
        read_record(campaign.path / METHODOLOGY, version),
        diff(old, new, campaign.levels),
        backtest(campaign, new, level, spans) if level in new.levels else None,
        compare_fields(campaign, old, new, spans[-1:]),
    )
