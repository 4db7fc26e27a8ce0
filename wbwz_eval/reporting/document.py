"""What an executed notebook holds, as blocks: the one source of every form but the page itself."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wbwz_eval.reporting.errors import ReportError
from wbwz_eval.reporting.pieces import MIME

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from nbformat import NotebookNode

    from wbwz_eval.reporting.pieces import Piece

_HIDDEN = "notebook-only"
_MARKS = re.compile(r"[*_`]{1,3}([^*_`]+)[*_`]{1,3}")


@dataclass(frozen=True)
class Heading:
    """A heading: level 1 is 一、, level 2 what begins a unit's part; ``new_page`` before it."""

    text: str
    level: int
    new_page: bool = False


@dataclass(frozen=True)
class Paragraph:
    """A paragraph: ``lead`` begins it in bold; ``role`` is prose, note or warning."""

    text: str
    role: str = "prose"
    lead: str = ""


Text = tuple[str, str, bool]
"""A cell: its text, a smaller text below, whether it is strong."""


@dataclass(frozen=True)
class Grid:
    """A table, with the titles and kinds of its columns."""

    caption: str
    titles: tuple[str, ...]
    kinds: tuple[str, ...]
    rows: tuple[tuple[Text, ...], ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Figure:
    """A picture as SVG, with its caption."""

    svg: bytes
    caption: str
    alt: str


Block = Heading | Paragraph | Grid | Figure


@dataclass(frozen=True)
class Document:
    """A report as words, tables and pictures.

    Attributes:
        title, campaign, issuer, mark, warning: What stands at its head.
        facts: What it stands on: terms and what is said of them.
        blocks: The rest, in order.
    """

    title: str
    campaign: str
    issuer: str
    mark: str
    warning: str
    facts: tuple[tuple[str, str], ...]
    blocks: tuple[Block, ...]


def head_of(notebook: NotebookNode) -> Mapping[str, Any]:
    """Return what an executed notebook shows as its head; see :class:`.sections.header.Head`.

    Raises:
        ReportError: It shows none, so that nobody knows what it is.
    """
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {}).get(MIME)
            if data is not None and data["piece"] == "head":
                return dict(data)
    msg = "没有报告的标题：笔记本没有执行，或者不是报告"
    raise ReportError(msg)


def document_of(notebook: NotebookNode) -> Document:
    """Read an executed notebook.

    Raises:
        ReportError: see :func:`head_of`.
    """
    head = head_of(notebook)
    shown: list[Block | Mapping[str, Any]] = []
    for cell in notebook.cells:
        if _HIDDEN in cell.metadata.get("tags", []):
            continue
        if cell.cell_type == "markdown":
            shown += _prose(cell.source)
            continue
        outputs = (output.get("data", {}).get(MIME) for output in cell.get("outputs", []))
        shown += [data for data in outputs if data is not None]
    return _document(head, shown)


def document_of_pieces(sections: Sequence[tuple[str, Sequence[Piece]]]) -> Document:
    """Make a document of pieces, a head among them, each section with its heading (none where empty)."""
    shown: list[Block | Mapping[str, Any]] = []
    for heading, pieces in sections:
        shown += [Heading(heading, 1)] if heading else []
        shown += [piece.data() for piece in pieces]
    head = next(each for each in shown if isinstance(each, dict) and each["piece"] == "head")
    return _document(head, shown)


def _document(head: Mapping[str, Any], shown: Sequence[Block | Mapping[str, Any]]) -> Document:
    blocks: list[Block] = []
    for each in shown:
        if not isinstance(each, dict):
            blocks.append(each)  # type: ignore[arg-type]
        elif each["piece"] != "head":
            blocks += _blocks(each)
    return Document(
        head["title"],
        head["campaign"],
        head["issuer"],
        head["mark"],
        head["warning"],
        tuple((term, said) for term, said in head["facts"]),
        tuple(blocks),
    )


def _prose(source: str) -> Iterator[Block]:
    for part in filter(None, (part.strip() for part in source.split("\n\n"))):
        if part.startswith("#"):
            yield Heading(part.lstrip("#").strip(), 1)
        else:
            yield Paragraph(_MARKS.sub(r"\1", " ".join(part.split())))


def _blocks(data: Mapping[str, Any]) -> Iterator[Block]:
    match data["piece"]:
        case "prose":
            yield from (Paragraph(text, data["role"]) for text in data["paragraphs"])
        case "bullets":
            yield from (Paragraph(said, lead=lead) for lead, said in data["items"])
        case "table":
            yield Grid(
                data["caption"],
                tuple(column["title"] for column in data["columns"]),
                tuple(column["kind"] for column in data["columns"]),
                tuple(
                    tuple((cell["text"], cell["below"], cell["strong"]) for cell in row)
                    for row in data["rows"]
                ),
                tuple(data["notes"]),
            )
        case "picture":
            yield Figure(base64.b64decode(data["svg"]), data["caption"], data["alt"])
        case "sheet":
            yield Heading(data["title"], 2, new_page=True)
            for part in data["parts"]:
                yield from _blocks(part)
        case "stack":
            for part in data["parts"]:
                yield from _blocks(part)
