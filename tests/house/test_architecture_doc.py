"""docs/architecture.md names the rooms that there are, in the order that is enforced, and files that exist."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PICTURE = (ROOT / "docs" / "architecture.svg").read_text(encoding="utf-8")
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
    "contracts"
]
LAYERS = next(each["layers"] for each in CONTRACTS if each["type"] == "layers")


def test_rooms_are_those_that_are_there_in_the_order_that_is_enforced():
    told = re.search(r"\*\*Rooms\.\*\* (.*)", PAGE)[1]
    rooms = [room for layer in LAYERS for room in layer.replace("wbwz_eval.", "wbwz_eval/").split(" | ")]
    assert re.findall(r"`(wbwz_eval/\w+)`", told) == rooms
    there = {f"wbwz_eval/{path.parent.name}" for path in (ROOT / "wbwz_eval").glob("*/__init__.py")}
    assert set(rooms) == there
    drawn = re.findall(r'<text x="40" y="\d+" font-weight="bold">([^<]*)</text>', PICTURE)
    assert drawn == [layer.replace("wbwz_eval.", "") for layer in LAYERS]


def test_what_it_names_exists():
    named = re.findall(r"`((?:wbwz_eval|notebooks|tests|benchmarks)/[\w./]*)`", PAGE)
    assert len(named) > 15
    for name in [*named, *(f"docs/{link}" for link in re.findall(r"\]\(([\w.]+)\)", PAGE))]:
        assert (ROOT / name).exists(), name
