"""A period of a campaign, measured and evaluated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wbwz_eval.campaign.faults import CampaignError, one_of
from wbwz_eval.campaign.periods import Period, enclosing
from wbwz_eval.scoring.aggregate import NegativeScoreError
from wbwz_eval.scoring.evaluation import AfterTotal, Evaluation, PeerGroups, evaluate_values
from wbwz_eval.scoring.measured import Context, Measured
from wbwz_eval.scoring.measures import measure
from wbwz_eval.scoring.methodology import Methodology, by_level
from wbwz_eval.scoring.methodology_file import load_methodology
from wbwz_eval.scoring.points import RawValues
from wbwz_eval.scoring.tree import Level, leaves

if TYPE_CHECKING:
    from wbwz_eval.campaign.folder import Campaign
    from wbwz_eval.scoring.fields import BoolArray


@dataclass(frozen=True)
class ScoredPeriod:
    """One level of one period: what was measured and what it came to.

    ``entities`` is sorted by id and gives the order of every array;
    ``measured`` holds the evidence of indicators, items and vetoes by id.
    """

    campaign: Campaign
    period: Period
    level_id: str
    methodology: Methodology
    entities: pd.DataFrame
    measured: dict[str, Measured]
    after: AfterTotal
    raws: dict[str, RawValues]
    evaluation: Evaluation

    @property
    def level(self) -> Level:
        """The level's rules."""
        return self.methodology.levels[self.level_id]

    @property
    def has_data(self) -> bool:
        """Whether any indicator has a value that stands on a ledger row."""
        return any(measured.rows["counted"].any() for measured in self.measured.values())


def score_period(
    campaign: Campaign,
    period: Period,
    level_id: str,
    *,
    methodology: Methodology | None = None,
    all_rows: bool = False,
) -> ScoredPeriod:
    """Measure and evaluate all entities of a level for a period.

    ``methodology`` replaces the one in force; ``all_rows`` keeps the rows of
    other periods in the evidence, each with its reason.

    Raises:
        CampaignError: anything wrong in the campaign's files; an unknown
            level; nobody to evaluate; a negative score under a geometric or
            harmonic mean.
    """
    entities = campaign.entities_at(level_id, period).sort_index()
    if entities.empty:
        msg = f"{period.id} 没有“{campaign.levels[level_id]}”层级的被评对象"
        raise CampaignError(msg)
    loaded = methodology or load_methodology(campaign.methodology_path(period), campaign)
    resolved = loaded.at(period)
    level = by_level(resolved, level_id)
    context = Context(
        ledger=lambda ledger: campaign.ledger_for(ledger, period),
        entities=entities.index,
        period=period,
        start=campaign.start,
        cutoff=campaign.cutoff(period),
        calendar=campaign.calendar,
        enclosing=lambda kind: enclosing(period, kind, campaign.term),
        all_rows=all_rows,
    )
    names = [*leaves(level.tree), *level.gate_indicators]
    measured = {name: measure(resolved.indicators[name].measure, context) for name in names}
    raws = {
        name: _raw_values(measured[name], _excused(campaign, resolved, period, entities.index, name))
        for name in names
    }
    for section in (level.bonus.items, level.deductions.items, level.vetoes):
        measured |= {name: measure(item.measure, context) for name, item in section.items()}
    after = AfterTotal(
        {name: _value(measured[name]) for name in level.bonus.items},
        {name: _value(measured[name]) for name in level.deductions.items},
        {name: measured[name].table["n"].to_numpy() > 0 for name in level.vetoes},
    )
    try:
        evaluation = evaluate_values(resolved, level_id, raws, _groups(entities), after)
    except NegativeScoreError as error:
        who = "、".join(entities.index.take(error.entities))
        children = "、".join(error.children)
        msg = f"{period.id}：{children} 按几何或调和平均汇总，但 {who} 有负分；请改计分办法的下限或汇总方法"
        raise CampaignError(msg) from None
    return ScoredPeriod(campaign, period, level_id, resolved, entities, measured, after, raws, evaluation)


def _value(measured: Measured) -> np.ndarray:
    return measured.table["value"].to_numpy(np.float64)


def _raw_values(measured: Measured, excused: BoolArray) -> RawValues:
    table = measured.table
    fixed = {"value", "low", "high", "pooled"}
    sides = {str(name): table[name].to_numpy(np.float64) for name in table.columns if name not in fixed}
    value, low, high = (table[name].to_numpy(np.float64) for name in ("value", "low", "high"))
    return RawValues(value, sides["n"], low, high, excused, sides, measured.rows)


def _excused(
    campaign: Campaign,
    methodology: Methodology,
    period: Period,
    entities: pd.Index,
    indicator: str,
) -> BoolArray:
    """Return which entities the campaign excuses from an indicator in this period."""
    listed = campaign.not_applicable
    unknown = sorted(set(listed["indicator"]) - set(methodology.indicators))
    if unknown:
        right = one_of(methodology.indicators, instead_of=unknown[0])
        msg = (
            f"not_applicable.csv：评价办法 {methodology.version} 没有指标 {'、'.join(unknown)}；应为 {right}"
        )
        raise CampaignError(msg)
    begun = listed["from"].isna() | (listed["from"] <= pd.Timestamp(period.end))
    not_over = listed["to"].isna() | (listed["to"] >= pd.Timestamp(period.start))
    who = listed.loc[(listed["indicator"] == indicator) & begun & not_over, "entity_id"]
    return entities.isin(who)


def _groups(entities: pd.DataFrame) -> PeerGroups:
    codes, names = pd.factorize(entities["group"], sort=True)
    return PeerGroups(codes.astype(np.int64), tuple(str(name) for name in names))
