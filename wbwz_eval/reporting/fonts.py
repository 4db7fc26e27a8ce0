"""The CJK font that the install brings: found, registered, subset for a page."""

from __future__ import annotations

import base64
import unicodedata
from functools import cache
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import uharfbuzz as hb
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
def _face() -> hb.Face:
    return hb.Face(hb.Blob.from_file_path(font_path()))


@cache
def _covered() -> frozenset[int]:
    return frozenset(_face().unicodes)


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
    """Open the font, and load what wraps it, in a process that will be forked."""
    subset_woff("0")


_NOT_NEEDED = ("BASE", "GSUB", "STAT", "gasp", "vhea", "vmtx")
"""Tables for vertical lines, other shapes and axes: a page has none of them."""


def subset_woff(text: str) -> str:
    """Return the font with only the glyphs of ``text``, as base64 of a WOFF file.

    The same text gives the same bytes.

    Raises:
        ReportError: the font lacks a character.
    """
    check(text)
    wanted = hb.SubsetInput()
    wanted.flags = hb.SubsetFlags.NO_HINTING | hb.SubsetFlags.NOTDEF_OUTLINE
    wanted.unicode_set.set({ord(character) for character in text})
    wanted.layout_feature_tag_set.set({_tag("kern")})
    wanted.drop_table_tag_set.update(map(_tag, _NOT_NEEDED))
    cut = hb.subset(_face(), wanted).blob.data
    # only wrapped: what the tables hold is not read again
    with TTFont(BytesIO(cut), recalcTimestamp=False, recalcBBoxes=False) as font:
        font.flavor = "woff"
        out = BytesIO()
        font.save(out, reorderTables=None)
    return base64.b64encode(out.getvalue()).decode("ascii")


def _tag(name: str) -> int:
    return int.from_bytes(name.encode("ascii"), "big")
