"""Workbooks in which a member of the committee says how important each criterion is."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from openpyxl import Workbook
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.sections import OPTIONS_SHEET
from wbwz_eval.campaign.template_cells import Choices
from wbwz_eval.campaign.workbook_bytes import put_text, workbook_bytes
from wbwz_eval.review.weighting.pairwise import MOST_CRITERIA

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from openpyxl.cell import Cell

GUIDE, BUDGET, PAIRS, BEST_WORST = "说明", "预算分配", "两两比较", "最优最劣"
TOTAL = 100
"""The points that a member shares out."""
DEGREES = ("1 同等", "2", "3 稍微", "4", "5 明显", "6", "7 强烈", "8", "9 极端")
"""Saaty's scale from 1 to 9; even numbers lie between two words."""
ALIKE = "同等重要"
BEST, WORST = "最重要的指标", "最不重要的指标"
TITLE_MARK, MEMBER_MARK, CRITERION_MARK = "wbwz:title", "wbwz:member", "wbwz:criterion"
"""What the hidden rows of the guide begin with: whose sheet it is, and on which criteria."""

_LEAST_CRITERIA = 2
_HEAD = PatternFill("solid", fgColor="1F4E79")
_ASKED = PatternFill("solid", fgColor="FFF7E0")
_WRONG = PatternFill("solid", bgColor="F8CBAD")
_LINE = Border(*(Side(style="thin", color="BFBFBF") for _ in range(4)))
_SPARE = "不填的表原样留着；一张表要填就填完整。"
_STEPS = "1 同等，3 稍微，5 明显，7 强烈，9 极端，2、4、6、8 介于其间。"
_TWO = "最重要的比它重要多少，它比最不重要的重要多少。"
_HOW = (
    f"“{BUDGET}”“{PAIRS}”“{BEST_WORST}”问的是同一件事：各项指标有多重要。按通知填其中一张或几张，{_SPARE}",
    "只填浅黄色的格子，其他格子已经锁定。填好后保存，把文件发回即可，文件名不限。",
    f"{BUDGET}：假定共有 {TOTAL} 分，按重要程度分给各项指标，合计正好 {TOTAL}；不给分的填 0。",
    f"{PAIRS}：每行两项指标，先选哪一项更重要（或“{ALIKE}”），再选重要多少：{_STEPS}",
    f"{BEST_WORST}：先选最重要的和最不重要的各一项，再逐项填两个 1 至 9 的数：{_TWO}",
    "判断应当前后相合：甲比乙稍重要，乙比丙稍重要，则甲比丙至少稍重要。差得太远的会请您复核。",
)


def pair_label(code: str, name: str) -> str:
    """Return what a drop-down shows for a criterion."""
    return f"{code} {name}"


def judgement_sheet(title: str, criteria: Mapping[str, str], member: str) -> bytes:
    """Return the workbook that one member fills in, as the bytes of its file.

    Args:
        title: What is weighted, with the methodology's version, such as ``2011-v1 单位 一级指标``.
        criteria: Id → name, 2 to 15 of them.
        member: Who fills it in.

    Raises:
        CampaignError: Too few or too many criteria, or an empty name.
    """
    if not _LEAST_CRITERIA <= len(criteria) <= MOST_CRITERIA:
        msg = f"判断表有 {len(criteria)} 个指标，应为 {_LEAST_CRITERIA} 至 {MOST_CRITERIA} 个；更多时请分组"
        raise CampaignError(msg)
    if not all(text.strip() for text in (title, member, *criteria, *criteria.values())):
        raise CampaignError("判断表的标题、评委、指标编号和指标名称都不能为空")
    book = Workbook()
    guide = book.active
    assert isinstance(guide, Worksheet)
    guide.title = GUIDE
    choices = Choices(book, OPTIONS_SHEET)
    _guide(guide, title, criteria, member)
    _budget(book.create_sheet(BUDGET), criteria)
    _pairs(book.create_sheet(PAIRS), criteria, choices)
    _best_worst(book.create_sheet(BEST_WORST), criteria, choices)
    choices.finish()
    return workbook_bytes(book)


def _guide(sheet: Worksheet, title: str, criteria: Mapping[str, str], member: str) -> None:
    """Write what to do; and, hidden, whose sheet it is."""
    first, second = list(criteria.values())[:2]
    example = f"例：认为“{first}”比“{second}”稍微重要，就在“两两比较”那一行选“{first}”，再选“3 稍微”。"
    told = [("权重判断表", title), ("评委", member)]
    told += [("填法", text) for text in (*_HOW, example)]
    told += [("指标", pair_label(code, name)) for code, name in criteria.items()]
    for row, (label, text) in enumerate(told, start=1):
        sheet.cell(row, 1, label if row == 1 or told[row - 2][0] != label else "").font = Font(bold=True)
        cell = sheet.cell(row, 2)
        put_text(cell, text)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    marks: list[tuple[str, ...]] = [(TITLE_MARK, title), (MEMBER_MARK, member)]
    marks += [(CRITERION_MARK, code, name) for code, name in criteria.items()]
    for row, mark in enumerate(marks, start=len(told) + 1):
        for column, text in enumerate(mark, start=1):
            put_text(sheet.cell(row, column), text)
        sheet.row_dimensions[row].hidden = True
    _finish(sheet, (14, 90, 14))


def _budget(sheet: Worksheet, criteria: Mapping[str, str]) -> None:
    """Write one line per criterion, and the sum beneath."""
    _header(sheet, 1, ("编号", "指标", "分数"))
    last = len(criteria) + 1
    for row, (code, name) in enumerate(criteria.items(), start=2):
        _told(sheet, row, (code, name))
        _asked(sheet.cell(row, 3))
    asked = f"C2:C{last}"
    rule = DataValidation(type="decimal", operator="between", formula1="0", formula2=str(TOTAL))
    _restrict(sheet, rule, asked, f"请填 0 至 {TOTAL} 的数")
    total = last + 1
    _told(sheet, total, ("", "合计"))
    sheet.cell(total, 3, f"=SUM({asked})").border = _LINE
    sheet.cell(
        total,
        4,
        f'=IF(COUNT({asked})=0,"尚未填写",IF(ROUND(C{total},6)={TOTAL},"合计正好 {TOTAL}",'
        f'"合计应为 {TOTAL}，相差 "&ROUND({TOTAL}-C{total},6)))',
    )
    wrong = f"AND(COUNT($C$2:$C${last})>0,ROUND($C${total},6)<>{TOTAL})"
    sheet.conditional_formatting.add(f"C{total}:D{total}", FormulaRule(formula=[wrong], fill=_WRONG))
    _finish(sheet, (10, 36, 10, 30))


def _pairs(sheet: Worksheet, criteria: Mapping[str, str], choices: Choices) -> None:
    """Write one line for every two criteria."""
    _header(sheet, 1, ("左编号", "左边的指标", "右编号", "右边的指标", "哪个更重要", "重要多少"))
    pairs = list(combinations(criteria.items(), 2))
    for row, (left, right) in enumerate(pairs, start=2):
        _told(sheet, row, (*left, *right))
        _asked(sheet.cell(row, 5))
        _asked(sheet.cell(row, 6))
        words = [pair_label(*left), pair_label(*right), ALIKE]
        _drop_down(sheet, choices, words, f"E{row}")
    _drop_down(sheet, choices, DEGREES, f"F2:F{len(pairs) + 1}")
    _finish(sheet, (8, 26, 8, 26, 30, 12))


def _best_worst(sheet: Worksheet, criteria: Mapping[str, str], choices: Choices) -> None:
    """Write the choice of best and worst, and one line per criterion."""
    words = [pair_label(code, name) for code, name in criteria.items()]
    for row, label in enumerate((BEST, WORST), start=1):
        _told(sheet, row, (label, ""))
        _asked(sheet.cell(row, 3))
    _drop_down(sheet, choices, words, "C1:C2")
    _header(sheet, 4, ("编号", "指标", "最重要的比它重要多少", "它比最不重要的重要多少"))
    for row, (code, name) in enumerate(criteria.items(), start=5):
        _told(sheet, row, (code, name))
        _asked(sheet.cell(row, 3))
        _asked(sheet.cell(row, 4))
    _drop_down(sheet, choices, DEGREES, f"C5:D{len(criteria) + 4}")
    _finish(sheet, (16, 36, 26, 26))


def _header(sheet: Worksheet, row: int, words: Sequence[str]) -> None:
    for column, word in enumerate(words, start=1):
        cell = sheet.cell(row, column, word)
        cell.fill = _HEAD
        cell.font = Font(bold=True, color="FFFFFF")
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        cell.border = _LINE


def _told(sheet: Worksheet, row: int, words: Sequence[str]) -> None:
    for column, word in enumerate(words, start=1):
        cell = sheet.cell(row, column)
        put_text(cell, word)
        cell.border = _LINE
        cell.alignment = Alignment(vertical="center", wrap_text=True)


def _asked(cell: Cell) -> None:
    """Leave a cell to be filled in."""
    cell.fill = _ASKED
    cell.border = _LINE
    cell.protection = Protection(locked=False)


def _drop_down(sheet: Worksheet, choices: Choices, words: Sequence[str], cells: str) -> None:
    rule = DataValidation(type="list", formula1=choices.formula(list(words)))
    _restrict(sheet, rule, cells, "请从下拉框里选一个")


def _restrict(sheet: Worksheet, rule: DataValidation, cells: str, error: str) -> None:
    rule.allow_blank = True
    rule.error = error
    rule.showErrorMessage = True
    sheet.add_data_validation(rule)
    rule.add(cells)


def _finish(sheet: Worksheet, widths: Sequence[int]) -> None:
    """Set widths and print, and lock what is not asked for; no password, so that nobody is locked out."""
    for letter, width in zip("ABCDEF", widths, strict=False):
        sheet.column_dimensions[letter].width = width
    sheet.protection.sheet = True
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
