"""Whether what was sent can count: its sheets told apart, and each judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wbwz_eval.campaign.judgement import Judgement
from wbwz_eval.campaign.receipts import FaultNote
from wbwz_eval.campaign.section_judge import SectionJudge
from wbwz_eval.campaign.sections import OPTIONS_SHEET, is_explanation, recognise, told_period

if TYPE_CHECKING:
    from wbwz_eval.campaign.current import Current
    from wbwz_eval.campaign.grid import Sheets
    from wbwz_eval.campaign.ledgers import Codebook
    from wbwz_eval.campaign.senders import Sender

_LISTED = 8


def judge(
    sheets: Sheets, name: str, sender: Sender, codebook: Codebook, current: dict[str, Current]
) -> Judgement:
    """Judge a file.

    Args:
        sheets: The file as read.
        name: Its name without ending: it may tell the ledger of a CSV file.
        sender: Who sent it.
        codebook: The campaign's ledgers.
        current: The ledgers as they stand.
    """
    told = Judgement()
    hidden = [sheet for sheet in sheets.hidden if sheet != OPTIONS_SHEET]
    if hidden:
        told.notices.append(f"隐藏的工作表没有读: {'、'.join(hidden[:_LISTED])}")
    seen: dict[str, dict[str, tuple[str, int]]] = {}
    recognised = 0
    for sheet in sheets.sheets:
        if is_explanation(sheet):
            told.period = told.period or told_period(sheet)
            continue
        found = recognise(sheet, sheet.name or name, codebook)
        if found is None:
            told.faults.append(
                FaultNote(
                    message="认不出是哪张台账",
                    expected="工作表名写台账名称,表头用台账字段表里的列名(可用 wbwz template 生成的模板)",
                    sheet=sheet.name or None,
                )
            )
            continue
        recognised += 1
        ledger = found.section.ledger
        SectionJudge(told, sheet, found, sender, codebook.ledgers[ledger], current[ledger]).judge(
            seen.setdefault(ledger, {})
        )
    if not recognised and not told.faults:
        told.faults.append(FaultNote(message="没有任何内容", expected="至少有一张台账,表头和数据都在"))
    return told
