"""The commands around the methodology as an office and a committee meet them."""

from __future__ import annotations

import io
import json
import re
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass

import pytest
from openpyxl import load_workbook
from support import COMMITTEE

from wbwz_eval import open_campaign
from wbwz_eval.cli import main
from wbwz_eval.scoring.methodology_file import load_methodology

FIRST = "2023-inferred"


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


def wbwz(*arguments):
    """Run the command in this process: what a process of its own adds is tested in test_cli.py."""
    out, err = io.StringIO(), io.StringIO()
    words = ["wbwz", "methodology", *map(str, arguments)]
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", words)
        with pytest.raises(SystemExit) as end:
            main()
    return Done(int(end.value.code or 0), out.getvalue(), err.getvalue())


@pytest.fixture
def folder(panjin_copy):
    path = panjin_copy / "campaign.yaml"
    path.write_text(path.read_text(encoding="utf-8") + COMMITTEE, encoding="utf-8")
    return panjin_copy


def test_from_a_change_to_a_decision(folder):
    """The office makes a version with a mistake on the way, the committee decides, the list shows it."""
    wrong = wbwz("change", folder, FIRST, "2023-v2", "--set", "levels.district.tree.satisfied.points=50")
    assert wrong.returncode == 1
    assert "合计 120" in wrong.stderr
    assert not (folder / "methodology" / "2023-v2.yaml").exists()
    made = wbwz(
        "change", folder, FIRST, "2023-v2", "--weight", "district.satisfied=50", "--why", "群众满意优先"
    )
    assert made.returncode == 0, made.stderr
    # 70 parts for closed 20, callback 25, feedback 25 become 50 parts
    for said in (
        "满意率（satisfied）的分值由 30 改为 50",
        "办结率（closed）的分值由 20 改为 14.2857",
        "改 4 处，未批准",
    ):
        assert said in made.stdout
    text = (folder / "methodology" / "2023-v2.yaml").read_text(encoding="utf-8")
    assert text.startswith("# 由 2023-inferred 改出：群众满意优先\n")
    again = wbwz("change", folder, FIRST, "2023-v2", "--weight", "district.satisfied=50")
    assert "版本 2023-v2 已经有了；已有的版本不改" in again.stderr

    assert "还没有提出" in wbwz("decide", folder, "2023-v2", "--for", "甲某", "--document", "一号").stderr
    asked = wbwz(
        "propose", folder, "2023-v2", "--by", "王某", "--reason", "群众满意优先", "--on", "2023-05-04"
    )
    assert "2023-v2 已由 王某 提出" in asked.stdout
    assert wbwz("comment", folder, "2023-v2", "--by", "李某", "--text", "同意").returncode == 0
    twice = wbwz("decide", folder, "2023-v2", "--for", "甲某", "--against", "甲某", "--document", "一号")
    assert "甲某 投了两次票" in twice.stderr
    few = wbwz(
        "decide", folder, "2023-v2", "--for", "甲某", "--document", "一号", "--effective", "2023-04-01"
    )
    assert "至少 2 人表决，实到 1 人；没有作决定" in few.stderr
    voices = ("--for", "甲某", "--for", "乙某", "--abstain", "丙某")
    decided = wbwz("decide", folder, "2023-v2", *voices, "--document", "一号", "--effective", "2023-04-01")
    assert decided.returncode == 0, decided.stderr
    assert "批准，自 2023-04-01 起生效：应到 3 人，实到 3 人，赞成 2、反对 0、弃权 1" in decided.stdout
    record = wbwz("record", folder, "2023-v2").stdout.splitlines()
    assert [line.split()[1] for line in record] == ["提出", "意见", "决定"]
    listed = wbwz("list", folder).stdout
    assert "未提出" in listed
    assert "2023-04-01" in listed


def test_a_refusal_ends_with_an_exit_code(folder):
    wbwz("propose", folder, FIRST, "--by", "王某", "--reason", "试行")
    voices = ("--for", "甲某", "--against", "乙某", "--against", "丙某")
    refused = wbwz("decide", folder, FIRST, *voices, "--document", "一号")
    assert refused.returncode == 1
    assert "未获通过" in refused.stdout
    assert "未获通过" in wbwz("list", folder).stdout


def test_diff_takes_two_files_and_every_format(sample):
    folder = sample.path / "methodology"
    first, second = folder / "2011-v1.yaml", folder / "2012-v2.yaml"
    said = wbwz("diff", first, second)
    assert "1. 办法的标题由" in said.stdout
    assert "事业单位：比服务（F）的权重由 20 改为 25" in said.stdout
    rows = json.loads(wbwz("diff", first, second, "--format", "json").stdout)
    assert {row["place"] for row in rows} >= {"levels.unit.tree.F.weight", "indicators.F1.rule.minus"}
    assert "除版本名外没有区别" in wbwz("diff", first, first).stdout
    gone = wbwz("diff", first, folder / "2012-v3.yaml")
    assert gone.returncode == 1
    assert "没有办法文件" in gone.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--set", "indicators.closed.rule.targt=90"), "不认识的键 “targt”"),
        (("--set", "display"), "写法不对；应为 位置=值"),
        (("--set", "display=[1"), "的值读不出来"),
        (("--weight", "satisfied=50"), "写法不对；应为 层级.节点=权重"),
        (("--weight", "district.satisfed=50"), "satisfed.*没有这个节点；?;?应为 satisfied"),
        (("--remove", "indicators.none"), "没有 indicators.none"),
        ((), "没有要改的"),
    ],
)
def test_a_change_that_cannot_be_is_told(panjin_copy, arguments, said):
    done = wbwz("change", panjin_copy, FIRST, "2023-v2", *arguments)
    assert done.returncode == 1
    assert re.search(said, done.stderr), done.stderr
    assert not (panjin_copy / "methodology" / "2023-v2.yaml").exists()


def test_members_judge_the_weights_and_a_version_comes_out(folder, tmp_path):
    """Budgets of three members: 满意率 gets 40, 50 and 60, so 50; the others by hand likewise."""
    sheets = tmp_path / "sheets"
    assert "已生成 3 份定权表" in wbwz("sheets", folder, FIRST, "--level", "district", "--out", sheets).stdout
    budgets = {"甲某": (20, 40, 20, 20), "乙某": (10, 50, 20, 20), "丙某": (0, 60, 20, 20)}
    paths = {name: next(sheets.glob(f"*{name}.xlsx")) for name in budgets}
    for name, points in budgets.items():
        book = load_workbook(paths[name])
        for row, value in enumerate(points, 2):
            book["预算分配"][f"C{row}"] = value
        book.save(paths[name])
    method = load_methodology(open_campaign(folder).version_path(FIRST), open_campaign(folder))
    assert list(method.levels["district"].tree)[:2] == ["closed", "satisfied"]
    asked = ("weights", folder, FIRST, "--level", "district", "--method", "budget")
    done = wbwz(*asked, "--sheet", sheets, "--propose-as", "2023-v2")
    assert done.returncode == 0, done.stderr
    for said in ("预算分配法", "Kendall W", "50.00", "新版本已写入"):
        assert said in done.stdout
    found = load_methodology(open_campaign(folder).version_path("2023-v2"), open_campaign(folder))
    assert {name: float(node.share) for name, node in found.levels["district"].tree.items()} == {
        "closed": 10.0,
        "satisfied": 50.0,
        "callback": 20.0,
        "feedback": 20.0,
    }
    paths["丙某"].unlink()
    missing = wbwz(*asked, "--sheet", sheets)
    assert missing.returncode == 1
    assert "丙某" in missing.stderr
    assert "空表用 wbwz methodology sheets 生成" in wbwz(*asked).stderr
    assert "应为 budget" in wbwz(*asked[:-1], "budge").stderr


def test_weights_from_data_need_a_period_and_tell_what_is_constant(panjin_copy):
    asked = ("weights", panjin_copy, FIRST, "--level", "district", "--method", "critic")
    assert "要写明用哪一期" in wbwz(*asked).stderr
    # 按时反馈率 is 100 for all six districts
    told = wbwz(*asked, "--period", "term")
    assert told.returncode == 1
    assert "按时反馈率" in told.stderr


def test_backtest_prints_who_moves_and_what_is_needed_no_more(sample):
    tried = wbwz("backtest", sample.path, "2012-v2", "--level", "unit")
    assert tried.returncode == 0, tried.stderr
    for said in ("2011年第三季度", "次序一致", "不再要", "服务事项清单"):
        assert said in tried.stdout
    assert "应为 2011-v1" in wbwz("backtest", sample.path, "2011-v9").stderr


def test_robustness_prints_places_the_same_for_a_seed(panjin):
    drawn = ("robustness", panjin.path, "term", "--level", "district", "--draws", 100, "--seed", 3)
    once, twice = (wbwz(*drawn, "--format", "csv").stdout for _ in range(2))
    assert once == twice
    assert once.splitlines()[0].startswith("entity_id,name,group")
    assert len(once.splitlines()) == 1 + 6
    assert "九成区间" in wbwz(*drawn).stdout
    assert wbwz(*drawn[:5], "--draws", 5).returncode == 2
