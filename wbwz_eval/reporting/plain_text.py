"""Texts as office files can hold them."""

from __future__ import annotations

import re

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def holdable(text: str) -> str:
    """Return a text without the signs that XML cannot hold."""
    return _CONTROL.sub("�", text)
