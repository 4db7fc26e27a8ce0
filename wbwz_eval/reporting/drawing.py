"""What all charts share: font and style, the canvas, texts that fit.

Text becomes paths, so that a picture needs no font where it is seen; a glyph
that the font lacks is an error.
"""

from __future__ import annotations

import unicodedata
import warnings
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.figure import Figure

from wbwz_eval.reporting import fonts
from wbwz_eval.reporting.errors import ReportError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes

# as wide as a phone shows without making the letters smaller than 10 px
WIDTH = 4.5
SIZE = 9.5
SMALL = 8.0
ROW = 0.27
# height in inches that the value axis takes under the rows
AXIS = 0.26
INK, FAINT, LINE, ACCENT = "#1a1a1a", "#6b6b6b", "#c9c9c9", "#9c1c1c"

_SETTINGS: dict[Any, Any] = {
    "font.family": fonts.FAMILY,
    "font.size": SIZE,
    "axes.unicode_minus": True,
    "text.parse_math": False,  # a name with dollar signs is a name
    "svg.fonttype": "path",
    "svg.hashsalt": "wbwz",
    "text.color": INK,
    "axes.edgecolor": LINE,
    "axes.labelcolor": FAINT,
    "xtick.color": FAINT,
    "ytick.color": INK,
}


@contextmanager
def drawing() -> Iterator[None]:
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


def canvas(height: float, *, left: float, right: float, below: float = AXIS) -> tuple[Figure, Axes]:
    """Return a figure of the common width; margins in inches."""
    whole = height + 0.06
    figure = Figure(figsize=(WIDTH, whole))
    rows = (height - below) / whole
    return figure, figure.add_axes((left / WIDTH, below / whole, (WIDTH - left - right) / WIDTH, rows))


def value_axis(axes: Axes, limits: tuple[float, float]) -> None:
    """Draw a value axis below, with a light grid."""
    axes.set_xlim(*limits)
    axes.locator_params(axis="x", nbins=5)
    axes.tick_params(axis="both", length=0)
    axes.tick_params(axis="x", labelsize=SMALL)
    axes.grid(axis="x", color="#e4e4e4", lw=0.7)
    axes.set_axisbelow(True)
    axes.spines[["left", "right", "top"]].set_visible(False)


def beside(axes: Axes, at: float, text: str, colour: str = INK) -> None:
    """Write a text to the right of the axes, at a height."""
    axes.annotate(
        text,
        (1, at),
        xycoords=("axes fraction", "data"),
        xytext=(6, 0),
        textcoords="offset points",
        va="center",
        ha="left",
        color=colour,
    )


def svg(figure: Figure) -> bytes:
    """Return the figure as SVG, the same bytes each time."""
    out = BytesIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()


def units(text: str) -> float:
    """Return the width of a text in widths of a Latin letter."""
    return sum(2.0 if unicodedata.east_asian_width(c) in "WF" else 1.1 for c in text)


def cut(text: str, most: float) -> str:
    """Shorten a text to a width; what was cut off is shown as …."""
    if units(text) <= most:
        return text
    while text and units(text) > most - 2:
        text = text[:-1]
    return f"{text}…"


def folded(label: str, most: int) -> str:
    """Break a label into at most two lines of ``most`` Chinese characters."""
    first = label
    while units(first) > 2 * most:
        first = first[:-1]
    rest = label[len(first) :]
    return f"{first}\n{cut(rest, 2 * most)}" if rest else first


def left_margin(names: Sequence[str]) -> float:
    """Return the margin in inches that the longest line of the labels needs."""
    widest = max(units(line) for name in names for line in name.split("\n"))
    return widest * SIZE / 72 / 2 + 0.14


def capacity(axes: Axes) -> float:
    """Return how many units of small text fit across the axes."""
    return axes.get_position().width * WIDTH * 72 / (SMALL / 2)
