"""YAML files: what they say, on which line, and each mistake in words."""

from __future__ import annotations

import datetime as dt
import time
from typing import TYPE_CHECKING, Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from wbwz_eval.campaign.faults import FaultList
from wbwz_eval.campaign.yaml_source import YamlSource, load_yaml, read_model

if TYPE_CHECKING:
    from pathlib import Path


def source_of(tmp_path: Path, text: str | bytes) -> YamlSource:
    path = tmp_path / "method.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_yaml(path)


def told(source: YamlSource) -> list[str]:
    return [str(fault) for fault in source.faults]


# --- what a file says


def test_values_are_read_by_the_rules_of_yaml_1_2(tmp_path: Path) -> None:
    source = source_of(
        tmp_path,
        "norway: no\nswitch: on\nsure: true\nnot: False\nnone: null\nempty:\nratio: 1:30\n"
        "whole: -12\npart: .5\nexp: 1e3\nday: 2011-09-30\nquoted: '2011-09-30'\n"
        "moment: 2011-09-30 10:00:00\nthousand: 1_000\nnot_a: .nan\n",
    )
    assert told(source) == []
    assert source.data == {
        "norway": "no",
        "switch": "on",
        "sure": True,
        "not": False,
        "none": None,
        "empty": None,
        "ratio": "1:30",
        "whole": -12,
        "part": 0.5,
        "exp": 1000.0,
        "day": dt.date(2011, 9, 30),
        "quoted": "2011-09-30",
        "moment": "2011-09-30 10:00:00",
        "thousand": "1_000",
        "not_a": ".nan",
    }
    assert isinstance(source.data["whole"], int)
    assert isinstance(source.data["exp"], float)


def test_keys_stay_as_written(tmp_path: Path) -> None:
    assert source_of(tmp_path, "007: a\ntrue: b\n2011-09-30: c\n").data == {
        "007": "a",
        "true": "b",
        "2011-09-30": "c",
    }


def test_anchors_may_be_used_again(tmp_path: Path) -> None:
    source = source_of(tmp_path, "base: &b\n  cap: 5\nother: *b\n")
    assert source.data == {"base": {"cap": 5}, "other": {"cap": 5}}
    assert source.line_of(("other",)) == 3
    # Where the value really stands.
    assert source.line_of(("other", "cap")) == 2


def test_lines_are_those_of_keys_and_items(tmp_path: Path) -> None:
    source = source_of(tmp_path, "# note\ntop:\n  inner:\n    - a\n    - {k: 1,\n       l: 2}\nlast: x\n")
    assert source.line_of(()) == 2
    assert source.line_of(("top",)) == 2
    assert source.line_of(("top", "inner")) == 3
    assert source.line_of(("top", "inner", 1)) == 5
    assert source.line_of(("top", "inner", 1, "l")) == 6
    assert source.line_of(("last",)) == 7


def test_a_number_as_key_may_be_asked_for_as_a_number(tmp_path: Path) -> None:
    assert source_of(tmp_path, "calendar:\n  2003:\n    holidays: []\n").line_of(("calendar", 2003)) == 2


def test_a_place_that_the_file_lacks_falls_back_to_what_is_nearest(tmp_path: Path) -> None:
    source = source_of(
        tmp_path, "indicators:\n  F1:\n    measure:\n      kind: count\n      where:\n        - x\n"
    )
    # 'count' is the name of a union's member, as pydantic puts it into a place.
    assert source.line_of(("indicators", "F1", "measure", "count", "where", 0)) == 6
    assert source.line_of(("indicators", "F1", "measure", "count", "ledger")) == 3
    assert source.line_of(("indicators", "F1", "name")) == 2
    assert source.line_of(("nothing", "here")) == 1


# --- what is wrong with a file as YAML


def test_a_repeated_key_names_both_lines_and_the_first_counts(tmp_path: Path) -> None:
    source = source_of(tmp_path, "a:\n  cap: 1\n  cap: 2\nb: 1\nb: 2\n")
    assert told(source) == [
        "method.yaml 第 3 行 “a”: 键 “cap” 重复,第 2 行已有",
        "method.yaml 第 5 行: 键 “b” 重复,第 4 行已有",
    ]
    assert source.data == {"a": {"cap": 1}, "b": 1}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\nb: [1, 2\nc: 3\n", 3, "方括号"),
        ("a: 1\nb: x: y\n", 2, "这里不能有冒号"),
        ("a:\n  b: 1\n c: 2\n", 3, "缩进"),
        ("a:\n\tb: 1\n", 2, "制表符"),
        ("a: 'x\nb: 1\n", 3, "突然结束"),
        ("a: *lost\n", 1, "没有定义"),
        ("a: 1\n---\nb: 1\n", 2, "一份内容"),
        ("名称\uff1a甲\nb: 1\n", 2, "半角"),
        ("a: &x\n  b: *x\n", 1, "包含它自己"),
        ("a: 1\nb: @x\n", 2, "不能这样开头"),
    ],
)
def test_a_syntax_error_is_a_fault_with_its_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    source = source_of(tmp_path, text)
    (fault,) = source.faults
    assert fault.line == line
    assert words in fault.message
    assert source.data is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"", "method.yaml: 文件是空的"),
        (b"# only a note\n", "method.yaml: 文件是空的"),
        (
            "a: 1\nb: 中文\n".encode("gb18030"),
            "method.yaml 第 2 行: 不是 UTF-8 编码;应为 另存为 UTF-8 的文本",
        ),
        (b"a: \x01\n", "unacceptable character"),
        (
            b"day: 2011-02-30\n",
            "method.yaml 第 1 行 “day”: “2011-02-30” 不是日期;应为 年-月-日,如 2011-09-30",
        ),
        (b"a: !!python/name:os.system x\n", "不支持标签"),
        (b"a: !!set {x}\n", "不支持标签"),
        (b"base: {a: 1}\n<<: {b: 2}\n", "不支持合并键"),
        (b"? [a, b]\n: 1\n", "键只能是文字"),
        (b"[" * 3000 + b"]" * 3000, "层次太深"),
    ],
)
def test_other_faults_of_a_file(tmp_path: Path, text: bytes, expected: str) -> None:
    (fault,) = source_of(tmp_path, text).faults
    assert expected in str(fault)


def test_a_missing_file_is_a_fault_under_the_name_given(tmp_path: Path) -> None:
    (fault,) = load_yaml(tmp_path / "v1.yaml", name="methodology/v1.yaml").faults
    assert str(fault) == "methodology/v1.yaml: 找不到这个文件,或者不能读"


def test_aliases_that_multiply_are_stopped(tmp_path: Path) -> None:
    # Ten levels of ten: 10^10 values if it were not stopped.
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    (fault,) = source_of(tmp_path, "\n".join(lines)).faults
    assert "内容太多" in fault.message


def test_a_file_of_several_thousand_lines_is_read_in_good_time(tmp_path: Path) -> None:
    entry = (
        "  I{0}:\n    name: 指标{0}\n    gloss: x\n    unit: '%'\n"
        "    rule: {{type: bands, bands: [{{from: 1, points: 5}}]}}\n"
    )
    text = "indicators:\n" + "".join(entry.format(number) for number in range(1000))
    started = time.perf_counter()
    source = source_of(tmp_path, text)
    # 5,001 lines take about 0.2 s; ten times that would be felt at every start.
    assert time.perf_counter() - started < 2
    assert source.line_of(("indicators", "I999", "name")) == 1 + 5 * 999 + 2


# --- what is wrong with the content


class Count(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: Literal["count"]
    ledger: str


class Rate(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: Literal["on_time_rate"]
    ledger: str
    deadline: str
    scale: float = Field(100, gt=0)


class Indicator(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    direction: Literal["up", "down"] = "up"
    measure: Annotated[Count | Rate, Field(discriminator="kind")]
    tags: tuple[str, ...] = ()
    from_: dt.date | None = Field(None, alias="from")


class Tree(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    weights_sum: float = 100
    indicators: dict[str, Indicator]
    weights: dict[str, float] = {}

    @model_validator(mode="after")
    def _sums(self) -> Tree:
        total = sum(self.weights.values())
        if self.weights and total != self.weights_sum:
            message, expected = f"权重合计 {total:g}", f"{self.weights_sum:g}"
            kind, at = "weights", ("weights",)
            raise PydanticCustomError(kind, "{m}", {"m": message, "expected": expected, "at": at})
        if "坏" in self.indicators:
            message = "指标代码不能是“坏”"
            raise ValueError(message)
        return self


GOOD = "indicators:\n  F1:\n    name: 兑现率\n    measure: {kind: count, ledger: commitments}\n"


def faults_of(tmp_path: Path, text: str) -> list[str]:
    faults = FaultList()
    assert read_model(Tree, source_of(tmp_path, text), faults=faults) is None
    return [str(fault) for fault in faults]


def test_a_good_file_becomes_a_model(tmp_path: Path) -> None:
    faults = FaultList()
    tree = read_model(Tree, source_of(tmp_path, GOOD), faults=faults)
    assert tree is not None
    assert tree.indicators["F1"].measure == Count(kind="count", ledger="commitments")
    assert len(faults) == 0


def test_all_mistakes_are_told_in_one_pass(tmp_path: Path) -> None:
    text = (
        "indicators:\n"
        "  F1:\n"
        "    nmae: 兑现率\n"
        "    direction: upp\n"
        "    measure:\n"
        "      kind: on_time_rat\n"
        "    tags: 甲\n"
        "  F2:\n"
        "    name: 12\n"
        "    from: 去年\n"
        "    measure:\n"
        "      kind: on_time_rate\n"
        "      ledger: commitments\n"
        "      deadlin: due_on\n"
        "      scale: 0\n"
        "  F3:\n"
        "    name:\n"
        "    measure: {ledger: x}\n"
        "    direction: up\n"
        "    direction: down\n"
        "weights: {F1: 二十}\n"
        "weigths_sum: 100\n"
    )
    known = "direction、from、measure、name、tags"
    text_form = "文字(数字和日期要当文字用时加引号)"
    expected = (
        (2, "F1", "缺少键 “name”"),
        (3, "F1", f"不认识的键 “nmae”;应为 name(可用的: {known})"),
        (4, "F1.direction", "“upp” 不在可用的值之内;应为 up(可用的: up、down)"),
        (
            6,
            "F1.measure.kind",
            "“on_time_rat” 不是可用的 kind;应为 on_time_rate(可用的: count、on_time_rate)",
        ),
        (7, "F1.tags", "“甲” 不是列表;应为 列表: 每项一行,以“- ”开头,或写成 [甲, 乙]"),
        (9, "F2.name", f"“12” 不是文字;应为 {text_form}"),
        (10, "F2.from", "“去年” 不是日期;应为 年-月-日,如 2011-09-30"),
        (11, "F2.measure", "缺少键 “deadline”"),
        (
            14,
            "F2.measure",
            "不认识的键 “deadlin”;应为 deadline(可用的: deadline、kind、ledger、scale)",
        ),
        (15, "F2.measure.scale", "“0” 太小;应为 大于 0"),
        (17, "F3.name", f"空着,没有值;应为 {text_form}"),
        (18, "F3.measure", "缺少键 “kind”;应为 其中之一: count、on_time_rate"),
        (20, "F3", "键 “direction” 重复,第 19 行已有"),
    )
    lines = [f"method.yaml 第 {line} 行 “indicators.{key}”: {said}" for line, key, said in expected]
    lines += [
        "method.yaml 第 21 行 “weights.F1”: “二十” 不是数字;应为 数字",
        (
            "method.yaml 第 22 行: 不认识的键 “weigths_sum”"
            ";应为 weights_sum(可用的: indicators、weights、weights_sum)"
        ),
    ]
    assert sorted(faults_of(tmp_path, text)) == sorted(lines)


def test_the_keys_told_are_those_of_the_member_that_the_file_names(tmp_path: Path) -> None:
    (fault,) = faults_of(tmp_path, GOOD.replace("ledger: commitments", "ledger: x, deadline: y"))
    # A count has no deadline; only a rate has.
    assert fault.endswith("不认识的键 “deadline”;应为 其中之一: kind、ledger")


def test_a_validators_own_words_are_used_as_they_are(tmp_path: Path) -> None:
    assert faults_of(tmp_path, GOOD.replace("F1", "坏")) == ["method.yaml 第 1 行: 指标代码不能是“坏”"]


def test_a_validator_may_say_what_would_be_right_and_where(tmp_path: Path) -> None:
    # 60 + 30 = 90.
    assert faults_of(tmp_path, GOOD + "weights: {F1: 60, F2: 30}\n") == [
        "method.yaml 第 5 行 “weights”: 权重合计 90;应为 100"
    ]


def test_content_of_the_wrong_shape_is_told(tmp_path: Path) -> None:
    (fault,) = faults_of(tmp_path, "- a\n- b\n")
    assert fault == "method.yaml 第 1 行: 不是一组“键: 值”;应为 一组“键: 值”"


def test_a_broken_file_is_told_only_as_broken(tmp_path: Path) -> None:
    (fault,) = faults_of(tmp_path, "a: [1\n")
    assert "YAML 写法有误" in fault


class Step(BaseModel):
    model_config = ConfigDict(extra="forbid")
    points: float | Literal["auto"]
    inner: Step | list[Step] | None = None


def step_faults(tmp_path: Path, text: str) -> list[str]:
    faults = FaultList()
    read_model(Step, source_of(tmp_path, text), faults=faults)
    return [str(fault) for fault in faults]


def test_of_a_union_only_the_member_that_fits_best_is_told(tmp_path: Path) -> None:
    # The list is neither a Step nor empty, but that is not the mistake.
    assert step_faults(tmp_path, "points: 1\ninner:\n  - points: 2\n    pionts: 3\n") == [
        "method.yaml 第 4 行 “inner[0]”: 不认识的键 “pionts”;应为 points(可用的: inner、points)"
    ]
    # What is empty is still a Step, and no list.
    assert step_faults(tmp_path, "points: 1\ninner: {}\n") == ["method.yaml 第 2 行 “inner”: 缺少键 “points”"]


def test_where_no_member_of_a_union_fits_all_are_told_as_one(tmp_path: Path) -> None:
    assert step_faults(tmp_path, "points: 很多\n") == [
        "method.yaml 第 1 行 “points”: “很多” 写法不对;应为 数字 或 其中之一: auto"
    ]
