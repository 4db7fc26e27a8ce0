"""Pydantic's errors in words that an office understands, with what would be right."""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from wbwz_eval.campaign.faults import one_of

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

Loc = tuple[str | int, ...]

_DATE = "年-月-日,如 2011-09-30"

# Error type of pydantic → what is wrong, what would be right (braces: from the error's context).
_SAID: Mapping[str, tuple[str, str]] = {
    "string_type": ("不是文字", "文字(数字和日期要当文字用时加引号)"),
    "string_too_short": ("太短", "至少 {min_length} 个字"),
    "string_too_long": ("太长", "最多 {max_length} 个字"),
    "string_pattern_mismatch": ("写法不对", "符合 {pattern}"),
    "int_type": ("不是整数", "整数"),
    "int_parsing": ("不是整数", "整数"),
    "int_from_float": ("不是整数", "整数"),
    "float_type": ("不是数字", "数字"),
    "float_parsing": ("不是数字", "数字"),
    "finite_number": ("不是有限的数字", "数字"),
    "bool_type": ("不是 true 或 false", "true 或 false"),
    "bool_parsing": ("不是 true 或 false", "true 或 false"),
    "date_type": ("不是日期", _DATE),
    "date_parsing": ("不是日期", _DATE),
    "date_from_datetime_parsing": ("不是日期", _DATE),
    "date_from_datetime_inexact": ("不是日期", _DATE),
    "list_type": ("不是列表", "列表: 每项一行,以“- ”开头,或写成 [甲, 乙]"),
    "tuple_type": ("不是列表", "列表: 每项一行,以“- ”开头,或写成 [甲, 乙]"),
    "dict_type": ("不是一组“键: 值”", "一组“键: 值”"),
    "mapping_type": ("不是一组“键: 值”", "一组“键: 值”"),
    "model_type": ("不是一组“键: 值”", "一组“键: 值”"),
    "model_attributes_type": ("不是一组“键: 值”", "一组“键: 值”"),
    "none_required": ("不能有值", "空着"),
    "too_short": ("项数太少: {actual_length} 项", "至少 {min_length} 项"),
    "too_long": ("项数太多: {actual_length} 项", "最多 {max_length} 项"),
    "greater_than": ("太小", "大于 {gt}"),
    "greater_than_equal": ("太小", "不小于 {ge}"),
    "less_than": ("太大", "小于 {lt}"),
    "less_than_equal": ("太大", "不大于 {le}"),
    "multiple_of": ("不是整倍数", "{multiple_of} 的整倍数"),
}


@dataclass(frozen=True)
class Explained:
    """One error: where to point, the place to name, what is wrong, what would be right."""

    loc: Loc
    named: Loc
    message: str
    expected: str
    value: object | None
    is_of_value: bool = False


def explain_errors(
    errors: Iterable[ErrorDetails], model: type[BaseModel], path_of: Callable[[Loc], Loc]
) -> list[Explained]:
    """Put pydantic's errors into words, one for each mistake.

    A union gives an error for each of its members. Where one member got further into the data than
    another, only its errors are told; where all stopped at the same value, they become one.

    Args:
        errors: As from ``ValidationError.errors()``.
        model: The model that was read.
        path_of: Gives the part of a place that the data have.
    """
    told = [explain_error(error, model) for error in errors]
    reached = [path_of(one.loc) for one in told]
    # Places inside of which some member of a union found its mistake.
    inner = {
        path[:length]
        for one, path in zip(told, reached, strict=True)
        for length in range(len(path) + (not one.is_of_value))
    }
    result: dict[object, Explained] = {}
    for index, (one, path) in enumerate(zip(told, reached, strict=True)):
        if not one.is_of_value:
            result[index] = one
        elif path not in inner:
            first = result.get(path)
            result[path] = one if first is None else _either(first, one)
    return list(result.values())


def _either(first: Explained, second: Explained) -> Explained:
    expected = " 或 ".join(dict.fromkeys(text for text in (first.expected, second.expected) if text))
    return replace(first, message="写法不对", expected=expected)


def explain_error(  # noqa: PLR0911  (one for each kind of error)
    error: ErrorDetails, model: type[BaseModel]
) -> Explained:
    """Put one pydantic error into words.

    Args:
        error: An entry of ``ValidationError.errors()``.
        model: The model that was read; its fields tell which keys are known at the place.

    Returns:
        ``loc`` is where to point, ``named`` the place to name (for a key too many or missing: what
        holds it).
    """
    loc, context, value = error["loc"], error.get("ctx") or {}, error["input"]
    scalar = None if isinstance(value, (Mapping, list, tuple, BaseModel)) else value
    match error["type"]:
        case "extra_forbidden":
            known = sorted(_keys_at(model, loc[:-1]))
            expected = one_of(known, instead_of=str(loc[-1])) if known else ""
            return Explained(loc, loc[:-1], f"不认识的键 “{loc[-1]}”", expected, None)
        case "missing":
            return Explained(loc, loc[:-1], f"缺少键 “{loc[-1]}”", _wanted(model, loc), None)
        case "union_tag_not_found":
            tag = _unquoted(context["discriminator"])[0]
            return Explained(loc, loc, f"缺少键 “{tag}”", _wanted(model, (*loc, tag)), None)
        case "union_tag_invalid":
            return _wrong_tag(loc, context)
        case "literal_error" | "enum":
            allowed = _unquoted(context["expected"])
            return Explained(
                loc,
                loc,
                "不在可用的值之内",
                one_of(allowed, instead_of=str(value)),
                scalar,
                is_of_value=True,
            )
        case "value_error" | "assertion_error":
            return Explained(loc, loc, str(context["error"]), "", scalar)
    if error["type"] in _SAID:
        numbers = {key: f"{bound:g}" if isinstance(bound, float) else bound for key, bound in context.items()}
        message, expected = (text.format_map(numbers) for text in _SAID[error["type"]])
        said = "空着,没有值" if value is None else message
        return Explained(loc, loc, said, expected, scalar, is_of_value=True)
    # A validator's own PydanticCustomError: its text, and what it says would be right.
    at = tuple(context.get("at", ()))
    return Explained((*loc, *at), (*loc, *at), error["msg"], str(context.get("expected", "")), scalar)


def _wrong_tag(loc: Loc, context: Mapping[str, Any]) -> Explained:
    tag = str(context["tag"])
    key = _unquoted(context["discriminator"])[0]
    return Explained(
        (*loc, key),
        (*loc, key),
        f"“{tag}” 不是可用的 {key}",
        one_of(_unquoted(context["expected_tags"]), instead_of=tag),
        tag,
    )


def _unquoted(listed: str) -> list[str]:
    """Take the words out of pydantic's ``'a', 'b' or 'c'``; a bare word stands for itself."""
    return re.findall(r"'([^']*)'", listed) or [listed.removesuffix("()")]


def _wanted(model: type[BaseModel], loc: Loc) -> str:
    """Say which words a missing key takes, where its type lists them."""
    annotations = _annotations_at(model, loc)
    if any(get_origin(annotation) is not Literal for annotation in annotations):
        return ""
    words = [str(word) for annotation in annotations for word in get_args(annotation)]
    return one_of(words) if words else ""


def _keys_at(model: type[BaseModel], loc: Loc) -> set[str]:
    """Return the keys that the models at a place know, under the names that a file uses."""
    return {
        key
        for annotation in _annotations_at(model, loc)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel)
        for key in _fields(annotation)
    }


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    """Return the annotations of a model's fields by the names that a file uses."""
    named = {}
    for name, info in model.model_fields.items():
        alias = info.validation_alias if isinstance(info.validation_alias, str) else info.alias
        named[alias or name] = info.annotation
    return named


def _annotations_at(model: type[BaseModel], loc: Loc) -> list[Any]:
    """Walk down a model's annotations along an error's place; unions leave more than one."""
    found = _members(model)
    for part in loc:
        below = [member for annotation in found for member in _below(annotation, part)]
        # A part that leads nowhere is the name of a union's member: keep to that one.
        found = below or [annotation for annotation in found if _is_called(annotation, part)] or found
    return found


def _below(annotation: Any, part: str | int) -> list[Any]:
    """Return what an annotation holds under one key or index."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = _fields(annotation)
        return _members(fields[str(part)]) if part in fields else []
    origin, arguments = get_origin(annotation), get_args(annotation)
    if not isinstance(origin, type) or not arguments:
        return []
    if issubclass(origin, Mapping):
        return _members(arguments[-1])
    if issubclass(origin, Iterable) and isinstance(part, int):
        return [member for argument in arguments for member in _members(argument)]
    return []


def _is_called(annotation: Any, part: str | int) -> bool:
    """Tell whether pydantic names this member of a union so: by class or by discriminator."""
    if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        return False
    literals = (field for field in _fields(annotation).values() if get_origin(field) is Literal)
    return annotation.__name__ == part or any(part in get_args(field) for field in literals)


def _members(annotation: Any) -> list[Any]:
    """Open unions, annotations and type aliases down to plain types."""
    annotation = getattr(annotation, "__value__", annotation)
    origin = get_origin(annotation)
    if origin is Annotated:
        return _members(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return [member for argument in get_args(annotation) for member in _members(argument)]
    return [annotation]
