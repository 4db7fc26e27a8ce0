"""The nodes of a YAML file, walked once: data, the line of every place, and what is wrong."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

import yaml

from wbwz_eval.campaign.faults import FaultList

if TYPE_CHECKING:
    from pathlib import Path

Loc = tuple[str | int, ...]

# A few lines of aliases, each repeating the one before ten times, would fill the memory.
_MOST_VALUES = 200_000

_TAG = "tag:yaml.org,2002:"
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_INTEGER = re.compile(r"[-+]?[0-9]+\Z")

# What libyaml says in English about the mistakes that people make most.
_SYNTAX = {
    "mapping values are not allowed": "这里不能有冒号(上一行是不是缺引号,或者缩进不对?)",
    "could not find expected ':'": "这个键的后面缺冒号和空格",
    "did not find expected key": "缩进不对,或者引号、括号没有配对",
    "did not find expected '-' indicator": "列表的缩进不对",
    "did not find expected ',' or": "方括号或花括号里缺逗号,或者没有配对",
    "cannot start any token": "值不能这样开头(缩进不能用制表符,@ ` % 开头的值要加引号)",
    "found unexpected end of stream": "文件在这里突然结束(引号或括号没有配对)",
    "found undefined alias": "引用(*)的名字前面没有定义(&)",
    "block sequence entries are not allowed": "这里不能有列表项“-”",
    "expected a single document": "一个文件里只能有一份内容(多了一行 ---)",
}


# The base depends on whether PyYAML was built with libyaml.
class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Composes nodes by the core rules of YAML 1.2: ``no`` is a word, ``1:30`` no number."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}


for _name, _pattern, _first in (
    ("bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"), "tTfF"),
    ("null", re.compile(r"(?:~|null|Null|NULL|)\Z"), ["~", "n", "N", ""]),
    ("timestamp", _DATE, "0123456789"),
    ("int", _INTEGER, "-+0123456789"),
    ("float", _FLOAT, "-+.0123456789"),
):
    _Loader.add_implicit_resolver(_TAG + _name, _pattern, list(_first))


class NodeReader:
    """One walk over the nodes of a file: its data, the line of each place, its faults."""

    def __init__(self, name: str) -> None:
        """Start with nothing read; ``name`` is what faults call the file."""
        self.name = name
        self.lines: dict[Loc, int] = {}
        self.faults = FaultList()
        # Nodes that the walk is inside of: meeting one again means that it contains itself.
        self._open: set[int] = set()

    def read(self, path: Path) -> Any:
        """Return a file's data, or None where it cannot be read at all."""
        try:
            raw = path.read_bytes()
        except OSError:
            self.faults.add(self.name, "找不到这个文件,或者不能读")
            return None
        return self.read_bytes(raw)

    def read_bytes(self, raw: bytes) -> Any:
        """Return the data of a file's bytes, or None where they cannot be read at all."""
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            self.faults.add(self.name, "不是 UTF-8 编码", expected="另存为 UTF-8 的文本", line=line)
            return None
        return self.read_text(text)

    def read_text(self, text: str) -> Any:
        """Return the data of a text, or None where it cannot be read at all."""
        try:
            node = yaml.compose(text, Loader=_Loader)
            if node is None:
                self.faults.add(self.name, "文件是空的")
                return None
            self.lines[()] = node.start_mark.line + 1
            return self._build(node, ())
        except yaml.YAMLError as error:
            self._add_syntax(error)
        except RecursionError:
            self.faults.add(self.name, "层次太深,不能读")
        return None

    def _add_syntax(self, error: yaml.YAMLError) -> None:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        problem = getattr(error, "problem", None) or error
        said = f"{getattr(error, 'context', None) or ''} {problem}".strip()
        told = next((chinese for english, chinese in _SYNTAX.items() if english in said), None)
        hint = ";冒号要用半角的“:”,后面加一个空格"
        self.faults.add(
            self.name,
            f"YAML 写法有误: {told or said}{hint}",
            line=None if mark is None else mark.line + 1,
        )

    def _build(self, node: yaml.Node, loc: Loc) -> Any:
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, loc)
        if len(self.lines) > _MOST_VALUES:
            raise yaml.composer.ComposerError(None, None, "内容太多(引用展开后超过二十万项)", node.start_mark)
        if id(node) in self._open:
            raise yaml.composer.ComposerError(None, None, "引用(*)指向了包含它自己的内容", node.start_mark)
        self._open.add(id(node))
        if node.tag not in (f"{_TAG}map", f"{_TAG}seq"):
            self._add_tag(node, loc)
        built = self._mapping(node, loc) if isinstance(node, yaml.MappingNode) else self._sequence(node, loc)
        self._open.discard(id(node))
        return built

    def _sequence(self, node: yaml.Node, loc: Loc) -> list[Any]:
        built = []
        for index, item in enumerate(node.value):
            place = (*loc, index)
            self.lines[place] = item.start_mark.line + 1
            built.append(self._build(item, place))
        return built

    def _mapping(self, node: yaml.MappingNode, loc: Loc) -> dict[str, Any]:
        built: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self.faults.add(self.name, "键只能是文字", line=line, key=key_path(loc))
                continue
            key = str(key_node.value)
            place = (*loc, key)
            if key in built:
                first = self.lines[place]
                self.faults.add(self.name, f"键 “{key}” 重复,第 {first} 行已有", line=line, key=key_path(loc))
                continue
            if key == "<<":
                self.faults.add(
                    self.name,
                    "不支持合并键 “<<”",
                    expected="把内容写全",
                    line=line,
                    key=key_path(loc),
                )
                continue
            self.lines[place] = line
            built[key] = self._build(value_node, place)
        return built

    def _scalar(  # noqa: PLR0911  (one for each type)
        self, node: yaml.ScalarNode, loc: Loc
    ) -> object:
        text = str(node.value)
        match node.tag.removeprefix(_TAG):
            case "str":
                return text
            case "int" if _INTEGER.match(text):
                return int(text)
            case "float" if _FLOAT.match(text):
                return float(text)
            case "null":
                return None
            case "bool":
                return text.lower() == "true"
            case "timestamp":
                return self._date(text, node, loc)
        self._add_tag(node, loc)
        return text

    def _date(self, text: str, node: yaml.Node, loc: Loc) -> dt.date | str:
        try:
            return dt.date.fromisoformat(text)
        except ValueError:
            self.faults.add(
                self.name,
                "不是日期",
                expected="年-月-日,如 2011-09-30",
                value=text,
                line=node.start_mark.line + 1,
                key=key_path(loc),
            )
            return text

    def _add_tag(self, node: yaml.Node, loc: Loc) -> None:
        self.faults.add(
            self.name,
            f"不支持标签 “{node.tag}”",
            expected="去掉“!”开头的标签",
            line=node.start_mark.line + 1,
            key=key_path(loc),
        )


def key_path(loc: Loc) -> str | None:
    """Write a place as people read it: ``levels.unit.bands[0].from``; None for the top."""
    written = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc)
    return written.removeprefix(".") or None
