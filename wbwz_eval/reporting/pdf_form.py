"""A report as PDF, laid out as an official document, by typst."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typst

from wbwz_eval.reporting import fonts, official
from wbwz_eval.reporting.document import Block, Document, Figure, Grid
from wbwz_eval.reporting.plain_text import holdable

if TYPE_CHECKING:
    from collections.abc import Mapping

_TEMPLATE = Path(__file__).parent / "templates" / "official.typ"
_PNG = '#set page(width: auto, height: auto, margin: 0pt)\n#image("0.svg")'
_compile: Any = typst.compile  # its types leave out files by name


def pdf_form(document: Document, *, red_head: bool = False) -> bytes:
    """Return the document as PDF; ``red_head`` sets the issuer's name in red above a red line.

    The same document gives the same bytes. The only Chinese font is the one that the install brings;
    the standard's own are named before it and used where they are installed.

    Raises:
        ReportError: The font lacks a character.
    """
    files = {"main.typ": _TEMPLATE.read_bytes()}
    blocks = []
    for place, block in enumerate(document.blocks):
        blocks.append(_plain(block, f"{place}.svg"))
        if isinstance(block, Figure):
            files[f"{place}.svg"] = block.svg
    words = {**asdict(document), "blocks": blocks, "layout": _layout(), "red_head": red_head}
    files["document.json"] = holdable(json.dumps(words, ensure_ascii=False)).encode()
    fonts.check("".join(_texts(words)))
    return bytes(_compile(files, format="pdf", font_paths=[str(fonts.font_path().parent)], timestamp=0))


def picture_png(svg: bytes, ppi: float = 220) -> bytes:
    """Return a picture as PNG, for forms that hold no SVG."""
    return bytes(_compile({"main.typ": _PNG.encode(), "0.svg": svg}, format="png", ppi=ppi))


def _plain(block: Block, file: str) -> dict[str, Any]:
    """Return a block as JSON can hold it."""
    if isinstance(block, Figure):
        return {"block": "Figure", "file": file, "caption": block.caption, "alt": block.alt}
    words: dict[str, Any] = {"block": type(block).__name__, **asdict(block)}
    if isinstance(block, Grid):
        words["shares"] = official.widths_of(block.titles, block.kinds, block.rows)
    return words


def _layout() -> dict[str, Any]:
    return {
        "page": official.PAGE,
        "top": official.TOP,
        "bottom": official.BOTTOM,
        "left": official.LEFT,
        "right": official.RIGHT,
        "body": official.BODY,
        "title": official.TITLE,
        "number": official.PAGE_NUMBER,
        "table": official.TABLE,
        "tracking": official.TRACKING,
        "pitch": official.LINE_PITCH,
        "fonts": official.FONTS,
        "fallback": fonts.FAMILY,
    }


def _texts(words: Mapping[str, Any]) -> list[str]:
    """Return every text of a nested mapping."""
    found: list[str] = []
    stack: list[Any] = [words]
    while stack:
        part = stack.pop()
        if isinstance(part, str):
            found.append(part)
        elif isinstance(part, dict):
            stack.extend(part.values())
        elif isinstance(part, list | tuple):
            stack.extend(part)
    return found
