"""A report as a Word document, laid out as an official document (GB/T 9704-2012)."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from typing import TYPE_CHECKING, Any

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from wbwz_eval.reporting import official
from wbwz_eval.reporting.document import Document, Figure, Grid, Heading, Paragraph
from wbwz_eval.reporting.pdf_form import picture_png
from wbwz_eval.reporting.plain_text import holdable

if TYPE_CHECKING:
    from docx.text.paragraph import Paragraph as WordParagraph

    from wbwz_eval.reporting.document import Block

_RED, _GREY = RGBColor(0xB3, 0x18, 0x1D), RGBColor(0x5A, 0x5A, 0x5A)
_TABLE_PITCH, _BELOW = 14.0, 7.0
_THEN = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_CELL_MARGIN = "45"  # twentieths of a point
_PROPERTY = 255  # characters that a property of a document holds
_ZIP_DAY = (2000, 1, 1, 0, 0, 0)


def docx_form(document: Document, *, red_head: bool = False) -> bytes:
    """Return the document as the bytes of a docx file; the same document gives the same bytes.

    ``red_head`` sets the issuer's name in red above a red line. Fonts are those of the standard, by
    name: a computer that lacks one sets its own in its place.
    """
    return _stable(_Writer(document, red_head=red_head).save())


class _Writer:
    """One Word document in the making."""

    def __init__(self, document: Document, *, red_head: bool) -> None:
        self.book: Any = docx.Document()
        self._set_page(document)
        self._set_text()
        if red_head:
            self._red_head(document.issuer)
        self._line(document.title, "title", official.TITLE, centred=True, pitch=35.0)
        self._line(f"【{document.mark}】", "body", official.BODY, centred=True, colour=_RED)
        if document.warning:
            self._paragraph(Paragraph(document.warning, "warning"))
        facts = "；".join(f"{term}：{said}" for term, said in document.facts)
        self._paragraph(Paragraph(facts, "note"))
        for block in document.blocks:
            self._block(block)
        core = self.book.core_properties
        core.title, core.author = (holdable(text)[:_PROPERTY] for text in (document.title, document.issuer))
        core.created = core.modified = _THEN
        core.last_modified_by = ""

    def save(self) -> bytes:
        saved = io.BytesIO()
        self.book.save(saved)
        return saved.getvalue()

    def _set_page(self, document: Document) -> None:
        section = self.book.sections[0]
        section.page_width, section.page_height = (Mm(size) for size in official.PAGE)
        section.top_margin, section.bottom_margin = Mm(official.TOP), Mm(official.BOTTOM)
        section.left_margin, section.right_margin = Mm(official.LEFT), Mm(official.RIGHT)
        # 版心下边缘之下 7 mm
        section.footer_distance = Mm(official.BOTTOM - 7 - official.PAGE_NUMBER * 0.3528)
        section.header_distance = Mm(15)
        self.book.settings.odd_and_even_pages_header_footer = True
        for footer, side in (
            (section.footer, WD_ALIGN_PARAGRAPH.RIGHT),
            (section.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT),
        ):
            paragraph = footer.paragraphs[0]
            paragraph.alignment = side
            edge = paragraph.paragraph_format
            edge.left_indent = edge.right_indent = Pt(official.PAGE_NUMBER)
            self._run(paragraph, "— ", "number", official.PAGE_NUMBER)
            _field(self._run(paragraph, "", "number", official.PAGE_NUMBER), "PAGE")
            self._run(paragraph, " —", "number", official.PAGE_NUMBER)
        for header in (section.header, section.even_page_header):
            header.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT
            self._run(header.paragraphs[0], document.mark, "body", 9, colour=_RED)

    def _set_text(self) -> None:
        style = self.book.styles["Normal"]
        style.font.size = Pt(official.BODY)
        style.font.name = official.FONTS["body"]
        style.element.rPr.rFonts.set(qn("w:eastAsia"), official.FONTS["body"])
        form = style.paragraph_format
        form.space_before = form.space_after = Pt(0)
        form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(official.LINE_PITCH)
        form.widow_control = False

    def _red_head(self, issuer: str) -> None:
        paragraph = self._line(issuer, "title", 26, centred=True, colour=_RED, pitch=44.0)
        borders = OxmlElement("w:pBdr")
        bottom = OxmlElement("w:bottom")
        for name, value in (("val", "single"), ("sz", "12"), ("space", "8"), ("color", "B3181D")):
            bottom.set(qn(f"w:{name}"), value)
        borders.append(bottom)
        # before the line spacing: the order is part of the format
        paragraph._p.get_or_add_pPr().insert(0, borders)  # noqa: SLF001 - python-docx has no border of its own
        self._line("", "body", official.BODY)

    def _line(
        self,
        text: str,
        role: str,
        size: float,
        *,
        centred: bool = False,
        colour: RGBColor | None = None,
        pitch: float | None = None,
    ) -> WordParagraph:
        paragraph: WordParagraph = self.book.add_paragraph()
        if centred:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        if pitch is not None:
            paragraph.paragraph_format.line_spacing = Pt(pitch)
        self._run(paragraph, text, role, size, colour=colour)
        return paragraph

    def _run(
        self,
        paragraph: WordParagraph,
        text: str,
        role: str,
        size: float,
        *,
        colour: RGBColor | None = None,
        strong: bool = False,
    ) -> Any:
        run: Any = paragraph.add_run(holdable(text))
        run.font.size, run.font.name, run.font.bold = Pt(size), official.FONTS[role], strong or None
        run._element.rPr.rFonts.set(qn("w:eastAsia"), official.FONTS[role])  # noqa: SLF001 - as above
        if size == official.BODY:
            _tracked(run)
        if colour is not None:
            run.font.color.rgb = colour
        return run

    def _block(self, block: Block) -> None:
        match block:
            case Heading():
                role = "first" if block.level == 1 else "second"
                paragraph = self._line(block.text, role, official.BODY)
                form = paragraph.paragraph_format
                form.first_line_indent = Pt(2 * official.BODY)
                form.keep_with_next, form.page_break_before = True, block.new_page
            case Paragraph():
                self._paragraph(block)
            case Grid():
                self._grid(block)
            case Figure():
                paragraph = self.book.add_paragraph()
                paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
                paragraph.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
                paragraph.paragraph_format.keep_with_next = True
                # not on the last line of a table above it
                paragraph.paragraph_format.space_before = Pt(6)
                shape = paragraph.add_run().add_picture(
                    io.BytesIO(picture_png(block.svg)), width=Mm(official.WIDTH * 0.85)
                )
                shape._inline.docPr.set("descr", holdable(block.alt))  # noqa: SLF001 - as above
                self._line(block.caption, "body", official.TABLE, centred=True, pitch=_TABLE_PITCH + 4)

    def _paragraph(self, block: Paragraph) -> None:
        paragraph: WordParagraph = self.book.add_paragraph()
        if block.role == "note":
            paragraph.paragraph_format.line_spacing = Pt(_TABLE_PITCH + 2)
            self._run(paragraph, block.text, "body", official.TABLE, colour=_GREY)
            return
        paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
        paragraph.paragraph_format.first_line_indent = Pt(2 * official.BODY)
        if block.lead:
            self._run(paragraph, f"{block.lead}。", "first", official.BODY)
        colour = _RED if block.role == "warning" else None
        self._run(paragraph, block.text, "body", official.BODY, colour=colour)

    def _grid(self, block: Grid) -> None:
        caption = self._line(block.caption, "first", official.TABLE + 1, pitch=_TABLE_PITCH + 8)
        caption.paragraph_format.keep_with_next = True
        table = self.book.add_table(rows=0, cols=len(block.titles), style="Table Grid")
        table.autofit = False
        _narrow_margins(table)
        shares = official.widths_of(block.titles, block.kinds, block.rows)
        widths = [Mm(official.WIDTH * share) for share in shares]
        for column, width in zip(table.columns, widths, strict=True):
            column.width = width
        head = table.add_row()
        _repeat(head)
        for cell, title, width in zip(head.cells, block.titles, widths, strict=True):
            cell.width = width
            self._cell(cell, (title, "", True), "center")
        for row in block.rows:
            line = table.add_row()
            _whole(line)
            for cell, text, kind, width in zip(line.cells, row, block.kinds, widths, strict=True):
                cell.width = width
                self._cell(cell, text, "right" if kind == "number" else "left")
        for note in block.notes:
            self._paragraph(Paragraph(note, "note"))

    def _cell(self, cell: Any, text: tuple[str, str, bool], side: str) -> None:
        paragraph = cell.paragraphs[0]
        paragraph.alignment = getattr(WD_ALIGN_PARAGRAPH, side.upper())
        paragraph.paragraph_format.line_spacing = Pt(_TABLE_PITCH)
        self._run(paragraph, text[0], "body", official.TABLE, strong=text[2])
        if text[1]:
            paragraph.add_run().add_break()
            self._run(paragraph, text[1], "body", _BELOW, colour=_GREY)


def _tracked(run: Any) -> None:
    """Let a line of the text hold as many characters as the standard has."""
    spacing = OxmlElement("w:spacing")
    spacing.set(qn("w:val"), f"{official.TRACKING * 20:.0f}")
    size = run._element.rPr.find(qn("w:sz"))  # noqa: SLF001 - python-docx has no spacing of its own
    size.addprevious(spacing)  # the order is part of the format


def _field(run: Any, code: str) -> None:
    """Let a run show what Word computes, such as the page's number."""
    for kind, text in (("begin", None), (None, code), ("end", None)):
        element = OxmlElement("w:instrText" if text else "w:fldChar")
        if text:
            element.text = text
        else:
            element.set(qn("w:fldCharType"), kind)
        run._element.append(element)  # noqa: SLF001 - python-docx has no fields of its own


def _narrow_margins(table: Any) -> None:
    """Leave little room beside the texts of cells."""
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), _CELL_MARGIN)
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    look = table._tbl.tblPr.find(qn("w:tblLook"))  # noqa: SLF001 - as above
    look.addprevious(margins)  # the order is part of the format


def _repeat(row: Any) -> None:
    """Let a row head the table on every page."""
    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))  # noqa: SLF001 - as above
    _whole(row)


def _whole(row: Any) -> None:
    """Keep a row on one page."""
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))  # noqa: SLF001 - as above


def _stable(data: bytes) -> bytes:
    """Return the package without the moment of saving."""
    told = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(told, "w") as target:
        for part in source.infolist():
            target.writestr(zipfile.ZipInfo(part.filename, _ZIP_DAY), source.read(part), zipfile.ZIP_DEFLATED)
    return told.getvalue()
