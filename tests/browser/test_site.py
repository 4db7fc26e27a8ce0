"""The public site of the sample campaign in a browser: no request, links, accessibility, paper, phone."""

from __future__ import annotations

import datetime as dt
import shutil
from importlib.resources import files
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from wbwz_eval.reporting.site import write_site

ROOT = Path(__file__).parents[2]
UNTIL = dt.date(2012, 4, 30)
"""Three quarters and a half year are enough pages for every kind; the same day gives the same site."""
KINDS = (
    "index.html",
    "periods.html",
    "entities.html",
    "method.html",
    "practices.html",
    "downloads.html",
    "changes.html",
    "periods/2012-Q1-unit.html",
    "periods/2012-Q1-party_org.html",
    "entities/U05.html",
    "entities/P07.html",
)
A4_INSIDE = round((210 - 2 * 16) / 25.4 * 96)
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
SPILLED = """() => [...document.querySelectorAll('body *')].filter(element =>
  element.getBoundingClientRect().right > document.documentElement.clientWidth + 1
  && !element.closest('.scroll') && !element.closest('.skip')).map(element => element.outerHTML.slice(0, 100))"""
CUT = """() => [...document.querySelectorAll('.scroll')].filter(box => box.scrollWidth > box.clientWidth)
  .map(box => box.getAttribute('aria-label'))"""


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    campaign = folder / "wbwz-2011"
    shutil.copytree(ROOT / "data" / "wbwz-2011", campaign, ignore=shutil.ignore_patterns("results"))
    return write_site(campaign, folder / "out", until=UNTIL).parent


@pytest.fixture
def opened(browser, site):
    """Return a function that opens a page, and see to it that nothing is asked of a network or complained of."""
    wrong, pages = [], []
    own = site.resolve().as_uri()

    def opening(path, viewport):
        page = browser.new_page(viewport=viewport)
        pages.append(page)
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("requestfailed", lambda request: wrong.append(request.url))
        page.on(
            "request",
            lambda request: None if request.url.startswith(("data:", own)) else wrong.append(request.url),
        )
        page.goto((site / path).resolve().as_uri())
        page.evaluate("document.fonts.ready")
        return page

    yield opening
    for page in pages:
        page.close()
    assert wrong == []


def soups(site: Path) -> dict[str, BeautifulSoup]:
    pages = sorted(site.rglob("*.html"))
    return {
        path.relative_to(site).as_posix(): BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for path in pages
    }


def test_every_link_on_every_page_leads_somewhere(site):
    seen = soups(site)
    assert len(seen) > 80  # 28 units, 42 organisations, 8 period pages, 7 others
    reached = set()
    for path, soup in seen.items():
        for link in [*soup.find_all("a"), *soup.find_all("link")]:
            href = link["href"]
            if href.startswith("#"):
                assert soup.find(id=href[1:]) is not None, (path, href)
                continue
            assert "//" not in href, (path, href)
            target = (site / path).parent / href
            assert target.resolve().is_file(), (path, href)
            reached.add(target.resolve().relative_to(site.resolve()).as_posix())
    # nothing lies there that no page leads to
    own = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    assert own - reached == {"assets/site.json", "assets/report.woff"}


def test_every_page_says_what_it_is_and_has_neither_script_nor_person(site):
    for path, soup in soups(site).items():
        text = soup.get_text()
        assert soup.html["lang"] == "zh-CN"
        assert "合成数据" in text, path
        assert len(soup.find_all("h1")) == 1, path
        assert soup.find("script") is None
        assert all("on" not in name[:2] for tag in soup.find_all(lambda _: True) for name in tag.attrs), path
        for table in soup.find_all("table"):
            assert table.caption.get_text(strip=True)
            assert all(head.get("scope") for head in table.find_all("th"))
        for picture in soup.find_all("img"):
            assert len(picture["alt"]) > 10
        assert "党员" not in soup.find("main").get_text().replace("系统党员", "党员") or "M0" not in text, (
            path
        )
    assert not list(site.rglob("*member*"))


@pytest.mark.parametrize("path", KINDS)
def test_a_page_is_accessible(opened, path):
    page = opened(path, DESK)
    page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {preload: false})")
    told = [(each["id"], each["nodes"][0]["html"][:120]) for each in found["violations"]]
    assert told == []
    assert len(found["passes"]) > 10


@pytest.mark.parametrize("path", KINDS)
def test_a_page_fits_the_desk_the_phone_and_the_paper(opened, path):
    for viewport in (DESK, PHONE):
        page = opened(path, viewport)
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
        assert page.evaluate(SPILLED) == []
    page = opened(path, {"width": A4_INSIDE, "height": 1000})
    page.emulate_media(media="print")
    assert page.evaluate(CUT) == []
    assert page.evaluate(SPILLED) == []


def test_the_keyboard_reaches_the_text_first_and_shows_where_it_is(opened):
    page = opened("index.html", DESK)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("!!document.activeElement.closest('main')")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
