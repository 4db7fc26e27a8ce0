"""Which level, which period, who: three pickers that know of each other."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets as ui

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.periods import label_zh
from wbwz_eval.exploring.widgets.panel import told

if TYPE_CHECKING:
    from collections.abc import Callable

    from wbwz_eval.exploring.opened import OpenedCampaign
    from wbwz_eval.exploring.period_scores import PeriodScores


_KINDS = ("quarter", "half", "year", "term")
"""Kinds of period that are offered, the usual first."""


class Pickers(ui.VBox):  # type: ignore[misc] # ipywidgets carries no types
    """Pickers of level, period and entity; :attr:`scores` and :attr:`entity` are what is picked."""

    scores: PeriodScores

    def __init__(self, campaign: OpenedCampaign, period: str = "", level: str = "", entity: str = "") -> None:
        """Begin with what is given, else with the first level, its last period with data and first entity.

        Raises:
            CampaignError: What is given does not exist.
        """
        self._campaign = campaign
        self._told: list[Callable[[], None]] = []
        level = level or next(iter(campaign.levels))
        self.scores = campaign.scores(period, level)
        period = self.scores.period.id
        # quarters, which are asked for most, stand together at the end, the last one last
        offered = [each for kind in reversed(_KINDS) for each in campaign.periods(kind)]
        named = {label_zh(campaign.period(each)): each for each in offered}
        named.setdefault(label_zh(self.scores.period), period)
        self.level = ui.Dropdown(
            options={name: each for each, name in campaign.levels.items()}, value=level, description="层级"
        )
        self.period = ui.Dropdown(options=named, value=period, description="期")
        self.who = ui.Combobox(description="对象", ensure_option=False, continuous_update=False)
        self.message = ui.HTML()
        self._offer(entity)
        for picker in (self.level, self.period):
            picker.observe(self._turned, "value")
        self.who.observe(self._named, "value")
        super().__init__([ui.HBox([self.level, self.period, self.who]), self.message])

    def on_change(self, tell: Callable[[], None]) -> None:
        """Let somebody know whenever something else is picked."""
        self._told.append(tell)

    def _offer(self, entity: str) -> None:
        table = self.scores.totals
        self.entity = self.scores.find(entity) if entity else str(table["entity_id"].iloc[0])
        self._names = {
            f"{ident} {name}": str(ident)
            for ident, name in zip(table["entity_id"], table["name"], strict=True)
        }
        self.who.options = tuple(self._names)
        self.who.value = self._label()

    def _label(self) -> str:
        return next(name for name, ident in self._names.items() if ident == self.entity)

    def _turned(self, _change: Any) -> None:
        try:
            self.scores = self._campaign.scores(self.period.value, self.level.value)
        except CampaignError as error:
            # what stands below is not what the pickers say
            self.message.value = f"{told(error)}<p>下面仍是 {escape(self.scores.title)}</p>"
            return
        self.message.value = ""
        known = set(self.scores.totals["entity_id"])
        self._offer(self.entity if self.entity in known else "")
        self._tell()

    def _named(self, change: Any) -> None:
        asked = str(change["new"]).strip()
        if not asked:  # emptied to see the list again
            self.who.value = self._label()
            return
        try:
            found = self._names.get(asked) or self.scores.find(asked)
        except CampaignError as error:
            self.message.value = told(error)
            return
        self.message.value = ""
        turned = found != self.entity
        self.entity = found
        self.who.value = self._label()
        if turned:
            self._tell()

    def _tell(self) -> None:
        for tell in self._told:
            tell()
