"""Charts of results: figures in, SVG out; they know positions and labels, not scores."""

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
    SMALL,
    beside,
    canvas,
    capacity,
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

    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Dot:
    """A named value, with the ends of its interval where it has one."""

    label: str
    value: float
    text: str
    low: float = float("nan")
    high: float = float("nan")


@dataclass(frozen=True)
class Strip:
    """A row of many values, its middle marked, its ends named."""

    label: str
    values: tuple[float, ...]
    middle: float
    middle_text: str
    low_label: str
    high_label: str


@dataclass(frozen=True)
class Bar:
    """A named length to the left or right of zero."""

    label: str
    value: float
    text: str


def dots(items: Sequence[Dot], limits: tuple[float, float]) -> bytes:
    """Draw one line per item: a dot at its value, a whisker over its interval, its text beside."""
    names = [folded(item.label, 14) for item in items]
    heights = [ROW * (1 + 0.55 * name.count("\n")) for name in names]
    with drawing():
        figure, axes = canvas(sum(heights) + AXIS, left=left_margin(names), right=0.72)
        y = np.cumsum(heights) - np.array(heights) / 2
        for at, item in zip(y, items, strict=True):
            axes.plot(limits, [at, at], color="#ececec", lw=0.8, zorder=0)
            if item.low == item.low:
                axes.plot([item.low, item.high], [at, at], color=FAINT, lw=1.4, solid_capstyle="butt")
                axes.plot([item.low, item.high], [at, at], ls="", marker="|", color=FAINT, ms=5)
            axes.plot(item.value, at, "o", color=ACCENT, ms=4.6)
            beside(axes, at, item.text)
        axes.set_yticks(y, names)
        axes.set_ylim(sum(heights), 0)
        value_axis(axes, limits)
        return svg(figure)


def strips(items: Sequence[Strip], limits: tuple[float, float]) -> bytes:
    """Draw one line per item: all its values as thin marks, the middle as a bold one, the ends named."""
    names = [folded(item.label, 7) for item in items]
    with drawing():
        figure, axes = canvas(0.62 * len(items) + AXIS, left=left_margin(names), right=0.2)
        for at, item in enumerate(items):
            values = np.array(item.values)
            axes.plot(limits, [at, at], color="#ececec", lw=0.8, zorder=0)
            level = np.full(len(values), at)
            axes.plot(values, level, ls="", marker="|", ms=9, mew=1.0, color=INK, alpha=0.45)
            axes.plot(item.middle, at, ls="", marker="D", ms=5.5, color=ACCENT, zorder=3)
            # the middle is named over the line, the ends under it: they cannot run into each other
            _mark(axes, item.middle, at, item.middle_text, limits, above=True)
            labels = [cut(label, 0.6 * capacity(axes)) for label in (item.low_label, item.high_label)]
            ends = list(zip((float(values.min()), float(values.max())), labels, strict=True))
            for x, text in _apart(axes, ends, limits):
                _mark(axes, x, at, text, limits, above=False)
        axes.set_yticks(range(len(items)), names)
        axes.set_ylim(len(items) - 0.4, -0.6)
        value_axis(axes, limits)
        return svg(figure)


def _half(axes: Axes, text: str) -> float:
    """Return half the width of a small text as a share of the axes."""
    return units(text) / capacity(axes) / 2


def _apart(axes: Axes, ends: list[tuple[float, str]], limits: tuple[float, float]) -> list[tuple[float, str]]:
    """Return the labels of both ends, or one label for both where they would run into each other."""
    (low, first), (high, last) = ends
    shares = [(x - limits[0]) / (limits[1] - limits[0]) for x, _ in ends]
    right = max(shares[0], _half(axes, first)) + _half(axes, first)
    left = min(shares[1], 1 - _half(axes, last)) - _half(axes, last)
    if right < left and first != last:
        return ends
    both = first if first == last else f"{first} ~ {last}"
    return [((low + high) / 2, cut(both, capacity(axes)))]


def _mark(axes: Axes, x: float, at: float, text: str, limits: tuple[float, float], *, above: bool) -> None:
    """Write a small text at a value, kept inside the axes."""
    share = (x - limits[0]) / (limits[1] - limits[0])
    half = _half(axes, text)
    side = "left" if share < half else "right" if share > 1 - half else "center"
    inside = {"left": 0.0, "right": 1.0, "center": share}[side]
    axes.annotate(
        text,
        (inside, at),
        xycoords=("axes fraction", "data"),
        xytext=(0, 7 if above else -7),
        textcoords="offset points",
        va="bottom" if above else "top",
        ha=side,
        fontsize=SMALL,
        color=ACCENT if above else FAINT,
    )


def bars(items: Sequence[Bar]) -> bytes:
    """Draw one bar per item, to the right where it adds and to the left where it takes."""
    names = [folded(item.label, 12) for item in items]
    values = np.array([item.value for item in items])
    reach = float(np.abs(values).max()) or 1.0
    left = reach * 1.3 if (values < 0).any() else reach * 0.05
    right = reach * 1.3 if (values > 0).any() else reach * 0.05
    with drawing():
        figure, axes = canvas(0.34 * len(items), left=left_margin(names), right=0.1, below=0.0)
        colours = [ACCENT if value < 0 else "#7d97b3" for value in values]
        axes.barh(range(len(items)), values, height=0.62, color=colours, edgecolor=INK, linewidth=0.4)
        for at, item in enumerate(items):
            axes.annotate(
                item.text,
                (item.value, at),
                xytext=(-4 if item.value < 0 else 4, 0),
                textcoords="offset points",
                va="center",
                ha="right" if item.value < 0 else "left",
            )
        axes.axvline(0, color=INK, lw=0.8)
        axes.set_xlim(-left, right)
        axes.set_yticks(range(len(items)), names)
        axes.set_ylim(len(items) - 0.4, -0.6)
        axes.set_xticks([])
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        return svg(figure)
