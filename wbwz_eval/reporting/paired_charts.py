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
    canvas,
    cut,
    drawing,
    folded,
    left_margin,
    svg,
    units,
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
            axes.annotate(
                item.text,
                (1, at),
                xycoords=("axes fraction", "data"),
                xytext=(6, 0),
                textcoords="offset points",
                va="center",
                ha="left",
                color=colour if item.strong else INK,
            )
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
    """Draw places from left to right, first place on top; who moves is drawn strong and named in full."""
    last = max(max(item.before, item.after) for item in items)
    columns = [[item.before for item in items], [item.after for item in items]]
    said = [_named(items, places) for places in columns]
    side = max(units(f"{place:g} {text}") for named in said for place, text in named.items())
    margin = side * SIZE / 72 / 2 + 0.16
    with drawing():
        figure, axes = canvas(ROW * (last + 1.4), left=margin, right=margin, below=0.0)
        for column, named in enumerate(said):
            for place, text in named.items():
                axes.annotate(
                    f"{text} {place:g}" if column == 0 else f"{place:g} {text}",
                    (column, place),
                    xytext=(-6 if column == 0 else 6, 0),
                    textcoords="offset points",
                    va="center",
                    ha="right" if column == 0 else "left",
                )
        for item in items:
            moved = item.before != item.after
            axes.plot(
                [0, 1],
                [item.before, item.after],
                marker="o",
                ms=3.6,
                color=ACCENT if moved else FAINT,
                lw=1.6 if moved else 0.9,
                zorder=2 if moved else 1,
            )
        for column, name in enumerate(names):
            axes.annotate(
                cut(name, 24),
                (column, 0.3),
                va="center",
                ha="right" if column == 0 else "left",
                xytext=(-6 if column == 0 else 6, 0),
                textcoords="offset points",
                fontsize=SMALL,
                color=FAINT,
            )
        axes.set_xlim(-0.02, 1.02)
        axes.set_ylim(last + 0.6, -0.2)
        axes.axis("off")
        return svg(figure)


def _named(items: Sequence[Slope], places: Sequence[float]) -> dict[float, str]:
    """Return what stands at each place: those who share it are named together, as far as there is room."""
    return {
        place: cut(
            "、".join(item.label for item, each in zip(items, places, strict=True) if each == place), 24
        )
        for place in sorted(set(places))
    }
