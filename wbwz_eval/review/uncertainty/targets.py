"""The numbers of a scoring rule that say how good is good enough, and the rule with others."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from wbwz_eval.scoring.fields import COMPARISONS
from wbwz_eval.scoring.numbers import Number
from wbwz_eval.scoring.rule_base import Test
from wbwz_eval.scoring.rules import AsIs

_BOUNDS = frozenset(
    {
        "target",
        "threshold",
        "satisfied",
        "unacceptable",
        "standard",
        "from_",
        "to",
        "reference",
        "low",
        "high",
        *COMPARISONS,
    }
)
_PERCENT = 100.0


def bounds(node: Any, key: str = "") -> list[float]:
    """Return the thresholds and targets inside a rule that a factor would move: those other than 0.

    Limits of the scale itself (``as_is``) and conditions on side numbers are none.
    """
    if isinstance(node, Number):
        return [float(node)] if key in _BOUNDS and float(node) != 0 else []
    if isinstance(node, tuple):
        return [found for each in node for found in bounds(each, key)]
    return [found for name, each in _inside(node).items() for found in bounds(each, name)]


def with_bounds(rule: Any, factor: float, unit: str = "") -> Any:
    """Return a rule whose thresholds and targets are multiplied, all by the same factor.

    So their order and proportions stay. A rate (unit ``%``) whose method asks for no more than 100 is not
    asked for more: the factor is then no more than takes the highest of them to 100.
    """
    highest = max(bounds(rule), default=0.0)
    if unit == "%" and 0 < highest <= _PERCENT:
        factor = min(factor, _PERCENT / highest)
    return _scaled(rule, factor)


def _inside(node: Any) -> dict[str, Any]:
    if not isinstance(node, BaseModel) or (isinstance(node, Test) and node.side != "value"):
        return {}
    natural = {"low", "high"} if isinstance(node, AsIs) else set()
    return {name: getattr(node, name) for name in type(node).model_fields if name not in natural}


def _scaled(node: Any, factor: float, key: str = "") -> Any:
    if isinstance(node, Number):
        return Number(float(node) * factor) if bounds(node, key) else node
    if isinstance(node, tuple):
        return tuple(_scaled(each, factor, key) for each in node)
    parts = {name: each for name, each in _inside(node).items() if bounds(each, name)}
    changed = {name: _scaled(each, factor, name) for name, each in parts.items()}
    return node.model_copy(update=changed) if changed else node
