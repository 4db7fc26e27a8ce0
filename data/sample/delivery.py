"""A file on its way to the office."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wbwz_eval.campaign.submit import Handing


@dataclass(frozen=True)
class Delivery:
    """A file: its name, what is in it, and how it is handed in."""

    name: str
    data: bytes
    handing: Handing
