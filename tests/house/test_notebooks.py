"""Report notebooks are thin: parameters, calls and prose; nothing computed, nothing committed."""

from __future__ import annotations

import ast
from pathlib import Path

import nbformat
import pytest

from wbwz_eval.reporting.catalogue import REPORTS

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
BANNED = (
    ast.FunctionDef,
    ast.ClassDef,
    ast.Lambda,
    ast.For,
    ast.While,
    ast.If,
    ast.IfExp,
    ast.Try,
    ast.comprehension,
)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_report_notebook_is_thin_and_clean(path):
    book = nbformat.read(path, as_version=4)
    nbformat.validate(book)
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    for cell in code:
        assert cell.outputs == []
        assert cell.execution_count is None
        for node in ast.walk(ast.parse(cell.source)):
            assert not isinstance(node, BANNED), (ast.unparse(node), cell.source)
    tagged = [cell for cell in code if "parameters" in cell.metadata.get("tags", [])]
    assert len(tagged) == 1
    assert any(cell.cell_type == "markdown" for cell in book.cells)


def test_there_is_a_notebook_for_each_report():
    assert {report.notebook for report in REPORTS} == {path.name for path in NOTEBOOKS}
