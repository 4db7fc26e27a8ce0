"""Tiny notebooks, run by the warm engine and by papermill's own, and what of them must be the same."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import papermill
from nbformat.v4 import new_code_cell, new_notebook

from wbwz_eval.reporting.warm.engine import NAME

if TYPE_CHECKING:
    from nbformat import NotebookNode

KERNEL = {"name": "python3", "language": "python", "display_name": "Python 3"}
_OTHERWISE = {
    r"ipykernel_\d+/\d+": "ipykernel_N/N",
    r"0x[0-9a-f]{6,}": "0xADDRESS",
    r"用时 [\d.]+ 秒": "用时 N 秒",
}
"""What is another in each run: processes, addresses, and how long work took."""
GOES_ON = {"tags": ["raises-exception"]}


def book(path: Path, *cells: str, goes_on: bool = False) -> Path:
    """Write a notebook of code cells; ``goes_on`` after one that fails."""
    metadata = GOES_ON if goes_on else {}
    written = new_notebook(
        cells=[new_code_cell(cell, metadata=metadata) for cell in cells], metadata={"kernelspec": KERNEL}
    )
    nbformat.write(written, path)
    return path


def run(path: Path, *, engine: str | None = NAME, **how: Any) -> NotebookNode:
    """Run a notebook beside itself; what it became, also when it fails."""
    # under pytest ipykernel does not take up what is written past Python; and a
    # variable that differs from test to test starts another parent
    os.environ.pop("PYTEST_CURRENT_TEST", None)
    made = path.with_name(f"{path.stem}-{engine}.ipynb")
    try:
        papermill.execute_notebook(path, made, engine_name=engine, progress_bar=False, **how)
    except papermill.PapermillExecutionError as error:
        failed = nbformat.read(made, as_version=4)
        failed.metadata["raised"] = f"{error.ename}: {error.evalue}"
        return failed
    return nbformat.read(made, as_version=4)


def comparable(notebook: NotebookNode) -> dict[str, Any]:
    """Return a notebook without times, addresses, process ids and the cells' random ids."""
    for cell in notebook.cells:
        cell.pop("id", None)
        cell.metadata.pop("execution", None)
        for name in ("start_time", "end_time", "duration"):
            cell.metadata.get("papermill", {}).pop(name, None)
    for name in ("start_time", "end_time", "duration", "output_path"):
        notebook.metadata.papermill.pop(name, None)
    return _plain(notebook)


def texts(notebook: NotebookNode) -> list[str]:
    """Return what each code cell printed or returned, as text; tags of failing cells are not cells."""
    return [
        "".join(
            output.get("text") or output.get("data", {}).get("text/plain") or output.get("ename", "")
            for output in cell.outputs
        )
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, str):
        for pattern, name in _OTHERWISE.items():
            value = re.sub(pattern, name, value)
    return value
