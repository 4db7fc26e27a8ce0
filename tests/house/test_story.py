"""The story in docs/from-workbook-to-bulletin.md runs as it stands there, and comes out as it says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STORY = ROOT / "docs" / "from-workbook-to-bulletin.md"


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """Run every block in order in one shell; what each printed, by its place."""
    here = tmp_path_factory.mktemp("story")
    shutil.copytree(ROOT / "data", here / "data", ignore=shutil.ignore_patterns("results"))
    shutil.copytree(ROOT / "notebooks", here / "notebooks")
    blocks = re.findall(r"```\n(.*?)```", STORY.read_text(encoding="utf-8"), flags=re.DOTALL)
    script = ["set -e"]
    for place, block in enumerate(blocks):
        script.append(f"echo '=== {place}'")
        script += [
            line.split("#")[0] + "|| [ $? -eq 1 ]" if line.endswith("# exit code 1") else line
            for line in block.splitlines()
        ]
    (here / "story.sh").write_text("\n".join(script), encoding="utf-8")
    path = str(Path(sys.executable).parent) + os.pathsep + os.environ["PATH"]
    done = subprocess.run(
        ["bash", "story.sh"], cwd=here, env=os.environ | {"PATH": path}, capture_output=True, text=True,
        check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return here, re.split(r"=== \d+\n", done.stdout)[1:]


def test_the_first_file_is_refused_for_the_cell_that_the_story_names(told):
    here, printed = told
    refused = next(text for text in printed if "退回" in text)
    assert " E4 " in refused
    assert "“十一月底” 不是日期" in refused
    assert (here / "承诺-退回.xlsx").is_file()


def test_the_mended_file_is_accepted_once(told):
    printed = "".join(told[1])
    assert "承诺2.csv：已收，回执 861；新增 2 行" in printed
    assert "没有变化" in printed


def test_the_checks_say_who_owed_what(told):
    printed = next(text for text in told[1] if "应报" in text)
    assert "公开承诺和落实情况台账" in printed
    assert "错误 0 处" in printed


def test_the_ledger_of_a_day_does_not_know_what_came_later(told):
    printed = next(text for text in told[1] if "截至 2012-12-03" in text)
    day, row = printed.split("U10-2012-901", 1)[0], printed
    assert "U10-2012-901" not in day
    assert "2012-11-12" in row  # Excel's 41225


def test_the_appeal_leads_to_a_table_of_corrections(told):
    printed = next(text for text in told[1] if "更正表" in text)
    assert "U10" in printed
    assert "申诉 1：核实记录属实" in printed
    assert "第 2 版" in printed


def test_everything_is_verified_to_the_byte(told):
    assert told[1][-1].rstrip().endswith("与发布时完全一致")
    assert "quarterly_bulletin-unit-internal.html 重新生成" in told[1][-1]
