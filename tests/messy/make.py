"""Makes the messy files, each as somebody in an office once made one.

Run from the repository's top: ``python tests/messy/make.py``. What comes of each stands in
``expected.yaml``, written by hand beside this file, not taken from our output. Three files are not made
here, as other programs wrote them: ``05-office-suite.xlsx`` (saved by LibreOffice 7.4), ``14-old.xlsx``
(an .xls of LibreOffice's, renamed), ``15-locked.xlsx`` (encrypted with a password).
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import openpyxl
from openpyxl.styles import Font

FILES = Path(__file__).parent / "files"

PROMISES = ["行号", "承诺事项", "公开日期", "承诺时限", "兑现日期"]


def book(**sheets: list[list[object]]) -> openpyxl.Workbook:
    """Return a workbook of sheets with these rows from A1 on."""
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    return made


def title_rows_and_dates() -> None:
    """A pasted title, a unit line, five ways to write a day, a total and a signature."""
    made = book(
        公开承诺=[
            ["河东公路管理站公开承诺和落实情况台账"],
            ["填报单位：河东公路管理站", None, None, "2011年9月30日"],
            [],
            PROMISES,
            ["CN-1", "路面坑槽24小时内修补", dt.datetime(2011, 7, 5), dt.datetime(2011, 9, 20), "2011.9.18"],
            ["CN-2", "窗口零超时", "2011年7月6日", "２０１１／９／２１", None],
            ["CN-3", "热线随时应答", 40730, "20110922", "二〇一一年九月二十日"],
            ["合计", 3],
            ["填表人：王某", None, "审核人：李某"],
        ]
    )
    sheet = made.active
    sheet.merge_cells("A1:E1")
    sheet["A1"].font = Font(size=18, bold=True)
    for row in (5,):
        for column in "CD":
            sheet[f"{column}{row}"].number_format = 'yyyy"年"m"月"d"日"'
    made.save(FILES / "01-title-rows.xlsx")


def full_width_and_hidden() -> None:
    """Full-width digits and spaces, thousands separators, a unit behind a number; a hidden row and sheet."""
    made = book(
        学习研讨活动台账=[
            ["行号", "活动类型", "主题", "计划日期", "完成日期", "应到人数", "实到人数", "学时"],
            ["HD-1", "研讨", "　服务　提速　", "2011-8-1", "2011-8-1", "３５", "３３人", "２．５"],
            ["HD-2", " 讲课 ", "安全生产", "2011-8-8", "2011-8-9", "1,200", 1180, "3学时"],
            ["HD-3", "调研", "治超站点", "2011-8-15", "—", "12", "无", None],
        ],
        草稿=[["随手记", "不要报"]],
    )
    made["学习研讨活动台账"].row_dimensions[3].hidden = True
    made["草稿"].sheet_state = "hidden"
    made.save(FILES / "02-full-width.xlsx")


def other_order_and_extra() -> None:
    """Columns in another order, a counter, two columns of the unit's own; an entity by its name."""
    made = book(
        民情走访=[
            [
                "序号",
                "解决问题数",
                "收集问题数",
                "实访户数",
                "应访户数",
                "走访截至日期",
                "被评对象",
                "行号",
                "备注列",
                "联系方式",
            ],
            [1, 3, 4, 18, 20, "2011-9-15", "公路系统第一党支部", "ZF-1", "已回访", "x"],
            [2, 2, 2, 10, 10, "2011-9-16", "P05 公路系统第一党支部", "ZF-2", None, None],
            [3, 0, 1, 9, 12, "2011-9-17", None, "ZF-3", None, None],
        ]
    )
    made.save(FILES / "03-other-order.xlsx")


def great_numbers() -> None:
    """Money in 元, 万 and 亿 in a column of 万元."""
    made = book(
        重点工作台账=[
            ["行号", "任务编号", "任务", "类别", "启动日期", "计划投资（万元）", "目标量"],
            ["RW-1", "Z01", "疏港路改建", "大项目", "2011-7-1", "1.2亿", "12,000"],
            ["RW-2", "Z02", "客运站扩建", "大项目", "2011-7-1", "350万元", "98.50"],
            ["RW-3", "Z03", "治超站点", "环境优化", "2011-7-1", "85000元", None],
            ["RW-4", "Z04", "信息平台", "其他", "2011-7-1", 3500, "1.5万"],
        ]
    )
    made.save(FILES / "04-great-numbers.xlsx")


def gb18030() -> None:
    """A CSV file as Excel saves it in a Chinese Windows."""
    text = (
        "行号,目标项,上年实绩,目标值,确定日期,调整理由,批准人\r\n"
        'MB-1,好路率,86.5,90,2011-7-10,,"王某,局长"\r\n'
        'MB-2,"养护里程\n(公里)","1,250",1300,2011/7/10,,\r\n'
        "MB-3,通行费（万元）,３２０,３４０,2011-07-10,𠮷庆路并入,\r\n"
    )
    (FILES / "06-targets.csv").write_bytes(text.encode("gb18030"))


def with_mark_and_tabs() -> None:
    """A CSV file in UTF-8 with its mark, parted by tabs, with blank lines and a total."""
    text = (
        "\ufeff服务事项清单\t\t\t\t\r\n"
        "行号\t事项\t截至日期\t标准公开？\t服务标准已公开\t服务承诺已公开\t承诺时限(工作日)\r\n"
        "\r\n"
        "SX-1\t道路运输证年审\t2011-9-30\t?\t√\tY\t3\r\n"
        "SX-2\t大件运输许可\t2011-9-30\t?\t是\t×\t5工作日\r\n"
        "小计\t2\r\n"
    )
    (FILES / "07-service_items.csv").write_bytes(text.encode("utf-8"))


def all_wrong() -> None:
    """One slip in nearly every row; the first row is good."""
    made = book(
        学习研讨活动台账=[
            ["行号", "活动类型", "主题", "计划日期", "完成日期", "应到人数", "实到人数"],
            ["HD-11", "研讨", "好的一行", "2011-8-1", "2011-8-1", 10, 9],
            ["HD-12", "座谈会", "类型不对", "2011-8-1", None, 10, 9],
            ["HD-13", "研讨", "日期不对", "2011年13月1日", None, 10, 9],
            ["HD-14", "研讨", "日期不清", "8月上旬", None, 10, 9],
            ["HD-15", "研讨", "人数不整", "2011-8-1", None, 10.5, 9],
            ["HD-16", "研讨", "人数为负", "2011-8-1", None, 10, -1],
            ["HD-17", "研讨", "人数是字", "2011-8-1", None, "约十人", 9],
            ["HD-18", None, "缺类型", "2011-8-1", None, 10, 9],
            ["HD-11", "研讨", "重复的行号", "2011-8-2", None, 10, 9],
            [None, "研讨", "没有行号", "2011-8-3", None, 10, 9],
        ]
    )
    made.save(FILES / "08-all-wrong.xlsx")


def formulas() -> None:
    """Formulas without stored results, as a program other than Excel writes them, and a broken one."""
    made = book(
        公开承诺=[
            PROMISES,
            ["CN-21", "甲", "2011-7-5", "=C2+60", None],
            ["CN-22", "#REF!", "2011-7-5", "2011-9-5", None],
            ["CN-23", "丙", "2011-7-5", "2011-9-5", None],
        ]
    )
    made.save(FILES / "09-formulas.xlsx")


def merged_cells() -> None:
    """The entity merged over its rows, the day over two of them."""
    made = book(
        民情走访台账=[
            ["被评对象", "行号", "走访截至日期", "应访户数", "实访户数", "收集问题数", "解决问题数"],
            ["P05", "ZF-31", "2011-9-15", 20, 20, 1, 1],
            [None, "ZF-32", None, 10, 8, 0, 0],
            [None, "ZF-33", "2011-9-17", 5, 5, 2, 1],
        ]
    )
    sheet = made.active
    sheet.merge_cells("A2:A4")
    sheet.merge_cells("C2:C3")
    made.save(FILES / "10-merged.xlsx")


def several_sheets() -> None:
    """Two ledgers, an explanation, an empty sheet and one that nobody knows."""
    made = book(
        填表说明=[["怎么填"], ["期", "2011-09 2011年9月"]],
        公开承诺=[PROMISES, ["CN-41", "窗口延时服务", "2011-7-5", "2011-9-5", None]],
        学习研讨活动台账=[["行号", "活动类型", "计划日期"], ["HD-41", "观摩", "2011-9-1"]],
        Sheet3=[],
    )
    made.save(FILES / "11-several-sheets.xlsx")
    made = book(
        公开承诺=[PROMISES, ["CN-51", "好的", "2011-7-5", "2011-9-5"]],
        通讯录=[["姓名", "电话"], ["王某", "1"]],
    )
    made.save(FILES / "12-unknown-sheet.xlsx")


def literal_texts() -> None:
    """Texts that look like formulas, paths, markup; line breaks and emoji; a misspelt column."""
    made = book(
        公开承诺=[
            ["行号", "承诺事项", "公开日期", "承诺时限", "兑现日期", "佐证编号"],
            ["CN-61", None, "2011-7-5", "2011-9-5", None, "../../etc/passwd"],
            ["CN-62", "第一行\n第二行 😀", "2011-7-5", "2011-9-5", None, "<b>粗</b>"],
            ["CN-63", "+86 热线", "2011-7-5", "2011-9-5", None, "@here"],
        ]
    )
    cell = made.active["B2"]
    cell.value = "=cmd|' /C calc'!A0"
    cell.data_type = "s"
    made.save(FILES / "13-literal.xlsx")
    made = book(
        公开承诺=[["行号", "承诺事像", "公开日期", "承诺时限"], ["CN-64", "列名写错", "2011-7-5", "2011-9-5"]]
    )
    made.save(FILES / "16-misspelt.xlsx")


def corrections() -> None:
    """A later file: one row corrected with two columns only, one withdrawn, one as it was, one new."""
    made = book(
        公开承诺=[
            ["行号", "兑现日期", "状态", "承诺事项", "公开日期", "承诺时限"],
            ["CN-1", "2011-9-19", None, "路面坑槽24小时内修补", "2011-7-5", "2011-9-20"],
            ["CN-2", None, "撤回", "窗口零超时", "2011-7-6", "2011-9-21"],
            ["CN-3", "2011-9-20", "有效", "热线随时应答", "2011-7-6", "2011-9-22"],
            ["CN-4", None, None, "新的承诺", "2011-9-1", "2011-12-31"],
        ]
    )
    made.save(FILES / "17-corrections.xlsx")


if __name__ == "__main__":
    FILES.mkdir(exist_ok=True)
    title_rows_and_dates()
    full_width_and_hidden()
    other_order_and_extra()
    great_numbers()
    gb18030()
    with_mark_and_tabs()
    all_wrong()
    formulas()
    merged_cells()
    several_sheets()
    literal_texts()
    corrections()
