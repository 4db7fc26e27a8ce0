"""The forms beside the page: laid out as GB/T 9704-2012 has it, true to the text, the same each time.

Measures are those of the standard: A4, 天头 37 mm, 订口 28 mm, 版心 156 × 225 mm, 22 lines a page, the
text in 三号 (16 pt), the title in 二号 (22 pt), page numbers 7 mm below the text, odd ones on the right.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import re
import shutil
import subprocess
import time
import zipfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import docx
import openpyxl
import pytest
from bs4 import BeautifulSoup
from docx.oxml.ns import qn
from support import DATA

from wbwz_eval.reporting.document import Document, Figure, Grid, Heading, Paragraph
from wbwz_eval.reporting.docx_form import docx_form
from wbwz_eval.reporting.errors import ReportError
from wbwz_eval.reporting.official import widths_of
from wbwz_eval.reporting.pdf_form import pdf_form
from wbwz_eval.reporting.run import run_report
from wbwz_eval.reporting.xlsx_form import xlsx_form

FORMS = {"pdf": pdf_form, "docx": docx_form, "xlsx": xlsx_form}
NAME = "quarterly_bulletin"
MM = 72 / 25.4
LEFT, RIGHT, TOP, BOTTOM = 28 * MM, (28 + 156) * MM, 37 * MM, (37 + 225) * MM
LINE = 225 * MM / 22
LONG = "W" * 300
SHAPED = (
    *("<script>alert(1)</script>", "**bold**", "$x^2$ \\frac{1}{2}", "#set page(width: 1cm)", "]#panic()"),
    *("=1+1", "+1+1", "@SUM(A1)", "#N/A", LONG),
)
SHAPELESS = ("甲\u202e乙丙", "丁\x07戊")
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="90" height="9"><path d="M0 0H90"/></svg>'


def document(*blocks, title="季通报", issuer="某办公室", warning="", facts=()):
    return Document(title, "比武活动", issuer, "试算", warning, facts, blocks)


def grid(rows, caption="表", titles=("对象", "得分"), kinds=("text", "number"), notes=()):
    """Return a table of texts, or of pairs of a text and a smaller one below."""
    pairs = [[cell if isinstance(cell, tuple) else (cell, "") for cell in row] for row in rows]
    return Grid(caption, titles, kinds, tuple(tuple((*pair, False) for pair in row) for row in pairs), notes)


def hostile(text):
    """Return a document that holds a text in four places of its head, five of its prose, five of a table."""
    prose = (Heading(text, 1), Paragraph(text), Paragraph(text, lead=text), Paragraph(text, "note"))
    table = grid([[(text, text)]], text, (text,), ("long",), (text,))
    return document(*prose, table, title=text, issuer=text, warning=text, facts=((text, text),))


@pytest.fixture(scope="module")
def plain():
    rows = [(f"第{i}名", f"{i}.5") for i in range(60)]
    return document(
        Heading("一、总的情况", 1),
        *[Paragraph("评" * 100)] * 20,
        grid(rows, titles=("表头甲", "表头乙")),
        Figure(SVG, "图一", "一条线"),
        warning="只是试算",
        facts=(("评价期", "第三季度"),),
    )


def pages_of(pdf: bytes) -> list[list[tuple[str, float, float, float, float]]]:
    """Return each page's words with left, top, right and bottom in points, A4 being made sure of."""
    done = subprocess.run(["pdftotext", "-bbox", "-", "-"], input=pdf, check=True, capture_output=True)
    pages = BeautifulSoup(done.stdout.decode(), "html.parser").find_all("page")
    for page in pages:
        assert float(page["width"]) / MM == pytest.approx(210, abs=0.1)
        assert float(page["height"]) / MM == pytest.approx(297, abs=0.1)
    edges = ("xmin", "ymin", "xmax", "ymax")
    return [
        [(word.text, *(float(word[edge]) for edge in edges)) for word in page.find_all("word")]
        for page in pages
    ]


def inside(pages):
    """Return the words between header and page number."""
    return [word for page in pages for word in page if TOP - 1 < word[2] < BOTTOM + 10]


def said(words) -> str:
    return "".join(word[0] for word in words)


def word_file(report, **how):
    return docx.Document(io.BytesIO(docx_form(report, **how)))


def workbook(data):
    return openpyxl.load_workbook(io.BytesIO(data))


def target(cell) -> tuple[str, str]:
    """Return sheet and cell that a link leads to."""
    link = cell.hyperlink.location or cell.hyperlink.target.removeprefix("#")
    return re.fullmatch(r"'([^']+)'!([A-Z]+[0-9]+)", link).groups()


def test_pdf_text_fills_the_area_of_the_standard(plain):
    pages = pages_of(pdf_form(plain))
    words, second = inside(pages), inside(pages[1:2])
    assert min(word[1] for word in words) == pytest.approx(LEFT, abs=0.5)
    assert max(word[3] for word in words) == pytest.approx(RIGHT, abs=0.5)
    assert min(word[2] for word in words) == pytest.approx(TOP, abs=1)
    assert len({round(word[2]) for word in second}) == 22
    assert {round(word[4] - word[2]) for word in second} == {16}
    assert max(word[2] for word in second) + LINE == pytest.approx(BOTTOM, abs=1)


def test_a_line_holds_28_characters_as_the_standard_has_it(plain):
    (page,) = pages_of(pdf_form(plain))[1:2]
    lines = Counter[int]()
    for word in inside([page]):
        lines[round(word[2])] += word[0].count("评")
    # paragraphs of 100: two characters of indent, then full lines, then what is left
    assert set(lines.values()) == {26, 28, 100 - 26 - 2 * 28}
    runs = word_file(plain).element.body.xpath(".//w:r[w:rPr/w:sz/@w:val='32']")
    # 28 characters of 16 points in 156 mm: each gives 0.21 points or more, in Word's twentieths 5
    assert {run.xpath("string(w:rPr/w:spacing/@w:val)") for run in runs} == {"-5"}


def test_pdf_breaks_a_row_of_signs_that_may_not_begin_a_line():
    words = inside(pages_of(pdf_form(hostile("！" * 100), red_head=True)))
    assert said(words).count("！") == (14 + 1) * 100
    assert min(word[1] for word in words) > LEFT - 1
    # the right half of the last sign, of at most 26 points, is blank
    assert max(word[3] for word in words) < RIGHT + 13


def test_pdf_pages_are_numbered_between_dashes_on_the_outer_side(plain):
    pages = pages_of(pdf_form(plain))
    assert len(pages) > 3
    for number, page in enumerate(pages, start=1):
        foot = [word for word in page if word[2] > BOTTOM + 10]
        assert [word[0] for word in foot] == ["—", str(number), "—"]
        assert foot[0][2] == pytest.approx(BOTTOM + 7 * MM, abs=1)
        # one character from its edge; a dash may keep some room before it
        if number % 2:
            assert foot[-1][3] == pytest.approx(RIGHT - 14, abs=2.5)
        else:
            assert foot[0][1] == pytest.approx(LEFT + 14, abs=2.5)


def test_pdf_text_can_be_selected_and_a_table_heads_every_page(plain):
    pages = pages_of(pdf_form(plain))
    everything = said(inside(pages))
    for words in ("季通报", "【试算】", "只是试算", "评价期：第三季度", "一、总的情况", "图一"):
        assert words in everything
    assert everything.count("评") == 20 * 100 + 1
    with_rows = [page for page in pages if any(word[0].endswith(".5") for word in page)]
    assert len(with_rows) > 1
    for page in with_rows:
        tops = [word[2] for word in page if word[0] in {"表头甲", "表头乙"}]
        assert len(tops) == 2
        assert max(tops) < min(word[2] for word in page if word[0].endswith(".5"))


def test_pdf_has_a_red_head_only_when_asked(plain):
    assert "某办公室" not in said(inside(pages_of(pdf_form(plain))))
    assert said(inside(pages_of(pdf_form(plain, red_head=True)))).startswith("某办公室季通报")


@pytest.mark.parametrize("text", SHAPED)
def test_pdf_holds_hostile_text_as_it_is_between_the_margins(text):
    words = inside(pages_of(pdf_form(hostile(text), red_head=True)))
    assert min(word[1] for word in words) > LEFT - 1
    assert max(word[3] for word in words) < RIGHT + 1
    assert said(words).count(text.replace(" ", "")) == 14 + 1  # the red head


@pytest.mark.parametrize("text", SHAPELESS)
def test_pdf_of_signs_without_a_shape_keeps_the_others(text):
    found = said(inside(pages_of(pdf_form(hostile(text)))))
    assert [found.count(sign) for sign in text if sign.isprintable()] == [14] * (len(text) - 1)


def test_a_number_is_never_torn_however_many_columns_there_are():
    titles = ("对象", *(f"维度{i}" for i in range(8)), "说明")
    rows = [["名字很长的被评对象", *["−12.3"] * 8, "原因说明" * 20]] * 3
    table = grid(rows, titles=titles, kinds=("wide", *["number"] * 8, "long"))
    words = inside(pages_of(pdf_form(document(table))))
    assert [word[0] for word in words].count("−12.3") == 24
    shares = widths_of(table.titles, table.kinds, table.rows)
    assert sum(shares) == pytest.approx(1)
    # five signs of 10.5 points, at 0.62 of that each and a margin of 4.5 points, are 37 points wide
    assert min(shares) * 442.2 >= 37


def test_pdf_keeps_long_words_in_their_columns():
    lengths = [*range(20, 60), 300]
    table = grid([["W" * length, "右"] for length in lengths], kinds=("text", "text"))
    words = inside(pages_of(pdf_form(document(table))))
    edge = min(word[1] for word in words if word[0] == "右")
    assert said(words).count("W") == sum(lengths)
    assert max(word[3] for word in words if "W" in word[0]) < edge


def test_docx_page_is_that_of_the_standard(plain):
    book = word_file(plain)
    (section,) = book.sections
    edges = (section.top_margin, section.bottom_margin, section.left_margin, section.right_margin)
    measures = [size.mm for size in (section.page_width, section.page_height, *edges)]
    assert measures == pytest.approx([210, 297, 37, 35, 28, 26], abs=0.1)
    normal = book.styles["Normal"]
    assert normal.paragraph_format.line_spacing.pt == pytest.approx(LINE, abs=0.05)
    assert normal.font.size.pt == 16
    assert normal.element.rPr.rFonts.get(qn("w:eastAsia")).startswith("仿宋")
    assert book.settings.odd_and_even_pages_header_footer
    for footer, side in ((section.footer, "right"), (section.even_page_footer, "left")):
        foot = footer.part.element
        assert footer.paragraphs[0].text == "—  —"
        assert foot.xpath("//w:fldChar[1]/following-sibling::w:instrText/text()") == ["PAGE"]
        assert foot.xpath("//w:jc/@w:val") == [side]
        assert set(foot.xpath("//w:sz/@w:val")) == {"28"}  # half points: 四号


@pytest.mark.parametrize(
    ("text", "font", "size"),
    [("季通报", "小标宋", 22), ("一、总的情况", "黑体", 16), ("评" * 100, "仿宋", 16)],
)
def test_docx_sets_each_part_in_the_standards_font(plain, text, font, size):
    run = word_file(plain).element.body.xpath(f"(.//w:r[w:t='{text}'])[1]/w:rPr")[0]
    assert font in run.rFonts.get(qn("w:eastAsia"))
    assert run.sz.val.pt == size


def test_docx_tables_repeat_their_head_and_fit(plain):
    book = word_file(plain)
    (table,) = book.tables
    ends = [[cell.text for cell in table.rows[at].cells] for at in (0, 60)]
    assert ends == [["表头甲", "表头乙"], ["第59名", "59.5"]]
    body = book.element.body
    assert [bool(row.xpath("w:trPr/w:tblHeader")) for row in body.iter(qn("w:tr"))] == [True] + [False] * 60
    assert sum(cell.width.mm for cell in table.rows[0].cells) == pytest.approx(156, abs=0.1)
    assert book.inline_shapes[0].width.mm <= 156
    assert body.xpath(".//wp:docPr/@descr") == ["一条线"]
    # the format's own order
    assert len(body.xpath(".//w:tblLayout/following-sibling::w:tblCellMar/following-sibling::w:tblLook")) == 1


def test_docx_has_a_red_head_only_when_asked(plain):
    assert "某办公室" not in [part.text for part in word_file(plain).paragraphs]
    book = word_file(plain, red_head=True)
    assert book.paragraphs[0].text == "某办公室"
    red, green, blue = book.paragraphs[0].runs[0].font.color.rgb
    assert red > 2 * max(green, blue)
    # its line stands where the format has it: before spacing and alignment
    assert len(book.element.body.xpath("w:p[1]/w:pPr[w:pBdr/following-sibling::w:spacing]/w:jc")) == 1


@pytest.mark.parametrize("text", SHAPED + SHAPELESS)
def test_docx_holds_hostile_text_as_it_is(text):
    book, kept = word_file(hostile(text)), text.replace("\x07", "□").replace("\u202e", "□")
    texts = [part.text for part in book.paragraphs]
    # title, warning, heading, paragraph, two notes, caption
    assert texts.count(kept) == 7
    assert {f"{kept}。{kept}", f"{kept}：{kept}"} < set(texts)
    assert [cell.text for row in book.tables[0].rows for cell in row.cells] == [kept, f"{kept}\n{kept}"]


def test_xlsx_has_every_table_with_numbers_as_numbers():
    rows = (("甲", "丙"), ("12.50", "乙"), "—"), ("乙", "7", "12.5%")
    first = grid(rows, "一（甲）", ("对象", "得分", "比重"), ("text", "number", "number"), ("注一",))
    signs = ("007", "110101199003071234", "3–5", "−3.10", "+1.2", "0", "100%")
    second = grid([(sign, "1") for sign in signs], "一（乙）")
    contents, *sheets = workbook(xlsx_form(document(first, Paragraph("话"), second))).worksheets
    links = {cell.value: target(cell) for row in contents for cell in row if cell.hyperlink}
    assert links == {"一（甲）": (sheets[0].title, "A1"), "一（乙）": (sheets[1].title, "A1")}
    # what stands small has a column of its own
    assert [cell.value for cell in sheets[0][2]] == ["对象", "对象·注", "得分", "得分·注", "比重"]
    shown = [[(cell.value, cell.number_format) for cell in row if cell.value] for row in sheets[0]["A3:E4"]]
    assert shown == [
        [("甲", "General"), ("丙", "General"), (12.5, "0.00"), ("乙", "General"), ("—", "General")],
        [("乙", "General"), (7, "0"), (0.125, "0.0%")],
    ]
    assert sheets[0]["A6"].value == "注一"
    cells = [row[0] for row in sheets[1]["A3:A9"]]
    assert [cell.value for cell in cells] == ["007", "110101199003071234", "3–5", -3.1, 1.2, 0, 1]
    formats = [cell.number_format.partition(";")[0] for cell in cells[3:]]
    assert formats == ["0.00", "+0.0", "0", "0%"]
    for sheet in sheets:
        # the rows under the header move, which stands in the second
        assert re.fullmatch("[A-Z]+3", sheet.freeze_panes)
        assert sheet.print_title_rows == "$2:$2"


@pytest.mark.parametrize("text", SHAPED + SHAPELESS)
def test_xlsx_holds_hostile_text_as_it_is(text):
    data, kept = xlsx_form(hostile(text)), text.replace("\x07", "\ufffd")
    cells = [cell for sheet in workbook(data) for row in sheet for cell in row if cell.value]
    assert {cell.data_type for cell in cells} == {"s"}
    # title, warning, fact and what it says, heading, lead and its text, link; caption, title, two in a cell, note
    assert [cell.value for cell in cells].count(kept) == 13
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        assert not [name for name in package.namelist() if "sheet" in name and b"<f>" in package.read(name)]


@pytest.mark.parametrize("form", FORMS)
def test_the_same_document_gives_the_same_bytes(plain, form, monkeypatch):
    first, later = FORMS[form](plain), time.time() + 2 * 24 * 3600
    monkeypatch.setattr(time, "time", lambda: later)
    assert FORMS[form](plain) == first
    assert FORMS[form](replace(plain, title="另一份")) != first
    year = str(dt.date.today().year).encode()
    if form == "pdf":
        assert b"(D:" + year not in first
    else:
        with zipfile.ZipFile(io.BytesIO(first)) as package:
            assert year not in package.read("docProps/core.xml")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Return the real small campaign's report in every form, and again without: its files both times."""
    folder = tmp_path_factory.mktemp("forms")
    campaign, out = folder / "panjin", folder / "out"
    shutil.copytree(DATA / "panjin-2023", campaign, ignore=shutil.ignore_patterns("results", ".cache"))
    seen = []
    for forms in (("pdf", "docx", "xlsx"), ()):
        run_report(NAME, campaign, level="district", out=out, forms=forms, quiet=True)
        seen.append({path.name.partition(".")[2]: path.read_bytes() for path in out.iterdir()})
    return seen


def test_a_run_writes_the_forms_asked_for_and_their_digests(finished):
    for files, forms in zip(finished, (set(FORMS), set()), strict=True):
        assert set(files) == {"html", "ipynb", "report.json"} | forms
        listed = json.loads(files["report.json"])["files"]
        told = {Path(name).suffix[1:]: sha256 for name, sha256 in listed.items()}
        assert told == {form: hashlib.sha256(files[form]).hexdigest() for form in {"html"} | forms}


def test_every_form_of_a_run_says_the_same(finished):
    files = finished[0]
    book = docx.Document(io.BytesIO(files["docx"]))
    word = "".join(book.element.body.xpath(".//w:t/text()"))
    pdf = said(inside(pages_of(files["pdf"])))
    for words in ("试算，未批准", "高新区", "97.4", "96.2"):
        assert words in word
        assert words in pdf


def test_each_total_leads_to_the_first_of_its_rows(finished):
    book = workbook(finished[0]["xlsx"])
    links = {target(cell)[0] for row in book["目录"] for cell in row if cell.hyperlink}
    assert links == set(book.sheetnames[1:])
    heads, *lines = book["得分"].iter_rows()
    column = [cell.value for cell in heads].index("总分")
    behind = [row[0].value for row in book["台账行"]]
    # six districts, four indicators
    assert len(behind) == 1 + 6 * 4
    for line in lines:
        assert target(line[column]) == ("台账行", f"A{behind.index(line[0].value) + 1}")
    # as published: D1 has 100 − 0.20 × 1.94 − 0.30 × 1.00 = 99.312
    totals = {line[0].value: line[column].value for line in lines}
    assert totals == {"D1": 99.3, "D2": 99.2, "D3": 99.1, "D4": 97.4, "D5": 100, "D6": 99}


def test_an_unknown_form_is_told_before_anything_runs(tmp_path):
    with pytest.raises(ReportError, match="“doc”") as caught:
        run_report(NAME, tmp_path / "none", forms=("pdf", "doc"), out=tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert all(form in str(caught.value) for form in FORMS)
