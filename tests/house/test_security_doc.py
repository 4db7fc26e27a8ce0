"""Each threat in the list names the test that stands against it, and that test is there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in TEXT.splitlines()
    if line.startswith("| ") and not line.startswith("| threat ")
]
NAMED = sorted({name for row in ROWS for name in re.findall(r"`([^`]+)`", row[-1])})


@cache
def collected(path: str) -> set[str]:
    """Return the tests that pytest would collect from a file."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {
        node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:40])
def test_a_threat_has_something_against_it_and_a_test(row):
    assert len(row) == 3
    assert all(row)
    assert re.fullmatch(r"`tests/[^`]+::test_\w+`(, `tests/[^`]+::test_\w+`)*", row[2]), row[2]


def test_no_threat_stands_there_twice():
    threats = [row[0] for row in ROWS]
    assert len(threats) == len(set(threats))
    assert len(threats) > 40


@pytest.mark.parametrize("name", NAMED)
def test_a_named_test_is_there(name):
    path, _, function = name.partition("::")
    assert (ROOT / path).is_file(), path
    assert function in collected(path), name
