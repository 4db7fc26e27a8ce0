"""Commands that open the explorations: in JupyterLab, or as a page without code."""

from __future__ import annotations

import atexit
import html
import json
import logging
import os
import secrets
import shutil
import socket
import sys
import tempfile
import threading
import time
import webbrowser
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer

import wbwz_eval
from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.folder import CONFIGURATION
from wbwz_eval.campaign.whole_files import write_whole
from wbwz_eval.cli.arguments import CampaignArgument
from wbwz_eval.exploring import CAMPAIGN

LOOPBACK = "127.0.0.1"
_APP = "app.ipynb"
_OWN = Path(wbwz_eval.__file__).parent / "exploring" / "jupyter"
_LAB_PORT, _APP_PORT = 8888, 8866
_TRIED = 50
_ENCRYPTED = "auto"
"""Whether what a kernel shows goes about encrypted: other users of the computer can listen to its ports."""

_WAITED = 60.0
_REDIRECT = '<!DOCTYPE html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url={}">'

PortOption = Annotated[
    int | None, typer.Option(min=0, max=65535, help="端口；默认从常用的起找一个空的，0 为任意")
]
BrowserOption = Annotated[bool, typer.Option("--browser/--no-browser", help="是否打开浏览器")]


def lab(
    campaign: CampaignArgument,
    port: PortOption = None,
    folder: Annotated[
        Path | None, typer.Option(help="您的探索笔记本放在哪个文件夹；默认 explore/活动")
    ] = None,
    *,
    browser: BrowserOption = True,
) -> None:
    """在 JupyterLab 里打开探索笔记本;您改过的不会被覆盖,只在本机能打开."""
    _check(campaign)
    delivered = sorted(_explorations().glob("*.ipynb"))
    own = (folder or Path("explore") / campaign.resolve().name).absolute()
    changed = _hand_out(delivered, own)
    if changed:
        names = "、".join(changed)
        sys.stdout.write(f"与随程序来的不同，没有覆盖：{names}（要新的，把您的改名再运行一次）\n")
    number, token = _free_port(port, _LAB_PORT), secrets.token_hex(24)
    start = f"/lab/tree/{quote(delivered[0].name)}"
    os.environ["JUPYTER_CONFIG_DIR"] = str(own / ".jupyter")
    _put_first("JUPYTER_CONFIG_PATH", _OWN / "config")
    _set_out(campaign)
    _tell(f"http://{LOOPBACK}:{number}{start}?token={token}", number, browser=browser)

    from jupyterlab.labapp import LabApp  # noqa: PLC0415 - a second that the other commands need not wait

    LabApp.launch_instance(
        [
            f"--ServerApp.ip={LOOPBACK}",
            f"--ServerApp.port={number}",
            "--ServerApp.port_retries=0",
            f"--ServerApp.root_dir={own}",
            f"--IdentityProvider.token={token}",
            "--ServerApp.open_browser=False",
            "--ServerApp.answer_yes=True",
            "--ServerApp.allow_root=True",  # on this computer alone and with a token, it opens nothing more
            "--Application.log_level=ERROR",
            f"--KernelManager.transport_encryption={_ENCRYPTED}",
            f"--LabApp.default_url={start}",
            f"--LabApp.app_settings_dir={_OWN / 'settings'}",
            "--LabApp.extension_manager=readonly",
            "--LabApp.news_url=None",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        ]
    )


def page_app(campaign: CampaignArgument, port: PortOption = None, *, browser: BrowserOption = True) -> None:
    """把探索作为一个网页打开:不见代码,不改活动,只在本机能打开."""
    _check(campaign)
    notebook = _explorations() / _APP
    if not notebook.is_file():
        msg = f"找不到 {notebook}"
        raise CampaignError(msg)
    number, token = _free_port(port, _APP_PORT), secrets.token_hex(24)
    _put_first("JUPYTER_PATH", _OWN)
    _set_out(campaign)
    _tell(f"http://{LOOPBACK}:{number}/?token={token}", number, browser=browser)

    from traitlets.config import Config  # noqa: PLC0415 - see lab
    from voila.app import Voila  # noqa: PLC0415

    settings = Config(
        Voila={
            "ip": LOOPBACK,
            "port": number,
            "port_retries": 0,
            "token": token,
            "open_browser": False,
            "log_level": "ERROR",
            "config_file_paths": [],
            "tornado_settings": {"headers": {"Content-Security-Policy": _only_from_here(number)}},
        },
        VoilaConfiguration={
            "template": "wbwz",
            "allow_template_override": "NO",
            "allow_theme_override": "NO",
            "file_allowlist": [],
            "strip_sources": True,
            "show_tracebacks": False,
        },
        VoilaExporter={"language_code": "zh"},
        KernelManager={"transport_encryption": _ENCRYPTED},
    )
    logging.getLogger("tornado").setLevel(logging.ERROR)
    # neither the user's own settings nor a voila.json in the current folder may open a door
    with tempfile.TemporaryDirectory(prefix="wbwz-") as bare:
        os.environ["JUPYTER_CONFIG_DIR"] = bare
        Voila.launch_instance([str(notebook)], config=settings)


def _check(campaign: Path) -> None:
    if not (campaign / CONFIGURATION[0]).is_file():
        msg = f"{campaign} 不是活动文件夹：没有 {CONFIGURATION[0]}"
        raise CampaignError(msg)


def _explorations() -> Path:
    """Return the folder of the explorations, beside the package or in the current folder."""
    places = [Path(wbwz_eval.__file__).resolve().parents[1], Path.cwd()]
    for place in places:
        folder = place / "notebooks" / "explore"
        if any(folder.glob("*.ipynb")):
            return folder
    msg = (
        "找不到探索笔记本（notebooks/explore）：请在项目文件夹里运行，或把项目里的 notebooks 文件夹复制到这里"
    )
    raise CampaignError(msg)


def _hand_out(delivered: list[Path], own: Path) -> list[str]:
    """Copy what is not there yet; return the names of those whose cells differ, which are left alone."""
    own.mkdir(parents=True, exist_ok=True)
    changed = []
    for notebook in delivered:
        kept = own / notebook.name
        if not kept.exists():
            write_whole(kept, notebook.read_bytes())
        elif _cells(kept) != _cells(notebook):
            changed.append(notebook.name)
    return changed


def _cells(notebook: Path) -> list[str] | None:
    """Return what stands in a notebook's cells, or None where it is none."""
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        return ["".join(cell["source"]) for cell in cells]
    except (ValueError, KeyError, TypeError):
        return None


def _set_out(campaign: Path) -> None:
    """Tell the kernels which campaign is meant, and where the command itself is found."""
    os.environ[CAMPAIGN] = str(campaign.resolve())
    _put_first("PATH", Path(sys.executable).parent)


def _put_first(variable: str, folder: Path) -> None:
    """Put a folder before those that a variable names."""
    os.environ[variable] = os.pathsep.join(filter(None, (str(folder), os.environ.get(variable))))


def _free_port(asked: int | None, usual: int) -> int:
    """Return a port that nobody listens on."""
    for number in range(usual, usual + _TRIED) if asked is None else (asked,):
        with socket.socket() as probe:
            if os.name == "posix":  # as the servers do it
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, number))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    msg = (
        f"端口 {usual if asked is None else asked} 不能用（多半已被占用）；请用 --port 另给一个，或 --port 0"
    )
    raise CampaignError(msg)


def _only_from_here(port: int) -> str:
    """Return the policy by which a browser fetches nothing from elsewhere."""
    return (
        "default-src 'self' data: blob:; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
        f"style-src 'self' 'unsafe-inline'; connect-src 'self' ws://{LOOPBACK}:{port}; "
        "frame-ancestors 'none'; base-uri 'self'; form-action 'self'"
    )


def _tell(url: str, port: int, *, browser: bool) -> None:
    sys.stdout.write(f"打开 {url}\n按 Ctrl+C 结束；地址里的口令每次不同，只给您自己用\n")
    sys.stdout.flush()
    if browser:
        threading.Thread(target=open_when_there, args=(url, port), daemon=True).start()


def open_when_there(url: str, port: int) -> None:
    """Open the browser once the server listens, by a file: a command line can be read by other users."""
    until = time.monotonic() + _WAITED
    while time.monotonic() < until:
        try:
            socket.create_connection((LOOPBACK, port), timeout=1).close()
        except OSError:
            time.sleep(0.2)
            continue
        folder = tempfile.mkdtemp(prefix="wbwz-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        page = Path(folder) / "open.html"
        page.write_text(_REDIRECT.format(html.escape(url)), encoding="utf-8")
        webbrowser.open(page.as_uri())
        return
