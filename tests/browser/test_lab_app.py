"""``wbwz app``: the explorations as a page, without code, reading only, for nobody else."""

from __future__ import annotations

import json
import shutil
import time
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import websocket
from lab_desk import Desk, digests, served

ROOT = Path(__file__).parents[2]
CLOSED = (
    "voila/files/app.ipynb",
    "voila/files/../../data/wbwz-2011/campaign.yaml",
    "voila/files/%2e%2e/%2e%2e/data/wbwz-2011/entities.csv",
    "voila/files//etc/hostname",
    "voila/files/x.png",
    "voila/static/../../../../../../../../../../etc/hostname",
    "voila/templates/wbwz/static/../../../../../../../../etc/hostname",
)
"""Paths that nobody gets, whatever they know."""
ELSEWHERE = (
    "what_if.ipynb",
    "voila/render/what_if.ipynb",
    "voila/tree",
    "voila/api/contents/",
    "api/contents",
)


@pytest.fixture(scope="module")
def campaign(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("app") / "wbwz-2011"
    shutil.copytree(ROOT / "data" / "wbwz-2011", folder)
    return folder


@pytest.fixture(scope="module")
def server(campaign):
    with served("app", campaign, campaign.parent, "--no-browser") as running:
        yield running
    assert not running.calls.exists(), running.calls.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def desk(browser, server):
    """The page, opened once."""
    desk = Desk(browser, server, {})
    desk.page.goto(server.url)
    desk.page.locator("#rendered_cells .jupyter-widgets").first.wait_for(timeout=120_000)
    yield desk
    desk.page.close()
    assert desk.wrong == []


def asked(server, path, *, token=False):
    """Ask for a path as it stands there; returns status, body and where it leads."""
    parts = urlsplit(server.origin)
    link = HTTPConnection(parts.hostname, parts.port, timeout=60)
    link.request("GET", "/" + path + ("?" + server.token if token else ""))
    got = link.getresponse()
    found = got.status, got.read(), got.getheader("Location", "")
    link.close()
    return found


def test_without_the_token_there_is_only_the_question_for_it(server):
    status, _, where = asked(server, "")
    assert (status, where.split("?")[0]) == (302, "/login")
    for path in ELSEWHERE:
        assert asked(server, path)[0] in (302, 403, 404), path
        assert "/login" in asked(server, path)[2]


@pytest.mark.parametrize("path", CLOSED)
def test_no_file_is_served(server, path):
    status, body, _ = asked(server, path, token=True)
    assert status >= 400
    assert Path("/etc/hostname").read_bytes().strip() not in body


@pytest.mark.parametrize("path", ELSEWHERE)
def test_with_the_token_too_there_is_this_page_only(server, path):
    status, _, where = asked(server, path, token=True)
    assert status == 302
    assert where.startswith("/voila/files/")  # which serves nothing, see above


def test_code_from_the_browser_is_not_run(desk, server, tmp_path):
    kernel = desk.page.evaluate(
        "JSON.parse(document.getElementById('jupyter-config-data').textContent).kernelId"
    )
    cookies = "; ".join(f"{each['name']}={each['value']}" for each in desk.page.context.cookies())
    link = websocket.create_connection(
        f"ws://{urlsplit(server.origin).netloc}/api/kernels/{kernel}/channels",
        cookie=cookies,
        origin=server.origin,
        timeout=30,
    )
    target = tmp_path / "written"

    def say(kind, content):
        header = {"msg_id": kind, "msg_type": kind, "username": "", "session": "s", "version": "5.3"}
        said = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
        link.send(json.dumps(said))

    code = f"open({str(target)!r}, 'w').close()"
    say("execute_request", {"code": code, "silent": False, "store_history": False, "user_expressions": {}})
    say("kernel_info_request", {})
    until = time.monotonic() + 30
    answered = set()
    while "kernel_info_reply" not in answered and time.monotonic() < until:
        answered.add(json.loads(link.recv())["msg_type"])
    link.close()
    assert "kernel_info_reply" in answered  # it answers, but not to code
    assert "execute_reply" not in answered
    assert not target.exists()


def test_who_looks_sees_answers_and_no_code(desk):
    page = desk.page
    text = page.locator("body").inner_text()
    assert "wbwz_eval" not in text
    assert "import " not in text
    assert page.locator(".jp-CodeCell .jp-InputArea, .cm-editor, .highlight").count() == 0
    assert "Page(" not in page.content()
    assert page.evaluate("document.documentElement.lang") == "zh"
    assert page.locator("table tbody tr").count() > 20
    desk.picture("app-ranking")


def test_another_period_and_entity_are_picked_and_every_question_is_answered(desk, campaign):
    page = desk.page
    before = digests(campaign)
    period = page.get_by_label("期", exact=True)
    was = page.locator("#rendered_cells").inner_text()
    other = page.evaluate("each => [...each.options].at(-2).textContent", period.element_handle())
    period.select_option(label=other)
    page.wait_for_function(
        "was => document.getElementById('rendered_cells').innerText !== was", arg=was, timeout=60_000
    )
    who = page.get_by_label("对象", exact=True)
    option = page.locator("datalist option").nth(4).get_attribute("value")
    who.fill(option)
    who.press("Tab")
    name = option.split(" ", 1)[1]
    tabs = page.get_by_role("tab")
    titles = tabs.all_inner_texts()
    assert titles[0] == "排名"
    assert len(titles) == 5
    for number in range(1, 5):
        tabs.nth(number).click()
        shown = page.locator(".widget-tab-contents > .lm-Widget:not(.lm-mod-hidden)")
        shown.locator("button, table, svg, img").first.wait_for(timeout=60_000)
        if titles[number] == "为什么":
            page.get_by_role("button", name=name).wait_for()
        if titles[number] == "试算":
            shown.locator(".wbwz-live").first.wait_for()
            assert "试算，未批准" in shown.inner_text()
            handle = shown.locator("[role=slider]").first
            handle.focus()
            for _ in range(30):
                page.keyboard.press("ArrowRight")
            shown.locator(".wbwz-live .up, .wbwz-live .down").first.wait_for()
        desk.picture(f"app-{number}")
    assert page.locator("[role=alert]").count() == 0
    assert page.get_by_role("button", name="写成方案").count() == 0
    assert digests(campaign) == before
