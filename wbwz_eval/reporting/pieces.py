"""What a section of a report is made of; each piece shows itself in a notebook.

Everything that reaches HTML passes through ``escape``: text from a ledger
stays text, whatever markup it looks like. The class names on the outermost
element tell notebooks not to read it as mathematics either.
"""

from __future__ import annotations

import base64
from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from wbwz_eval.reporting.plain_text import escape

if TYPE_CHECKING:
    from collections.abc import Sequence

MIME = "application/vnd.wbwz.piece+json"

_PLAIN_TEXT = "tex2jax_ignore mathjax_ignore"


class Piece(ABC):
    """Something that a notebook can show: as HTML, or as text where there is none."""

    @abstractmethod
    def html(self) -> str:
        """Return the piece as HTML."""

    @abstractmethod
    def text(self) -> str:
        """Return the piece as plain text."""

    @abstractmethod
    def data(self) -> dict[str, Any]:
        """Return the piece as plain data, of which every other form is made."""

    def _repr_html_(self) -> str:
        return f'<div class="piece {_PLAIN_TEXT}">{self.html()}</div>'

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        del include, exclude
        return {
            "text/html": self._repr_html_(),
            "text/plain": self.text(),
            MIME: self.data(),
        }

    def __repr__(self) -> str:
        """Return the plain text."""
        return self.text()


@dataclass(frozen=True, repr=False)
class Prose(Piece):
    """Paragraphs; with ``role`` "note" in small print, with "warning" set off."""

    paragraphs: tuple[str, ...]
    role: Literal["prose", "note", "warning"] = "prose"

    def html(self) -> str:
        """Return one ``p`` for each paragraph."""
        return "".join(f'<p class="{self.role}">{escape(each)}</p>' for each in self.paragraphs)

    def text(self) -> str:
        """Return the paragraphs, one a line."""
        return "\n".join(self.paragraphs)

    def data(self) -> dict[str, Any]:
        """Return role and paragraphs."""
        return {"piece": "prose", "role": self.role, "paragraphs": list(self.paragraphs)}


@dataclass(frozen=True, repr=False)
class Bullets(Piece):
    """A list of findings: each a head and a sentence."""

    items: tuple[tuple[str, str], ...]

    def html(self) -> str:
        """Return a list."""
        items = "".join(
            f"<li><strong>{escape(head)}</strong><span>{escape(said)}</span></li>"
            for head, said in self.items
        )
        return f'<ul class="findings">{items}</ul>'

    def text(self) -> str:
        """Return one line for each item."""
        return "\n".join(f"· {head} {said}" for head, said in self.items)

    def data(self) -> dict[str, Any]:
        """Return heads and sentences."""
        return {"piece": "bullets", "items": [list(item) for item in self.items]}


@dataclass(frozen=True)
class Cell:
    """A cell: its text, a smaller second line, and how dark it is (0-1)."""

    text: str
    below: str = ""
    shade: float = 0.0
    strong: bool = False


@dataclass(frozen=True)
class Column:
    """A column: its title; numbers stand to the right, ``wide`` text may break, ``long`` text will."""

    title: str
    kind: Literal["text", "number", "wide", "long"] = "text"


@dataclass(frozen=True, repr=False)
class Table(Piece):
    """A table with a caption.

    The cell in column ``head`` names its row; ``even`` columns are alike in
    width, so that tables one under the other line up.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    head: int = 0
    even: bool = False

    def html(self) -> str:
        """Return a ``table`` inside a container that scrolls where the page is narrow."""
        caption = escape(self.caption)
        heads = "".join(
            f'<th scope="col" class="{column.kind}">{escape(column.title)}</th>' for column in self.columns
        )
        rows = "".join(f"<tr>{self._row(row)}</tr>" for row in self.rows)
        notes = "".join(f'<p class="note">{escape(note)}</p>' for note in self.notes)
        return (
            f'<div class="scroll" role="group" aria-label="{caption}" tabindex="0">'
            f'<table class="{"even" if self.even else "free"}">'
            f"<caption>{caption}</caption><thead><tr>{heads}</tr></thead>"
            f"<tbody>{rows}</tbody></table></div>{notes}"
        )

    def _row(self, row: Sequence[Cell]) -> str:
        return "".join(
            _cell_html(cell, column, names_row=index == self.head)
            for index, (cell, column) in enumerate(zip(row, self.columns, strict=True))
        )

    def text(self) -> str:
        """Return the table with tabs between cells."""
        lines = [self.caption, "\t".join(column.title for column in self.columns)]
        lines += ["\t".join(" ".join(filter(None, (c.text, c.below))) for c in row) for row in self.rows]
        return "\n".join([*lines, *self.notes])

    def data(self) -> dict[str, Any]:
        """Return caption, columns, rows of cells and notes."""
        return {
            "piece": "table",
            "caption": self.caption,
            "columns": [asdict(column) for column in self.columns],
            "rows": [[asdict(cell) for cell in row] for row in self.rows],
            "notes": list(self.notes),
        }


def _cell_html(cell: Cell, column: Column, *, names_row: bool) -> str:
    inner = escape(cell.text)
    if cell.strong:
        inner = f"<strong>{inner}</strong>"
    if cell.below:
        inner += f'<span class="below">{escape(cell.below)}</span>'
    # one hue, from white to a grey that black text stands out on: reads the same without colour
    style = f' style="background:rgb({_tint(cell.shade)})"' if cell.shade > 0 else ""
    tag = 'th scope="row"' if names_row else "td"
    return f'<{tag} class="{column.kind}"{style}>{inner}</{tag.split(maxsplit=1)[0]}>'


def _tint(shade: float) -> str:
    dark = (150, 176, 205)
    return ",".join(str(round(255 - shade * (255 - channel))) for channel in dark)


@dataclass(frozen=True, repr=False)
class Picture(Piece):
    """A figure as SVG, with its caption and what it says for those who do not see it."""

    svg: bytes
    alt: str
    caption: str

    def html(self) -> str:
        """Return a ``figure`` that carries its picture within itself."""
        data = base64.b64encode(self.svg).decode("ascii")
        return (
            f'<figure><img src="data:image/svg+xml;base64,{data}" alt="{escape(self.alt)}">'
            f"<figcaption>{escape(self.caption)}</figcaption></figure>"
        )

    def text(self) -> str:
        """Return caption and description."""
        return f"{self.caption}：{self.alt}"

    def data(self) -> dict[str, Any]:
        """Return the picture and its words."""
        svg = base64.b64encode(self.svg).decode("ascii")
        return {"piece": "picture", "svg": svg, "alt": self.alt, "caption": self.caption}


@dataclass(frozen=True, repr=False)
class Sheet(Piece):
    """Parts that begin a page of their own when printed, under a heading."""

    title: str
    parts: tuple[Piece, ...]

    def html(self) -> str:
        """Return a ``section``."""
        inner = "".join(part.html() for part in self.parts)
        return f'<section class="sheet"><h3>{escape(self.title)}</h3>{inner}</section>'

    def text(self) -> str:
        """Return title and parts."""
        return "\n\n".join([self.title, *(part.text() for part in self.parts)])

    def data(self) -> dict[str, Any]:
        """Return title and parts."""
        return {"piece": "sheet", "title": self.title, "parts": [part.data() for part in self.parts]}


@dataclass(frozen=True, repr=False)
class Stack(Piece):
    """Pieces one under the other."""

    parts: tuple[Piece, ...]

    def html(self) -> str:
        """Return the parts in order."""
        return "".join(part.html() for part in self.parts)

    def text(self) -> str:
        """Return the parts in order."""
        return "\n\n".join(part.text() for part in self.parts)

    def data(self) -> dict[str, Any]:
        """Return the parts."""
        return {"piece": "stack", "parts": [part.data() for part in self.parts]}
