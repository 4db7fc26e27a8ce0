"""Parameters that come as text, such as from a form, as what the notebook takes.

Pure: the notebook's own cell of parameters says which there are and, by what they are there, of what type.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from wbwz_eval.campaign.faults import one_of
from wbwz_eval.reporting.errors import ReportError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbformat import NotebookNode

Value = str | int | float | bool

TAG = "parameters"
_TRUE, _FALSE = ("true", "yes", "1", "是"), ("false", "no", "0", "否")
_KINDS = {bool: "是否（true/false）", int: "整数", float: "数"}


def typed_values(notebook: NotebookNode, texts: Mapping[str, str]) -> dict[str, Value]:
    """Return parameters as values of the types that the notebook has them in.

    Args:
        notebook: The notebook.
        texts: Parameter → what was written for it.

    Raises:
        ReportError: A parameter is unknown, or its text is none of its type; all that is wrong, at once.
    """
    defaults = _defaults(notebook)
    found: dict[str, Value] = {}
    faults = []
    for name, text in texts.items():
        if name not in defaults:
            known = one_of(defaults, instead_of=name) if defaults else "没有参数"
            faults.append(f"笔记本没有参数 “{name}”；应为 {known}")
            continue
        try:
            found[name] = _value(text, defaults[name])
        except ValueError:
            kind = _KINDS.get(type(defaults[name]), "文字")
            faults.append(f"参数 {name} 应为{kind}，得到的是 “{text}”")
    if faults:
        raise ReportError("\n".join(faults))
    return found


def _defaults(notebook: NotebookNode) -> dict[str, object]:
    """Return the parameters with what they are if nobody says otherwise.

    Raises:
        ReportError: The cell of parameters cannot be read.
    """
    found: dict[str, object] = {}
    cells = [cell for cell in notebook.cells if TAG in cell.metadata.get("tags", [])]
    for statement in [line for cell in cells for line in _statements(cell.source)]:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found[name] = _literal(value)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                found[name] = _literal(value)
    return found


def _statements(source: str) -> list[ast.stmt]:
    try:
        return ast.parse(source).body
    except SyntaxError as error:
        msg = f"笔记本的参数格读不出来：{error.msg}（第 {error.lineno} 行）"
        raise ReportError(msg) from None


def _literal(value: ast.expr) -> object:
    try:
        return ast.literal_eval(value)
    except ValueError:
        # calculated: what it is, is not known before it runs
        return None


def _value(text: str, default: object) -> Value:
    if isinstance(default, bool):
        word = text.strip().lower()
        if word not in _TRUE + _FALSE:
            raise ValueError(text)
        return word in _TRUE
    if isinstance(default, int | float):
        return type(default)(text)
    return text
