"""A run ends with a whole report, or with one message, the notebook marked and nothing that looks finished."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_notebook

from wbwz_eval.reporting import catalogue
from wbwz_eval.reporting.errors import ReportError
from wbwz_eval.reporting.run import run_report
from wbwz_eval.scoring.header import SYNTHETIC, TRIAL

NAME = "quarterly_bulletin"
NOTEBOOK = Path(__file__).parents[2] / "notebooks" / f"{NAME}.ipynb"
EVIL = "<script>alert(1)</script> **粗** $\\alpha$"


def outputs(path: Path) -> list[str]:
    cells = nbformat.read(path, as_version=4).cells
    return [
        output["data"]["text/html"]
        for cell in cells
        for output in cell.get("outputs", [])
        if "data" in output
    ]


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def broken(here, monkeypatch):
    """A report whose notebook fails in its second cell, the first having shown something."""
    cells = [
        new_code_cell(
            'campaign = ""\nperiod = ""\nlevel = ""\nedition = ""', metadata={"tags": ["parameters"]}
        ),
        new_code_cell("1 / 0"),
        new_code_cell("print('later')"),
    ]
    book = new_notebook(
        cells=cells,
        metadata={"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}},
    )
    (here / "notebooks").mkdir()
    nbformat.write(book, here / "notebooks" / "broken.ipynb")
    entry = catalogue.REPORTS[0]
    report = catalogue.Report("broken", "broken.ipynb", "坏通报", entry.kinds, entry.parameters)
    monkeypatch.setattr(catalogue, "REPORTS", (report,))


def test_a_report_is_one_page_and_its_notebook(here, small_campaign, capfd):
    campaign = small_campaign(note=EVIL)
    page = run_report(NAME, campaign, "2012-Q2")
    folder = Path("reports") / "small" / "2012-Q2"
    assert page == folder / f"{NAME}-unit-internal.html"
    assert sorted(path.name for path in folder.iterdir()) == [
        f"{NAME}-unit-internal.html",
        f"{NAME}-unit-internal.ipynb",
        f"{NAME}-unit-internal.report.json",
    ]
    html = page.read_text(encoding="utf-8")
    soup = BeautifulSoup(html, "html.parser")
    assert soup.html["lang"] == "zh-CN"
    for words in (
        "小活动",
        "2012年第二季度",
        "2012-07-06",
        "v1",
        f"{SYNTHETIC}·{TRIAL}",
        "乙站",
        "第三条",
        EVIL,
    ):
        assert words in soup.text
    # nothing from elsewhere, nothing that runs, no code
    assert not soup.find_all(["script", "link", "iframe", "object"])
    assert all(tag["src"].startswith("data:") and tag["alt"] for tag in soup.find_all("img"))
    assert not re.search(r"(?:src|href|url)\s*[=(]\s*[\"']?(?:https?:)?//", html)
    assert "open_report" not in soup.text
    executed = nbformat.read(page.with_suffix(".ipynb"), as_version=4)
    assert executed.metadata.papermill["output_path"] == page.with_suffix(".ipynb").name
    assert executed.metadata.papermill["input_path"] == f"notebooks/{NAME}.ipynb"
    # the same as with papermill alone
    plain = here / "plain.ipynb"
    command = [sys.executable, "-m", "papermill", str(NOTEBOOK), str(plain), "--no-progress-bar"]
    done = subprocess.run(
        [*command, "-p", "campaign", str(campaign), "-p", "period", "2012-Q2"],
        check=False,
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    assert outputs(plain) == outputs(page.with_suffix(".ipynb"))
    assert capfd.readouterr().out == ""


@pytest.mark.usefixtures("broken")
def test_a_failing_cell_leaves_its_notebook_and_nothing_finished(here, small_campaign):
    folder = here / "out"
    folder.mkdir()
    for name in ("broken-unit-internal.html", "broken-unit-internal.ipynb"):
        (folder / name).write_text("an earlier report", encoding="utf-8")
    with pytest.raises(ReportError) as caught:
        run_report("broken", small_campaign(), "2012-Q1", out=folder)
    assert "broken.ipynb 的单元格 In [3] 出错：ZeroDivisionError: division by zero" in str(caught.value)
    assert "broken-unit-internal.failed.ipynb" in str(caught.value)
    assert [path.name for path in folder.iterdir()] == ["broken-unit-internal.failed.ipynb"]
    kept = (folder / "broken-unit-internal.failed.ipynb").read_text(encoding="utf-8")
    assert "papermill-error-cell" in kept
    assert "later" not in outputs(folder / "broken-unit-internal.failed.ipynb")


def test_a_period_without_data_keeps_the_marked_notebook_and_says_why(here, small_campaign):
    with pytest.raises(ReportError) as caught:
        run_report(NAME, small_campaign(), "2012-Q4", out=here / "out")
    message = str(caught.value)
    assert message.count("没有任何数据") == 1
    assert "Traceback" not in message
    assert [path.name for path in (here / "out").iterdir()] == [f"{NAME}-unit-internal.failed.ipynb"]
    assert "papermill-error-cell" in (here / "out" / f"{NAME}-unit-internal.failed.ipynb").read_text(
        encoding="utf-8"
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"period": "2012-Q9"}, "不是期"),
        ({"period": "2012-03"}, "2012-03 是月"),
        ({"level": "units"}, "没有层级"),
        ({"edition": "secret"}, "secret"),
        ({"parameters": {"colour": "red"}}, "没有参数 “colour”"),
    ],
)
def test_what_is_asked_wrongly_is_told_before_anything_runs(here, small_campaign, change, message):
    with pytest.raises(ReportError, match=message):
        run_report(**{"name": NAME, "campaign": small_campaign(), "period": "2012-Q1"} | change)
    assert not (here / "reports").exists()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("-r", "period", "2012-Q9"), "“2012-Q9” 不是期"),
        (("-p", "period", "2012"), "参数 period 应为文字，得到的是 2012"),
    ],
)
@pytest.mark.usefixtures("here")
def test_papermill_alone_fails_in_one_message_too(small_campaign, given, message):
    command = [sys.executable, "-m", "papermill", str(NOTEBOOK), "out.ipynb", "--no-progress-bar"]
    done = subprocess.run(
        [*command, "-p", "campaign", str(small_campaign()), *given],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert message in done.stderr
    assert "wbwz_eval/reporting" not in done.stderr
    assert "papermill-error-cell" in Path("out.ipynb").read_text(encoding="utf-8")


def test_a_character_without_a_glyph_fails_the_report(here, small_campaign):
    with pytest.raises(ReportError, match=r"U\+20BB7"):
        run_report(NAME, small_campaign(names=("𠮷站", "乙站", "丙站", "丁站")), "2012-Q1", out=here / "out")
    assert [path.name for path in (here / "out").iterdir()] == [f"{NAME}-unit-internal.failed.ipynb"]
