"""JupyterLab and the app as somebody at a desk has them: started by the command, opened in Chromium."""

from __future__ import annotations

import hashlib
import json
import os
import re
import select
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit

DESK = {"width": 1280, "height": 900}
PICTURES = os.environ.get("WBWZ_PICTURES")
STARTED, OPENED, DONE, SHOWN = 60, 60_000, 120_000, 30_000

PROMPTS = """() => [...document.querySelectorAll(
  '.jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell .jp-InputArea-prompt')].map(each => each.textContent)"""
ALL_RAN = (
    f"() => {{ const all = ({PROMPTS})(); return all.length && all.every(each => /\\[\\d+\\]/.test(each)); }}"
)
IDLE = ".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook-ExecutionIndicator[data-status='idle']"
# JupyterLab shows it as idle before the session is there, and then asks for a kernel instead of running
KERNEL_THERE = """() => {
  const panel = document.querySelector('.jp-NotebookPanel:not(.lm-mod-hidden)');
  return panel && panel.querySelector('.jp-Toolbar-kernelName')?.textContent.includes('Python')
    && panel.querySelector(".jp-Notebook-ExecutionIndicator[data-status='idle']")
    && /[|] (Idle|空闲)/.test(document.querySelector('#jp-main-statusbar').textContent); }"""


# Python's own account of who was called, in the server and in its kernels
WATCH = """import os, sys
NEAR = ("127.", "localhost", "::1", "0.0.0.0")
def hook(event, values, log=os.environ["WBWZ_CALLS"]):
    place = values[0] if event == "socket.getaddrinfo" else values[1] if event == "socket.connect" else None
    host = place[0] if isinstance(place, tuple) else place
    if isinstance(host, bytes):
        host = host.decode(errors="replace")
    if isinstance(host, str) and host and not host.startswith((*NEAR, "/")):
        with open(log, "a") as file:
            file.write(f"{event} {host}\\n")
sys.addaudithook(hook)
"""


class Served:
    """A server that the command started: its address, its folder, and what it said."""

    def __init__(self, url: str, folder: Path, process: subprocess.Popen, errors: Path) -> None:
        self.url, self.folder, self.process, self.errors = url, folder, process, errors
        parts = urlsplit(url)
        self.origin, self.token = f"{parts.scheme}://{parts.netloc}", parts.query
        self.calls = folder / "calls.log"

    def address(self, path: str) -> str:
        """Return the address of a path, with the token."""
        return f"{self.origin}/{path}{'&' if '?' in path else '?'}{self.token}"


@contextmanager
def served(command: str, campaign: Path, folder: Path, *options: str):
    """Start ``wbwz lab`` or ``wbwz app`` in a folder, with a home of its own; end it by its id.

    Whom it and its kernels call on the network, this computer apart, stands in ``calls`` afterwards.
    """
    home = folder / "home"
    home.mkdir(parents=True, exist_ok=True)
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("JUPYTER", "WBWZ"))}
    (home / "sitecustomize.py").write_text(WATCH, encoding="utf-8")
    environment = kept | {"HOME": str(home), "IPYTHONDIR": str(home / "ipython"), "PYTHONUNBUFFERED": "1"}
    environment |= {"PYTHONPATH": str(home), "WBWZ_CALLS": str(folder / "calls.log")}
    errors = folder / f"{command}.err"
    program = [sys.executable, "-m", "wbwz_eval.cli", command, str(campaign), "--port", "0", *options]
    with errors.open("wb") as said:
        process = subprocess.Popen(
            program,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=said,
        )
    try:
        server = Served(_address(process, errors), folder, process, errors)
        _wait_until_it_listens(server)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(20)
        process.stdout.close()


def _address(process: subprocess.Popen, errors: Path) -> str:
    said = b""
    until = time.monotonic() + STARTED
    while time.monotonic() < until:
        ready, _, _ = select.select([process.stdout], [], [], 1)
        part = os.read(process.stdout.fileno(), 4096) if ready else b""
        if ready and not part:
            break
        said += part
        if found := re.search(rb"http://\S+(?=\s)", said):
            return found[0].decode()
    raise AssertionError(said.decode() + errors.read_text(encoding="utf-8"))


def _wait_until_it_listens(server: Served) -> None:
    parts = urlsplit(server.origin)
    until = time.monotonic() + STARTED
    while time.monotonic() < until:
        assert server.process.poll() is None, server.errors.read_text(encoding="utf-8")
        try:
            socket.create_connection((parts.hostname, parts.port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(server.errors.read_text(encoding="utf-8"))


def digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file of a campaign that is not a cache."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not {".cache", ".lock"} & set(path.parts)
    }


class Desk:
    """One page, and all that it complained of or asked of others.

    ``exempt`` are patterns of messages that are let pass, each with the reason.
    """

    def __init__(self, browser, server: Served, exempt: dict[str, str]) -> None:
        self.server, self.exempt, self.wrong = server, exempt, []
        self.page = browser.new_page(viewport=DESK)
        self.page.set_default_timeout(SHOWN)
        page = self.page
        page.on("console", lambda message: self._note(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self._note(str(error)))
        page.on("response", lambda got: self._note(f"{got.status} {got.url}") if got.status >= 400 else None)
        page.on("request", lambda asked: self._ask(asked.url))
        page.on("websocket", lambda asked: self._ask(asked.url))

    def _note(self, text: str) -> None:
        if not any(re.search(pattern, text) for pattern in self.exempt):
            self.wrong.append(text)

    def _ask(self, url: str) -> None:
        host = urlsplit(self.server.origin).netloc
        if not url.startswith(("data:", f"blob:{self.server.origin}", f"http://{host}/", f"ws://{host}/")):
            self.wrong.append(f"asked for {url}")

    def open_notebook(self, name: str) -> None:
        """Open a notebook in JupyterLab and wait for its kernel."""
        self.page.goto(self.server.address(f"lab/tree/{quote(name)}?reset"))
        self.page.wait_for_function(KERNEL_THERE, timeout=OPENED)

    def run_all(self) -> None:
        """Run all cells, as a person does by the menu, and wait for the last."""
        self.page.locator("#jp-MainMenu .lm-MenuBar-item").nth(3).click()
        self.page.locator("li[data-command='runmenu:run-all']").click()
        self.page.wait_for_function(ALL_RAN, timeout=DONE)
        self.page.locator(IDLE).wait_for(timeout=DONE)

    def save(self, path: Path) -> dict:
        """Save the notebook; returns it as it is on the disk."""
        before = path.stat().st_mtime_ns
        self.page.keyboard.press("Escape")
        self.page.keyboard.press("Control+s")
        until = time.monotonic() + SHOWN / 1000
        while time.monotonic() < until:
            self.page.wait_for_timeout(100)
            try:
                saved = json.loads(path.read_text(encoding="utf-8"))
            except ValueError:  # it is being written at this moment
                continue
            if path.stat().st_mtime_ns != before:
                return saved
        raise AssertionError("not saved")

    def close(self) -> None:
        """Close the page, and end the kernels that it started."""
        self.page.evaluate("""async () => {
          const config = JSON.parse(document.getElementById('jupyter-config-data').textContent);
          const cookie = name => document.cookie.split('; ').find(each => each.startsWith(name + '='))?.slice(name.length + 1);
          const sessions = await (await fetch(config.baseUrl + 'api/sessions')).json();
          for (const each of sessions)
            await fetch(config.baseUrl + 'api/sessions/' + each.id, {method: 'DELETE', headers: {'X-XSRFToken': cookie('_xsrf')}}); }""")
        self.page.close()

    def picture(self, name: str) -> None:
        """Take a picture for the manual, if pictures are asked for."""
        if PICTURES:
            Path(PICTURES).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=Path(PICTURES) / f"{name}.png")
