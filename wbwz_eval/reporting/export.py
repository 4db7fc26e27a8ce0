"""An executed notebook as one page that needs nothing else."""

from __future__ import annotations

from wbwz_eval.reporting import light_schema  # noqa: F401 - before nbformat is imported

# isort: split
import re
from functools import cache
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbconvert import HTMLExporter
from nbformat import v4

from wbwz_eval.reporting import fonts
from wbwz_eval.reporting.document import head_of

if TYPE_CHECKING:
    from nbformat import NotebookNode

_TEMPLATES = Path(__file__).parent / "templates"
_EXPORTER: Any = HTMLExporter  # nbconvert carries no types
_FONT = "{{wbwz-font}}"
# what is not letters on the page: tags, with the data of pictures in them
_TAG = re.compile(r"<(?:style|script)\b.*?</(?:style|script)>|<[^>]*>", re.DOTALL | re.IGNORECASE)


def page(notebook: NotebookNode) -> str:
    """Render an executed notebook as HTML: inputs hidden, fonts and pictures within, no scripts.

    What it says at its head that it stands on is at the head and foot of every printed page.

    Raises:
        ReportError: it shows no head, or the page has a character that the font lacks.
    """
    head = head_of(notebook)
    lines = {name: str(head[name]) for name in ("title", "running", "campaign", "mark")}
    resources = {"report": lines | {"form": "compact" if head["compact"] else "full", "font": _FONT}}
    html, _ = _exporter().from_notebook_node(notebook, resources=resources)
    return html.replace(_FONT, fonts.subset_woff(visible(html) + "".join(lines.values()) + _PAGE_NUMBERS), 1)


@cache
def _exporter() -> Any:
    """Return the exporter, one for a process: its templates are read and compiled once."""
    exporter = _EXPORTER(
        template_name="bulletin",
        extra_template_basedirs=[str(_TEMPLATES)],
        exclude_input=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
    )
    exporter.register_filter("css_string", _css_string)
    return exporter


def warm() -> None:
    """Do once, in a process that will be forked, what each page would do again."""
    lines = dict.fromkeys(("title", "running", "campaign", "mark", "font"), "") | {"form": "full"}
    nodes: Any = v4
    shown = nodes.new_output("display_data", {"text/html": "", "text/plain": ""})
    empty = nodes.new_notebook(
        cells=[nodes.new_markdown_cell("# 页"), nodes.new_code_cell("", outputs=[shown])]
    )
    _exporter().from_notebook_node(empty, resources={"report": lines})
    fonts.warm()


_PAGE_NUMBERS = "第共页/0123456789"


def visible(html: str) -> str:
    """Return the text of a page as a reader sees it."""
    return unescape(_TAG.sub("", html))


def _css_string(text: str) -> str:
    """Return a text as a CSS string; everything but letters and digits is escaped."""
    return '"' + "".join(c if c.isalnum() else f"\\{ord(c):06x}" for c in text) + '"'
