"""Files that nobody should send: a clear refusal, or texts taken literally; never a hang or a crash."""

from __future__ import annotations

import csv
import io
import os
import re
import resource
import signal
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl
import pytest
from support import bare_copy, hand_in

from wbwz_eval import open_campaign
from wbwz_eval.campaign.exports import ledger_table
from wbwz_eval.campaign.grid import UnreadableError
from wbwz_eval.campaign.received_file import read_received
from wbwz_eval.campaign.safe_text import guarded
from wbwz_eval.campaign.submit import Desk, Handing

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
SECONDS, BYTES = 10, 1 << 30
SHEET = "xl/worksheets/sheet1.xml"
HEAD = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
TAIL = b"</sheetData></worksheet>"


def workbook() -> bytes:
    book = openpyxl.Workbook()
    book.active.append(["行号", "截至日期", "办结率"])
    book.active.append(["R1", "2023-04-30", 98])
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def with_part(name: str, content: bytes) -> bytes:
    """Return the workbook with one part replaced."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook())) as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package,
    ):
        for part in source.namelist():
            if part != name:
                package.writestr(part, source.read(part))
        package.writestr(name, content)
    return target.getvalue()


def rows(count: int) -> bytes:
    cells = b"".join(b'<row r="%d"><c><v>1</v></c></row>' % number for number in range(1, count + 1))
    return with_part(SHEET, HEAD + cells + TAIL)


def locked_by_reader(data: bytes) -> bytes:
    """Return a package that says its parts are encrypted."""
    changed = bytearray(data)
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        for found in re.finditer(re.escape(mark), data):
            changed[found.start() + flags] |= 1
    return bytes(changed)


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "a bomb of blanks": (lambda: with_part(SHEET, HEAD + b" " * 800_000_000 + TAIL), "太大"),
    "a bomb of elements": (lambda: with_part(SHEET, HEAD + b"<c/>" * 25_000_000 + TAIL), "太多"),
    "a bomb of shared texts": (
        lambda: with_part(
            SHEET,
            HEAD
            + b'<row r="1">'
            + b'<c t="inlineStr"><is><t>%s</t></is></c>' % (b"x" * 200_000_000)
            + b"</row>"
            + TAIL,
        ),
        "太大",
    ),
    "two million rows in a workbook": (lambda: rows(2_000_000), ""),
    "two million rows as text": (
        lambda: "行号,截至日期,办结率\n".encode() + b"R,2023-04-30,9\n" * 2_000_000,
        "行",
    ),
    "a cell at the far end": (
        lambda: with_part(SHEET, HEAD + b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>' + TAIL),
        "列",
    ),
    "an entity that doubles": (
        lambda: with_part(
            SHEET, b'<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]>' + HEAD + b"&c;" + TAIL
        ),
        "文档类型",
    ),
    "an encrypted part": (lambda: locked_by_reader(workbook()), "加密"),
    "a cut file": (lambda: workbook()[:-300], "损坏"),
    "a file of nothing": (lambda: b"", "空"),
    "a page": (lambda: b"<html><table><tr><td>1</td></tr></table></html>", "网页"),
    "a file of zeros": (lambda: bytes(100_000), ""),
    "quotes that never end": (lambda: b'a,b\n"' + b"x," * 5_000_000, ""),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_within_bounds(name: str) -> None:
    make, word = HOSTILE[name]
    data = make()
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        # not a measurement: only that it ends at all
        signal.alarm(SECONDS * 6)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        try:
            read_received(data)
            told = "read"
        except UnreadableError as error:
            told = f"{error.message};{error.expected}"
        except BaseException as error:  # noqa: BLE001
            told = f"trace {error!r}"
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        os.write(write, f"{peak * 1024}\n{told}".encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read, encoding="utf-8") as answer:
        peak, _, told = answer.read().partition("\n")
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert not told.startswith(("trace", "read")), told
    assert word in told
    assert ";" in told
    assert int(peak) < BYTES


def test_merged_over_everything_is_no_work(tmp_path: Path) -> None:
    folder = bare_copy("panjin-2023", tmp_path)
    merged = b'<mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>'
    data = with_part(SHEET, HEAD + TAIL.replace(b"</worksheet>", merged + b"</worksheet>"))
    assert hand_in(folder, {"hotline": data})[0].status == "refused"


NAMES = [
    "../../外面.csv",
    "=cmd|' /C calc'!A0.csv",
    "换\n行.csv",
    "😀.csv",
    "a" * 300 + ".csv",
    "CON.csv",
    ".csv",
]


def test_names_are_kept_as_texts_and_never_as_paths(tmp_path: Path) -> None:
    folder = bare_copy("panjin-2023", tmp_path)
    before = {path for path in tmp_path.rglob("*") if "submissions" not in path.parts}
    with Desk.open(open_campaign(folder)) as desk:
        for number, name in enumerate(NAMES):
            table = f"行号,截至日期,办结率,满意率\nR{number},2023-04-30,98,90\n".encode()
            assert desk.take(name, table, Handing("D1")).receipt.file == name
    stored = open_campaign(folder).inbox.read()
    assert [one.receipt.file for one in stored] == NAMES
    originals = sorted(path.name for path in (folder / "submissions" / "originals").iterdir())
    assert originals == sorted(one.receipt.original for one in stored)
    after = {path for path in tmp_path.rglob("*") if "submissions" not in path.parts}
    assert {path.name for path in after - before} <= {".cache", ".lock"} | {
        path.name for path in (folder / ".cache").rglob("*")
    }


RUNS = ["=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "=cmd|' /C calc'!A0", "'=1", "''+2"]


def test_no_cell_of_an_export_runs_as_a_formula(tmp_path: Path) -> None:
    folder = bare_copy("wbwz-2011", tmp_path)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["行号", "被评对象", "承诺事项", "公开日期", "承诺时限"])
    writer.writerows([f"CN-{n}", "U01", f"{word}", "2011-7-5", "2011-9-5"] for n, word in enumerate(RUNS))
    assert hand_in(folder, {"commitments": text.getvalue()})[0].status == "accepted"
    campaign = open_campaign(folder)
    # what came in stands as it came, but for white space around it
    assert campaign.ledger("commitments").rows["promise"].tolist() == [word.strip() for word in RUNS]
    exported = guarded(ledger_table(campaign, "commitments", None, None)).to_csv(index=False)
    cells = [cell for row in csv.reader(io.StringIO(exported)) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


@pytest.mark.parametrize("make", ["missing", "folder"])
def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path, make: str) -> None:
    folder = bare_copy("panjin-2023", tmp_path)
    file = tmp_path / "没有.xlsx"
    if make == "folder":
        file.mkdir()
    command = [sys.executable, "-m", "wbwz_eval.cli", "submit", str(folder), str(file), "--from", "D1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 1
    assert "没有.xlsx" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert not (folder / "submissions").exists()


def test_a_short_run_of_the_fuzzer() -> None:
    command = [sys.executable, "-W", "ignore", "benchmarks/fuzz_readers.py", "--count", "1500", "--jobs", "2"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout
    assert "1500 files" in done.stdout
