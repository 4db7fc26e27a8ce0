"""What surveys and panels said, and how the raters rate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wbwz_eval.review import data_quality
from wbwz_eval.scoring.opinions import Panel, Survey
from wbwz_eval.tracking.situation import open_situation

if TYPE_CHECKING:
    import pandas as pd

    from wbwz_eval.campaign.folder import Campaign
    from wbwz_eval.scoring.methodology import Methodology
    from wbwz_eval.scoring.scores import Scores

RESULT_TITLES = {
    "indicator": "指标",
    "value": "值",
    "n": "样本",
    "low": "区间下",
    "high": "区间上",
    "points": "得分",
    "status": "状态",
}
RATER_TITLES = {
    "indicator": "指标",
    "rater": "评议人",
    "group": "类别",
    "n": "有效票",
    "lenient": "宽（+）严（−）",
    "spread": "打分的离散",
    "void": "废票",
    "why": "原因",
}


def results(methodology: Methodology, nodes: pd.DataFrame, totals: pd.DataFrame) -> pd.DataFrame:
    """Return what surveys and panels came to.

    Args:
        methodology: The method.
        nodes: See :class:`wbwz_eval.scoring.scores.Scores`.
        totals: Its table ``scores``.

    Returns:
        One row per indicator and entity: ``indicator``, ``entity_id``, ``name``, ``value``, ``n``,
        ``low``, ``high`` (95 % interval), ``points``, ``status``.
    """
    asked = {
        code: each.name
        for code, each in methodology.indicators.items()
        if isinstance(each.measure, Survey | Panel)
    }
    found = nodes[nodes["node"].isin(asked)].rename(columns={"value_low": "low", "value_high": "high"})
    names = totals.set_index("entity_id")["name"]
    found = found.assign(indicator=found["node"].map(asked), name=found["entity_id"].map(names))
    columns = ["indicator", "entity_id", "name", "value", "n", "low", "high", "points", "status"]
    return found[columns].sort_values(["indicator", "value"], ascending=[True, False]).reset_index(drop=True)


def raters(campaign: Campaign, period: str, level: str, scores: Scores) -> pd.DataFrame:
    """Return :func:`wbwz_eval.review.data_quality.raters` of a period, the most lenient first."""
    found = data_quality.raters(scores, open_situation(campaign, period, level))
    return found.sort_values("lenient", ascending=False, kind="stable").reset_index(drop=True)
