"""The bulletin as a reader meets it: on a phone, on a desk, on paper; without a network."""

from __future__ import annotations

import base64
import re
import shutil
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from wbwz_eval import open_results
from wbwz_eval.reporting.run import run_report

ROOT = Path(__file__).parents[2]
BULLETINS = {
    "units with a past": ("2012-Q3", "unit", "internal"),
    "252 members": ("2012-Q3", "member", "internal"),
    "units, public": ("2012-Q3", "unit", "public"),
    "party organisations, first period": ("2011-Q3", "party_org", "internal"),
}
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
# what A4 leaves between its margins, in CSS pixels
A4_INSIDE = round((210 - 2 * 16) / 25.4 * 96)

BOXES = """() => [...document.querySelectorAll('table, figure, figure img')].map(element => {
  const box = element.getBoundingClientRect();
  const shown = element.checkVisibility({opacityProperty: true, visibilityProperty: true});
  return {tag: element.tagName, width: box.width, height: box.height, shown,
          loaded: element.tagName !== 'IMG' || (element.complete && element.naturalWidth > 0)};
})"""
SPILLED = """() => [...document.querySelectorAll('body *')].filter(element =>
  element.getBoundingClientRect().right > document.documentElement.clientWidth + 1
  && !element.closest('.scroll')).map(element => element.outerHTML.slice(0, 100))"""
INSIDE = """() => [...document.querySelectorAll('.scroll')].map(box => box.scrollWidth - box.clientWidth)"""


@pytest.fixture(scope="module")
def campaign(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("browser") / "wbwz-2011"
    shutil.copytree(ROOT / "data" / "wbwz-2011", folder, ignore=shutil.ignore_patterns("results"))
    return folder


@pytest.fixture(scope="module", params=BULLETINS)
def bulletin(request, campaign) -> Path:
    period, level, edition = BULLETINS[request.param]
    out = campaign.parent / "reports"
    return run_report("quarterly_bulletin", campaign, period, level=level, edition=edition, out=out / period)


@pytest.fixture
def opened(browser, bulletin):
    """Return a function that opens the bulletin, and see to it that nothing else was asked for or complained of."""
    wrong, pages = [], []

    def opening(viewport):
        page = browser.new_page(viewport=viewport)
        pages.append(page)
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        own = bulletin.resolve().as_uri()
        page.on(
            "request",
            lambda request: None if request.url.startswith(("data:", own)) else wrong.append(request.url),
        )
        page.goto(own)
        page.evaluate("document.fonts.ready")
        return page

    yield opening
    for page in pages:
        page.close()
    assert wrong == []


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_everything_is_shown_and_the_page_does_not_scroll_sideways(opened, viewport):
    page = opened(viewport)
    boxes = page.evaluate(BOXES)
    assert {"TABLE"} <= {box["tag"] for box in boxes}
    assert [
        box
        for box in boxes
        if not (box["shown"] and box["loaded"] and box["width"] > 50 and box["height"] > 20)
    ] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    assert page.evaluate(SPILLED) == []


def test_tables_fit_the_desk_and_on_a_phone_the_name_stays_in_sight(opened):
    assert max(opened(DESK).evaluate(INSIDE)) <= 0
    phone = opened(PHONE)
    wide = "[...document.querySelectorAll('.scroll')].filter(box => box.scrollWidth > box.clientWidth + 60)"
    assert phone.evaluate(f"{wide}.length") > 0
    left = phone.evaluate(
        f"{wide}.map(box => {{ box.scrollLeft = 60; return [box, box.querySelector('tbody th')]; }})"
        ".map(([box, name]) => name.getBoundingClientRect().left - box.getBoundingClientRect().left)"
    )
    assert max(abs(each) for each in left) <= 61
    assert min(left) >= -1


def test_every_character_has_a_glyph_of_the_embedded_font(opened, bulletin):
    html = bulletin.read_text(encoding="utf-8")
    data = re.search(r"data:font/woff;base64,([A-Za-z0-9+/=]+)", html)
    covered = set(TTFont(BytesIO(base64.b64decode(data[1]))).getBestCmap())
    page = opened(DESK)
    text = page.evaluate("document.body.textContent") + page.title()
    assert {character for character in text if character > " " and ord(character) not in covered} == set()
    assert page.evaluate("[...document.fonts].map(font => font.status)") == ["loaded"]
    families = page.evaluate(
        "[...new Set([...document.querySelectorAll('body *')].map(each => getComputedStyle(each).fontFamily))]"
    )
    assert families == ["Report, sans-serif"]


def test_printed_on_a4_everything_fits(opened):
    page = opened({"width": A4_INSIDE, "height": 1000})
    page.emulate_media(media="print")
    assert max(page.evaluate(INSIDE)) <= 0
    assert page.evaluate("document.documentElement.scrollWidth") <= A4_INSIDE
    assert page.evaluate(SPILLED) == []


def test_every_printed_page_says_what_it_is(opened, campaign, bulletin):
    level = bulletin.stem.split("-")[1]
    head = open_results(campaign, bulletin.parent.name, level).header
    texts = page_texts(opened(DESK).pdf(prefer_css_page_size=True))
    assert len(texts) > 5
    for number, text in enumerate(texts, 1):
        assert text.count(head["mark"]) >= 2, number
        assert f"截止{head['cutoff']}" in text
        assert head["campaign"] in text
        assert head["period_name"] in text
        assert f"{head['methodology_version']}（{head['methodology_digest'][:12]}）" in text
        assert f"第{number}/{len(texts)}页" in text


def page_texts(pdf: bytes) -> list[str]:
    """Return the text of each page without spaces, by the maps from glyphs to characters that the PDF carries."""
    objects = {
        int(found[1]): found[2]
        for found in re.finditer(rb"(?<!\d)(\d+) 0 obj\b(.*?)\bendobj", pdf, re.DOTALL)
    }
    fonts = {}
    for number, body in objects.items():
        if map_at := re.search(rb"/ToUnicode (\d+) 0 R", body):
            wide = b"/Type0" in body
            fonts[number] = (4 if wide else 2, glyph_map(stream(objects[int(map_at[1])]), 4 if wide else 2))
    contents = [
        int(found[1])
        for body in objects.values()
        if re.search(rb"/Type\s*/Page\b", body) and (found := re.search(rb"/Contents (\d+) 0 R", body))
    ]
    return [shown(stream(objects[number]), fonts) for number in contents]


def stream(body: bytes) -> str:
    return zlib.decompress(body.split(b"stream", 1)[1].lstrip(b"\r\n")).decode("latin-1")


def glyph_map(text: str, width: int) -> dict[str, str]:
    glyphs: dict[str, str] = {}
    for block in re.findall(r"beginbfchar(.*?)endbfchar", text, re.DOTALL):
        glyphs |= {code.upper()[-width:]: decode(to) for code, to in re.findall(r"<(\w+)> <(\w+)>", block)}
    for block in re.findall(r"beginbfrange(.*?)endbfrange", text, re.DOTALL):
        for low, high, to in re.findall(r"<(\w+)> <(\w+)> <(\w+)>", block):
            for step in range(int(high, 16) - int(low, 16) + 1):
                glyphs[f"{int(low, 16) + step:0{width}X}"] = chr(ord(decode(to)) + step)
    return glyphs


def decode(text: str) -> str:
    return bytes.fromhex(text).decode("utf-16-be")


def shown(content: str, fonts: dict[int, tuple[int, dict[str, str]]]) -> str:
    """Read glyph codes, each in the font last set: Chromium names a font by the number of its object."""
    said, width, glyphs = [], 4, {}
    for font, codes in re.findall(r"/F(\d+)\s+\S+\s+Tf|<([0-9A-Fa-f]+)>", content):
        if font:
            width, glyphs = fonts[int(font)]
        said += [glyphs.get(codes[i : i + width].upper(), "") for i in range(0, len(codes), width)]
    return "".join(said).replace(" ", "")
