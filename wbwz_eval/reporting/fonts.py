"""The CJK font that the install brings: found, registered, subset for a page."""

from __future__ import annotations

import base64
import unicodedata
from functools import cache
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from fontTools import subset
from fontTools.ttLib import TTFont

from wbwz_eval.reporting.errors import ReportError

if TYPE_CHECKING:
    from collections.abc import Iterable

FAMILY = "Noto Sans SC"


@cache
def font_path() -> Path:
    """Return the file of Noto Sans SC (OFL) in the zhplot wheel.

    The package is found, not imported: importing it changes the settings of
    whoever draws in the same process.

    Raises:
        ReportError: the wheel is not installed.
    """
    spec = find_spec("zhplot")
    places = [] if spec is None else spec.submodule_search_locations or []
    for place in places:
        path = Path(place) / "fonts" / "NotoSansSC-Regular.ttf"
        if path.is_file():
            return path
    msg = "找不到中文字体：没有安装 zhplot(Noto Sans SC)"
    raise ReportError(msg)


@cache
def _covered() -> frozenset[int]:
    with TTFont(font_path(), lazy=True) as font:
        return frozenset(font.getBestCmap())


def missing(text: Iterable[str]) -> str:
    """Return the visible characters that the font has no glyph for, sorted."""
    seen = {character for part in text for character in part}
    # control and format characters leave no mark on the page
    visible = (c for c in seen if ord(c) not in _covered() and unicodedata.category(c) not in {"Cc", "Cf"})
    return "".join(sorted(visible))


def check(text: str) -> None:
    """Raise a :class:`ReportError` that names every character without a glyph."""
    gaps = missing(text)
    if gaps:
        named = "、".join(f"“{character}”(U+{ord(character):04X})" for character in gaps)
        msg = f"字体 {FAMILY} 没有这些字，页面会缺字：{named}"
        raise ReportError(msg)


def warm() -> None:
    """Read the font in a process that will be forked: each child cuts its page's glyphs from that."""
    _covered()
    font = _whole()
    font.getGlyphOrder()
    for table in font.keys():  # noqa: SIM118 - it is no dictionary
        font[table].ensureDecompiled(recurse=True) if table in _LAYOUT else font[table]
    _read.append(font)


def _whole() -> TTFont:
    # a glyph's box is what it was: outlines are copied, not compiled anew
    return TTFont(font_path(), recalcTimestamp=False, recalcBBoxes=False)


_read: list[TTFont] = []
_LAYOUT = frozenset({"GPOS", "GSUB", "GDEF"})


def subset_woff(text: str) -> str:
    """Return the font with only the glyphs of ``text``, as base64 of a WOFF file.

    The same text gives the same bytes.

    Raises:
        ReportError: the font lacks a character.
    """
    check(text)
    options = subset.Options(
        flavor="woff",
        hinting=False,
        layout_features=["kern"],
        notdef_outline=True,
        recalc_timestamp=False,
    )
    with _read.pop() if _read else _whole() as font:
        cutter = subset.Subsetter(options)
        cutter.populate(text=text)
        cutter.subset(font)
        font.flavor = "woff"
        out = BytesIO()
        font.save(out)
    return base64.b64encode(out.getvalue()).decode("ascii")
