"""Why a score is what it is: from the total down to the ledger rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wbwz_eval.campaign.faults import CampaignError, nearest, one_of
from wbwz_eval.campaign.folder import Campaign, open_campaign
from wbwz_eval.campaign.frozen import standing
from wbwz_eval.scoring.explanation import Explainer, Explanation
from wbwz_eval.scoring.scored import score_period

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from wbwz_eval.scoring.methodology import Methodology

__all__ = ["Explanation", "explain"]


def explain(
    campaign: Campaign | Path | str,
    period: str,
    entity: str,
    node: str | None = None,
    *,
    methodology: Methodology | None = None,
) -> Explanation:
    """Explain an entity's total of a period, or one node of it.

    Raises:
        CampaignError: an unknown period, entity or node, and whatever
            scoring raises.
    """
    opened = campaign if isinstance(campaign, Campaign) else open_campaign(campaign)
    opened = standing(opened, opened.period(period).id)
    span = opened.period(period)
    if entity not in opened.entities.index:
        raise CampaignError(f"没有被评对象 “{entity}”{near(opened.entities, entity)}")
    level = str(opened.entities.loc[entity, "level"])
    scored = score_period(opened, span, level, methodology=methodology, all_rows=True)
    if entity not in scored.entities.index:
        raise CampaignError(f"“{entity}”不参加 {span.id} 的评价(见 entities.csv 的起止日期)")
    whole = Explainer(scored, entity).total()
    if node is None:
        return whole
    found = whole.find(node)
    if found is None:
        known = one_of([name for name in whole.ids() if name != "total"], instead_of=node)
        raise CampaignError(f"没有节点或指标 “{node}”；应为 {known}")
    return found


def near(entities: pd.DataFrame, wanted: str) -> str:
    """Return what to say of a name that is none of these entities' ids: which is meant, or nearest."""
    by_name = entities.index[entities["name"] == wanted]
    if len(by_name):
        return f"；名称为“{wanted}”的编号是 {by_name[0]}"
    close = nearest(wanted, [*entities.index, *entities["name"]])
    if close is None:
        return "；编号见 entities.csv"
    if close not in entities.index:
        close = f"{entities.index[entities['name'] == close][0]}({close})"
    return f"；最接近的是 {close}"
