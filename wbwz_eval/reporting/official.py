"""How an official document is laid out: GB/T 9704-2012, in millimetres and points."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wbwz_eval.reporting.document import Text

PAGE = (210.0, 297.0)
TOP, LEFT, WIDTH, HEIGHT = 37.0, 28.0, 156.0, 225.0
"""天头, 订口, and the 版心: 156 × 225 mm, which leave 26 mm on the right and 35 mm below."""

RIGHT, BOTTOM = PAGE[0] - LEFT - WIDTH, PAGE[1] - TOP - HEIGHT
BODY, TITLE, PAGE_NUMBER = 16.0, 22.0, 14.0
"""三号, 二号 and 四号 in points."""

TRACKING = -0.25
"""Points added between characters: 28 of them are 448 points wide, the 版心 442.2."""

LINE_PITCH = 28.99
"""22 lines in 225 mm."""

TABLE = 10.5
"""五号: tables are set smaller than the text."""

FONTS = {
    "title": "方正小标宋简体",
    "body": "仿宋_GB2312",
    "first": "黑体",
    "second": "楷体_GB2312",
    "number": "宋体",
}
"""What each part is set in; where a computer lacks a font, its own one stands in."""


_CHARACTERS = WIDTH / 0.352778 / TABLE
"""What a table holds side by side, cells' margins included."""

_ROOM, _DIGIT = 0.7, 0.62
_LEAST = {"number": 4.5, "text": 5, "wide": 7, "long": 12}
_MOST = {"number": 9, "text": 12, "wide": 18, "long": 34}
_HEAD, _SMALLER = 5, 0.85


def widths_of(
    titles: tuple[str, ...], kinds: tuple[str, ...], rows: tuple[tuple[Text, ...], ...]
) -> tuple[float, ...]:
    """Return each column's share of the width by what it holds: numbers narrow but whole, long texts wide."""
    asked, needed = [], []
    for place, (title, kind) in enumerate(zip(titles, kinds, strict=True)):
        texts = [max(_size(row[place][0]), _size(row[place][1]) * _SMALLER) for row in rows]
        size = max([*texts, min(_size(title), _HEAD)]) + 1
        asked.append(min(max(size, _LEAST[kind]), _MOST[kind]))
        whole = max([len(row[place][0]) * _DIGIT for row in rows], default=0.0) if kind == "number" else 2.0
        needed.append(min(whole, _MOST["number"]) + _ROOM)
    spare = _CHARACTERS - sum(needed)
    wanted = [max(size - least, 0.0) for size, least in zip(asked, needed, strict=True)]
    if spare <= 0 or not sum(wanted):
        return tuple(size / sum(asked) for size in asked)
    sizes = [least + spare * more / sum(wanted) for least, more in zip(needed, wanted, strict=True)]
    return tuple(size / sum(sizes) for size in sizes)


def _size(text: str) -> float:
    """Return how many Chinese characters wide a text is."""
    return sum(1.0 if ord(sign) > 0x2E7F else 0.55 for sign in text)  # noqa: PLR2004 - where CJK begins
