"""What the committee declares uncertain, and the draws from it.

Each choice is one uncertain input of the score (OECD/JRC handbook, step 7): it reads its own columns of
a matrix of uniform numbers, so that a plain Monte Carlo, a sensitivity design and a single what-if all
go the same road.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Literal

import numpy as np
import scipy
from pydantic import Field, field_validator

from wbwz_eval.campaign.faults import FaultList, one_of
from wbwz_eval.campaign.yaml_source import load_yaml, read_model
from wbwz_eval.scoring.fields import Strict, wrong
from wbwz_eval.scoring.methodology import Policy
from wbwz_eval.scoring.tree import Aggregation, leaves, walk

if TYPE_CHECKING:
    from wbwz_eval.campaign.folder import Campaign
    from wbwz_eval.scoring.methodology import Methodology
    from wbwz_eval.scoring.numbers import FloatArray
    from wbwz_eval.scoring.tree import Level

FILE = "review/choices.yaml"
AS_WRITTEN = "as_written"
CHOICE_NAMES = {
    "weights": "权重",
    "normalisation": "计分方式",
    "aggregation": "汇总方法",
    "missing": "缺数处理",
    "outliers": "极端值处理",
    "exclude": "剔除一项指标",
    "targets": "目标与门槛",
    "measurement": "数据误差",
    "raters": "评议人",
}
"""The choices by key, in the order of reports."""

Normalisation = Literal["as_written", "min_max", "z_score", "percentile_rank"]
Outliers = Literal["as_written", "winsorise"]
TARGET_STEPS = 21
FEWEST, MOST = 100, 100_000
"""So many draws may be asked for."""
REALISATIONS = 2**31
"""How many realisations of sampling error and of raters there are to choose from."""

_LISTS = ("normalisation", "aggregation", "missing", "outliers")


class WeightChoice(Strict):
    """How weights vary among siblings: each by up to ± ``spread`` of itself, or Dirichlet.

    A Dirichlet with concentration c has the nominal weights as its mean and the standard deviation
    sqrt(w(1 − w)/(c + 1)).
    """

    how: Literal["uniform", "dirichlet"] = "uniform"
    spread: float = Field(0.25, ge=0, le=1)
    concentration: float = Field(100.0, gt=0)


class Choices(Strict):
    """The declared uncertainties; what is not written stays as the method has it.

    A list names the alternatives, each as likely as the others; ``aggregation`` is how the dimensions
    make the total; ``outliers: winsorise`` holds raw values between their 5th and 95th percentile in the
    level. ``exclude`` lists indicators of which at most one at a time is left out; ``targets`` is by how
    much an indicator's thresholds and targets vary (0.1 = ± 10 %, in 21 steps, all those of a rule
    together and rates not beyond 100 %); ``measurement`` draws rates within their sampling error,
    ``raters`` the panels' members with replacement (Bayesian bootstrap, Rubin 1981).
    """

    draws: int = Field(1000, ge=FEWEST, le=MOST)
    seed: int = Field(20111101, ge=0)
    weights: WeightChoice | None = None
    normalisation: tuple[Normalisation, ...] = ()
    aggregation: tuple[Literal["as_written"] | Aggregation, ...] = ()
    missing: tuple[Literal["as_written"] | Policy, ...] = ()
    outliers: tuple[Outliers, ...] = ()
    exclude: tuple[str, ...] = ()
    targets: float = Field(0.0, ge=0, lt=1)
    measurement: bool = False
    raters: bool = False

    @field_validator(*_LISTS, "exclude")
    @classmethod
    def _each_once(cls, words: tuple[str, ...]) -> tuple[str, ...]:
        twice = [word for word in dict.fromkeys(words) if words.count(word) > 1]
        if twice:
            raise wrong(f"{'、'.join(twice)} 写了不止一次", "每种只写一次，各种机会均等")
        return words

    @field_validator("missing")
    @classmethod
    def _same_contestants(cls, words: tuple[str, ...]) -> tuple[str, ...]:
        if "out_of_contest" in words:
            raise wrong(
                "缺数处理不能设为 out_of_contest：参评对象会随之改变",
                "as_written、redistribute、full_marks、group_mean、zero",
            )
        return words

    @property
    def declared(self) -> tuple[str, ...]:
        """The keys of the choices that really vary something."""
        weights = self.weights
        varied = {
            "weights": weights is not None and (weights.how == "dirichlet" or weights.spread > 0),
            **{key: len(getattr(self, key)) > 1 for key in _LISTS},
            "exclude": bool(self.exclude),
            "targets": self.targets > 0,
            "measurement": self.measurement,
            "raters": self.raters,
        }
        return tuple(key for key in CHOICE_NAMES if varied[key])

    def on(self, level: Level) -> Choices:
        """Return the choices that concern a level: of those to exclude, the ones that it has.

        Its only indicator is not one to leave out.
        """
        known = leaves(level.tree)
        mine = tuple(name for name in self.exclude if name in known and len(known) > 1)
        return self.model_copy(update={"exclude": mine})


DEFAULT = Choices(weights=WeightChoice())
"""What is varied where a campaign declares nothing: each weight by up to ± 25 % of itself."""


def load_choices(campaign: Campaign, methodology: Methodology) -> Choices:
    """Read the campaign's declared choices; ``DEFAULT`` where it has no such file.

    Raises:
        CampaignError: all mistakes of the file at once, with their lines; among them an indicator
            to exclude that the methodology does not know.
    """
    path = campaign.path / FILE
    if not path.exists():
        return DEFAULT
    faults, source = FaultList(), load_yaml(path, name=FILE)
    read = read_model(Choices, source, faults=faults)
    for place, name in enumerate(read.exclude if read else ()):
        if name not in methodology.indicators:
            faults.add(
                FILE,
                f"评价办法 {methodology.version} 没有这个指标",
                value=name,
                expected=one_of(methodology.indicators, instead_of=name),
                line=source.line_of(("exclude", place)),
                key="exclude",
            )
    if read is None and not len(faults):
        faults.add(
            FILE, "文件是空的", expected="不确定的选择，如 weights: {spread: 0.25}；不需要就删去此文件"
        )
    faults.raise_if_any(f"{FILE} 有误，不能做稳健性检验")
    assert read is not None
    return read


@dataclass(frozen=True, order=True)
class Scenario:
    """The discrete side of a draw: how raw values become a total."""

    normalisation: str = AS_WRITTEN
    aggregation: str = AS_WRITTEN
    missing: str = AS_WRITTEN
    outliers: str = AS_WRITTEN


@dataclass(frozen=True)
class Draws:
    """What differs from draw to draw.

    Attributes:
        weights: (draws, nodes): each node's share among its siblings, not yet scaled to one.
        scenarios: The different scenarios.
        scenario: (draws,) which of them.
        targets: (draws, leaves): the step of each leaf's thresholds, 0 … ``TARGET_STEPS`` − 1; None = as
            written.
        noise: (draws,) which realisation of sampling error; None = none.
        ballots: (draws,) which realisation of the raters; None = none.
    """

    weights: FloatArray
    scenarios: tuple[Scenario, ...]
    scenario: np.ndarray
    targets: np.ndarray | None = None
    noise: np.ndarray | None = None
    ballots: np.ndarray | None = None

    def __len__(self) -> int:
        """Return the number of draws."""
        return len(self.weights)

    @property
    def moves_points(self) -> bool:
        """Whether leaves' points differ from draw to draw within a scenario."""
        return not (self.targets is None and self.noise is None and self.ballots is None)

    def take(self, places: np.ndarray | slice) -> Draws:
        """Return some of the draws."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        picked = {
            name: value if value is None or name == "scenarios" else value[places]
            for name, value in values.items()
        }
        return Draws(**picked)


def nominal(level: Level) -> FloatArray:
    """Return the weight or points of every node in the order of ``walk``, shape (nodes,)."""
    return np.array([float(node.share) for _, node in walk(level.tree)])


def as_written(level: Level, weights: FloatArray | None = None) -> Draws:
    """Return draws that differ from the method in their weights alone, shape (draws, nodes)."""
    shares = nominal(level)[None, :] if weights is None else weights
    return Draws(shares, (Scenario(),), np.zeros(len(shares), dtype=np.int64))


def column_groups(choices: Choices, level: Level) -> dict[str, int]:
    """Return how many uniform numbers each choice reads that varies something on the level."""
    many = {"weights": len(nominal(level)), "targets": len(leaves(level.tree))}
    return {key: many.get(key, 1) for key in choices.on(level).declared}


def draw(choices: Choices, level: Level, uniform: FloatArray) -> Draws:
    """Turn uniform numbers, shape (draws, sum of ``column_groups``), into draws.

    A realisation of sampling error or raters is a number, so that the same realisation can meet other
    choices.
    """
    mine, size, at, part = choices.on(level), len(uniform), 0, {}
    for key, width in column_groups(choices, level).items():
        part[key] = uniform[:, at : at + width]
        at += width
    weights = np.repeat(nominal(level)[None, :], size, axis=0)
    if "weights" in part:
        assert mine.weights is not None
        weights = _varied(weights, mine.weights, level, part["weights"])
    if "exclude" in part:
        place = np.array([-1, *(_alone(level, name) for name in mine.exclude)])
        chosen = place[_picked(part["exclude"][:, 0], len(place))]
        out = np.flatnonzero(chosen >= 0)
        weights[out, chosen[out]] = 0.0
    options = [getattr(mine, key) or (AS_WRITTEN,) for key in _LISTS]
    picks = [
        _picked(part[key][:, 0], len(words)) if key in part else np.zeros(size, dtype=np.int64)
        for key, words in zip(_LISTS, options, strict=True)
    ]
    codes, scenario = np.unique(np.stack(picks, axis=1), axis=0, return_inverse=True)
    scenarios = tuple(
        Scenario(*(words[code] for words, code in zip(options, row, strict=True))) for row in codes
    )
    return Draws(
        weights,
        scenarios,
        scenario.ravel(),
        _picked(part["targets"], TARGET_STEPS) if "targets" in part else None,
        _picked(part["measurement"][:, 0], REALISATIONS) if "measurement" in part else None,
        _picked(part["raters"][:, 0], REALISATIONS) if "raters" in part else None,
    )


def _picked(uniform: FloatArray, count: int) -> np.ndarray:
    return np.minimum((uniform * count).astype(np.int64), count - 1)


def _alone(level: Level, name: str) -> int:
    """Return the place of an indicator, or of the highest node that has nothing else below it."""
    paths = [path for path, _ in walk(level.tree)]
    path = next(path for path in paths if path[-1] == name)
    while sum(other[:-1] == path[:-1] for other in paths) == 1:
        path = path[:-1]
    return paths.index(path)


def _varied(weights: FloatArray, choice: WeightChoice, level: Level, uniform: FloatArray) -> FloatArray:
    if choice.how == "uniform":
        return weights * (1 + choice.spread * (2 * uniform - 1))
    share = weights[0] / _siblings_sum(level, weights[0])
    alpha = np.where(share > 0, choice.concentration * share, 1.0)
    # independent gammas over their sum are Dirichlet; siblings are scaled where they are used
    return np.where(share > 0, scipy.special.gammaincinv(alpha, np.clip(uniform, 1e-12, 1 - 1e-12)), 0.0)


def _siblings_sum(level: Level, weights: FloatArray) -> FloatArray:
    """Return for every node the sum of its own and its siblings' weights."""
    parents = [path[:-1] for path, _ in walk(level.tree)]
    order = {parent: code for code, parent in enumerate(dict.fromkeys(parents))}
    codes = np.array([order[parent] for parent in parents])
    total = np.bincount(codes, weights=weights)[codes]
    return np.where(total > 0, total, 1.0)
