"""Charts of two values that belong together: two marks on a line, or a slope from left to right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wbwz_eval.reporting.drawing import (
    ACCENT,
    AXIS,
    FAINT,
    INK,
    ROW,
    SIZE,
    SMALL,
    beside,
    canvas,
    cut,
    drawing,
    folded,
    left_margin,
    svg,
    value_axis,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Pair:
    """A named pair of values; ``strong`` where the two differ so that it matters."""

    label: str
    first: float
    second: float
    text: str
    strong: bool = False


@dataclass(frozen=True)
class Slope:
    """A named thing that goes from one place to another."""

    label: str
    before: float
    after: float


def pairs(items: Sequence[Pair], names: tuple[str, str], limits: tuple[float, float]) -> bytes:
    """Draw one line per item: a hollow mark at the first value, a filled one at the second."""
    labels = [folded(item.label, 12) for item in items]
    heights = np.array([ROW * (1 + 0.55 * label.count("\n")) for label in labels])
    top = ROW
    with drawing():
        figure, axes = canvas(float(heights.sum()) + top + AXIS, left=left_margin(labels), right=0.72)
        y = top + np.cumsum(heights) - heights / 2
        for at, item in zip(y, items, strict=True):
            colour = ACCENT if item.strong else FAINT
            axes.plot(limits, [at, at], color="#ececec", lw=0.8, zorder=0)
            axes.plot([item.first, item.second], [at, at], color=colour, lw=1.4, zorder=1)
            axes.plot(item.first, at, "o", mfc="white", mec=INK, ms=5.2, zorder=2)
            axes.plot(item.second, at, "o", color=ACCENT if item.strong else INK, ms=4.6, zorder=3)
            beside(axes, at, item.text, colour if item.strong else INK)
        axes.annotate(
            f"○ {names[0]}　● {names[1]}",
            (0, top / 2),
            xycoords=("axes fraction", "data"),
            va="center",
            ha="left",
            fontsize=SMALL,
            color=FAINT,
        )
        axes.set_yticks(y, labels)
        axes.set_ylim(float(heights.sum()) + top, 0)
        value_axis(axes, limits)
        return svg(figure)


def slopes(items: Sequence[Slope], names: tuple[str, str]) -> bytes:
    """Draw places from left to right, best on top; who moves is drawn strong.

    Each has a line of its own on either side, those who share a place one below the other.
    """
    labels = [folded(item.label, 12) for item in items]
    befores = _lines([item.before for item in items], [item.after for item in items])
    sides = (
        (befores, [f"{label} {item.before:g}" for label, item in zip(labels, items, strict=True)]),
        (
            _lines([item.after for item in items], befores),
            [f"{item.after:g} {label}" for label, item in zip(labels, items, strict=True)],
        ),
    )
    row = ROW * (1.55 if any("\n" in label for label in labels) else 1.0)
    margin = left_margin([text for _, texts in sides for text in texts]) + 0.02
    with drawing():
        figure, axes = canvas(row * len(items) + ROW, left=margin, right=margin, below=0.0)
        for column, (lines, texts) in enumerate(sides):
            left = column == 0
            told = zip((-ROW / row, *lines), (cut(names[column], 24), *texts), strict=True)
            for place, (line, text) in enumerate(told):
                axes.annotate(
                    text,
                    (column, line),
                    xytext=(-6 if left else 6, 0),
                    textcoords="offset points",
                    va="center",
                    ha="right" if left else "left",
                    fontsize=SMALL if place == 0 else SIZE,
                    color=FAINT if place == 0 else INK,
                )
        for item, *ends in zip(items, *(lines for lines, _ in sides), strict=True):
            moved = item.before != item.after
            axes.plot(
                [0, 1],
                ends,
                marker="o",
                ms=3.6,
                color=ACCENT if moved else FAINT,
                lw=1.6 if moved else 0.9,
                zorder=2 if moved else 1,
                clip_on=False,
            )
        axes.set_xlim(0, 1)
        axes.set_ylim(len(items) - 0.5, -0.5 - ROW / row)
        axes.axis("off")
        return svg(figure)


def _lines(places: Sequence[float], ties: Sequence[float]) -> list[int]:
    """Return on which line each stands: in the order of the places, equal ones in that of ``ties``."""
    order = sorted(range(len(places)), key=lambda at: (places[at], ties[at]))
    return [order.index(at) for at in range(len(places))]
