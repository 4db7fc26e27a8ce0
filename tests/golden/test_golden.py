"""One quarter of the sample campaign at all levels, held to tables that a reviewer can read."""

from __future__ import annotations

import difflib
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from write import HERE, LEVELS, PERIOD, golden_text


@pytest.mark.parametrize("level", LEVELS)
def test_the_quarter_is_as_it_was(level):
    path = HERE / f"{PERIOD}-{level}.csv"
    expected = path.read_text(encoding="utf-8").splitlines()
    found = golden_text(level).splitlines()
    changes = list(difflib.unified_diff(expected, found, path.name, "now", lineterm="", n=0))
    assert not changes, "\n".join([*changes, "if this is meant: python tests/golden/write.py"])
