"""One member's judgement workbook as it came back."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from wbwz_eval.campaign.faults import Fault, one_of
from wbwz_eval.campaign.grid import Sheet, Sheets, letters
from wbwz_eval.review.weighting.best_worst import misfits
from wbwz_eval.review.weighting.judgement_sheets import (
    ALIKE,
    BEST,
    BEST_WORST,
    BUDGET,
    CRITERION_MARK,
    DEGREES,
    GUIDE,
    MEMBER_MARK,
    PAIRS,
    TITLE_MARK,
    TOTAL,
    WORST,
    pair_label,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wbwz_eval.scoring.numbers import FloatArray

BestWorst = tuple[str, str, "FloatArray", "FloatArray"]
"""Ids of best and worst, best to others, others to worst."""

_TOTAL_TOLERANCE = 1e-6
_MOST = len(DEGREES)


class JudgementForm:
    """One member's workbook."""

    def __init__(self, file: str, sheets: Sheets, criteria: Mapping[str, str]) -> None:
        """Take the sheets and read whose they are."""
        self.file, self.criteria = file, criteria
        self.faults: list[Fault] = []
        self._sheets = {sheet.name: sheet for sheet in sheets.sheets}
        guide = self._sheets.get(GUIDE)
        rows = [] if guide is None else [[*row, "", "", ""] for row in guide.rows]
        marked = {row[0]: row[1] for row in rows if row[0] in {TITLE_MARK, MEMBER_MARK}}
        self.title, self.member = marked.get(TITLE_MARK, ""), marked.get(MEMBER_MARK, "")
        self.asked = {row[1]: row[2] for row in rows if row[0] == CRITERION_MARK}
        """The criteria that the workbook asks about."""

    def budget(self) -> FloatArray | None:
        """Return the points, or None where none or not all are good."""
        table = self._table(BUDGET)
        rows = _rows(table, [(code,) for code in self.criteria], (0,))
        if not any(table[row][2] for row in rows.values() if row):
            return None
        before = len(self.faults)
        self._require(BUDGET, rows)
        points = [self._points(row, table[row][2]) for row in rows.values() if row]
        total = sum(points)
        if len(self.faults) == before and abs(total - TOTAL) > _TOTAL_TOLERANCE:
            last = max(rows.values()) + 1
            self._fault(BUDGET, last, 2, "是各项分数的合计", f"{TOTAL}", f"{total:.10g}")
        return np.array(points) if len(self.faults) == before else None

    def _points(self, row: int, text: str) -> float:
        value = _number(text.removesuffix("%"))
        if not text:
            self._fault(BUDGET, row, 2, "没有填", f"0 至 {TOTAL} 的数")
        elif not 0.0 <= value <= TOTAL:
            self._fault(BUDGET, row, 2, "不是 0 至 100 的数", f"0 至 {TOTAL} 的数", text)
        return value

    def pairs(self) -> FloatArray | None:
        """Return the matrix of comparisons, or None where none or not all are good."""
        table = self._table(PAIRS)
        codes = list(self.criteria)
        rows = _rows(table, list(combinations(codes, 2)), (0, 2))
        if not any(table[row][column] for row in rows.values() if row for column in (4, 5)):
            return None
        before = len(self.faults)
        self._require(PAIRS, rows)
        matrix = np.eye(len(codes))
        for (left, right), row in rows.items():
            if row:
                first, second = codes.index(left), codes.index(right)
                matrix[first, second] = self._pair(row, left, right, *table[row][4:6])
                matrix[second, first] = 1.0 / matrix[first, second]
        return matrix if len(self.faults) == before else None

    def _pair(self, row: int, left: str, right: str, which: str, degree: str) -> float:
        """Return how many times as important the left one is; 1 where it cannot be told."""
        words = {pair_label(code, self.criteria[code]): code for code in (left, right)}
        side = words.get(which, which)
        much = _degree(degree)
        if not which:
            self._fault(PAIRS, row, 4, "没有选哪个更重要", "、".join((*words, ALIKE)))
        elif side == ALIKE:
            if degree and much != 1.0:
                self._fault(PAIRS, row, 5, f"与“{ALIKE}”矛盾", "1，或不填", degree)
        elif side not in {left, right}:
            self._fault(PAIRS, row, 4, "不是这一行的指标", "、".join((*words, ALIKE)), which)
        elif not degree:
            self._fault(PAIRS, row, 5, "没有选重要多少", f"1 至 {_MOST}")
        elif not 1.0 <= much <= _MOST:
            self._fault(PAIRS, row, 5, "说不清重要多少", f"1 至 {_MOST} 的整数", degree)
        else:
            # whichever is named: 1 says that they are alike
            return much if side == left else 1.0 / much
        return 1.0

    def best_worst(self) -> BestWorst | None:
        """Return the comparisons with best and worst, or None where none or not all are good."""
        table = self._table(BEST_WORST)
        heads = _rows(table, [(BEST,), (WORST,)], (0,))
        rows = _rows(table, [(code,) for code in self.criteria], (0,))
        asked = [(row, 2) for row in heads.values()]
        asked += [(row, column) for row in rows.values() for column in (2, 3)]
        if not any(table[row][column] for row, column in asked if row):
            return None
        before = len(self.faults)
        self._require(BEST_WORST, {**heads, **rows})
        words = {pair_label(code, name): code for code, name in self.criteria.items()}
        best, worst = (self._end(label, row, table, words) for (label,), row in heads.items())
        from_best, to_worst = self._steps(rows, table, 2, best), self._steps(rows, table, 3, worst)
        if len(self.faults) == before:
            said = misfits(best, worst, from_best, to_worst, self.criteria)
            self.faults += [Fault(self.file, message, sheet=BEST_WORST) for message in said]
        return (best, worst, from_best, to_worst) if len(self.faults) == before else None

    def _end(self, label: str, row: int, table: dict[int, list[str]], words: dict[str, str]) -> str:
        text = table[row][2] if row else ""
        code = words.get(text, text)
        if row and code not in self.criteria:
            said = "不是这里的指标" if text else f"没有选{label}"
            self._fault(BEST_WORST, row, 2, said, one_of(words, instead_of=text), text or None)
        return code

    def _steps(
        self, rows: dict[tuple[str, ...], int], table: dict[int, list[str]], column: int, own: str
    ) -> FloatArray:
        """Return a column's numbers; the best or worst against itself may be left out."""
        steps = []
        for (code,), row in rows.items():
            text = table[row][column] if row else ""
            value = 1.0 if code == own and not text else _degree(text)
            if row and not text and code != own:
                self._fault(BEST_WORST, row, column, "没有填", f"1 至 {_MOST}")
            elif row and not 1.0 <= value <= _MOST:
                self._fault(BEST_WORST, row, column, "超出范围", f"1 至 {_MOST} 的整数", text)
            steps.append(value)
        return np.array(steps)

    def _table(self, sheet: str) -> dict[int, list[str]]:
        """Return each filled row by its number, padded; a sheet that is not there has none."""
        found = self._sheets.get(sheet, Sheet(sheet, [], []))
        return {number: [*row, *[""] * 6] for number, row in zip(found.numbers, found.rows, strict=True)}

    def _require(self, sheet: str, rows: dict[tuple[str, ...], int]) -> None:
        """Tell which rows are gone."""
        gone = ["、".join(key) for key, row in rows.items() if not row]
        if gone:
            right = "发出时的样子，不删行、不改编号"
            self.faults.append(Fault(self.file, f"缺少这些行：{'；'.join(gone)}", right, sheet=sheet))

    def _fault(
        self, sheet: str, row: int, column: int, message: str, expected: str, value: str | None = None
    ) -> None:
        cell = f"{letters(column)}{row}"
        self.faults.append(Fault(self.file, message, expected, sheet=sheet, row=row, value=value, cell=cell))


def _rows(
    table: dict[int, list[str]], keys: Sequence[tuple[str, ...]], columns: tuple[int, ...]
) -> dict[tuple[str, ...], int]:
    """Return in which row each key stands first, 0 where it is gone."""
    rows = dict.fromkeys(keys, 0)
    for number, row in table.items():
        key = tuple(row[column] for column in columns)
        if rows.get(key) == 0:
            rows[key] = number
    return rows


def _number(text: str) -> float:
    """Return a text's number, NaN where it is none."""
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _degree(text: str) -> float:
    """Return the whole number that a choice such as “3 稍微” begins with, NaN where it has none."""
    value = _number(text.partition(" ")[0])
    return value if value.is_integer() else float("nan")
