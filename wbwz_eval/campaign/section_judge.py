"""Whether the rows of one sheet can count: every fault in one pass, and what they would change."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from wbwz_eval.campaign.faults import nearest
from wbwz_eval.campaign.grid import letters
from wbwz_eval.campaign.judgement import Counted, Judgement
from wbwz_eval.campaign.ledgers import ENTITY, ROW_ID, STATUS, WITHDRAWN
from wbwz_eval.campaign.receipts import OFFICE, CountedSection, FaultNote, ranges
from wbwz_eval.campaign.section_rows import SectionRows, read_section

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from wbwz_eval.campaign.current import Current
    from wbwz_eval.campaign.grid import Sheet
    from wbwz_eval.campaign.ledgers import LedgerSchema
    from wbwz_eval.campaign.section_rows import Content
    from wbwz_eval.campaign.sections import Found
    from wbwz_eval.campaign.senders import Sender

_LIKE_A_LABEL = 0.75
_LISTED = 8
_COUNTERS = ("序号", "编号", "No.", "NO.")
_EXCEL_ERRORS = ("#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!")


class SectionJudge:
    """Adds what there is to say of one sheet to a judgement."""

    def __init__(
        self,
        told: Judgement,
        sheet: Sheet,
        found: Found,
        sender: Sender,
        schema: LedgerSchema,
        current: Current,
    ) -> None:
        """Take the sheet, who sent it, and the ledger as it stands."""
        self.told, self.sheet, self.found, self.sender = told, sheet, found, sender
        self.schema, self.current = schema, current
        self.section = found.section

    def judge(self, seen: dict[str, tuple[str, int]]) -> None:
        """Add the sheet's faults, notices and rows to what is told; ``seen`` are the file's rows so far."""
        header_stands = self._judge_header()
        rows = read_section(self.sheet, self.section, self.schema, self.sender.entities, self.sender.id)
        self._notice(rows)
        bad = np.zeros(len(rows.body.numbers), dtype=bool)
        before = len(self.told.faults)
        self._cells(rows, bad)
        self._row_numbers(rows, bad)
        places = self.current.places(rows.content[ROW_ID])
        owner = self._owners(rows, places, bad)
        content = self._without_office_columns(rows, places, bad)
        self._new_rows(rows, places, bad)
        again = self._repeated(rows, content, bad, seen)
        self.told.faults[before:] = sorted(self.told.faults[before:], key=lambda fault: fault.row or 0)
        if not header_stands:
            bad[:] = True
        self._count(rows, content, owner, places, bad | again, int(bad.sum()))

    def _fault(
        self, message: str, expected: str = "", *, row: int | None = None, code: str = "", value: str = ""
    ) -> None:
        column = self.section.columns.get(code)
        self.told.faults.append(
            FaultNote(
                message=message,
                expected=expected,
                sheet=self.sheet.name or None,
                row=row,
                cell=None if row is None or column is None else f"{letters(column)}{row}",
                column=self.schema.fields[code].label if code else None,
                value=value or None,
            )
        )

    def _judge_header(self) -> bool:
        """Tell what is wrong with the header; returns whether the columns are sure."""
        header = self.section.header
        stands = True
        if not self.sender.is_office and self.schema.reported_by == (OFFICE,):
            self._fault(f"“{self.schema.name}”由办公室登记", "删去这个工作表", row=header)
            stands = False
        for label, column in self.found.twice:
            self._fault(f"“{label}”列出现了两次({letters(column)} 列)", "只留一列", row=header)
            stands = False
        missing = [
            spec.label
            for code, spec in self.schema.fields.items()
            if code not in self.section.columns and (spec.filled_by == "reporter" or self.sender.is_office)
        ]
        extra = []
        for label, column in self.found.unknown:
            if label in _COUNTERS:
                continue
            close = nearest(label, missing, cutoff=_LIKE_A_LABEL)
            if close:
                self._fault(f"{letters(column)} 列的列名“{label}”不认识", f"“{close}”", row=header)
                stands = False
            else:
                extra.append(label)
        if extra:
            more = " 等" if len(extra) > _LISTED else ""
            listed = "、".join(label[: _LISTED * 2] for label in extra[:_LISTED])
            self._notice_line(f"多出的列没有读入: {listed}{more}")
        return stands

    def _notice_line(self, text: str) -> None:
        place = f"“{self.sheet.name}”" if self.sheet.name else ""
        self.told.notices.append(f"{place}{text}")

    def _notice(self, rows: SectionRows) -> None:
        body = rows.body
        for count, text in (
            (len(body.totals), "合计行没有读入"),
            (len(body.notes), "说明、签名等行没有读入"),
            (len(body.hidden), "隐藏行照样读入"),
        ):
            if count:
                self._notice_line(f"{count} 个{text}")
        if body.bare:
            self._notice_line(f"{body.bare} 行只有行号和被评对象，没有读入")
        if body.merged:
            self._notice_line(f"{body.merged} 个合并单元格按上面的内容读入")
        formulas = self.sheet.formulas - len(self.sheet.without_result)
        if formulas:
            self._notice_line(f"{formulas} 个公式单元格按其结果读入")

    def _cells(self, rows: SectionRows, bad: NDArray[np.bool_]) -> None:
        """Tell of cells that cannot stand by themselves."""
        numbers = rows.body.numbers
        codes = {column: code for code, column in self.section.columns.items()}
        lines = {int(number): place for place, number in enumerate(numbers)}
        unset: set[tuple[int, str]] = set()
        for row, column in sorted(self.sheet.without_result):
            if row in lines and column in codes:
                self._fault("是公式,但没有结果", "打开后保存一次,或粘贴为数值", row=row, code=codes[column])
                bad[lines[row]] = True
                unset.add((lines[row], codes[column]))
        for cell in rows.wrong:
            bad[cell.place] = True
            if (cell.place, cell.code) not in unset:
                row = int(numbers[cell.place])
                self._fault(cell.message, cell.expected, row=row, code=cell.code, value=cell.value)
        if not self.sheet.name:
            return
        for code, texts in rows.body.cells.items():
            if self.schema.fields[code].type == "text":
                for place in np.flatnonzero(np.isin(texts, _EXCEL_ERRORS)):
                    bad[place] = True
                    self._fault(
                        "是公式出错的结果",
                        "实际内容",
                        row=int(numbers[place]),
                        code=code,
                        value=str(texts[place]),
                    )

    def _row_numbers(self, rows: SectionRows, bad: NDArray[np.bool_]) -> None:
        """Tell of rows that nothing names."""
        empty = rows.content[ROW_ID] == ""
        key = "、".join(self.schema.fields[code].label for code in self.schema.key)
        expected = f"填行号,或把{key}填全" if key else "填行号(模板里已预先编好),以后更正、撤回都凭它"
        for place in np.flatnonzero(empty):
            bad[place] = True
            self._fault("没有行号", expected, row=int(rows.body.numbers[place]), code=ROW_ID)

    def _owners(
        self, rows: SectionRows, places: NDArray[np.intp], bad: NDArray[np.bool_]
    ) -> NDArray[np.object_]:
        """Return whose each row is, and tell of those that are not the sender's to report."""
        numbers = rows.body.numbers
        stands = places >= 0
        taken = np.full(len(places), "" if self.sender.is_office else self.sender.id, dtype=object)
        taken[stands] = self.current.value(ENTITY, places[stands])
        owner = np.where(rows.content[ENTITY] == "", taken, rows.content[ENTITY]).astype(object)
        for place in np.flatnonzero((owner == "") & ~bad):
            bad[place] = True
            self._fault("没有填被评对象", "entities.csv 里的编号或名称", row=int(numbers[place]), code=ENTITY)
        if self.sender.own is None:
            return owner
        own = list(self.sender.own)
        foreign = ~np.isin(owner, own) & ~bad & (rows.content[ENTITY] != "")
        foreign_row = stands & ~np.isin(taken, own) & ~bad & ~foreign
        for place in np.flatnonzero(foreign):
            bad[place] = True
            self._fault(
                "不是报送单位自己或下级",
                "只报本单位和下级的行",
                row=int(numbers[place]),
                code=ENTITY,
                value=str(owner[place]),
            )
        for place in np.flatnonzero(foreign_row):
            bad[place] = True
            self._fault(
                f"这个行号是 {taken[place]} 的",
                "用自己的行号",
                row=int(numbers[place]),
                code=ROW_ID,
                value=str(rows.content[ROW_ID][place]),
            )
        return owner

    def _without_office_columns(
        self, rows: SectionRows, places: NDArray[np.intp], bad: NDArray[np.bool_]
    ) -> Content:
        """Return what may be changed: an entity cannot fill in what is the office's to fill in."""
        if self.sender.is_office:
            return rows.content
        content = dict(rows.content)
        for code in rows.body.cells:
            if self.schema.fields[code].filled_by != OFFICE:
                continue
            written = rows.body.cells[code] != ""
            stands = places >= 0
            same = np.zeros(len(places), dtype=bool)
            same[stands] = ~self.current.differs(places[stands], {code: content[code][stands]})
            for place in np.flatnonzero(written & ~same & ~bad):
                bad[place] = True
                self._fault(
                    "由办公室填写",
                    "留空",
                    row=int(rows.body.numbers[place]),
                    code=code,
                    value=str(rows.body.cells[code][place]),
                )
            del content[code]
        self.section = replace(
            self.section, columns={code: at for code, at in self.section.columns.items() if code in content}
        )
        return content

    def _new_rows(self, rows: SectionRows, places: NDArray[np.intp], bad: NDArray[np.bool_]) -> None:
        """Tell of columns that new rows must have; a correction may leave out what stays."""
        new = places < 0
        if not new.any():
            return
        for code, spec in self.schema.fields.items():
            if spec.required and spec.default is None and code not in rows.content:
                self._fault(f"缺少“{spec.label}”列,新的行不能没有它", row=self.section.header)
                bad |= new

    def _repeated(
        self,
        rows: SectionRows,
        content: Content,
        bad: NDArray[np.bool_],
        seen: dict[str, tuple[str, int]],
    ) -> NDArray[np.bool_]:
        """Tell of row numbers that the file has twice; returns the rows that say the same again."""
        again = np.zeros(len(bad), dtype=bool)
        own: dict[str, int] = {}
        for place, row_id in enumerate(rows.content[ROW_ID].tolist()):
            if not row_id or bad[place]:
                continue
            first = seen.get(row_id)
            if first is None:
                seen[row_id] = (self.sheet.name, int(rows.body.numbers[place]))
                own[row_id] = place
                continue
            if row_id in own and all(_same(values, own[row_id], place) for values in content.values()):
                again[place] = True
                continue
            bad[place] = True
            where = f"“{first[0]}”" if first[0] != self.sheet.name else ""
            self._fault(
                f"重复: {where}第 {first[1]} 行已有",
                "每个行号一行",
                row=int(rows.body.numbers[place]),
                code=ROW_ID if ROW_ID in self.section.columns else "",
                value=row_id,
            )
        if again.any():
            self._notice_line(f"{int(again.sum())} 行与前面的完全相同,只算一次")
        return again

    def _count(
        self,
        rows: SectionRows,
        content: Content,
        owner: NDArray[np.object_],
        places: NDArray[np.intp],
        left_out: NDArray[np.bool_],
        refused: int,
    ) -> None:
        """Add the rows that count."""
        good = ~left_out
        stands = good & (places >= 0)
        settled = {**content, ENTITY: owner}
        if STATUS in content:
            status = content[STATUS].copy()
            empty = stands & (status == "")
            status[empty] = self.current.value(STATUS, places[empty])
            settled[STATUS] = status
        changed = np.zeros(len(good), dtype=bool)
        changed[stands] = self.current.differs(
            places[stands], {code: values[stands] for code, values in settled.items()}
        )
        new = good & (places < 0)
        withdrawn = np.zeros(len(good), dtype=bool)
        if STATUS in content:
            withdrawn = (new | changed) & (content[STATUS] == WITHDRAWN)
            held = withdrawn & stands
            withdrawn[held] = self.current.value(STATUS, places[held]) != WITHDRAWN
        numbers = rows.body.numbers[good]
        section = CountedSection(
            ledger=self.section.ledger,
            sheet=self.section.sheet,
            header=self.section.header,
            columns=self.section.columns,
            accepted=ranges(numbers),
            names=rows.names,
            key=self.schema.key if rows.keyed else (),
            new=int(new.sum()),
            changed=int(changed.sum()),
            unchanged=int((stands & ~changed).sum()),
            withdrawn=int(withdrawn.sum()),
            refused=refused,
        )
        kept = {code: values[good] for code, values in content.items()}
        self.told.counted.append(
            Counted(section, kept, {code: values[good] for code, values in settled.items()}, numbers)
        )


def _same(values: NDArray[np.generic], first: int, second: int) -> bool:
    one, other = values[first], values[second]
    return bool(one == other or (one != one and other != other))  # noqa: PLR0124 - empty cells
