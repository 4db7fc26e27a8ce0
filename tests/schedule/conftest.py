"""Folders whose names have everything that has to be quoted, and an interpreter in one of them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from awkward_names import AWKWARD, AWKWARD_PROGRAM

sys.path.insert(0, str(Path(__file__).parents[1] / "due"))


@pytest.fixture
def awkward(tmp_path: Path) -> Path:
    """A folder that is hard to name."""
    folder = tmp_path / AWKWARD
    folder.mkdir()
    return folder


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """An interpreter in such a folder, with what this one has."""
    folder = tmp_path / AWKWARD_PROGRAM
    (folder / "bin").mkdir(parents=True)
    own = Path(sys.prefix)
    for name in ("lib", "share"):
        (folder / name).symlink_to(own / name)
    (folder / "pyvenv.cfg").write_bytes((own / "pyvenv.cfg").read_bytes())
    program = folder / "bin" / "python"
    program.symlink_to(os.path.realpath(sys.executable))
    return program


@pytest.fixture
def written(awkward: Path, python: Path):
    """Let ``wbwz schedule`` write into such a folder; returns what it said."""

    def write(campaign: Path, *options: object) -> str:
        command = [python, "-m", "wbwz_eval.cli", "schedule", campaign, *options]
        done = subprocess.run(
            [str(word) for word in command],
            cwd=awkward,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return write
