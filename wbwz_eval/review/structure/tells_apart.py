"""Whether an indicator tells entities apart at all, and how much of it is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wbwz_eval.review.data_quality import CEILING_SHARE, LITTLE_SPREAD
from wbwz_eval.review.structure.indicator_matrix import indicator_points
from wbwz_eval.scoring.points import NOT_APPLICABLE, SCORED

if TYPE_CHECKING:
    from wbwz_eval.scoring.scored import ScoredPeriod

_LEAST = 3
_FULL, _TOLERANCE = 100.0, 1e-9


def tells_apart(scored: ScoredPeriod) -> pd.DataFrame:
    """Return how each indicator's points lie, in percent of the full mark.

    As :func:`wbwz_eval.review.data_quality.ceilings`, but of what was really scored, and nought as well.

    Returns:
        Indexed by indicator: ``n`` (scored), ``missing`` (share of those to whom it applies that could not
        be scored, 0–1; NaN where it applies to nobody), ``mean``, ``spread`` (standard deviation over n),
        ``full``, ``nought`` (share at full marks or above, and at 0 or below), ``mute`` (whether it tells
        next to nothing: ``CEILING_SHARE`` of them are at one end, or it varies less than ``LITTLE_SPREAD``;
        False with fewer than three).
    """
    points = scored.evaluation.points
    status = np.column_stack([each.status for each in points.values()])
    values = indicator_points(scored).reindex(columns=list(points))
    n = (status == SCORED).sum(axis=0)
    applies = (status != NOT_APPLICABLE).sum(axis=0)
    known = values.notna()
    some = known.sum().where(lambda count: count > 0)
    table = pd.DataFrame(
        {
            "n": n,
            "missing": np.divide(
                applies - n, applies, out=np.full(len(n), np.nan), where=applies > 0, dtype=np.float64
            ),
            "mean": values.mean(),
            "spread": values.std(ddof=0),
            "full": (values >= _FULL - _TOLERANCE).sum() / some,
            "nought": (values <= _TOLERANCE).sum() / some,
        },
        index=list(points),
    )
    at_one_end = table[["full", "nought"]].max(axis=1) >= CEILING_SHARE
    return table.assign(mute=(table["n"] >= _LEAST) & (at_one_end | (table["spread"] < LITTLE_SPREAD)))
