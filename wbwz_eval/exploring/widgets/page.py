"""The explorations as one page: pickers above, five questions below."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import ipywidgets as ui

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.exploring.shown import stamped
from wbwz_eval.exploring.widgets.panel import WhatIfPanel, told
from wbwz_eval.exploring.widgets.pickers import Pickers
from wbwz_eval.exploring.widgets.score_tree import ScoreTree

if TYPE_CHECKING:
    from collections.abc import Callable

    from wbwz_eval.exploring.opened import OpenedCampaign
    from wbwz_eval.exploring.period_scores import PeriodScores

_QUESTIONS = ("排名", "为什么", "试算", "走势", "台账")


class Page(ui.VBox):  # type: ignore[misc] # ipywidgets carries no types
    """A page that answers for who is picked; it only reads."""

    def __init__(self, campaign: OpenedCampaign, period: str = "", level: str = "", entity: str = "") -> None:
        """Begin with what is given; see :class:`.pickers.Pickers`."""
        self.pickers = Pickers(campaign, period, level, entity)
        self._campaign = campaign
        self._answers: tuple[Callable[[], ui.Widget], ...] = (
            self._ranking,
            lambda: ScoreTree(self._scores.explain(self.pickers.entity)),
            lambda: WhatIfPanel(self._scores, self.pickers.entity, may_write=False),
            self._trend,
            self._ledger,
        )
        self.places = [ui.VBox() for _ in _QUESTIONS]
        self.tabs = ui.Tab(children=self.places, titles=_QUESTIONS)
        self.tabs.observe(lambda _: self._show(), "selected_index")
        self.pickers.on_change(self._turned)
        said = self._said()
        super().__init__([ui.HTML(said), self.pickers, self.tabs])
        self._shown: set[int] = set()
        self._show()

    def _said(self) -> str:
        campaign = self._campaign.campaign
        note = f"<p>{escape(campaign.synthetic_note)}</p>" if campaign.synthetic else ""
        return f"<h2>{escape(campaign.name)}</h2>{note}"

    @property
    def _scores(self) -> PeriodScores:
        return self.pickers.scores

    def _turned(self) -> None:
        self._shown = set()
        self._show()

    def _show(self) -> None:
        """Answer the question that is open, unless it is answered."""
        at = self.tabs.selected_index or 0
        if at in self._shown:
            return
        try:
            answer = self._answers[at]()
        except CampaignError as error:
            answer = ui.HTML(told(error))
        self.places[at].children = [answer]
        self._shown.add(at)

    def _ranking(self) -> ui.Widget:
        return ui.HTML(self._scores.ranking()._repr_html_())

    def _trend(self) -> ui.Widget:
        entity = self.pickers.entity
        table = self._scores.trend(entity)._repr_html_()
        return ui.HTML(f"{self._scores.trend_figure(entity).html()}{table}")

    def _ledger(self) -> ui.Widget:
        """Return a picker of ledgers, with the rows of who is picked below."""
        campaign = self._campaign
        which = ui.Dropdown(
            options={name: each for each, name in campaign.ledgers.items()}, description="台账"
        )
        rows = ui.HTML()

        def show(_change: object = None) -> None:
            try:
                table = campaign.ledger(which.value)
            except CampaignError as error:
                rows.value = told(error)  # nobody sees what a picker raises
                return
            mine = table[table["entity_id"] == self.pickers.entity] if "entity_id" in table else table
            shown = stamped(self._scores.stamp) if "entity_id" in table else ""
            wide = f'<div style="overflow-x:auto;white-space:nowrap">{mine._repr_html_()}</div>'
            rows.value = f"{shown}<p>{len(mine)} 行</p>{wide}"

        which.observe(show, "value")
        show()
        return ui.VBox([which, rows])
