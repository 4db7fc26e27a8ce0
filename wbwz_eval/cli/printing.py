"""Tables on the terminal, or in a pipe."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_PIPE_WIDTH = 200


def print_rows(title: str, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table; long text is folded, never cut."""
    out = Table(title=title, title_justify="left")
    for head in heads:
        out.add_column(str(head), overflow="fold")
    for row in rows:
        out.add_row(*[escape(str(cell)) for cell in row])
    Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH).print(out)
