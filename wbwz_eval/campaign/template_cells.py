"""What a template's cells tell and take: notes, drop-downs, limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openpyxl.comments import Comment
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from wbwz_eval.campaign.fields import FLAGS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openpyxl import Workbook
    from openpyxl.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

    from wbwz_eval.campaign.fields import Field

_DATES = ("1990-01-01", "2099-12-31")
_LIST_LENGTH = 200  # Excel takes 255 characters of choices in place
_NOTE_LINE, _NOTE_WIDTH = 22, 260

_TYPES = {
    "text": "文字",
    "date": "日期,如 2011-09-30",
    "number": "数字",
    "integer": "整数",
    "choice": "从下拉框选",
    "entity": "从下拉框选",
    "flag": "是 或 否",
}


class Choices:
    """Lists of choices that are too long to stand in a cell's rule; they stand on a hidden sheet."""

    def __init__(self, book: Workbook, name: str) -> None:
        """Make the sheet."""
        self._book, self._sheet = book, book.create_sheet(name)
        self._known: dict[tuple[str, ...], str] = {}

    def formula(self, words: Sequence[str]) -> str:
        """Return what a rule refers to: the words themselves, or where they stand."""
        text = ",".join(words)
        if len(text) <= _LIST_LENGTH and not any("," in word or '"' in word for word in words):
            return f'"{text}"'
        key = tuple(words)
        if key not in self._known:
            column = len(self._known) + 1
            for row, word in enumerate(words, start=1):
                cell = self._sheet.cell(row, column, word)
                cell.data_type = "s"
            letter = get_column_letter(column)
            self._known[key] = f"'{self._sheet.title}'!${letter}$1:${letter}${len(words)}"
        return self._known[key]

    def finish(self) -> None:
        """Hide the sheet behind the others, or do without it."""
        if self._known:
            self._sheet.sheet_state = "hidden"
            self._book.move_sheet(self._sheet, len(self._book.sheetnames))
        else:
            self._book.remove(self._sheet)


def add_note(cell: Cell, spec: Field, *, needed: bool, row_number: bool) -> None:
    """Tell how a column is filled in."""
    lines = ["预先编好,请不要改" if row_number else _TYPES[spec.type]]
    if spec.unit:
        lines.append(f"单位: {spec.unit}")
    if spec.minimum is not None or spec.maximum is not None:
        low = "" if spec.minimum is None else f"不小于 {spec.minimum:g}"
        high = "" if spec.maximum is None else f"不大于 {spec.maximum:g}"
        lines.append(",".join(filter(None, (low, high))))
    if spec.allowed:
        lines.append("可选: " + "、".join(spec.allowed))
    if spec.default is not None:
        lines.append(f"不填即为: {spec.default}")
    if spec.note:
        lines.append(spec.note)
    lines.append("必填" if needed else "")
    text = "\n".join(filter(None, lines))
    note = Comment(text, "wbwz")
    note.width = _NOTE_WIDTH
    note.height = 26 + 18 * sum(1 + len(line) // _NOTE_LINE for line in text.splitlines())
    cell.comment = note


def restrict(sheet: Worksheet, cells: str, spec: Field, choices: Choices, entities: Sequence[str]) -> None:
    """Let cells take what the field may hold, and say so where something else is typed."""
    rule: DataValidation | None = None
    match spec.type:
        case "choice" | "flag" | "entity":
            words = {"choice": spec.allowed, "flag": FLAGS}.get(spec.type, entities)
            rule = DataValidation(type="list", formula1=choices.formula(list(words)), allow_blank=True)
            rule.error = "请从下拉框里选一个"
        case "date":
            first, last = (f"DATE({day.replace('-', ',')})" for day in _DATES)
            rule = DataValidation(type="date", operator="between", formula1=first, formula2=last)
            rule.error = "请填日期,如 2011-09-30"
        case "number" | "integer":
            kind = "whole" if spec.type == "integer" else "decimal"
            low = -1e12 if spec.minimum is None else spec.minimum
            high = 1e12 if spec.maximum is None else spec.maximum
            rule = DataValidation(
                type=kind, operator="between", formula1=f"{low:.15g}", formula2=f"{high:.15g}"
            )
            rule.error = f"请填{'整数' if spec.type == 'integer' else '数字'},在 {low:g} 与 {high:g} 之间"
    if rule is not None:
        rule.allow_blank = True
        rule.errorTitle = spec.label
        rule.showErrorMessage = True
        sheet.add_data_validation(rule)
        rule.add(cells)
