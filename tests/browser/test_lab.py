"""``wbwz lab``: a real JupyterLab in Chromium runs each exploration, and answers what it is asked."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import pytest
from lab_desk import IDLE, WATCH, Desk, digests, served

from wbwz_eval import write_results

ROOT = Path(__file__).parents[2]
DELIVERED = [
    path for path in sorted((ROOT / "notebooks" / "explore").glob("*.ipynb")) if path.name != "app.ipynb"
]
"""All but the app, which test_lab_app.py opens as it is meant to be."""
EXEMPT: dict[str, str] = {}
"""Console errors that are let pass, each with its reason."""


@pytest.fixture(scope="module")
def campaign(tmp_path_factory) -> Path:
    """A copy of the sample campaign with two quarters evaluated, as after their bulletins."""
    folder = tmp_path_factory.mktemp("lab") / "wbwz-2011"
    shutil.copytree(ROOT / "data" / "wbwz-2011", folder, ignore=shutil.ignore_patterns("results"))
    for period in ("2011-Q3", "2011-Q4"):
        write_results(folder, period)
    return folder


@pytest.fixture(scope="module")
def server(campaign):
    with served("lab", campaign, campaign.parent, "--no-browser") as running:
        yield running
    assert not running.calls.exists(), running.calls.read_text(encoding="utf-8")


@pytest.fixture
def desk(browser, server):
    """A fresh page; whatever it complained of or asked of others fails the test."""
    desk = Desk(browser, server, EXEMPT)
    yield desk
    desk.close()
    assert desk.wrong == []


def own(server, name: str) -> Path:
    """Return where somebody's copy of an exploration lies."""
    return server.folder / "explore" / "wbwz-2011" / name


def asked(server, path, *, token=False):
    """Ask for a path; returns status and body."""
    parts = urlsplit(server.origin)
    link = HTTPConnection(parts.hostname, parts.port, timeout=60)
    link.request("GET", f"/{path}" + (f"?{server.token}" if token else ""))
    got = link.getresponse()
    found = got.status, got.read()
    link.close()
    return found


@pytest.mark.parametrize("path", DELIVERED, ids=lambda path: path.stem)
def test_an_exploration_runs_from_top_to_bottom(desk, server, campaign, path):
    before = digests(campaign)
    desk.open_notebook(path.name)
    desk.picture(f"lab-{path.stem}")
    desk.run_all()
    saved = nbformat.from_dict(desk.save(own(server, path.name)))
    code = [cell for cell in saved.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell.outputs]
    assert outputs
    assert [output for output in outputs if output.output_type == "error"] == []
    assert [output.text for output in outputs if output.get("name") == "stderr"] == []
    assert desk.page.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.error']").count() == 0
    assert digests(campaign) == before


@pytest.mark.parametrize(
    "path", ["api/contents/what_if.ipynb", "files/what_if.ipynb", "api/kernels", "api/terminals"]
)
def test_without_the_token_nothing_is_told(server, path):
    status, body = asked(server, path)
    assert status in (302, 403)
    assert b"cells" not in body


@pytest.mark.parametrize(
    "path", ["files/../../data/wbwz-2011/campaign.yaml", "files/%2e%2e/wbwz-2011/campaign.yaml"]
)
def test_files_above_the_explorations_are_not_served(server, path):
    assert asked(server, path, token=True)[0] >= 400


def test_neither_news_nor_updates_nor_extensions_are_looked_for(server):
    assert json.loads(asked(server, "lab/api/news", token=True)[1]) == {"news": []}
    assert json.loads(asked(server, "lab/api/update", token=True)[1]) == {"notification": None}
    page = json.loads(
        asked(server, "lab", token=True)[1].split(b'type="application/json">', 1)[1].split(b"</script>", 1)[0]
    )
    assert page["extensionManager"]["can_install"] is False


def test_what_a_kernel_shows_goes_about_encrypted(desk, server):
    desk.open_notebook(DELIVERED[0].name)
    found = list((server.folder / "home").rglob("kernel-*.json"))
    assert found
    for path in found:
        assert len(json.loads(path.read_bytes())["curve_publickey"]) == 40


def test_the_watch_sees_who_is_called(tmp_path):
    """Else that nobody was called would mean nothing."""
    (tmp_path / "sitecustomize.py").write_text(WATCH, encoding="utf-8")
    code = "import socket\ntry: socket.create_connection(('203.0.113.1', 9), 0.1)\nexcept OSError: pass"
    environment = os.environ | {"PYTHONPATH": str(tmp_path), "WBWZ_CALLS": str(tmp_path / "calls")}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=30)
    assert "203.0.113.1" in (tmp_path / "calls").read_text(encoding="utf-8")


def places(page) -> list[tuple[str, str]]:
    """Return who stands where in the live table, from the top."""
    return page.evaluate(
        """() => [...document.querySelectorAll('.wbwz-live tr[data-entity]')].map(
          row => [row.dataset.entity, row.cells[0].textContent])"""
    )


def test_a_slider_moves_the_ranking_and_the_trial_is_written_out(desk, campaign):
    """What an evaluator does: heavier here, see who moves, and hand it to the committee as a version."""
    desk.open_notebook("what_if.ipynb")
    desk.run_all()
    page = desk.page
    handle = page.locator(".jupyter-widgets [role=slider]").first
    handle.scroll_into_view_if_needed()
    before = places(page)
    assert len(before) > 20
    handle.focus()
    began = float(handle.get_attribute("aria-valuenow"))
    for moved in (5, 10, 15, 30):  # at each stop, browser and kernel come to have nothing more to say
        while float(handle.get_attribute("aria-valuenow")) < began + moved:
            page.keyboard.press("ArrowRight")
        page.wait_for_timeout(500)
        page.locator(IDLE).wait_for(timeout=10_000)
        assert float(handle.get_attribute("aria-valuenow")) == began + moved
    page.locator(".wbwz-live .up, .wbwz-live .down").first.wait_for()
    after = places(page)
    assert dict(after) != dict(before)
    assert {who for who, _ in after} == {who for who, _ in before}
    panel = page.locator(".widget-vbox", has=page.locator(".wbwz-live")).last
    assert "试算，未批准" in panel.inner_text()
    page.get_by_label("组", exact=True).select_option(label="公路管养类")
    # all groups were there before: now it is the only one
    page.wait_for_function(
        """() => {
          const shown = [...document.querySelectorAll('.wbwz-live caption')];
          return shown.length === 1 && shown[0].textContent.includes('公路管养类'); }"""
    )
    page.locator(IDLE).wait_for(timeout=10_000)
    desk.picture("what-if-slider")

    files = digests(campaign)
    write = page.get_by_role("button", name="写成方案")
    page.get_by_label("理由").fill("满意度更要紧")
    write.click()  # without a name for the version
    page.locator("[role=alert]").wait_for()
    assert digests(campaign) == files
    page.get_by_label("版本名").fill("2012-v9")
    write.click()
    page.get_by_text("wbwz methodology propose").wait_for()
    assert "试算，未批准" in page.locator("pre", has_text="propose").locator("xpath=../..").inner_text()
    written = digests(campaign)
    assert set(written) - set(files) == {"methodology/2012-v9.yaml"}
    assert {name: written[name] for name in files} == files
    assert "满意度更要紧" in (campaign / "methodology" / "2012-v9.yaml").read_text(encoding="utf-8")
    listed = subprocess.run(
        [sys.executable, "-m", "wbwz_eval.cli", "methodology", "list", str(campaign)],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert "2012-v9" in listed.stdout
    (campaign / "methodology" / "2012-v9.yaml").unlink()


def test_a_score_opens_down_to_a_ledger_row(desk):
    desk.open_notebook("why_this_score.ipynb")
    desk.run_all()
    page = desk.page
    buttons = page.locator(".jupyter-widgets button.widget-toggle-button")
    buttons.first.wait_for()
    assert buttons.count() > 5  # the total is open
    for below in range(1, 5):  # its first dimension, the first indicator of that, and so on
        buttons.nth(below).focus()
        page.keyboard.press("Enter")
        page.wait_for_function(
            "below => document.querySelectorAll('.jupyter-widgets button.widget-toggle-button')[below]"
            ".textContent.startsWith('▾')", arg=below,
        )  # fmt: skip
        page.locator(IDLE).wait_for()
        if page.locator("tr[data-row]").count():
            break
    row = page.locator("tr[data-row]").first
    row.wait_for()
    cells = row.locator("td").all_inner_texts()
    assert cells[0]  # the ledger
    assert cells[1] == row.get_attribute("data-row")
    assert re.search(r"\.(xlsx|csv)", cells[2])
    desk.picture("score-down-to-a-row")
