"""What a methodology says: the model of its file, frozen once read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from wbwz_eval.campaign.decisions import Decision
from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.scoring.fields import Strict
from wbwz_eval.scoring.measures import Measure
from wbwz_eval.scoring.numbers import Number, at_day
from wbwz_eval.scoring.rules import Rule
from wbwz_eval.scoring.tree import Level

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wbwz_eval.campaign.periods import Period

Policy = Literal["redistribute", "full_marks", "group_mean", "zero", "out_of_contest"]


class Rounding(Strict):
    """Digits at each stage; None = not rounded."""

    value: int | None = None
    points: int | None = None
    node: int | None = None
    total: int | None = None


class IndicatorRounding(Strict):
    """An indicator's own digits."""

    value: int | None = None
    points: int | None = None


class Indicator(Strict):
    """One indicator: where its value comes from and how it becomes points."""

    name: str
    gloss: str = ""
    unit: str = ""
    direction: Literal["up", "down"]
    aspect: str = ""
    office: str = ""
    clause: str = ""
    note: str = ""
    measure: Measure
    rule: Rule | None = None
    missing: Policy = "redistribute"
    not_applicable: Policy = "redistribute"
    rounding: IndicatorRounding = IndicatorRounding()


class CounterPair(Strict):
    """An indicator and the one that shows whether it was met at the cost of the matter itself.

    ``apart`` is by how many percent of the full mark the first may stand above the second.
    """

    indicator: str
    against: str
    apart: Number = Number(30)


class MethodologyFile(Strict):
    """The file as written (docs/methodology.md)."""

    version: str
    title: str
    basis: str = ""
    weights_sum: Number = Number(100)
    rounding: Rounding = Rounding()
    display: int = 1
    small_sample: Number | None = None
    escalation: dict[str, Number] = {}
    counter_pairs: tuple[CounterPair, ...] = ()
    indicators: dict[str, Indicator] = Field(min_length=1)
    levels: dict[str, Level] = Field(min_length=1)


class Methodology(MethodologyFile):
    """A methodology that was read, checked and, by :meth:`at`, resolved for a day.

    ``digest`` is the SHA-256 of the file's bytes; ``approval`` is the decision
    that approved exactly these bytes, if there is one.
    """

    digest: str
    approval: Decision | None = None

    @property
    def status(self) -> Literal["approved", "proposal"]:
        """Whether these very bytes were approved."""
        return "proposal" if self.approval is None else "approved"

    def at(self, period: Period) -> Methodology:
        """Return the methodology with each number as in force on the period's last day.

        Raises:
            CampaignError: a number has no version for that day.
        """
        try:
            return at_day(self, period.end)
        except ValueError as error:
            raise CampaignError(f"评价办法 {self.version} 不能用于 {period.id}：{error}") from error


def by_level(methodology: MethodologyFile, level: str) -> Level:
    """Return a level's rules.

    Raises:
        CampaignError: the methodology has none for it.
    """
    levels: Mapping[str, Level] = methodology.levels
    if level not in levels:
        msg = f"评价办法 {methodology.version} 没有层级 “{level}”；可用的: {'、'.join(levels)}"
        raise CampaignError(msg)
    return levels[level]
