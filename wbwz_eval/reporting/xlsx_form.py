"""A report as a workbook: every table on a sheet, numbers as numbers, each score linked to its rows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from wbwz_eval.campaign.workbook_bytes import put_text, workbook_bytes
from wbwz_eval.reporting.document import Figure, Grid, Heading, Paragraph
from wbwz_eval.reporting.view import dimensions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from openpyxl.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

    from wbwz_eval.reporting.document import Document, Text
    from wbwz_eval.scoring.scores import Scores

CONTENTS, SCORES, ROWS = "目录", "得分", "台账行"

_HEAD = PatternFill("solid", fgColor="1F4E79")
_LINE = Border(*(Side(style="thin", color="BFBFBF") for _ in range(4)))
_LINK = Font(color="0563C1", underline="single")
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\\x00-\x1f'（(].*")
# not a code such as 007, nor more digits than a workbook's numbers hold
_NUMBER = re.compile(r"([+−-]?)(0|[1-9][0-9]{0,10})(\.[0-9]{1,4})?(%?)")
_NAME_LENGTH, _WIDEST, _FIRST_WIDE_SIGN = 24, 46, 0x2E80
_SCORE_COLUMNS = (
    ("entity_id", "编号"),
    ("name", "名称"),
    ("group_name", "组别"),
    ("base", "基础分"),
    ("bonus", "附加"),
    ("deduction", "扣分"),
    ("total", "总分"),
    ("rank", "位次"),
    ("grade", "等次"),
    ("coverage", "数据覆盖"),
)
_ROW_COLUMNS = (
    ("entity_id", "编号"),
    ("indicator", "指标"),
    ("ledger", "台账"),
    ("row_id", "行号"),
    ("source", "出处"),
    ("source_row", "行"),
    ("counted", "计入"),
    ("reason", "不计原因"),
    ("value", "值"),
    ("weight", "权重"),
)


def xlsx_form(document: Document, scores: Scores | None = None) -> bytes:
    """Return the document's tables as a workbook; the same content gives the same bytes.

    Args:
        document: What the notebook holds.
        scores: The results behind it: they and their ledger rows get sheets of their own, each
            score with a link to its first row. The public edition has no rows to link to.
    """
    book = Workbook()
    contents: Any = book.active
    contents.title = CONTENTS
    links = [(block.caption, _table(book, block)) for block in document.blocks if isinstance(block, Grid)]
    if scores is not None:
        links += _results(book, scores)
    _contents(contents, document, links)
    return workbook_bytes(book)


def _sheet(book: Workbook, caption: str) -> Worksheet:
    name = _NOT_IN_NAMES.sub("", caption)[:_NAME_LENGTH] or "表"
    taken, own, number = set(book.sheetnames), name, 1
    while own in taken:
        number += 1
        own = f"{name}{number}"
    return book.create_sheet(own)


def _table(book: Workbook, block: Grid) -> str:
    sheet = _sheet(book, block.caption)
    put_text(sheet.cell(1, 1), block.caption)
    sheet.cell(1, 1).font = Font(bold=True, size=13)
    # what stands small below a text gets a column of its own, so that both can be sorted
    below = [any(row[place][1] for row in block.rows) for place in range(len(block.titles))]
    titles: list[str] = []
    for title, extra in zip(block.titles, below, strict=True):
        titles += [title, f"{title}·注"] if extra else [title]
    _heads(sheet, 2, titles)
    for line, row in enumerate(block.rows, start=3):
        column = 1
        for cell, extra in zip(row, below, strict=True):
            _put(sheet.cell(line, column), cell)
            column += 1
            if extra:
                put_text(sheet.cell(line, column), cell[1])
                sheet.cell(line, column).border = _LINE
                column += 1
    last = len(block.rows) + 2
    for place, note in enumerate(block.notes, start=last + 2):
        put_text(sheet.cell(place, 1), note)
    _finish(sheet, 2, last, len(titles))
    return sheet.title


def _heads(sheet: Worksheet, line: int, titles: Sequence[str]) -> None:
    for column, title in enumerate(titles, start=1):
        cell = sheet.cell(line, column)
        put_text(cell, title)
        cell.fill, cell.font, cell.border = _HEAD, Font(bold=True, color="FFFFFF"), _LINE
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)


def _put(cell: Cell, text: Text) -> None:
    cell.border = _LINE
    number = _NUMBER.fullmatch(text[0])
    if number is None:
        put_text(cell, text[0])
    else:
        sign, whole, part, percent = number.groups()
        digits = len(part or ".") - 1
        value = float(f"{'-' if sign in {'−', '-'} else ''}{whole}{part or ''}")
        form = "0" + ("." + "0" * digits if digits else "")
        plus = f"+{form};−{form};{form}" if sign == "+" else form
        cell.value = round(value / 100, digits + 2) if percent else value
        cell.number_format = f"{form}%" if percent else plus
    if text[2]:
        cell.font = Font(bold=True)


def _finish(sheet: Worksheet, head: int, last: int, columns: int) -> None:
    """Freeze the header, let columns be as wide as their texts, and let it print on A4."""
    sheet.freeze_panes = sheet.cell(head + 1, 2)
    sheet.auto_filter.ref = f"A{head}:{get_column_letter(columns)}{max(last, head)}"
    for column in range(1, columns + 1):
        cells = [str(sheet.cell(line, column).value or "") for line in range(head, min(last, 400) + 1)]
        widest = max(
            (sum(2 if ord(sign) >= _FIRST_WIDE_SIGN else 1 for sign in text) for text in cells), default=8
        )
        sheet.column_dimensions[get_column_letter(column)].width = min(max(widest + 2, 8), _WIDEST)
        if widest + 2 > _WIDEST:
            for line in range(head + 1, last + 1):
                sheet.cell(line, column).alignment = Alignment(wrap_text=True, vertical="top")
    _on_paper(sheet)
    sheet.print_title_rows = f"{head}:{head}"


def _on_paper(sheet: Worksheet) -> None:
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True


def _results(book: Workbook, scores: Scores) -> list[tuple[str, str]]:
    """Write all scores and the rows behind them; returns their names for the contents."""
    table = scores.scores.sort_values(["group", "rank", "entity_id"], kind="stable")
    rows = scores.rows.sort_values(["entity_id", "indicator"], kind="stable")
    shown = [pair for pair in _SCORE_COLUMNS if pair[0] in table.columns]
    place = next(at for at, (code, _) in enumerate(shown) if code == "base")
    shown[place:place] = [(d.id, d.name) for d in dimensions(scores)]
    sheet = _sheet(book, SCORES)
    _plain(sheet, table[[code for code, _ in shown]], [title for _, title in shown])
    named = [("全部得分", sheet.title)]
    if rows.empty:
        return named
    behind = _sheet(book, ROWS)
    _plain(behind, rows[[code for code, _ in _ROW_COLUMNS]], [title for _, title in _ROW_COLUMNS])
    first = dict(zip(rows["entity_id"][::-1], range(len(rows) + 1, 1, -1), strict=True))
    total = [code for code, _ in shown].index("total") + 1
    for line, entity in enumerate(table["entity_id"], start=2):
        if entity in first:
            for column in (1, total):
                cell = sheet.cell(line, column)
                cell.hyperlink = f"#'{behind.title}'!A{first[entity]}"
                cell.font = _LINK
    return [*named, ("得分所依据的台账行", behind.title)]


def _plain(sheet: Worksheet, table: Any, titles: Sequence[str]) -> None:
    _heads(sheet, 1, titles)
    for line, row in enumerate(table.itertuples(index=False), start=2):
        for column, value in enumerate(row, start=1):
            cell = sheet.cell(line, column)
            if isinstance(value, str):
                put_text(cell, value)
            elif isinstance(value, bool):
                cell.value = "是" if value else "否"
            elif value == value:  # noqa: PLR0124 - NaN
                cell.value = value
                cell.number_format = "General"
    _finish(sheet, 1, len(table) + 1, len(titles))


def _contents(sheet: Worksheet, document: Document, links: Sequence[tuple[str, str]]) -> None:
    lines: list[tuple[str, str, Font | None, str]] = [
        (document.campaign, "", Font(bold=True, color="B3181D"), ""),
        (document.title, "", Font(bold=True, size=16), ""),
        (f"【{document.mark}】", "", Font(bold=True, color="B3181D"), ""),
        (document.warning, "", None, ""),
        *((term, said, None, "") for term, said in document.facts),
        ("", "", None, ""),
        *_blocks(document, links),
    ]
    for line, (first, second, font, target) in enumerate(lines, start=1):
        for column, text in ((1, first), (2, second)):
            cell = sheet.cell(line, column)
            put_text(cell, text)
            # what stands alone on its line may run over the next column; a text beside a lead may not
            cell.alignment = Alignment(wrap_text=bool(second) and bool(first), vertical="top")
            if font is not None and text:
                cell.font = font
            if target and text:
                cell.hyperlink = f"#'{target}'!A1"
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 14, 90
    _on_paper(sheet)


def _blocks(
    document: Document, links: Sequence[tuple[str, str]]
) -> Iterator[tuple[str, str, Font | None, str]]:
    targets = iter(links)
    for block in document.blocks:
        match block:
            case Heading() if block.level == 1:
                yield (block.text, "", Font(bold=True), "")
            case Paragraph() if block.lead:
                yield (block.lead, block.text, None, "")
            case Grid():
                caption, target = next(targets)
                yield ("", caption, _LINK, target)
            case Figure():
                yield ("", f"图：{block.alt}", None, "")
    # what is left are the results behind the tables
    for caption, target in targets:
        yield ("", caption, _LINK, target)
