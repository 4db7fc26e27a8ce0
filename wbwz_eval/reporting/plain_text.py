"""Texts as pages and office files can hold them."""

from __future__ import annotations

import html
import re

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\u202a-\u202e\u2066-\u2069\ufffe\uffff\ud800-\udfff]")


def holdable(text: str) -> str:
    """Return a text without the signs that XML cannot hold or that turn round the text beside them."""
    return _CONTROL.sub("□", text)


def escape(text: str) -> str:
    """Return a text as HTML that shows it, whatever it looks like."""
    return html.escape(holdable(text))
