"""Scored periods made of plain numbers: an indicator's value is its points in percent of the full mark."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from wbwz_eval.scoring.evaluation import PeerGroups, evaluate_values
from wbwz_eval.scoring.points import RawValues
from wbwz_eval.scoring.scored import ScoredPeriod, score_period
from wbwz_eval.scoring.tree import Node

ITEMS = ("closed", "satisfied", "callback", "feedback")
TWO_DIMENSIONS = {
    "A": {"name": "甲", "weight": 50, "children": {"closed": 40, "satisfied": 60}},
    "B": {"name": "乙", "weight": 50, "children": {"callback": 50, "feedback": 50}},
}


def scored_of(
    campaign, values: dict[str, list[float]], tree: dict | None = None, *, missing: str = "redistribute"
) -> ScoredPeriod:
    """Score values 0–100 of the four indicators of the small campaign, by its own tree or another."""
    real = score_period(campaign, campaign.period("term"), "district")
    level = real.level
    if tree is not None:
        level = level.model_copy(
            update={"tree": {name: Node.model_validate(node) for name, node in tree.items()}}
        )
    rounding = real.methodology.rounding.model_copy(update={"total": None})
    indicators = {
        name: each.model_copy(update={"missing": missing})
        for name, each in real.methodology.indicators.items()
    }
    method = real.methodology.model_copy(
        update={"levels": {"district": level}, "rounding": rounding, "indicators": indicators}
    )
    size = len(next(iter(values.values())))
    ids = pd.Index([f"E{number:04}" for number in range(size)], name="entity_id")
    entities = pd.DataFrame({"name": [f"名{entity}" for entity in ids], "group": "districts"}, index=ids)
    raws = {name: RawValues.of(np.asarray(own, dtype=float)) for name, own in values.items()}
    groups = PeerGroups(np.zeros(size, dtype=np.int64), ("districts",))
    evaluation = evaluate_values(method, "district", raws, groups)
    given = replace(real.given, methodology=method, entities=entities)
    return replace(real, given=given, raws=raws, evaluation=evaluation)


def uncorrelated(size: int, columns: int, seed: int) -> np.ndarray:
    """Return columns that are exactly uncorrelated, each with mean 50 and the standard deviation 10."""
    drawn = np.random.default_rng(seed).normal(size=(size, columns))
    drawn -= drawn.mean(axis=0)
    basis, _ = np.linalg.qr(drawn)
    return 50 + 10 * np.sqrt(size) * basis
