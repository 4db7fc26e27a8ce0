"""Numbers and lists as people write them; nothing here feeds back into a score."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from wbwz_eval.scoring.numbers import round_half_up

if TYPE_CHECKING:
    from collections.abc import Iterable

NONE = "—"


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
