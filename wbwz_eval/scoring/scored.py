"""A period of a campaign, measured and evaluated."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wbwz_eval.campaign.faults import CampaignError, one_of
from wbwz_eval.campaign.ledgers import ENTITY, ROW_ID, STATUS
from wbwz_eval.campaign.periods import Period, enclosing
from wbwz_eval.scoring.aggregate import NegativeScoreError
from wbwz_eval.scoring.composition import PART_COLUMNS, Part, compose, recurred
from wbwz_eval.scoring.evaluation import AfterTotal, Evaluation, PeerGroups, evaluate_values
from wbwz_eval.scoring.field_checks import fields_read
from wbwz_eval.scoring.measured import Context, Measured
from wbwz_eval.scoring.measures import Measure, ledger_measures, measure
from wbwz_eval.scoring.methodology import Methodology, by_level
from wbwz_eval.scoring.methodology_file import load_methodology
from wbwz_eval.scoring.points import RawValues
from wbwz_eval.scoring.tree import Level, leaves

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from wbwz_eval.campaign.folder import Campaign
    from wbwz_eval.campaign.ledgers import Ledger
    from wbwz_eval.campaign.periods import PeriodKind
    from wbwz_eval.scoring.fields import BoolArray
    from wbwz_eval.scoring.numbers import FloatArray
    from wbwz_eval.scoring.points import Points


@dataclass(frozen=True)
class Given:
    """All that an evaluation stands on but the raw values.

    ``entities`` is sorted by id and gives the order of every array;
    ``inner`` are the shorter periods that the method looks at.
    """

    methodology: Methodology
    level_id: str
    period: Period
    entities: pd.DataFrame
    after: AfterTotal
    inner: Mapping[PeriodKind, Sequence[Part]]


@dataclass(frozen=True)
class ScoredPeriod:
    """One level of one period: what was measured and what it came to.

    ``measured`` holds the evidence of indicators, items and vetoes by id;
    ``parts`` says of which periods the base total is composed (none where it
    is its own), ``recurrences`` how often each rule across periods was met.
    """

    campaign: Campaign
    given: Given
    measured: dict[str, Measured]
    raws: dict[str, RawValues]
    evaluation: Evaluation
    parts: pd.DataFrame
    recurrences: dict[str, FloatArray]

    @property
    def period(self) -> Period:
        """The period."""
        return self.given.period

    @property
    def level_id(self) -> str:
        """The level's id."""
        return self.given.level_id

    @property
    def methodology(self) -> Methodology:
        """The methodology as on the period's last day."""
        return self.given.methodology

    @property
    def entities(self) -> pd.DataFrame:
        """Those evaluated, sorted by id."""
        return self.given.entities

    @property
    def after(self) -> AfterTotal:
        """What follows the base total."""
        return self.given.after

    @property
    def level(self) -> Level:
        """The level's rules."""
        return self.methodology.levels[self.level_id]

    def by_measure(self) -> list[tuple[Measure, Measured]]:
        """Return what was measured, with the measure that it was measured by."""
        level = self.level
        by = {name: self.methodology.indicators[name].measure for name in self.raws}
        for section in (level.bonus.items, level.deductions.items, level.vetoes):
            by |= {name: item.measure for name, item in section.items()}
        return [(by[name], measured) for name, measured in self.measured.items()]

    def without_rows(self) -> ScoredPeriod:
        """Return the same without its evidence: the scores need it no more."""
        measured = {
            name: replace(found, rows=found.rows.iloc[:0].copy()) for name, found in self.measured.items()
        }
        raws = {name: replace(raw, rows=None) for name, raw in self.raws.items()}
        return replace(self, measured=measured, raws=raws)

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
    reuse: ScoredPeriod | None = None,
) -> ScoredPeriod:
    """Measure and evaluate all entities of a level for a period.

    ``methodology`` replaces the one in force; ``all_rows`` keeps the rows of
    other periods in the evidence, each with its reason; ``reuse`` is the same
    level and period by another method, of which equal measures are taken.

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
    names = [*leaves(level.tree), *level.gate_indicators]
    specs = {name: resolved.indicators[name].measure for name in names}
    for section in (level.bonus.items, level.deductions.items, level.vetoes):
        specs |= {name: item.measure for name, item in section.items()}
    context = Context(
        ledger=_needed_columns(campaign, period, specs.values()),
        entities=entities.index,
        period=period,
        start=campaign.start,
        cutoff=campaign.cutoff(period),
        calendar=campaign.calendar,
        enclosing=lambda kind: enclosing(period, kind, campaign.term),
        all_rows=all_rows,
    )
    measured = _measure_all(specs, context, [] if reuse is None else reuse.by_measure())
    excused = _excused(campaign, resolved, period, entities.index)
    raws = {
        name: _raw_values(measured[name], excused.get(name, np.zeros(len(entities), dtype=bool)))
        for name in names
    }
    after = AfterTotal(
        {name: _value(measured[name]) for name in level.bonus.items},
        {name: _value(measured[name]) for name in level.deductions.items},
        {name: measured[name].table["n"].to_numpy() > 0 for name in level.vetoes},
    )
    inner = _inner_periods(campaign, period, level_id, level, methodology, entities.index)
    times = {
        name: recurred(rule, inner.get(rule.periods, ()), len(entities))
        for name, rule in level.recurrences.items()
        if period.kind in rule.within
    }
    met = {name: count >= float(level.recurrences[name].times) for name, count in times.items()}
    after = replace(after, recurred=met)
    given = Given(resolved, level_id, period, entities, after, inner)
    try:
        evaluation, parts = evaluate_given(given, raws)
    except NegativeScoreError as error:
        who = "、".join(entities.index.take(error.entities))
        children = "、".join(error.children)
        msg = f"{period.id}：{children} 按几何或调和平均汇总，但 {who} 有负分；请改计分办法的下限或汇总方法"
        raise CampaignError(msg) from None
    return ScoredPeriod(campaign, given, measured, raws, evaluation, parts, times)


def evaluate_given(
    given: Given, raws: Mapping[str, RawValues], known: Mapping[str, Points] | None = None
) -> tuple[Evaluation, pd.DataFrame]:
    """Evaluate raw values, composed with other periods where the method asks for it.

    ``known``: see :func:`wbwz_eval.scoring.evaluation.evaluate_values`.

    Returns:
        The evaluation, and the periods that its base total is composed of (columns ``PART_COLUMNS``,
        no row where it is its own).

    Raises:
        NegativeScoreError: see :func:`wbwz_eval.scoring.evaluation.evaluate_values`.
    """
    methodology, level_id, groups = given.methodology, given.level_id, _groups(given.entities)
    evaluation = evaluate_values(methodology, level_id, raws, groups, given.after, known=known)
    period, names = given.period, given.entities.index
    plan = methodology.levels[level_id].composition.get(period.kind)
    if plan is None:
        return evaluation, pd.DataFrame(columns=list(PART_COLUMNS))
    own = Part.of(period, evaluation, names, names)
    composed = compose(plan, {**given.inner, period.kind: [own]}, names, methodology.rounding.node)
    again = evaluate_values(
        methodology, level_id, raws, groups, given.after, composed, known=evaluation.points
    )
    return again, composed.parts


def _inner_periods(
    campaign: Campaign,
    period: Period,
    level_id: str,
    level: Level,
    methodology: Methodology | None,
    entities: pd.Index,
) -> dict[PeriodKind, list[Part]]:
    """Score the shorter periods that the composition and the rules across periods ask for.

    Each by the method in force in it and by what had come in at its own cut-off; those without a
    method, entities or data are not there.
    """
    kinds = dict.fromkeys(level.composition.get(period.kind, {}))
    kinds |= dict.fromkeys(rule.periods for rule in level.recurrences.values() if period.kind in rule.within)
    first = min(version.effective_from for version in campaign.methodology_versions)
    found: dict[PeriodKind, list[Part]] = {}
    for kind in kinds:
        if kind == period.kind:
            continue
        found[kind] = []
        for span in campaign.periods(kind):
            begun = methodology is not None or first <= span.end
            inside = period.start <= span.start and span.end <= period.end
            if not (inside and begun) or campaign.entities_at(level_id, span).empty:
                continue
            scored = score_period(campaign, span, level_id, methodology=methodology)
            if scored.has_data:
                found[kind].append(Part.of(span, scored.evaluation, scored.entities.index, entities))
    return found


_OF_EVERY_ROW = (ROW_ID, ENTITY, STATUS, "reported_on", "source", "source_row")


def _needed_columns(campaign: Campaign, period: Period, specs: Iterable[Measure]) -> Callable[[str], Ledger]:
    """Return how to read a ledger with just the columns that measures ask for; the last one is kept."""
    needed: dict[str, set[str]] = {}
    for part in (part for spec in specs for part in ledger_measures(spec)):
        own = needed.setdefault(part.ledger, set(_OF_EVERY_ROW))
        own |= fields_read(part) | ({"verified_by", "verified_on"} if part.verified else set())

    @lru_cache(maxsize=1)
    def read(ledger: str) -> Ledger:
        return campaign.ledger_for(ledger, period, needed[ledger])

    return read


def _measure_all(
    specs: Mapping[str, Measure], context: Context, known: Sequence[tuple[Measure, Measured]]
) -> dict[str, Measured]:
    """Measure ledger by ledger, so that only one of them need be in memory."""
    in_turn = sorted(specs, key=lambda name: [part.ledger for part in ledger_measures(specs[name])])
    found = {name: _measured(specs[name], context, known) for name in in_turn}
    return {name: found[name] for name in specs}


def _measured(how: Measure, context: Context, known: Sequence[tuple[Measure, Measured]]) -> Measured:
    return next((found for each, found in known if each == how), None) or measure(how, context)


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
) -> dict[str, BoolArray]:
    """Return which entities the campaign excuses in this period, by indicator where it excuses any."""
    listed = campaign.not_applicable
    unknown = sorted(set(listed["indicator"]) - set(methodology.indicators))
    unknown = [name for name in unknown if not _in_some_version(campaign, name)]
    if unknown:
        right = one_of(methodology.indicators, instead_of=unknown[0])
        msg = (
            f"not_applicable.csv：评价办法 {methodology.version} 没有指标 {'、'.join(unknown)}；应为 {right}"
        )
        raise CampaignError(msg)
    begun = listed["from"].isna() | (listed["from"] <= pd.Timestamp(period.end))
    not_over = listed["to"].isna() | (listed["to"] >= pd.Timestamp(period.start))
    in_force = listed[(begun & not_over).to_numpy()]
    return {str(name): entities.isin(rows["entity_id"]) for name, rows in in_force.groupby("indicator")}


def _in_some_version(campaign: Campaign, indicator: str) -> bool:
    """Whether a version that was or will be in force has an indicator which the one at hand does not."""
    paths = [campaign.version_path(each.version) for each in campaign.methodology_versions]
    return any(indicator in load_methodology(path, campaign).indicators for path in paths)


def _groups(entities: pd.DataFrame) -> PeerGroups:
    codes, names = pd.factorize(entities["group"], sort=True)
    return PeerGroups(codes.astype(np.int64), tuple(str(name) for name in names))
