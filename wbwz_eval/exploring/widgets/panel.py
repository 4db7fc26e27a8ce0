"""What if the dimensions weighed otherwise: a slider each, and the ranking that follows."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets as ui

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.exploring.shown import stamped
from wbwz_eval.exploring.widgets.ranking_html import ranking_html
from wbwz_eval.scoring.header import TRIAL

if TYPE_CHECKING:
    import pandas as pd

    from wbwz_eval.exploring.period_scores import PeriodScores
    from wbwz_eval.exploring.what_if import WhatIf

DRAWS = 200
"""Draws of a live rank interval: enough to see it, few enough to follow a slider."""

_ALL = "全部"
_PLACES = 100
_FINER = 100
"""Weights are shown and written this many times finer than a slider's places."""

_MANY = 300
"""Past this many entities the table begins with one group."""

_WIDE, _NAME = "560px", "130px"


class WhatIfPanel(ui.VBox):  # type: ignore[misc] # ipywidgets carries no types
    """Sliders for the dimensions' weights with the ranking and rank intervals that they give.

    When one is moved, the others give way in proportion, so that the sum stays. Whatever is shown is a
    trial and says so. What it shows can be written out as a version of the methodology for the committee,
    where ``may_write``.
    """

    def __init__(self, scores: PeriodScores, entity: str = "", *, may_write: bool = True) -> None:
        """Begin with the weights as they are.

        Args:
            scores: What is changed.
            entity: Who is marked in the table, by id or name; empty for nobody.
            may_write: Whether there is a button to write the method out.

        Raises:
            CampaignError: see :meth:`.PeriodScores.find`.
        """
        self._scores = scores
        self._own = scores.find(entity) if entity else ""
        tree = scores.scored.level.tree
        self._asked = {name: float(node.share) for name, node in tree.items()}
        self._total = sum(self._asked.values())
        self._step = self._total / _PLACES
        self._digits = max(2, round(math.log10(_PLACES * _FINER / self._total)))
        # the weights, not rounded; and as they were before a slider was pushed to its end: who comes back
        # finds what was there
        self._exact = self._kept = dict(self._asked)
        self.weights = dict(self._asked)
        self.trial: WhatIf | None = None
        self.sliders = {name: self._slider(name) for name in self._asked}
        table = scores.ranking()
        groups = list(dict.fromkeys(table["group_name"]))
        self.group = ui.Dropdown(options=[_ALL, *groups], description="组")
        if len(table) > _MANY:
            # a browser takes longer to draw so many rows than the engine to score them
            own = table.loc[table["entity_id"] == self._own, "group_name"]
            self.group.value = own.iloc[0] if len(own) else groups[0]
        self.group.observe(lambda _: self._show(), "value")
        self.reset = ui.Button(description="恢复原权重")
        self.reset.on_click(lambda _: self._restore())
        self.ranking = ui.HTML()
        self.message = ui.HTML()
        self.stamp = ui.HTML(f"{stamped(TRIAL)}{escape(scores.title)}")
        self.version = ui.Text(description="版本名", placeholder="如 2012-v9")
        self.why = ui.Text(description="理由", placeholder="为什么这样改")
        self.write = ui.Button(description="写成方案", button_style="", tooltip="写成一个新版本，交小组审定")
        if may_write:
            # a browser can press a button that is not shown
            self.write.on_click(lambda _: self._write())
        self.shares = {name: ui.Label() for name in self._asked}
        moved = [ui.HBox([self.sliders[name], self.shares[name]]) for name in self._asked]
        rows = [self.stamp, *moved, ui.HBox([self.group, self.reset]), self.message]
        if may_write:
            rows.append(ui.HBox([self.version, self.why, self.write]))
        super().__init__([*rows, self.ranking])
        self._show()

    def _slider(self, name: str) -> Any:
        slider = ui.FloatSlider(
            value=self._place(self._asked[name]),
            min=0.0,
            max=self._total,
            step=self._step,
            description=self._scores.dimensions[name],
            readout=False,
            disabled=len(self._asked) == 1,  # nobody to give way
            layout=ui.Layout(width=_WIDE),
            style={"description_width": _NAME},
        )
        slider.observe(lambda change: self._moved(name, float(change["new"])), "value")
        return slider

    def _place(self, weight: float) -> float:
        """Return where a slider stands for a weight.

        A browser moves a slider to the nearest of its places and reports that as a move; were the weight
        itself put there, the two would answer each other for ever.
        """
        return min(math.floor(weight / self._step + 0.5) * self._step, self._total)

    def _moved(self, name: str, value: float) -> None:
        """Let the others give way in proportion to what they have, or alike where they never had any."""
        if abs(value - self._place(self.weights[name])) < self._step / 2:
            return
        rest = self._total - value
        held = self._exact if self._exact[name] < self._total else self._kept
        others = {other: weight for other, weight in held.items() if other != name}
        had = sum(others.values())
        exact = {
            other: weight * rest / had if had > 0 else rest / len(others) for other, weight in others.items()
        }
        self._exact = {**exact, name: value}
        if rest > 0:
            self._kept = self._exact
        found = {other: round(weight, self._digits) for other, weight in exact.items()}
        # what rounding leaves goes to the heaviest
        heaviest = max(found, key=lambda other: found[other])
        found[heaviest] = round(found[heaviest] + rest - sum(found.values()), self._digits)
        self._set({**found, name: round(value, self._digits)})

    def _restore(self) -> None:
        self._exact = self._kept = dict(self._asked)
        self._set(self._asked)

    def _set(self, weights: dict[str, float]) -> None:
        self.weights = {name: weights[name] for name in self._asked}
        for name, slider in self.sliders.items():
            slider.value = self._place(self.weights[name])
        self._show()

    def _show(self) -> None:
        for name, share in self.shares.items():
            share.value = f"{self.weights[name]:.{self._digits}f}"
        changed = {name: weight for name, weight in self.weights.items() if weight != self._asked[name]}
        try:
            self.trial = self._scores.what_if(weights=self.weights) if changed else None
            shown = self.trial or self._scores.what_if(changes={}, weights=self._asked)
            table = shown.ranking()
            if self.group.value != _ALL:
                table = table[table["group_name"] == self.group.value]
            self.ranking.value = ranking_html(table, self._bounds(shown), self._own, TRIAL)
            self.message.value = ""
        except CampaignError as error:
            # the table of before would stand beside weights that it does not come from
            self.trial, self.ranking.value = None, ""
            self.message.value = told(error)

    def _bounds(self, shown: WhatIf) -> pd.DataFrame | None:
        try:
            return shown.intervals(draws=DRAWS).set_index("entity_id")
        except CampaignError:
            # a year that is made of quarters, nothing declared: there is nothing to draw
            return None

    def _write(self) -> None:
        if self.trial is None:
            self.message.value = told(CampaignError("还没有改动：先移动滑块"))
            return
        try:
            path = self.trial.write_version(self.version.value.strip(), why=self.why.value)
        except CampaignError as error:
            self.message.value = told(error)
            return
        except OSError as error:
            # nobody sees what a button raises
            self.message.value = told(CampaignError(f"没有写成：{error.filename} 不能写（{error.strerror}）"))
            return
        next_ = self.trial.next_command(path.stem, self.why.value)
        self.message.value = (
            f"<p>{stamped(TRIAL)}已写 <code>{escape(path.name)}</code>。提请小组审定：</p>"
            f"<pre>{escape(next_)}</pre>"
        )


def told(error: CampaignError) -> str:
    """Return what is wrong, as HTML."""
    return f'<p role="alert" style="color:#9c1c1c;white-space:pre-wrap">{escape(str(error))}</p>'
