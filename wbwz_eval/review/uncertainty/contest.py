"""A scored period as the thing that draws are run on: its leaves' points under each scenario."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.review.uncertainty.choices import AS_WRITTEN, TARGET_STEPS, Choices, Draws, Scenario
from wbwz_eval.review.uncertainty.climb import Contest
from wbwz_eval.review.uncertainty.realisations import (
    PanelBallots,
    name_keys,
    panel_ballots,
    uniforms,
    within_interval,
)
from wbwz_eval.review.uncertainty.targets import bounds, with_bounds
from wbwz_eval.scoring.methodology import IndicatorRounding
from wbwz_eval.scoring.numbers import FloatArray
from wbwz_eval.scoring.opinions import Panel
from wbwz_eval.scoring.points import SCORED, RawValues, score_indicator
from wbwz_eval.scoring.rules import AsIs, parse_rule
from wbwz_eval.scoring.tree import leaves, walk

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from wbwz_eval.scoring.methodology import Indicator, Methodology
    from wbwz_eval.scoring.rules import AnyRule
    from wbwz_eval.scoring.scored import ScoredPeriod

_WINSORISED = (5.0, 95.0)
_KEPT_CELLS = 10_000_000
_RATERS = "raters"


def contest_of(scored: ScoredPeriod, choices: Choices | None = None) -> Contest:
    """Return what all draws on a scored period share.

    Raises:
        CampaignError: the period is composed of others, whose weights act in those.
    """
    if len(scored.parts):
        msg = (
            f"{scored.period.id} 的基础分由各期合成，权重在各期里起作用；请对其中的一期（如季度）做稳健性检验"
        )
        raise CampaignError(msg)
    evaluation, level = scored.evaluation, scored.level
    peers = evaluation.groups
    out = (peers.sizes() < level.groups.min_size)[peers.codes]
    for points in evaluation.points.values():
        if points.out is not None:
            out = out | points.out
    return Contest(
        level,
        scored.methodology.rounding,
        peers,
        ScoredSource(scored, choices or Choices()),
        evaluation.bonus - evaluation.deduction,
        out,
        _grade_cap(scored),
    )


def _grade_cap(scored: ScoredPeriod) -> NDArray[np.int64]:
    level, after = scored.level, scored.after
    cap = np.zeros(len(scored.entities), dtype=np.int64)
    if level.grades is None:
        return cap
    for rules, found in ((level.vetoes, after.vetoed), (level.recurrences, after.recurred)):
        for name, rule in rules.items():
            held = level.grades.order.index(rule.grade_cap)
            cap = np.where(found.get(name, False), np.maximum(cap, held), cap)
    return cap


@dataclass
class ScoredSource:
    """The points of a scored period under any scenario: raw values are drawn, rules are the engine's.

    What several draws need is kept, up to a number of cells.
    """

    scored: ScoredPeriod
    choices: Choices
    _methods: dict[tuple[str, str], Methodology] = field(default_factory=dict)
    _panels: dict[str, PanelBallots | None] = field(default_factory=dict)
    _kept: dict[tuple[Scenario, str, int], FloatArray] = field(default_factory=dict)
    _moves: dict[tuple[str, str, str, int], Methodology] = field(default_factory=dict)

    @cached_property
    def marks(self) -> dict[str, float]:
        """Each node's full mark."""
        return self.scored.level.full_marks()

    @cached_property
    def keys(self) -> NDArray[np.uint64]:
        """Each entity's key to its sampling errors."""
        return name_keys(self.scored.entities.index)

    def fixed(self, scenario: Scenario) -> dict[str, FloatArray]:
        """Return each leaf's points under a scenario, shape (entities,)."""
        middle = TARGET_STEPS // 2
        return {name: self._stepped(name, scenario, middle) for name in leaves(self.scored.level.tree)}

    def moving(self, scenario: Scenario, draws: Draws) -> dict[str, FloatArray]:
        """Return the leaves that targets, sampling error or raters move, shape (draws, entities)."""
        found = {}
        rules = {name: each.rule for name, each in self._method(scenario).indicators.items()}
        for column, name in enumerate(leaves(self.scored.level.tree)):
            values = self._values(name, scenario, draws)
            steps = None
            if draws.targets is not None and bounds(rules[name]):
                steps = draws.targets[:, column]
            if values is not None:
                found[name] = self._scored_values(name, scenario, values, steps)
            elif steps is not None:
                which, place = np.unique(steps, return_inverse=True)
                found[name] = np.stack([self._stepped(name, scenario, int(step)) for step in which])[place]
        return found

    def gates(self, draws: Draws) -> dict[str, FloatArray]:
        """Return the raw values that gates read, shape (entities,) or (draws, entities)."""
        found = {}
        for name in {gate.indicator for _, node in walk(self.scored.level.tree) for gate in node.gates}:
            drawn = self._values(name, Scenario(), draws)
            found[name] = self.scored.raws[name].value if drawn is None else drawn
        return found

    def _method(self, scenario: Scenario) -> Methodology:
        key = (scenario.normalisation, scenario.missing)
        if key not in self._methods:
            method = self.scored.methodology
            changed = dict(method.indicators)
            for name in leaves(self.scored.level.tree):
                update: dict[str, Any] = {}
                if scenario.normalisation != AS_WRITTEN and changed[name].rule is not None:
                    update["rule"] = _normalising(scenario.normalisation, self.marks[name])
                if scenario.missing != AS_WRITTEN:
                    update["missing"] = scenario.missing
                changed[name] = changed[name].model_copy(update=update)
            self._methods[key] = method.model_copy(update={"indicators": changed})
        return self._methods[key]

    def _values(self, name: str, scenario: Scenario, draws: Draws) -> FloatArray | None:
        """Return an indicator's raw values in each draw, (draws, entities); None where none vary."""
        raw, indicator = self.scored.raws[name], self.scored.methodology.indicators[name]
        if indicator.rule is not None and indicator.rule.apply_to == "rows":
            return None
        drawn, seed = None, self.choices.seed
        if isinstance(indicator.measure, Panel):
            if name not in self._panels:
                self._panels[name] = panel_ballots(self.scored, name, indicator.measure)
            panel = self._panels[name]
            if draws.ballots is not None and panel is not None:
                luck = uniforms(seed, _RATERS, draws.ballots, panel.raters)
                drawn = panel.resampled(raw.value, luck)
        elif draws.noise is not None and raw.low is not None and not np.isnan(raw.low).all():
            luck = uniforms(seed, name, draws.noise, self.keys)
            drawn = within_interval(raw, luck, percent=indicator.unit == "%")
        if drawn is None or scenario.outliers == AS_WRITTEN:
            return drawn
        return _winsorised(drawn, raw.value)

    def _raw(self, name: str, scenario: Scenario) -> RawValues:
        raw = self.scored.raws[name]
        if scenario.outliers == AS_WRITTEN:
            return raw
        return replace(raw, value=_winsorised(raw.value, raw.value))

    def _moved(self, name: str, scenario: Scenario, step: int) -> Methodology:
        """Return the scenario's method with an indicator's thresholds and targets multiplied."""
        method = self._method(scenario)
        indicator = method.indicators[name]
        factor = 1 + self.choices.targets * (2 * step / (TARGET_STEPS - 1) - 1)
        if factor == 1.0:
            return method
        key = (scenario.normalisation, scenario.missing, name, step)
        if key not in self._moves:
            rule = with_bounds(indicator.rule, factor, indicator.unit)
            self._moves[key] = _replaced(method, name, indicator.model_copy(update={"rule": rule}))
        return self._moves[key]

    def _stepped(self, name: str, scenario: Scenario, step: int) -> FloatArray:
        """Return the points of the values as measured, thresholds and targets at a step; (entities,)."""
        key = (replace(scenario, aggregation=AS_WRITTEN), name, step)
        if key not in self._kept:
            if len(self._kept) * len(self.scored.entities) > _KEPT_CELLS:
                self._kept.clear()
            self._kept[key] = score_indicator(
                self._moved(name, scenario, step),
                name,
                self._raw(name, scenario),
                full=self.marks[name],
                groups=self.scored.evaluation.groups.codes,
            ).points
        return self._kept[key]

    def _scored_values(
        self, name: str, scenario: Scenario, values: FloatArray, steps: NDArray[np.int64] | None
    ) -> FloatArray:
        """Score raw values, (draws, entities): one call of the engine for each step of the targets."""
        if steps is None:
            steps = np.full(len(values), TARGET_STEPS // 2)
        found = np.empty(values.shape)
        for step in np.unique(steps):
            rows = np.flatnonzero(steps == step)
            found[rows] = self._score_many(self._moved(name, scenario, int(step)), name, values[rows])
        return found

    def _score_many(self, method: Methodology, name: str, values: FloatArray) -> FloatArray:
        """Score draws as if each one's entities were entities of their own, in groups of their own."""
        full, groups = self.marks[name], self.scored.evaluation.groups
        many, each = _repeated(self.scored.raws[name], values), np.arange(len(values))[:, None]
        codes = (groups.codes[None, :] + len(groups.names) * each).ravel()
        rule = method.indicators[name].rule
        if getattr(rule, "scope", "group") == "level":
            # the level of a draw is the group of the rule; stand-ins are then found by the real groups
            inside = method.indicators[name].model_copy(
                update={"rule": rule and rule.model_copy(update={"scope": "group"})}
            )
            own = np.repeat(each.ravel(), values.shape[1])
            result = score_indicator(_replaced(method, name, inside), name, many, full=full, groups=own)
            many = replace(many, value=np.where(result.status == SCORED, result.points, np.nan))
            plain = {"rule": AsIs(type="as_is"), "rounding": _points_only(method, inside)}
            method = _replaced(method, name, inside.model_copy(update=plain))
        return score_indicator(method, name, many, full=full, groups=codes).points.reshape(values.shape)


def _replaced(method: Methodology, name: str, indicator: Indicator) -> Methodology:
    return method.model_copy(update={"indicators": {**method.indicators, name: indicator}})


def _points_only(method: Methodology, indicator: Indicator) -> IndicatorRounding:
    """Return the indicator's rounding of points, without one of values."""
    own = indicator.rounding
    digits = own.points if "points" in own.model_fields_set else method.rounding.points
    return IndicatorRounding(value=None, points=digits)


def _normalising(kind: str, full: float) -> AnyRule:
    """Return the rule that stands for a way of normalising, on an indicator's own scale."""
    if kind == "z_score":
        centre, spread = 0.6 * full, 0.15 * full
        return parse_rule({"type": kind, "centre": centre, "spread": spread, "clip": [0.0, full]})
    return parse_rule({"type": kind})


def _winsorised(values: FloatArray, measured: FloatArray) -> FloatArray:
    """Hold values between the 5th and the 95th percentile of those measured."""
    known = measured[~np.isnan(measured)]
    return np.clip(values, *np.percentile(known, _WINSORISED)) if known.size else values


def _repeated(raw: RawValues, values: FloatArray) -> RawValues:
    """Return raw values of many draws as if each draw's entities were entities of their own."""
    count = len(values)
    return RawValues(
        values.ravel(),
        np.tile(raw.n, count),
        None,
        None,
        None if raw.excused is None else np.tile(raw.excused, count),
        {name: np.tile(side, count) for name, side in raw.sides.items()},
    )


__all__ = ["ScoredSource", "contest_of"]
