"""The copy with faults marked: what the sender sees, mends and sends again."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pytest
from support import bare_copy, hand_in

from wbwz_eval.campaign.grid import UnreadableError
from wbwz_eval.campaign.mark import marked_copy

HEADER = ["行号", "活动类型", "计划日期", "应到人数", "主题"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return bare_copy("wbwz-2011", tmp_path)


def workbook() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "学习研讨活动台账"
    for row in (HEADER, ["HD-1", "座谈", "2011-8-1", 10, "=甲"], ["HD-2", "研讨", "八月", "十人", "乙"]):
        sheet.append(row)
    sheet["E2"].data_type = "s"
    sheet["A1"].font = openpyxl.styles.Font(name="黑体", size=20)
    sheet.column_dimensions["B"].width = 33
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def marked(folder: Path, data: bytes) -> openpyxl.Workbook:
    receipt = hand_in(folder, {"activities": data}, sender="U01")[0]
    assert receipt.status == "refused"
    return openpyxl.load_workbook(io.BytesIO(marked_copy(data, receipt)))


def test_faulty_cells_are_coloured_with_a_note_and_the_look_stays(folder: Path) -> None:
    book = marked(folder, workbook())
    sheet = book["学习研讨活动台账"]
    coloured = {
        cell.coordinate for row in sheet.iter_rows() for cell in row if cell.fill.fgColor.rgb == "00FFC7CE"
    }
    assert coloured == {"B2", "C3", "D3"}
    assert coloured == {cell.coordinate for row in sheet.iter_rows() for cell in row if cell.comment}
    assert "研讨、讲课" in sheet["B2"].comment.text
    assert (sheet["A1"].font.name, sheet["A1"].font.size) == ("黑体", 20)
    assert sheet.column_dimensions["B"].width == 33
    assert (sheet["E2"].value, sheet["E2"].data_type) == ("=甲", "s")


def test_all_faults_stand_on_a_sheet_of_their_own_with_links(folder: Path) -> None:
    book = marked(folder, workbook())
    assert book.sheetnames == ["退回说明", "学习研讨活动台账"]
    rows = [[cell.value for cell in row] for row in book["退回说明"].iter_rows(min_row=2)]
    assert [(row[1], row[2], row[3]) for row in rows] == [
        ("B2", "活动类型", "座谈"),
        ("C3", "计划日期", "八月"),
        ("D3", "应到人数", "十人"),
    ]
    assert book["退回说明"]["B2"].hyperlink.target == "#'学习研讨活动台账'!B2"


def test_mended_it_is_taken_without_removing_what_was_marked(folder: Path) -> None:
    book = marked(folder, workbook())
    sheet = book["学习研讨活动台账"]
    sheet["B2"], sheet["C3"], sheet["D3"] = "讨论", "2011-8-8", 10
    saved = io.BytesIO()
    book.save(saved)
    receipt = hand_in(folder, {"activities": saved.getvalue()}, sender="U01")[0]
    assert (receipt.status, receipt.sections[0].new) == ("accepted", 2), receipt.faults


def test_marked_a_second_time_there_is_one_list(folder: Path) -> None:
    book = marked(folder, workbook())
    book["学习研讨活动台账"]["B2"] = "讨论"
    saved = io.BytesIO()
    book.save(saved)
    again = marked(folder, saved.getvalue())
    assert again.sheetnames == ["退回说明", "学习研讨活动台账"]
    assert again["退回说明"].max_row == 3


def test_a_fault_in_a_merged_cell_is_marked_where_its_text_stands(folder: Path) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook()))
    sheet = book.active
    sheet["B2"] = "座谈"
    sheet.merge_cells("B2:B3")
    saved = io.BytesIO()
    book.save(saved)
    sheet = marked(folder, saved.getvalue())["学习研讨活动台账"]
    assert sheet["B2"].comment


def test_a_csv_file_becomes_a_workbook_of_texts(folder: Path) -> None:
    sheet = marked(folder, "行号,活动类型,计划日期\nHD-1,=座谈,2011-8-1\n".encode()).worksheets[1]
    assert (sheet["B2"].value, sheet["B2"].data_type) == ("=座谈", "s")
    assert sheet["B2"].comment


def test_what_cannot_be_read_cannot_be_marked(folder: Path) -> None:
    data = workbook()[:500]
    receipt = hand_in(folder, {"activities": data}, sender="U01")[0]
    with pytest.raises(UnreadableError, match="损坏"):
        marked_copy(data, receipt)
