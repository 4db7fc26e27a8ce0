"""What is handed out holds nothing of this computer, and ledgers and originals are never below it."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import zlib
from pathlib import Path

import nbformat
import pytest
from handing import PERIOD, Office, parts
from nbformat.v4 import new_code_cell, new_notebook

from wbwz_eval.reporting.catalogue import find_report
from wbwz_eval.reporting.errors import ReportError
from wbwz_eval.reporting.execute import execute
from wbwz_eval.reporting.place import report_place
from wbwz_eval.reporting.site import write_site
from wbwz_eval.scheduling.outbox import opened_outbox

ROOT = Path(__file__).parents[2]
HOST, USER = "planted-host-8842", "planted-user-3317"
QUARTER = "2023-Q2"


@pytest.fixture
def mask():
    """Let a test set the umask."""
    before = os.umask(0o022)
    yield os.umask
    os.umask(before)


@pytest.mark.parametrize(
    "place", ["wbwz-2011", "wbwz-2011/site", "wbwz-2011/submissions/x/y", ".", "link/site"]
)
def test_neither_site_nor_outbox_shares_a_folder_with_the_ledgers(tmp_path, place):
    office = Office(tmp_path)
    (tmp_path / "link").symlink_to(office.campaign)
    before = {path for path in tmp_path.rglob("*") if ".cache" not in path.parts}
    with pytest.raises(ReportError, match="台账和原件会随它公开"):
        write_site(office.campaign, tmp_path / place)
    with (
        pytest.raises(ReportError, match="台账和原件会随它公开"),
        opened_outbox(tmp_path / place, office.campaign),
    ):
        pass
    assert {path for path in tmp_path.rglob("*") if ".cache" not in path.parts} == before


def test_an_outbox_is_not_put_into_a_site(tmp_path):
    office = Office(tmp_path)
    site = tmp_path / "site"
    (site / "assets").mkdir(parents=True)
    (site / "assets" / "site.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ReportError, match="在公开站点"), opened_outbox(site / "outbox", office.campaign):
        pass
    assert not (site / "outbox").exists()


@pytest.mark.parametrize("umask", [0o000, 0o022])
def test_a_restricted_report_is_for_its_owner_alone_whatever_the_umask(tmp_path, mask, umask):
    mask(umask)
    report = find_report("accountability_annex")
    values = {"period": PERIOD, "level": "unit", "edition": "restricted", "authority": "局党委"}
    place = report_place(tmp_path, values, report)
    names = [place.notebook.name, place.page.name, place.form("pdf").name, place.manifest.name]
    place.publish(dict.fromkeys(names, b"x"))
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    assert len([*tmp_path.iterdir()]) == 4
    place.fail(b"x")
    (failed,) = tmp_path.iterdir()
    assert failed.stat().st_mode & 0o777 == 0o600


def uncompressed(data: bytes) -> list[bytes]:
    """Return a file's bytes, what is packed in it, and the streams of a PDF."""
    found = parts(data)
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", data, re.DOTALL):
        try:
            found.append(zlib.decompress(stream))
        except zlib.error:
            continue
    return found


PLANTED = f"""
import platform, socket
socket.gethostname = socket.getfqdn = platform.node = lambda *_: "{HOST}"
"""
COMMANDS = """
import sys
from wbwz_eval.cli import app
campaign = sys.argv[1]
forms = ["--form", "pdf", "--form", "docx", "--form", "xlsx"]
level = ["--level", "district"]
for line in (
    ["report", "quarterly_bulletin", campaign, PERIOD, *level, "--edition", "public", *forms],
    ["report", "entity_profile", campaign, PERIOD, *level, "--entity", "D1", *forms],
    ["site", campaign],
    ["outbox", campaign, PERIOD, "--zip"],
):
    app(line, standalone_mode=False)
"""


@pytest.fixture(scope="module")
def handed(tmp_path_factory) -> tuple[Path, list[str]]:
    """A site and an outbox as the commands make them for a user and on a computer with planted names."""
    folder = tmp_path_factory.mktemp(USER)
    campaign = quarterly(folder)
    (folder / "sitecustomize.py").write_text(PLANTED, encoding="utf-8")
    names = dict.fromkeys(("LOGNAME", "USER", "USERNAME", "LNAME"), USER)
    found = os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH", "")]))
    done = subprocess.run(
        [sys.executable, "-c", COMMANDS.replace("PERIOD", repr(QUARTER)), str(campaign)],
        cwd=folder,
        env=os.environ | names | {"PYTHONPATH": found, "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    hidden = [str(folder), folder.as_posix(), HOST, USER, *{socket.gethostname()} - {"localhost", "vm"}]
    return folder, hidden


def quarterly(to: Path) -> Path:
    """Copy the small campaign, with a quarter that is reported: the site shows quarters."""
    campaign = to / "panjin-2023"
    shutil.copytree(ROOT / "data" / "panjin-2023", campaign, ignore=shutil.ignore_patterns("results"))
    path = campaign / "campaign.yaml"
    text = path.read_text(encoding="utf-8").replace("{term: 30}", "{term: 30, quarter: 30}")
    path.write_text(text, encoding="utf-8")
    return campaign


@pytest.mark.parametrize("place", ["site/panjin-2023", "outbox/panjin-2023"])
def test_no_file_names_the_computer_the_user_or_a_folder(handed, place):
    folder, hidden = handed
    files = [path for path in (folder / place).rglob("*") if path.is_file()]
    kinds = {path.suffix for path in files}
    assert kinds >= (
        {".html", ".css", ".pdf", ".xlsx", ".csv"} if "site" in place else {".docx", ".pdf", ".zip"}
    )
    for path in files:
        for part in uncompressed(path.read_bytes()):
            for text in hidden:
                assert text.encode() not in part, (path, text)
                assert text.encode("utf-16-be") not in part, (path, text)


def test_the_search_finds_what_it_looks_for(handed):
    """The notebook names the campaign's folder: that is why it is not handed on."""
    folder, hidden = handed
    notebook = folder / "reports" / "panjin-2023" / QUARTER / "quarterly_bulletin-district-public.ipynb"
    assert hidden[0] in notebook.read_text(encoding="utf-8")
    assert not [*(folder / "outbox").rglob("*.ipynb")]
    packed = zlib.compress(hidden[0].encode())
    assert hidden[0].encode() in b"".join(uncompressed(b"stream\n" + packed + b"\nendstream"))


def test_the_commands_lay_out_what_is_there(handed):
    folder, _ = handed
    pages = {path.parts[-3] for path in (folder / "outbox").glob(f"panjin-2023/*/{QUARTER}/*.pdf")}
    assert pages == {"D1", "D2", "D3", "D4", "D5", "D6", "site"}
    assert [path.parts[-3] for path in (folder / "outbox").rglob("entity_profile*.docx")] == ["D1"]


def test_a_site_can_be_read_by_its_server_whatever_the_umask(tmp_path, mask):
    campaign = quarterly(tmp_path)
    mask(0o077)
    write_site(campaign, tmp_path / "out")
    for path in (tmp_path / "out", *(tmp_path / "out").rglob("*")):
        assert path.stat().st_mode & 0o777 == (0o755 if path.is_dir() else 0o644), path


def test_a_parameter_is_a_text_whatever_stands_in_it(tmp_path, monkeypatch):
    """The notebook says what it was given: exactly that, and nothing of it has run."""
    monkeypatch.chdir(tmp_path)
    first = new_code_cell('given = ""', metadata={"tags": ["parameters"]})
    kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
    book = new_notebook(cells=[first, new_code_cell("print(given, end='')")], metadata={"kernelspec": kernel})
    nbformat.write(book, tmp_path / "in.ipynb")
    hostile = '"""\'; open("ran", "w").close() #\\\n{{7*7}} {open("ran", "w")} %run x\n!touch ran\n\\" \\x00'
    done = execute(tmp_path / "in.ipynb", tmp_path / "out.ipynb", {"given": hostile}, lambda _: None)
    assert done.cells[-1].outputs[0].text == hostile
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.ipynb", "out.ipynb"]
