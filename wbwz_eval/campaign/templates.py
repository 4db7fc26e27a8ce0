"""Workbooks to hand out: one sheet per ledger, ready to be filled in and sent back."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.table import Table, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.ledgers import ENTITY, ROW_ID, STATUS, WITHDRAWN
from wbwz_eval.campaign.periods import label_zh
from wbwz_eval.campaign.receipts import OFFICE
from wbwz_eval.campaign.sampling import Drawing, check_list_ledger, draw
from wbwz_eval.campaign.sections import OPTIONS_SHEET, PERIOD_LABEL, SHEET_NAME_LENGTH
from wbwz_eval.campaign.senders import Sender, sender_of
from wbwz_eval.campaign.tables import empty_table
from wbwz_eval.campaign.template_cells import Choices, add_note, restrict
from wbwz_eval.campaign.workbook_bytes import put_text, workbook_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from wbwz_eval.campaign.fields import Field
    from wbwz_eval.campaign.folder import Campaign
    from wbwz_eval.campaign.ledgers import LedgerSchema
    from wbwz_eval.campaign.periods import Period

BLANK_ROWS = 60
EXPLANATION = "填表说明"

_FIRST, _LAST = (ROW_ID, ENTITY), ("evidence_id", "reporter", STATUS)
_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none that is taken for another
_EPOCH = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)

_HEAD = PatternFill("solid", fgColor="1F4E79")
_NEEDED = PatternFill("solid", fgColor="C00000")
_QUIET = PatternFill("solid", fgColor="F2F2F2")
_OPEN = PatternFill("solid", fgColor="FFF7E0")
_LINE = Border(*(Side(style="thin", color="BFBFBF") for _ in range(4)))
_WIDTHS = {"date": 13, "number": 11, "integer": 11, "flag": 9, "choice": 13, "entity": 22}
_LONG_WIDTH, _SHORT_WIDTH, _ROW_ID_WIDTH = 24, 14, 20


@dataclass(frozen=True)
class Order:
    """What a template is for.

    Attributes:
        ledgers: Which ledgers; empty for all that the sender reports.
        sender: Who fills it in: an entity's id or ``office``.
        period: Which period it is handed out for; its cut-off stands in the explanation, and open
            items are those at the end of the period before. None for now.
        issued_at: When it is handed out: makes its row numbers differ from those of any other.
        blank_rows: How many numbered rows there are to fill in.
    """

    ledgers: tuple[str, ...]
    sender: str
    period: Period | None
    issued_at: dt.datetime
    blank_rows: int = BLANK_ROWS


def template(campaign: Campaign, order: Order) -> bytes:
    """Return a workbook as the bytes of its file.

    Raises:
        CampaignError: An unknown sender or ledger, or a ledger that the sender does not report.
    """
    sender = _sender(campaign, order.sender)
    ledgers = order.ledgers or _reported_by(campaign, sender)
    if not ledgers:
        message = f"{order.sender} 没有要报送的台账"
        raise CampaignError(message)
    book = Workbook()
    explanation = book.active
    assert isinstance(explanation, Worksheet)
    explanation.title = EXPLANATION
    choices = Choices(book, OPTIONS_SHEET)
    counts = {}
    for ledger in ledgers:
        rows = _open_rows(campaign, ledger, sender, order.period)
        schema = campaign.codebook.ledgers[ledger]
        counts[ledger] = len(rows)
        _Sheet(book.create_sheet(schema.name[:SHEET_NAME_LENGTH]), schema, choices, sender, order).fill(rows)
    _explain(explanation, campaign, order, sender, [("填法", text) for text in _HOW])
    _list_ledgers(explanation, campaign, counts)
    choices.finish()
    return workbook_bytes(book)


def check_template(campaign: Campaign, period: Period, drawing: Drawing, issued_at: dt.datetime) -> bytes:
    """Return the list of rows drawn for verification on site, to be filled in and submitted.

    Raises:
        CampaignError: see :func:`wbwz_eval.campaign.sampling.draw`.
    """
    ledger = check_list_ledger(campaign)
    schema = campaign.codebook.ledgers[ledger]
    assert schema.check_list is not None
    drawn = draw(campaign, period, drawing)
    rows = empty_table(schema.fields).drop(columns="source_row").reindex(range(len(drawn)))
    for code, spec in schema.fields.items():
        if spec.type not in {"date", "number", "integer"}:
            rows[code] = ""
    rows[ROW_ID] = [
        f"{schema.prefix}-{period.id}-{drawing.seed}-{number:04d}" for number in range(1, len(drawn) + 1)
    ]
    rows[ENTITY] = drawn["entity_id"]
    rows[schema.check_list.item] = drawn["item"]
    rows[schema.check_list.reported] = drawn["value"]
    book = Workbook()
    explanation = book.active
    assert isinstance(explanation, Worksheet)
    explanation.title = EXPLANATION
    choices = Choices(book, OPTIONS_SHEET)
    order = Order((ledger,), OFFICE, period, issued_at, blank_rows=0)
    sender = sender_of(OFFICE, campaign.entities)
    _Sheet(book.create_sheet(schema.name[:SHEET_NAME_LENGTH]), schema, choices, sender, order).fill(rows)
    population = int(drawn.drop_duplicates("entity_id")["population"].sum())
    told = [
        (
            "抽取办法",
            f"{population} 行中抽 {len(drawn)} 行: 每个对象 {drawing.share:.0%}，四舍五入，至少 1 行",
        ),
        ("种子", f"{drawing.seed}(用同一种子、同样的台账，任何人都抽到同样的行)"),
        ("填法", "逐行到现场核对，填核实的结果和核查日期，然后以办公室名义报送(--from office)。"),
    ]
    _explain(explanation, campaign, order, sender, told)
    choices.finish()
    return workbook_bytes(book)


def _sender(campaign: Campaign, sender: str) -> Sender:
    campaign.know_sender(sender)
    return sender_of(sender, campaign.entities)


def _reported_by(campaign: Campaign, sender: Sender) -> tuple[str, ...]:
    """Return the ledgers that a sender reports, for itself or for those below it."""
    levels = {OFFICE} if sender.own is None else set(campaign.entities.loc[sorted(sender.own), "level"])
    return tuple(
        ledger
        for ledger, schema in campaign.codebook.ledgers.items()
        if levels.intersection(schema.reported_by) or not schema.reported_by
    )


def _open_rows(campaign: Campaign, ledger: str, sender: Sender, period: Period | None) -> pd.DataFrame:
    """Return the matters that are not completed yet."""
    until = None if period is None else campaign.cutoff_before(period)
    rows = campaign.ledger(ledger, until).rows
    track = campaign.codebook.ledgers[ledger].track
    if track is None:
        return rows.iloc[:0]
    own = np.ones(len(rows), dtype=bool) if sender.own is None else rows[ENTITY].isin(sender.own).to_numpy()
    return rows[own & rows[track.done].isna().to_numpy() & (rows[STATUS] != WITHDRAWN).to_numpy()]


class _Sheet:
    """One ledger's sheet."""

    def __init__(
        self, sheet: Worksheet, schema: LedgerSchema, choices: Choices, sender: Sender, order: Order
    ) -> None:
        self.sheet, self.schema, self.choices, self.sender, self.order = sheet, schema, choices, sender, order
        fields = {
            code: spec
            for code, spec in schema.fields.items()
            if (sender.is_office or spec.filled_by == "reporter")
            and not (code == ENTITY and sender.own is not None and len(sender.own) == 1)
        }
        middle = [code for code in fields if code not in (*_FIRST, *_LAST)]
        ordered = [*_FIRST, *middle, *_LAST]
        self.fields = {code: fields[code] for code in ordered if code in fields}

    def fill(self, rows: pd.DataFrame) -> None:
        """Write header, open items and numbered blank rows."""
        last = len(rows) + self.order.blank_rows + 1
        for column, (code, spec) in enumerate(self.fields.items(), start=1):
            self._head(column, code, spec)
            self._cells(column, code, spec, last)
        for place, row in enumerate(rows.to_dict("records"), start=2):
            for column, (code, spec) in enumerate(self.fields.items(), start=1):
                self._put(place, column, spec, row[code])
                self.sheet.cell(place, column).fill = _OPEN
        stem = self._stem()
        for number in range(1, self.order.blank_rows + 1):
            place = len(rows) + 1 + number
            self.sheet.cell(place, 1, f"{stem}{number:02d}")
        for place in range(2, last + 1):
            self.sheet.cell(place, 1).fill = _QUIET
        self.sheet.freeze_panes = "B2"
        self.sheet.sheet_properties.tabColor = "1F4E79"
        self.sheet.page_setup.orientation = "landscape"
        self.sheet.page_setup.fitToHeight = 0
        self.sheet.sheet_properties.pageSetUpPr.fitToPage = True
        self.sheet.print_title_rows = "1:1"

    def _stem(self) -> str:
        seconds = int((self.order.issued_at - _EPOCH).total_seconds())
        token = ""
        while seconds:
            seconds, rest = divmod(seconds, len(_LETTERS))
            token = _LETTERS[rest] + token
        return f"{self.schema.prefix}-{self.sender.id}-{token}-"

    def _head(self, column: int, code: str, spec: Field) -> None:
        needed = spec.required and spec.default is None and code not in _FIRST
        cell = self.sheet.cell(
            1, column, f"{spec.label}{f'({spec.unit})' if spec.unit else ''}{'*' if needed else ''}"
        )
        cell.fill = _NEEDED if needed else _HEAD
        cell.font = Font(bold=True, color="FFFFFF")
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        cell.border = _LINE
        add_note(cell, spec, needed=needed, row_number=code == ROW_ID)
        wide = _LONG_WIDTH if spec.required else _SHORT_WIDTH
        width = _ROW_ID_WIDTH if code == ROW_ID else _WIDTHS.get(spec.type, wide)
        self.sheet.column_dimensions[get_column_letter(column)].width = width
        self.sheet.row_dimensions[1].height = 32

    def _cells(self, column: int, code: str, spec: Field, last: int) -> None:
        form = {"date": "yyyy-mm-dd", "number": "General", "integer": "0"}.get(spec.type, "@")
        for place in range(2, last + 1):
            cell = self.sheet.cell(place, column)
            cell.number_format = form
            cell.border = _LINE
            cell.alignment = Alignment(vertical="center", wrap_text=spec.type == "text" and code != ROW_ID)
        entities = [
            f"{entity} {name}"
            for entity, name in self.sender.entities["name"].items()
            if self.sender.own is None or entity in self.sender.own
        ]
        letter = get_column_letter(column)
        restrict(self.sheet, f"{letter}2:{letter}{last}", spec, self.choices, entities)

    def _put(self, place: int, column: int, spec: Field, value: object) -> None:
        cell = self.sheet.cell(place, column)
        if spec.type == "date":
            if value == value:  # noqa: PLR0124 - not NaT
                cell.value = value.date()  # type: ignore[attr-defined]
        elif spec.type in {"number", "integer"}:
            if value == value:  # noqa: PLR0124 - not NaN
                cell.value = int(value) if spec.type == "integer" else value  # type: ignore[call-overload]
        elif value:
            put_text(cell, str(value))


def _explain(
    sheet: Worksheet, campaign: Campaign, order: Order, sender: Sender, how: list[tuple[str, str]]
) -> None:
    """Write what there is to know before filling in."""
    who = (
        "工作小组办公室"
        if sender.is_office
        else f"{sender.id} {campaign.entities['name'].to_dict()[sender.id]}"
    )
    told: list[tuple[str, str]] = [("活动", campaign.name), ("报送单位", who)]
    if campaign.synthetic:
        told.append(("说明", f"合成数据: {campaign.synthetic_note}"))
    if order.period is not None:
        told += [
            (PERIOD_LABEL, f"{order.period.id} {label_zh(order.period)}"),
            ("起止", f"{order.period.start} 至 {order.period.end}"),
            ("截止日", f"{campaign.cutoff(order.period)},之后收到的不计入本期"),
        ]
    told += how
    for place, (label, text) in enumerate(told, start=1):
        sheet.cell(place, 1, label if place == 1 or told[place - 2][0] != label else "").font = Font(
            bold=True
        )
        cell = sheet.cell(place, 2)
        put_text(cell, text)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    for column, width in (("A", 12), ("B", 70), ("C", 14), ("D", 14)):
        sheet.column_dimensions[column].width = width
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True


_HOW = (
    "每张台账一个工作表,一行一件事。红色表头带 * 的必填。把鼠标放在表头上可看填法。",
    "行号已预先编好,请不要改、不要删: 以后更正、撤回都凭行号,用同一行号再报一次即为更正。",
    "没用到的空行不必删除。没有内容的工作表原样留着,即为“本期无”。",
    "浅黄色的行是以前报过、还没有办结的事项: 办结了就填完成日期,其他内容有变就直接改。",
    "要撤回一行,在“状态”列选“撤回”,不要删行。",
    "可以粘贴,但不要合并单元格、不要加合计行;公式请粘贴为数值。",
)
_EVERY = {
    "week": "每周",
    "month": "每月",
    "quarter": "每季",
    "half": "每半年",
    "year": "每年",
    "term": "活动结束",
}


def _list_ledgers(sheet: Worksheet, campaign: Campaign, counts: dict[str, int]) -> None:
    """Write which ledgers there are, each with a link to its sheet."""
    start = sheet.max_row + 2
    rows: list[Sequence[object]] = [("序", "台账", "报送", "未办结事项")]
    for place, (ledger, count) in enumerate(counts.items(), start=1):
        schema = campaign.codebook.ledgers[ledger]
        rows.append((place, schema.name, _EVERY.get(schema.every or "", "有则报"), count))
    for place, row in enumerate(rows, start=start):
        for column, value in enumerate(row, start=1):
            cell = sheet.cell(place, column, value if place > start else str(value))
            cell.border = _LINE
            if place > start and value == row[1]:
                cell.hyperlink = f"#'{str(value)[:SHEET_NAME_LENGTH]}'!A1"
                cell.font = Font(color="0563C1", underline="single")
    table = Table(displayName="Ledgers", ref=f"A{start}:D{start + len(rows) - 1}")
    table.tableStyleInfo = TableStyleInfo(name="TableStyleMedium2", showRowStripes=True)
    sheet.add_table(table)
