"""The long table of nodes: each entity's value, points and weight at each node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from wbwz_eval.scoring.points import MISSING, POLICY_NAMES, SCORED, STATUSES, policy_of
from wbwz_eval.scoring.tree import Node, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from wbwz_eval.scoring.scored import ScoredPeriod

DIMENSION, NODE, INDICATOR, GATE = "dimension", "node", "indicator", "gate"
INSUFFICIENT = "insufficient"

_NUMBERS = (
    "value",
    "value_unrounded",
    "numerator",
    "denominator",
    "n",
    "value_low",
    "value_high",
    "points",
    "points_unrounded",
    "full",
    "weight",
    "effective_weight",
    "contribution",
)
_TEXTS = ("status", "note")
_FIXED = ("node", "name", "kind", "parent", "depth", "unit", "direction")


def node_table(scored: ScoredPeriod) -> pd.DataFrame:
    """Return one row per entity and node, entities in order, nodes from the top."""
    blocks = list(_blocks(scored))
    size, count = len(scored.entities), len(blocks)
    columns: dict[str, NDArray[Any]] = {"entity_id": np.repeat(scored.entities.index.to_numpy(object), count)}
    for name in _FIXED:
        columns[name] = np.tile(np.array([block[name] for block in blocks], dtype=object), size)
    for name in _NUMBERS:
        parts = [np.broadcast_to(block.get(name, np.nan), size) for block in blocks]
        columns[name] = np.column_stack(parts).astype(np.float64).ravel()
    for name in _TEXTS:
        parts = [np.broadcast_to(np.asarray(block[name], dtype=object), size) for block in blocks]
        columns[name] = np.column_stack(parts).ravel()
    return pd.DataFrame(columns).astype({"depth": np.int64})


def _blocks(scored: ScoredPeriod) -> Iterator[dict[str, Any]]:
    """Yield, for each node, its columns as constants or arrays over entities."""
    level, tree = scored.level, scored.evaluation.tree
    siblings = {name: _share(node, level.tree) for name, node in level.tree.items()}
    for path, node in walk(level.tree):
        siblings |= {name: _share(child, node.children) for name, child in node.children.items()}
        name = path[-1]
        common = {
            "node": name,
            "parent": path[-2] if len(path) > 1 else "",
            "depth": len(path) - 1,
            "full": 100.0 if node.points is None else float(node.points),
            "weight": siblings[name],
            "points": tree.score[name],
            "points_unrounded": tree.unrounded[name],
            "effective_weight": tree.effective[name],
            "contribution": tree.contribution[name],
        }
        yield common | (_inner(scored, name, node, common) if node.children else _leaf(scored, name))
        for gate in node.gates:
            if gate.indicator in level.gate_indicators:
                yield _gate(scored, gate.indicator, name, len(path))


def _share(node: Node, siblings: dict[str, Node]) -> float:
    total = sum(float(each.share) for each in siblings.values())
    return float(node.share) / total if total else 0.0


def _inner(scored: ScoredPeriod, name: str, node: Node, common: dict[str, Any]) -> dict[str, Any]:
    tree = scored.evaluation.tree
    held = tree.gated[name]
    caps = "、".join(f"{gate.indicator} 未达标，限 {float(gate.cap):g} 分" for gate in node.gates)
    return {
        "name": node.name,
        "kind": NODE if common["parent"] else DIMENSION,
        "unit": "",
        "direction": "",
        "status": np.where(np.isnan(tree.score[name]), INSUFFICIENT, STATUSES[SCORED]),
        "note": np.where(held, caps, ""),
    }


def _leaf(scored: ScoredPeriod, name: str) -> dict[str, Any]:
    points, raw = scored.evaluation.points[name], scored.raws[name]
    indicator = scored.methodology.indicators[name]
    names = [""] + [POLICY_NAMES[policy_of(indicator, code)] for code in range(1, len(STATUSES))]
    policy = np.array(names, dtype=object)[points.status]
    pooled = scored.measured[name].table["pooled"].to_numpy(bool)
    note = np.where((policy == "") & pooled, "样本少，并入更长的期", policy)
    return {
        **_indicator(scored, name),
        "kind": INDICATOR,
        "value": points.value,
        "value_unrounded": raw.value,
        "points_unrounded": points.unrounded,
        "status": np.array(STATUSES, dtype=object)[points.status],
        "note": note,
    }


def _gate(scored: ScoredPeriod, name: str, parent: str, depth: int) -> dict[str, Any]:
    value = scored.raws[name].value
    return {
        **_indicator(scored, name),
        "node": name,
        "kind": GATE,
        "parent": parent,
        "depth": depth,
        "value": value,
        "value_unrounded": value,
        "weight": 0.0,
        "effective_weight": 0.0,
        "contribution": 0.0,
        "status": np.where(np.isnan(value), STATUSES[MISSING], STATUSES[SCORED]),
        "note": "门槛，不计分",
    }


def _indicator(scored: ScoredPeriod, name: str) -> dict[str, Any]:
    indicator, raw = scored.methodology.indicators[name], scored.raws[name]
    return {
        "name": indicator.name,
        "unit": indicator.unit,
        "direction": indicator.direction,
        "numerator": raw.sides["numerator"],
        "denominator": raw.sides["denominator"],
        "n": raw.n,
        "value_low": raw.low,
        "value_high": raw.high,
    }
