"""The ways of running a notebook that ``reports.py`` compares; imported by each of their processes."""

from __future__ import annotations

import ast
import io
import json
import subprocess
import sys
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wbwz_eval.reporting.making import Plan


def by_command(source: Path, target: Path, values: Mapping[str, object]) -> None:
    """Run papermill's own command, then nbconvert's."""
    # -r is text, -p is read as YAML
    kinds = {name: "-r" if isinstance(value, str) else "-p" for name, value in values.items()}
    given = [word for name, value in values.items() for word in (kinds[name], name, str(value))]
    papermill = [sys.executable, "-m", "papermill", str(source), str(target), "--no-progress-bar"]
    subprocess.run([*papermill, *given], check=True, capture_output=True)  # noqa: S603
    convert = [sys.executable, "-m", "nbconvert", "--to", "html", str(target)]
    subprocess.run(convert, check=True, capture_output=True)  # noqa: S603


def by_papermill(
    source: Path, target: Path, values: Mapping[str, object], engine: str | None = None, **how: Any
) -> None:
    """Run papermill and nbconvert in this process; the kernel is papermill's, or an engine's."""
    import papermill  # noqa: PLC0415 - not in every process

    made = papermill.execute_notebook(
        source, target, dict(values), engine_name=engine, progress_bar=False, **how
    )
    html, _ = exporter().from_notebook_node(made)
    target.with_suffix(".html").write_text(html, encoding="utf-8")


def by_forked(source: Path, target: Path, values: Mapping[str, object]) -> None:
    """Run papermill with our engine and nbconvert, in a forked child."""
    by_papermill(source, target, values, engine="wbwz-warm", save_cells=False)


def by_ploomber(source: Path, target: Path, values: Mapping[str, object]) -> None:
    """Run ploomber-engine and nbconvert in this process."""
    from ploomber_engine import execute_notebook  # noqa: PLC0415 - only in an environment of its own

    made = execute_notebook(
        source, target, parameters=dict(values), progress_bar=False, log_output=False, verbose=False
    )
    html, _ = exporter().from_notebook_node(made)
    target.with_suffix(".html").write_text(html, encoding="utf-8")


@cache
def exporter() -> Any:
    """Return nbconvert's own exporter, one for a process."""
    from nbconvert import HTMLExporter  # noqa: PLC0415 - not in every process

    return HTMLExporter()


def warm() -> None:
    """Do before forking what each page would do again."""
    from nbformat.v4 import new_code_cell, new_notebook  # noqa: PLC0415 - not in every process

    exporter().from_notebook_node(new_notebook(cells=[new_code_cell("")]))


def plainly(source: Path, values: Mapping[str, object], *, twice: bool = False) -> int:
    """Run the cells in this very process, and draw what they show; returns how many bytes that is.

    This is what a notebook's own work costs: no kernel, no messages, no notebook, no page. ``twice``:
    each figure of pyplot is drawn before it is saved, as pyplot does after every cell of a notebook.
    """
    import matplotlib.pyplot as plt  # noqa: PLC0415 - not in every process

    space: dict[str, Any] = {"__name__": "__main__", "display": _shown}
    shown = 0
    for cell in json.loads(source.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] != "code":
            continue
        parts = ast.parse("".join(cell["source"])).body
        last = parts.pop() if parts and isinstance(parts[-1], ast.Expr) else None
        exec(compile(ast.Module(parts, []), "<cell>", "exec"), space)  # noqa: S102 - the benchmark's own cells
        if last is not None:
            shown += _shown(eval(compile(ast.Expression(last.value), "<cell>", "eval"), space))  # noqa: S307
        for number in plt.get_fignums():
            if twice:
                plt.figure(number).canvas.draw()
            drawn = io.BytesIO()
            plt.figure(number).savefig(drawn, format="png", bbox_inches="tight")
            shown += drawn.tell()
        plt.close("all")
        if "parameters" in cell["metadata"].get("tags", []):
            space.update(values)
    return shown


def _shown(value: Any) -> int:
    for name in ("_repr_mimebundle_", "_repr_html_"):
        represent = getattr(value, name, None)
        if represent is not None and (made := represent()) is not None:
            return len(str(made))
    return 0 if value is None else len(repr(value))


def parts(planned: Plan, folder: Path) -> list[tuple[str, float]]:
    """Return the steps of one report, each with the second at which it began."""
    from wbwz_eval.reporting.making import make  # noqa: PLC0415 - not in every process

    started, marks = time.monotonic(), []
    make(planned, folder, lambda step: marks.append((step, time.monotonic() - started)))
    return [*marks, ("", time.monotonic() - started)]
