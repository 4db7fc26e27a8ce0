"""A score that opens: total, dimension, indicator, formula, ledger rows, each when it is asked for."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets as ui

from wbwz_eval.exploring.explained import ROW_TITLES
from wbwz_eval.exploring.shown import stamped

if TYPE_CHECKING:
    from wbwz_eval.exploring.explained import ExplainedScore

_CLOSED, _OPEN = "▸ ", "▾ "
_CELL = "text-align:left;padding:2px 8px"
_STYLE = "<style>.wbwz-branch.jupyter-button{text-align:left}.wbwz-rows th{white-space:nowrap}</style>"
_ROWS = ("ledger", "row_id", "source", "source_row", "counted", "reason", "value", "weight")


class ScoreTree(ui.VBox):  # type: ignore[misc] # ipywidgets carries no types
    """An explained score as buttons, each of which opens what it is made of."""

    def __init__(self, explained: ExplainedScore) -> None:
        """Show the total, opened."""
        self.root = Branch(explained.tree)
        super().__init__([ui.HTML(f"{_STYLE}{stamped(explained.stamp)}"), self.root])
        self.root.button.value = True


class Branch(ui.VBox):  # type: ignore[misc] # ipywidgets carries no types
    """One node: a button, and below it what it is made of, made when it is opened first."""

    def __init__(self, node: dict[str, Any]) -> None:
        """Show it closed."""
        self.node = node
        self.button = ui.ToggleButton(
            description=f"{_CLOSED}{node['title']}",
            tooltip=node["title"],
            layout=ui.Layout(width="auto", max_width="100%", min_width="24em"),
            style={"text_color": "#1a1a1a"},
        )
        self.button.add_class("wbwz-branch")
        self.inner = ui.VBox([], layout=ui.Layout(margin="0 0 0 1.6em"))
        self.button.observe(lambda change: self._turn(opened=bool(change["new"])), "value")
        super().__init__([self.button, self.inner])

    @property
    def branches(self) -> list[Branch]:
        """What it is made of, where it is open."""
        return [child for child in self.inner.children if isinstance(child, Branch)]

    def _turn(self, *, opened: bool) -> None:
        self.button.description = f"{_OPEN if opened else _CLOSED}{self.node['title']}"
        if opened and not self.inner.children:
            lines = "".join(f"<p style='margin:2px 0'>{escape(line)}</p>" for line in self.node["lines"])
            rows = [ui.HTML(_rows(self.node["rows"]))] if self.node["rows"] else []
            self.inner.children = [ui.HTML(lines), *rows, *(Branch(part) for part in self.node["parts"])]
        self.inner.layout.display = "" if opened else "none"


def _rows(rows: list[dict[str, Any]]) -> str:
    heads = "".join(f'<th scope="col" style="{_CELL}">{ROW_TITLES[name]}</th>' for name in _ROWS)
    body = "".join(
        f'<tr data-row="{escape(str(row["row_id"]))}">'
        + "".join(f'<td style="{_CELL}">{escape(_said(row.get(name)))}</td>' for name in _ROWS)
        + "</tr>"
        for row in rows
    )
    return f'<table class="wbwz-rows"><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>'


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        return f"{value:g}"
    return "" if value is None else str(value)
