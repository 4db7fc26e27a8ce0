"""The page of the state of affairs in Chromium: readable without scrolling sideways, with a picture for the manual."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from pathlib import Path

import pytest

from wbwz_eval.scheduling.place import Where
from wbwz_eval.scheduling.status import status
from wbwz_eval.scheduling.status_page import page as page_of

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("width", [1000, 390])
def test_the_status_page_is_readable(browser, tmp_path, width):
    campaign = tmp_path / "wbwz-2011"
    shutil.copytree(ROOT / "data" / "wbwz-2011", campaign, ignore=shutil.ignore_patterns("results"))
    found = status(Where.of(campaign, tmp_path / "reports"), dt.date(2011, 9, 20))
    path = tmp_path / "status.html"
    path.write_text(page_of(found), encoding="utf-8")
    page = browser.new_page(viewport={"width": width, "height": 760})
    page.goto(path.as_uri())
    text = page.locator("body").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if os.environ.get("WBWZ_PICTURES") and width > 500:
        page.screenshot(path=Path(os.environ["WBWZ_PICTURES"]) / "status.png")
    page.close()
    for said in ("逾期", "周调度单", "2011年9月20日"):
        assert said in text
