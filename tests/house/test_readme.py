"""Every command that the README shows runs as it stands there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def _commands():
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", README, flags=re.DOTALL | re.MULTILINE)
    plain = [block for language, block in blocks if not language]
    lines = [line.split("#")[0].strip() for block in plain for line in block.splitlines()]
    return [line for line in lines if line.startswith(("wbwz ", "papermill "))]


def test_the_readme_shows_commands():
    shown = " ".join(_commands())
    for word in ("wbwz score", "wbwz explain", "wbwz evaluate", "wbwz report", "papermill"):
        assert word in shown


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A folder as a reader of the README has it, in which one command follows the other."""
    folder = tmp_path_factory.mktemp("clone")
    for name in ("data", "notebooks"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("results"))
    return folder


@pytest.mark.parametrize("command", _commands())
def test_a_shown_command_runs(command, clone):
    folder = str(Path(sys.executable).parent)
    environment = os.environ | {"PATH": folder + os.pathsep + os.environ["PATH"]}
    done = subprocess.run(
        command.split(),
        cwd=clone,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr


def test_the_make_targets_that_it_names_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"make (\w+)", README):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target


def test_the_files_that_it_links_exist():
    for link in re.findall(r"\]\(([^)]+)\)", README):
        assert (ROOT / link).exists(), link
