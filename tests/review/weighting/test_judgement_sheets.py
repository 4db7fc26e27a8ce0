"""Judgement workbooks: written, filled in as a member would, read back, put together."""

from __future__ import annotations

import io

import numpy as np
import pytest
from openpyxl import load_workbook

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.review.weighting.expert_weights import combine
from wbwz_eval.review.weighting.judgement_reading import read_judgements
from wbwz_eval.review.weighting.judgement_sheets import DEGREES, judgement_sheet

TITLE = "2011-v1 单位 一级指标"
CRITERIA = {"F": "比服务", "Y": "比效能", "Z": "比作风"}
MEMBERS = ("张三", "李四")

Cells = dict[str, dict[str, object]]


def write(path, member="张三", cells: Cells | None = None, criteria=CRITERIA, title=TITLE):
    """Write a member's workbook with these cells filled in."""
    book = load_workbook(io.BytesIO(judgement_sheet(title, criteria, member)))
    for sheet, filled in (cells or {}).items():
        for place, value in filled.items():
            book[sheet][place] = value
    book.save(path)
    return path


def budget(*points: object) -> Cells:
    return {"预算分配": {f"C{row}": value for row, value in enumerate(points, start=2)}}


def pairs(*answers: tuple[str | None, str | None]) -> Cells:
    places = [
        (f"{letter}{row}", answer)
        for row, pair in enumerate(answers, start=2)
        for letter, answer in zip("EF", pair, strict=True)
    ]
    return {"两两比较": dict(places)}


def ends(best: object, worst: object, from_best: list[object], to_worst: list[object]) -> Cells:
    cells = {"C1": best, "C2": worst}
    cells |= {f"C{row}": value for row, value in enumerate(from_best, start=5)}
    cells |= {f"D{row}": value for row, value in enumerate(to_worst, start=5)}
    return {"最优最劣": cells}


AGREED = pairs(("F 比服务", DEGREES[1]), ("F 比服务", DEGREES[3]), ("Y 比效能", "2"))


def read(tmp_path, first: Cells, second: Cells):
    paths = [write(tmp_path / "a.xlsx", "张三", first), write(tmp_path / "b.xlsx", "李四", second)]
    return read_judgements(paths, CRITERIA, MEMBERS)


def faults_of(paths, criteria=CRITERIA, members=MEMBERS) -> list[str]:
    with pytest.raises(CampaignError) as error:
        read_judgements(paths, criteria, members)
    return [str(fault) for fault in error.value.faults]


def test_the_same_order_gives_the_same_bytes():
    assert judgement_sheet(TITLE, CRITERIA, "张三") == judgement_sheet(TITLE, CRITERIA, "张三")


def test_a_workbook_says_whose_it_is_and_what_to_do():
    book = load_workbook(io.BytesIO(judgement_sheet(TITLE, CRITERIA, "张三")))
    assert book.sheetnames == ["说明", "预算分配", "两两比较", "最优最劣"]
    guide = book["说明"]
    shown = [str(row[1].value) for row in guide.iter_rows() if not guide.row_dimensions[row[0].row].hidden]
    assert shown[:2] == [TITLE, "张三"]
    assert any("合计正好 100" in text for text in shown)
    assert any("例：认为“比服务”比“比效能”稍微重要" in text for text in shown)
    assert not any(
        "wbwz" in str(row[0].value)
        for row in guide.iter_rows()
        if not guide.row_dimensions[row[0].row].hidden
    )


def test_only_the_asked_cells_are_open_and_the_total_is_live():
    book = load_workbook(io.BytesIO(judgement_sheet(TITLE, CRITERIA, "张三")))
    sheet = book["预算分配"]
    assert sheet["C5"].value == "=SUM(C2:C4)"
    assert sheet.protection.sheet
    assert [sheet[place].protection.locked for place in ("A2", "C2", "C4", "C5")] == [
        True,
        False,
        False,
        True,
    ]
    listed = [rule.formula1 for rule in book["两两比较"].data_validations.dataValidation]
    assert '"F 比服务,Y 比效能,同等重要"' in listed
    assert '"1 同等,2,3 稍微,4,5 明显,6,7 强烈,8,9 极端"' in listed
    assert [str(rule.sqref) for rule in book["最优最劣"].data_validations.dataValidation] == [
        "C1:C2",
        "C5:D7",
    ]


def test_a_name_never_runs_as_a_formula(tmp_path):
    criteria = {"F": "=1+1", "Y": "+效能"}
    path = write(tmp_path / "a.xlsx", "张三", budget(40, 60), criteria)
    cell = load_workbook(path)["预算分配"]["B2"]
    assert (cell.value, cell.data_type) == ("=1+1", "s")
    assert read_judgements([path], criteria, ["张三"]).criteria == criteria


def test_what_was_filled_in_is_read_back(tmp_path):
    first = budget(50, 30, 20) | AGREED | ends("F 比服务", "Z 比作风", [None, "2", "4"], ["4", "2", None])
    found = read(tmp_path, first, budget(33.3, 33.3, 33.4))
    assert found.title == TITLE
    assert found.budget["张三"].tolist() == [50, 30, 20]
    assert found.budget["李四"].tolist() == [33.3, 33.3, 33.4]
    # F over Y 2, F over Z 4, Y over Z 2
    expected = np.array([[1, 2, 4], [1 / 2, 1, 2], [1 / 4, 1 / 2, 1]])
    assert found.pairwise["张三"] == pytest.approx(expected)
    best, worst, from_best, to_worst = found.best_worst["张三"]
    assert (best, worst) == ("F", "Z")
    assert (from_best.tolist(), to_worst.tolist()) == ([1, 2, 4], [4, 2, 1])
    assert "李四" not in found.pairwise
    assert "李四" not in found.best_worst


def test_the_right_hand_side_may_be_the_more_important_one(tmp_path):
    found = read(
        tmp_path, pairs(("Y 比效能", "3 稍微"), ("同等重要", None), ("Y 比效能", "5 明显")), budget(0, 0, 100)
    )
    assert found.pairwise["张三"] == pytest.approx(np.array([[1, 1 / 3, 1], [3, 1, 5], [1, 1 / 5, 1]]))
    assert found.budget["李四"].tolist() == [0, 0, 100]


def test_rows_are_known_by_their_ids_not_by_their_place(tmp_path):
    # sorted the other way round by the member
    turned = {"A2": "Z", "C2": 20, "A3": "Y", "C3": 30, "A4": "F", "C4": 50}
    found = read(tmp_path, {"预算分配": turned}, budget(10, 20, 70))
    assert found.budget["张三"].tolist() == [50, 30, 20]


def test_shares_in_percent_are_points(tmp_path):
    path = write(tmp_path / "a.xlsx", "张三", budget(0.5, 0.3, 0.2))
    book = load_workbook(path)
    for place in ("C2", "C3", "C4"):
        book["预算分配"][place].number_format = "0%"
    book.save(path)
    assert read_judgements([path], CRITERIA, ["张三"]).budget["张三"].tolist() == [50, 30, 20]


def test_many_criteria_with_long_names(tmp_path):
    criteria = {f"F{n}": f"承诺事项按期兑现率之第{n}项" for n in range(1, 16)}
    path = write(
        tmp_path / "a.xlsx", "张三", ends("F1 承诺事项按期兑现率之第1项", "F15", [2] * 15, [2] * 15), criteria
    )
    book = load_workbook(path)
    book["最优最劣"]["C5"] = book["最优最劣"]["D19"] = 1
    book.save(path)
    assert read_judgements([path], criteria, ["张三"]).best_worst["张三"][:2] == ("F1", "F15")
    assert book["选项"].sheet_state == "hidden"


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (budget(50, 30, None), "工作表“预算分配” C4: 没有填;应为 0 至 100 的数"),
        (budget(50, 30, 21), "工作表“预算分配” C5: “101” 是各项分数的合计;应为 100"),
        (budget(150, -30, -20), "工作表“预算分配” C2: “150” 不是 0 至 100 的数"),
        (budget(50, "三十", 20), "工作表“预算分配” C3: “三十” 不是 0 至 100 的数"),
        (
            pairs(("F 比服务", None), ("同等重要", None), ("同等重要", None)),
            "工作表“两两比较” F2: 没有选重要多少",
        ),
        (
            pairs((None, "3 稍微"), ("同等重要", None), ("同等重要", None)),
            "工作表“两两比较” E2: 没有选哪个更重要",
        ),
        (
            pairs(("同等重要", None), ("同等重要", None), (None, None)),
            "工作表“两两比较” E4: 没有选哪个更重要",
        ),
        (pairs(("Z 比作风", "3"), ("同等重要", None), ("同等重要", None)), "E2: “Z 比作风” 不是这一行的指标"),
        (pairs(("F 比服务", "10"), ("同等重要", None), ("同等重要", None)), "F2: “10” 说不清重要多少"),
        (pairs(("F 比服务", "2.5"), ("同等重要", None), ("同等重要", None)), "F2: “2.5” 说不清重要多少"),
        (
            pairs(("同等重要", "5 明显"), ("同等重要", None), ("同等重要", None)),
            "F2: “5 明显” 与“同等重要”矛盾",
        ),
        (ends(None, "Z 比作风", [1, 2, 4], [4, 2, 1]), "工作表“最优最劣” C1: 没有选最重要的指标"),
        (ends("F", "比作", [1, 2, 4], [4, 2, 1]), "工作表“最优最劣” C2: “比作” 不是这里的指标"),
        (ends("F", "Z", [1, None, 4], [4, 2, 1]), "工作表“最优最劣” C6: 没有填"),
        (ends("F", "Z", [1, 2, 4], [4, 12, 1]), "工作表“最优最劣” D6: “12” 超出范围;应为 1 至 9 的整数"),
        (ends("F", "F", [1, 2, 4], [4, 2, 1]), "最重要的和最不重要的都是“比服务”"),
        (ends("F", "Z", [1, 2, 4], [5, 2, 1]), "“比服务”对“比作风”一处为 4，另一处为 5，应相同"),
    ],
)
def test_a_table_that_is_not_filled_in_well_is_told_by_its_cells(tmp_path, cells, said):
    told = faults_of([write(tmp_path / "a.xlsx", "张三", cells)], members=["张三"])
    assert len([line for line in told if said in line and line.startswith("a.xlsx ")]) == 1


def test_a_row_that_is_gone_is_told(tmp_path):
    path = write(tmp_path / "a.xlsx", "张三", budget(50, 50, 0))
    book = load_workbook(path)
    book["预算分配"].delete_rows(4)
    book.save(path)
    assert any("缺少这些行：Z" in line for line in faults_of([path], members=["张三"]))


def test_all_faults_of_all_files_come_in_one_pass(tmp_path):
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(b"PK\x03\x04 not a workbook")
    ledger = tmp_path / "other.csv"
    ledger.write_text("甲,乙\n1,2\n", encoding="utf-8")
    paths = [
        write(tmp_path / "one.xlsx", "张三", budget(50, 30, 30)),
        write(tmp_path / "two.xlsx", "张三", budget(50, 30, 20)),
        write(tmp_path / "three.xlsx", "张四", budget(50, 30, 20)),
        write(tmp_path / "four.xlsx", "王五", budget(50, 50), {"F": "比服务", "C": "比成果"}),
        write(tmp_path / "five.xlsx", "赵六"),
        broken,
        ledger,
        tmp_path / "none.xlsx",
    ]
    told = "\n".join(faults_of(paths, members=["张三", "李四", "王五", "赵六"]))
    for said in (
        "one.xlsx 工作表“预算分配” C5: “110” 是各项分数的合计;应为 100",
        "two.xlsx: 是“张三”的第二份判断表，另一份是 one.xlsx;应为 每人一份",
        "three.xlsx 工作表“说明”: “张四” 不是评委;应为 李四(可用的: 张三、李四、王五、赵六)",
        "four.xlsx 工作表“说明”: “王五”的判断表问的是另一些指标（F 比服务、C 比成果）",
        "five.xlsx: “赵六”三张表都没有填;应为 至少填好一张",
        "broken.xlsx: 工作簿已损坏",
        "other.csv: 不是本系统发出的判断表",
        "none.xlsx: 打不开",
        "判断表: 没有收到“李四”的判断表",
    ):
        assert said in told
    assert "没有收到“王五”" not in told


def test_the_same_ids_under_other_names_are_another_version(tmp_path):
    path = write(
        tmp_path / "a.xlsx", "张三", budget(50, 30, 20), {"F": "比服务", "Y": "比效能", "Z": "比担当"}
    )
    assert "可能是另一层级或另一版本的" in faults_of([path], members=["张三"])[0]


def test_workbooks_of_two_rounds_are_not_mixed(tmp_path):
    paths = [
        write(tmp_path / "a.xlsx", "张三", budget(50, 30, 20)),
        write(tmp_path / "b.xlsx", "李四", budget(50, 30, 20), title="2011-v2 单位 一级指标"),
    ]
    assert "标题不一样，不是同一次发的" in faults_of(paths)[0]


@pytest.mark.parametrize("criteria", [{"F": "比服务"}, {str(n): str(n) for n in range(16)}])
def test_too_few_or_too_many_criteria(criteria):
    with pytest.raises(CampaignError, match=f"有 {len(criteria)} 个指标，应为 2 至 15 个"):
        judgement_sheet(TITLE, criteria, "张三")


def test_nameless_things_are_refused():
    with pytest.raises(CampaignError, match="不能为空"):
        judgement_sheet(TITLE, CRITERIA, " ")


# put together


def test_budgets_are_averaged(tmp_path):
    found = combine(read(tmp_path, budget(50, 30, 20), budget(70, 10, 20)), "budget")
    assert found.weights.to_dict() == pytest.approx({"F": 0.6, "Y": 0.2, "Z": 0.2})
    assert found.by_member.loc["李四"].to_dict() == pytest.approx({"F": 0.7, "Y": 0.1, "Z": 0.2})
    # ranks (3, 2, 1) and (3, 1, 2): sums 6, 3, 3, mean 4: S = 4 + 1 + 1 = 6; W = 12·6 / (4·24)
    assert found.concordance.w == pytest.approx(0.75)
    assert found.consistency.empty
    assert "OECD/JRC 2008" in found.source


def test_comparisons_of_a_group_are_multiplied(tmp_path):
    # 张三: 4:2:1; 李四: all alike. Geometric means: 2, 4, 2 → roots: 2:√2:1
    alike = pairs(*[("同等重要", None)] * 3)
    found = combine(read(tmp_path, AGREED, alike), "ahp")
    expected = np.array([2, 2**0.5, 1]) / (3 + 2**0.5)
    assert found.weights.to_numpy() == pytest.approx(expected)
    assert found.by_member.loc["张三"].to_numpy() == pytest.approx([4 / 7, 2 / 7, 1 / 7])
    assert found.consistency["ok"].all()
    assert found.consistency["ratio"].to_numpy() == pytest.approx([0, 0], abs=1e-9)
    # 李四 is undecided: ranks (3, 2, 1) and (2, 2, 2): S = 1 + 0 + 1 = 2; W = 12·2 / (4·24 − 2·24)
    assert found.concordance.w == pytest.approx(0.5)


def test_best_and_worst_are_averaged(tmp_path):
    first = ends("F 比服务", "Z 比作风", [1, 2, 4], [4, 2, 1])  # 4:2:1
    second = ends("Y 比效能", "F 比服务", [2, 1, 2], [1, 2, 1])  # 1:2:1
    found = combine(read(tmp_path, first, second), "bwm")
    expected = (np.array([4, 2, 1]) / 7 + np.array([1, 2, 1]) / 4) / 2
    assert found.weights.to_numpy() == pytest.approx(expected)
    assert found.consistency["ok"].all()


CIRCLE = pairs(("F 比服务", "5 明显"), ("Z 比作风", "5 明显"), ("Y 比效能", "5 明显"))


def test_who_contradicts_himself_is_named_with_what_to_look_at_again(tmp_path):
    judgements = read(tmp_path, CIRCLE, AGREED)
    with pytest.raises(CampaignError) as error:
        combine(judgements, "ahp")
    assert "张三的判断前后不一致，没有算出权重" in str(error.value)
    assert "李四" not in str(error.value)
    # F over Y 5, Y over Z 5: without the third, F over Z 25; and it was stated to be 1/5
    assert "“比作风”是“比服务”的 5 倍；按其余的判断，“比服务”应是“比作风”的 25 倍左右" in str(error.value)
    found = combine(judgements, "ahp", accept_inconsistent=True)
    assert dict(zip(found.consistency["member"], found.consistency["ok"], strict=True)) == {
        "张三": False,
        "李四": True,
    }
    assert found.to_review.iloc[0]["member"] == "张三"
    assert found.weights.sum() == pytest.approx(1.0)


def test_nobody_gave_the_table(tmp_path):
    judgements = read(tmp_path, AGREED, AGREED)
    with pytest.raises(CampaignError, match="没有评委填写“最优最劣”"):
        combine(judgements, "bwm")
    with pytest.raises(CampaignError, match="没有“delphi”这种"):
        combine(judgements, "delphi")


def test_of_one_member_there_is_no_agreement_to_tell(tmp_path):
    found = combine(read(tmp_path, budget(50, 30, 20), AGREED), "budget")
    assert found.concordance is None
    assert found.weights.to_numpy() == pytest.approx([0.5, 0.3, 0.2])


def test_pairwise_judgements_are_read_a_second_way_too(tmp_path):
    """Both members: F over Y 2, F over Z 4, Y over Z 2: consistent, so 4:2:1 by rows, ∛8 : ∛1 : ∛(1/8)."""
    same = pairs(("F 比服务", DEGREES[1]), ("F 比服务", DEGREES[3]), ("Y 比效能", "2"))
    found = combine(read(tmp_path, same, same), "ahp")
    assert found.beside.to_dict() == pytest.approx({"F": 4 / 7, "Y": 2 / 7, "Z": 1 / 7})
    assert found.weights.to_dict() == pytest.approx(found.beside.to_dict())
    assert combine(read(tmp_path, budget(50, 30, 20), budget(50, 30, 20)), "budget").beside is None


@pytest.mark.parametrize("which", ["F 比服务", "Y 比效能", "同等重要"])
def test_one_means_alike_whichever_is_named(tmp_path, which):
    """Who names one of two and says 1 means that they are alike, as the scale has it (Saaty 1980)."""
    same = pairs((which, "1 同等"), ("F 比服务", "3"), ("Y 比效能", "3"))
    assert read(tmp_path, same, same).pairwise["张三"][0].tolist() == [1.0, 1.0, 3.0]
