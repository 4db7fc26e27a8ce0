"""docs/手册.md: what stands there to be typed is typed, in order, and comes out as it says.

The two servers that it starts (``wbwz lab``, ``wbwz app``) are run by tests/browser/test_lab.py and
tests/browser/test_lab_app.py.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
MANUAL = (ROOT / "docs" / "手册.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```([^\n]*)\n(.*?)^```$", MANUAL, flags=re.DOTALL | re.MULTILINE)
MADE = re.compile(r"加在 (\S+) (?:末尾|的 (\S+) 之后)")


def commands(kind: str) -> list[str]:
    """Return the lines of all blocks of a kind."""
    return [line for own, block in BLOCKS if own == kind for line in block.splitlines()]


def script() -> str:
    """Return the manual as one shell script: commands, and the lines that it says to add to a file."""
    lines = ["set -e"]
    for place, (kind, block) in enumerate(BLOCKS):
        lines.append(f"echo '=== {place}'")
        if kind == "sh":
            for line in block.splitlines():
                command, _, said = line.partition("  # ")
                code = 1 if said == "exit code 1" else 0
                lines.append(f"set +e; {command} 2>&1; [ $? -eq {code} ] || exit 9; set -e")
        elif found := MADE.fullmatch(kind):
            path, after = found.groups()
            put = (
                f"cat added.{place} >> {path}"
                if after is None
                else f"sed -i '/^{after}$/r added.{place}' {path}"
            )
            lines.append(put)
    return "\n".join(lines)


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """Run all of it in a copy; what each block printed, by its place."""
    here = tmp_path_factory.mktemp("manual")
    for name in ("data", "notebooks"):
        shutil.copytree(ROOT / name, here / name, ignore=shutil.ignore_patterns("results"))
    for place, (kind, block) in enumerate(BLOCKS):
        if MADE.fullmatch(kind):
            (here / f"added.{place}").write_text(block, encoding="utf-8")
    (here / "manual.sh").write_text(script(), encoding="utf-8")
    environment = os.environ | {"PATH": str(Path(sys.executable).parent) + os.pathsep + os.environ["PATH"]}
    done = subprocess.run(
        ["bash", "manual.sh"],
        cwd=here,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    parts = re.split(r"^=== (\d+)\n", done.stdout, flags=re.MULTILINE)
    return here, {int(place): text for place, text in zip(parts[1::2], parts[2::2], strict=True)}


def test_it_has_commands_of_every_kind():
    assert len(commands("sh")) > 25
    assert {kind.split()[0] for kind, _ in BLOCKS} == {"sh", "text", "linux", "windows", "server", "加在"}


def test_what_it_quotes_is_printed(told):
    _, printed = told
    quoted = [(place, block) for place, (kind, block) in enumerate(BLOCKS) if kind == "text"]
    assert quoted
    for place, block in quoted:
        # of the commands just above
        said = "".join(printed[place - 1].split())
        for line in block.splitlines():
            assert "".join(line.split()) in said, (line, printed[place - 1][-2000:])


def test_what_it_says_is_there_afterwards(told):
    here, printed = told
    assert list((here / "templates").glob("U10*.xlsx"))
    folder = here / "reports" / "wbwz-2011" / "2012-Q3"
    assert (folder / "quarterly_bulletin-unit-public.docx").is_file()
    assert (here / "status.html").is_file()
    assert list((here / "schedule").glob("*.cron"))
    assert (here / "outbox" / "wbwz-2011").is_dir()
    assert "某新区" in "".join(printed.values())
    assert (here / "data" / "wbwz-2011" / "frozen" / "2012-Q4").is_dir()


def test_installation_and_servers_are_things_that_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for line in commands("linux"):
        assert re.search(rf"^{line.removeprefix('make ')}:", makefile, flags=re.MULTILINE), line
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert f"conda activate {environment['name']}" in commands("windows")
    names = [
        line.split()[1] for line in (*commands("windows"), *commands("server")) if line.startswith("wbwz ")
    ]
    done = subprocess.run(
        [str(Path(sys.executable).parent / "wbwz"), "--help"], capture_output=True, text=True, check=True
    )
    for name in names:
        assert f" {name} " in done.stdout, name
