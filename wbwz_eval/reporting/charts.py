"""Drawing: figures in, SVG out; they know positions and labels, not scores.

Text becomes paths, so that a picture needs no font where it is seen; a glyph
that the font lacks is an error.
"""

from __future__ import annotations

import unicodedata
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib import font_manager
from matplotlib.figure import Figure

from wbwz_eval.reporting import fonts
from wbwz_eval.reporting.errors import ReportError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes

# as wide as a phone shows without making the letters smaller than 10 px
WIDTH = 4.5
_SIZE = 9.5
_SMALL = 8.0
_ROW = 0.27
# height in inches that the value axis takes under the rows
_AXIS = 0.26
_INK, _FAINT, _LINE, _ACCENT = "#1a1a1a", "#6b6b6b", "#c9c9c9", "#9c1c1c"

_SETTINGS: dict[Any, Any] = {
    "font.family": fonts.FAMILY,
    "font.size": _SIZE,
    "axes.unicode_minus": True,
    "text.parse_math": False,  # a name with dollar signs is a name
    "svg.fonttype": "path",
    "svg.hashsalt": "wbwz",
    "text.color": _INK,
    "axes.edgecolor": _LINE,
    "axes.labelcolor": _FAINT,
    "xtick.color": _FAINT,
    "ytick.color": _INK,
}


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


@contextmanager
def _drawing() -> Iterator[None]:
    """Set font and style for what is drawn inside; a missing glyph is an error."""
    path = str(fonts.font_path())
    if all(entry.fname != path for entry in font_manager.fontManager.ttflist):
        font_manager.fontManager.addfont(path)
    with mpl.rc_context(_SETTINGS), warnings.catch_warnings():
        warnings.filterwarnings("error", message=r"Glyph .* missing from")
        try:
            yield
        except UserWarning as error:
            msg = f"图中有字体没有的字：{error}"
            raise ReportError(msg) from None


def dots(items: Sequence[Dot], limits: tuple[float, float]) -> bytes:
    """Draw one line per item: a dot at its value, a whisker over its interval, its text beside."""
    names = [_folded(item.label, 14) for item in items]
    heights = [_ROW * (1 + 0.55 * name.count("\n")) for name in names]
    with _drawing():
        figure, axes = _canvas(sum(heights) + _AXIS, left=_left(names), right=0.72)
        y = np.cumsum(heights) - np.array(heights) / 2
        for at, item in zip(y, items, strict=True):
            axes.plot(limits, [at, at], color="#ececec", lw=0.8, zorder=0)
            if item.low == item.low:
                axes.plot([item.low, item.high], [at, at], color=_FAINT, lw=1.4, solid_capstyle="butt")
                axes.plot([item.low, item.high], [at, at], ls="", marker="|", color=_FAINT, ms=5)
            axes.plot(item.value, at, "o", color=_ACCENT, ms=4.6)
            axes.annotate(
                item.text,
                (1, at),
                xycoords=("axes fraction", "data"),
                xytext=(6, 0),
                textcoords="offset points",
                va="center",
                ha="left",
            )
        axes.set_yticks(y, names)
        axes.set_ylim(sum(heights), 0)
        _value_axis(axes, limits)
        return _svg(figure)


def strips(items: Sequence[Strip], limits: tuple[float, float]) -> bytes:
    """Draw one line per item: all its values as thin marks, the middle as a bold one, the ends named."""
    names = [_folded(item.label, 7) for item in items]
    with _drawing():
        figure, axes = _canvas(0.62 * len(items) + _AXIS, left=_left(names), right=0.2)
        for at, item in enumerate(items):
            values = np.array(item.values)
            axes.plot(limits, [at, at], color="#ececec", lw=0.8, zorder=0)
            level = np.full(len(values), at)
            axes.plot(values, level, ls="", marker="|", ms=9, mew=1.0, color=_INK, alpha=0.45)
            axes.plot(item.middle, at, ls="", marker="D", ms=5.5, color=_ACCENT, zorder=3)
            # the middle is named over the line, the ends under it: they cannot run into each other
            _mark(axes, item.middle, at, item.middle_text, limits, above=True)
            labels = [_cut(label, 0.6 * _capacity(axes)) for label in (item.low_label, item.high_label)]
            ends = list(zip((float(values.min()), float(values.max())), labels, strict=True))
            for x, text in _apart(axes, ends, limits):
                _mark(axes, x, at, text, limits, above=False)
        axes.set_yticks(range(len(items)), names)
        axes.set_ylim(len(items) - 0.4, -0.6)
        _value_axis(axes, limits)
        return _svg(figure)


def _capacity(axes: Axes) -> float:
    """Return how many units of small text fit across the axes."""
    return axes.get_position().width * WIDTH * 72 / (_SMALL / 2)


def _half(axes: Axes, text: str) -> float:
    """Return half the width of a small text as a share of the axes."""
    return _units(text) / _capacity(axes) / 2


def _apart(axes: Axes, ends: list[tuple[float, str]], limits: tuple[float, float]) -> list[tuple[float, str]]:
    """Return the labels of both ends, or one label for both where they would run into each other."""
    (low, first), (high, last) = ends
    shares = [(x - limits[0]) / (limits[1] - limits[0]) for x, _ in ends]
    right = max(shares[0], _half(axes, first)) + _half(axes, first)
    left = min(shares[1], 1 - _half(axes, last)) - _half(axes, last)
    if right < left and first != last:
        return ends
    both = first if first == last else f"{first} ~ {last}"
    return [((low + high) / 2, _cut(both, _capacity(axes)))]


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
        fontsize=_SMALL,
        color=_ACCENT if above else _FAINT,
    )


def bars(items: Sequence[Bar]) -> bytes:
    """Draw one bar per item, to the right where it adds and to the left where it takes."""
    names = [_folded(item.label, 12) for item in items]
    values = np.array([item.value for item in items])
    reach = float(np.abs(values).max()) or 1.0
    left = reach * 1.3 if (values < 0).any() else reach * 0.05
    right = reach * 1.3 if (values > 0).any() else reach * 0.05
    with _drawing():
        figure, axes = _canvas(0.34 * len(items), left=_left(names), right=0.1, below=0.0)
        colours = [_ACCENT if value < 0 else "#7d97b3" for value in values]
        axes.barh(range(len(items)), values, height=0.62, color=colours, edgecolor=_INK, linewidth=0.4)
        for at, item in enumerate(items):
            axes.annotate(
                item.text,
                (item.value, at),
                xytext=(-4 if item.value < 0 else 4, 0),
                textcoords="offset points",
                va="center",
                ha="right" if item.value < 0 else "left",
            )
        axes.axvline(0, color=_INK, lw=0.8)
        axes.set_xlim(-left, right)
        axes.set_yticks(range(len(items)), names)
        axes.set_ylim(len(items) - 0.4, -0.6)
        axes.set_xticks([])
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        return _svg(figure)


def _canvas(height: float, *, left: float, right: float, below: float = _AXIS) -> tuple[Figure, Axes]:
    """Return a figure of the common width; margins in inches."""
    whole = height + 0.06
    figure = Figure(figsize=(WIDTH, whole))
    rows = (height - below) / whole
    return figure, figure.add_axes((left / WIDTH, below / whole, (WIDTH - left - right) / WIDTH, rows))


def _value_axis(axes: Axes, limits: tuple[float, float]) -> None:
    axes.set_xlim(*limits)
    axes.locator_params(axis="x", nbins=5)
    axes.tick_params(axis="both", length=0)
    axes.tick_params(axis="x", labelsize=_SMALL)
    axes.grid(axis="x", color="#e4e4e4", lw=0.7)
    axes.set_axisbelow(True)
    axes.spines[["left", "right", "top"]].set_visible(False)


def _svg(figure: Figure) -> bytes:
    out = BytesIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()


def _units(text: str) -> float:
    """Return the width of a text in widths of a Latin letter."""
    return sum(2.0 if unicodedata.east_asian_width(c) in "WF" else 1.1 for c in text)


def _cut(text: str, units: float) -> str:
    """Shorten a text to a width; what was cut off is shown as …."""
    if _units(text) <= units:
        return text
    while text and _units(text) > units - 2:
        text = text[:-1]
    return f"{text}…"


def _folded(label: str, most: int) -> str:
    """Break a label into at most two lines of ``most`` Chinese characters."""
    first = label
    while _units(first) > 2 * most:
        first = first[:-1]
    rest = label[len(first) :]
    return f"{first}\n{_cut(rest, 2 * most)}" if rest else first


def _left(names: Sequence[str]) -> float:
    """Return the margin in inches that the longest line of the labels needs."""
    widest = max(_units(line) for name in names for line in name.split("\n"))
    return widest * _SIZE / 72 / 2 + 0.14
