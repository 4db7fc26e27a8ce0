"""Other weights as a small delta on the methodology."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wbwz_eval.campaign.faults import CampaignError, FaultList, one_of
from wbwz_eval.scoring.methodology import by_level
from wbwz_eval.scoring.numbers import Number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wbwz_eval.scoring.methodology import Methodology, MethodologyFile
    from wbwz_eval.scoring.tree import Level, Node, Tree

_DIGITS = 4


def reweighted(methodology: MethodologyFile, level: str, weights: Mapping[str, float]) -> dict[str, float]:
    """Return the changes that give nodes other weights; their siblings keep their proportions.

    The sum of siblings stays what it is. Numbers have at most four decimals, what rounding leaves
    goes to the heaviest.

    Args:
        methodology: What is changed.
        level: The level's id.
        weights: Node id → weight on the scale that the file has.

    Returns:
        Place in the file → weight, of every sibling that changes; for ``evaluate(changes=…)``.

    Raises:
        CampaignError: no such level or node; a negative weight; more than the siblings have in all;
            less, while no sibling is left to take the rest.
    """
    rules = by_level(methodology, level)
    faults = FaultList()
    known = rules.paths()
    for name, weight in weights.items():
        if name not in known:
            faults.add(level, "没有这个节点", value=name, expected=one_of(known, instead_of=name))
        elif not weight >= 0:
            faults.add(level, "权重不能为负", value=f"{name} = {weight}", expected="不小于 0 的数")
    faults.raise_if_any("权重改不了")
    changes: dict[str, float] = {}
    for parent in dict.fromkeys(known[name][:-1] for name in weights):
        changes |= _family(rules, level, parent, weights)
    return changes


def with_weights(methodology: Methodology, level: str, weights: Mapping[str, float]) -> Methodology:
    """Return a methodology as :func:`reweighted` changes it, in memory: a trial, never approved.

    What the file would be checked for holds by itself: siblings keep their sum, and nothing else changes.

    Args:
        methodology: Resolved for a day.
        level: The level's id.
        weights: See :func:`reweighted`.

    Raises:
        CampaignError: see :func:`reweighted`.
    """
    changes = reweighted(methodology, level, weights)
    rules = by_level(methodology, level)
    tree = _with_shares(rules.tree, level, (), changes)
    return methodology.model_copy(
        update={
            "levels": {**methodology.levels, level: rules.model_copy(update={"tree": tree})},
            "version": f"{methodology.version}（试改 {len(changes)} 处）",
            "approval": None,
        }
    )


def _with_shares(tree: Tree, level: str, above: tuple[str, ...], changes: Mapping[str, float]) -> Tree:
    found = {}
    for name, node in tree.items():
        path = (*above, name)
        update: dict[str, object] = {"children": _with_shares(node.children, level, path, changes)}
        share = changes.get(weight_place(level, path, node))
        if share is not None:
            update["weight" if node.points is None else "points"] = Number(share)
        found[name] = node.model_copy(update=update)
    return found


def weight_place(level_id: str, path: tuple[str, ...], node: Node) -> str:
    """Return where a node's weight stands in the file."""
    place = f"levels.{level_id}.tree.{'.children.'.join(path)}"
    if node.points is not None:
        return f"{place}.points"
    return f"{place}.weight" if node.children else place


def _family(
    rules: Level, level: str, parent: tuple[str, ...], weights: Mapping[str, float]
) -> dict[str, float]:
    children = rules.tree
    for step in parent:
        children = children[step].children
    before = {name: float(node.share) for name, node in children.items()}
    asked = {name: float(weights[name]) for name in children if name in weights}
    total = sum(before.values())
    others = sum(share for name, share in before.items() if name not in asked)
    rest = total - sum(asked.values())
    if rest < -(10.0**-_DIGITS):
        said = "、".join(f"{name} {weight:g}" for name, weight in asked.items())
        message = f"{said} 合计超过同级的 {total:g}"
        raise CampaignError(message)
    if others <= 0 and rest > 10.0**-_DIGITS:
        message = f"{'、'.join(asked)} 的权重合计应为 {total:g}：没有别的同级来分其余的 {rest:g}"
        raise CampaignError(message)
    found = {
        name: asked.get(name, round(share * max(rest, 0.0) / others, _DIGITS) if others else share)
        for name, share in before.items()
    }
    free = [name for name in found if name not in asked]
    if free:
        heaviest = max(free, key=lambda name: found[name])
        found[heaviest] = round(found[heaviest] + total - sum(found.values()), _DIGITS)
    return {
        # 35 and not 35.0 is what a person would write
        weight_place(level, (*parent, name), children[name]): int(weight) if weight.is_integer() else weight
        for name, weight in found.items()
        if weight != before[name]
    }
