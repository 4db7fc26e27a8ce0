"""``wbwz lab`` and ``wbwz app`` up to the moment at which the server takes over."""

from __future__ import annotations

import importlib
import io
import json
import os
import re
import socket
import stat
import sys
import webbrowser
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from urllib.request import url2pathname

import jupyterlab.labapp
import pytest
import voila.app

from wbwz_eval.cli import main

module = importlib.import_module("wbwz_eval.cli.lab")


def book(*sources, ran=False):
    """Return a notebook's text, as delivered or as it is after a run."""
    cells = [
        {
            "cell_type": "code",
            "execution_count": 7 if ran else None,
            "metadata": {},
            "outputs": [{"output_type": "stream", "name": "stdout", "text": "得分"}] if ran else [],
            "source": source,
        }
        for source in sources
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


class Desk:
    """An office's folder, a campaign in it, and the explorations as they are delivered."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.folder, self.campaign = folder / "office", folder / "office" / "data" / "c"
        self.delivered = folder / "program" / "notebooks" / "explore"
        self.started = []
        self.campaign.mkdir(parents=True)
        (self.campaign / "campaign.yaml").write_text("name: 试\n", encoding="utf-8")
        self.delivered.mkdir(parents=True)
        for name in ("00_start.ipynb", "what_if.ipynb", "app.ipynb"):
            (self.delivered / name).write_text(book("one", "two"), encoding="utf-8")
        patch.setattr(module.wbwz_eval, "__file__", str(folder / "program" / "wbwz_eval" / "__init__.py"))
        patch.setattr(jupyterlab.labapp.LabApp, "launch_instance", self.started.append)
        patch.setattr(
            voila.app.Voila, "launch_instance", lambda argv, config: self.started.append((argv, config))
        )
        patch.setattr(webbrowser, "open", lambda _: pytest.fail("nobody asked for a browser"))
        patch.chdir(self.folder)
        patch.setattr(os, "environ", dict(os.environ))

    def wbwz(self, *words):
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            patch.setattr(sys, "argv", ["wbwz", *map(str, words)])
            with pytest.raises(SystemExit) as end:
                main()
        return int(end.value.code or 0), out.getvalue(), err.getvalue()

    def lab(self, *options):
        return self.wbwz("lab", "data/c", "--port", "0", "--no-browser", *options)


@pytest.fixture
def desk(tmp_path, monkeypatch):
    return Desk(tmp_path, monkeypatch)


def test_each_gets_copies_of_their_own_and_keeps_what_they_changed(desk):
    own = desk.folder / "explore" / "c"
    assert desk.lab()[0] == 0
    assert {path.name for path in own.glob("*.ipynb")} == {"00_start.ipynb", "what_if.ipynb", "app.ipynb"}
    changed, ran = book("one", "mine"), book("one", "two", ran=True)
    (own / "what_if.ipynb").write_text(changed, encoding="utf-8")
    (own / "00_start.ipynb").write_text(ran, encoding="utf-8")
    (own / "app.ipynb").unlink()
    code, said, _ = desk.lab()
    assert code == 0
    assert "没有覆盖：what_if.ipynb（" in said  # having been run is no change
    assert (own / "what_if.ipynb").read_text(encoding="utf-8") == changed
    assert (own / "00_start.ipynb").read_text(encoding="utf-8") == ran
    assert (own / "app.ipynb").read_bytes() == (desk.delivered / "app.ipynb").read_bytes()
    assert (desk.delivered / "what_if.ipynb").read_text(encoding="utf-8") == book("one", "two")


def test_a_copy_that_is_no_notebook_is_left_alone_and_told(desk):
    own = desk.folder / "mine"
    own.mkdir()
    (own / "what_if.ipynb").write_text("{", encoding="utf-8")
    code, said, _ = desk.lab("--folder", "mine")
    assert code == 0
    assert "没有覆盖：what_if.ipynb（" in said
    assert (own / "what_if.ipynb").read_text(encoding="utf-8") == "{"


def test_jupyterlab_is_told_the_campaign_and_to_stay_at_home(desk):
    _, said, _ = desk.lab()
    address = re.search(r"http://127\.0\.0\.1:(\d+)/lab/tree/00_start\.ipynb\?token=([0-9a-f]{48})\n", said)
    assert address
    (told,) = desk.started
    for option in (
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={address[1]}",
        f"--IdentityProvider.token={address[2]}",
        f"--ServerApp.root_dir={desk.folder / 'explore' / 'c'}",
        "--LabApp.extension_manager=readonly",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ):
        assert option in told
    assert os.environ["WBWZ_CAMPAIGN"] == str(desk.campaign)
    assert os.environ["PATH"].split(os.pathsep)[0] == str(Path(sys.executable).parent)
    desk.lab()
    assert desk.started[1] != told  # another token each time


def test_the_app_is_told_to_show_nothing_else(desk):
    code, said, _ = desk.wbwz("app", "data/c", "--port", "0", "--no-browser")
    assert code == 0
    ((words, config),) = desk.started
    assert words == [str(desk.delivered / "app.ipynb")]
    assert config.Voila.ip == "127.0.0.1"
    assert f":{config.Voila.port}/?token={config.Voila.token}\n" in said
    assert config.VoilaConfiguration.file_allowlist == []
    assert config.VoilaConfiguration.strip_sources
    assert os.environ["WBWZ_CAMPAIGN"] == str(desk.campaign)
    assert not (desk.folder / "explore").exists()


@pytest.mark.parametrize("command", ["lab", "app"])
def test_what_is_missing_is_told_before_anything_starts(desk, command):
    code, _, wrong = desk.wbwz(command, "data")
    assert (code, wrong) == (1, "data 不是活动文件夹：没有 campaign.yaml\n")
    desk.delivered.rename(desk.delivered.parent / "elsewhere")
    code, _, wrong = desk.wbwz(command, "data/c")
    assert code == 1
    assert "找不到探索笔记本（notebooks/explore）" in wrong
    (desk.folder / "notebooks").mkdir()
    (desk.delivered.parent / "elsewhere").rename(desk.folder / "notebooks" / "explore")
    assert desk.wbwz(command, "data/c", "--port", "0", "--no-browser")[0] == 0
    assert len(desk.started) == 1


@pytest.mark.parametrize("command", ["lab", "app"])
def test_a_port_that_is_taken_is_told_or_passed_over(desk, command, monkeypatch):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        code, _, wrong = desk.wbwz(command, "data/c", "--port", taken, "--no-browser")
        assert code == 1
        assert f"端口 {taken} 不能用" in wrong
        monkeypatch.setattr(module, f"_{command.upper()}_PORT", taken)
        code, said, _ = desk.wbwz(command, "data/c", "--no-browser")
        assert code == 0
        assert taken < int(re.search(r":(\d+)/", said)[1]) < taken + 50


def test_the_token_reaches_the_browser_by_a_file_that_is_for_its_owner(monkeypatch):
    opened = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/?a=1&token=secret"
        module.open_when_there(url, server.getsockname()[1])
    (address,) = opened
    assert "secret" not in address
    page = Path(url2pathname(address.removeprefix("file://")))
    assert "token=secret" in page.read_text(encoding="utf-8")
    assert stat.S_IMODE(page.parent.stat().st_mode) == 0o700
