"""Numbers and lists as people write them; nothing here feeds back into a score."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from wbwz_eval.scoring.numbers import round_half_up

if TYPE_CHECKING:
    from collections.abc import Iterable

NONE = "—"

_HAN = "\u3001-\u301f\u3400-\u9fff\uff08\uff09“”"
# half-width marks beside Chinese words, as keyboards and programs leave them
_MARK = re.compile(rf"(?<=[{_HAN}])[,:;]|[,:;](?=[{_HAN}])")
_BRACKETS = re.compile(rf"(?<=[{_HAN}])\(([^()]*)\)|\(([^()]*[{_HAN}][^()]*)\)")
_WIDE = str.maketrans({",": "\uff0c", ":": "\uff1a", ";": "\uff1b"})


def number(value: float, digits: int) -> str:
    """Write a number with ``digits`` decimals, halves up; a dash where there is none."""
    if math.isnan(value):
        return NONE
    return f"{float(round_half_up(value, digits)):.{digits}f}".replace("-", "−")


def signed(value: float, digits: int) -> str:
    """Write a change with its sign; what rounds to nothing has none."""
    text = number(value, digits)
    return f"+{text}" if value > 0 and float(text) != 0 else text


def percent(share: float, digits: int = 1) -> str:
    """Write a share (0-1) in percent."""
    return NONE if math.isnan(share) else f"{number(100 * share, digits)}%"


def place(rank: float) -> str:
    """Write a place: 2, or 2.5 where the method averages ties."""
    return NONE if math.isnan(rank) else f"{rank:g}"


def listed(names: Iterable[str], most: int = 5) -> str:
    """Join names with 、; past ``most`` the rest is counted."""
    all_names = list(names)
    if len(all_names) <= most:
        return "、".join(all_names)
    return f"{'、'.join(all_names[:most])}等 {len(all_names)} 个"


def typeset(sentence: str) -> str:
    """Return a Chinese sentence with the full-width marks that print asks for."""
    wide = _BRACKETS.sub(lambda found: f"\uff08{found[1] or found[2] or ''}\uff09", sentence)
    return _MARK.sub(lambda found: found[0].translate(_WIDE), wide)
