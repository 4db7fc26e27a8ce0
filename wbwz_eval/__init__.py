"""wbwz_eval: score a campaign from its ledgers, explain every score, publish reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.folder import Campaign, open_campaign
from wbwz_eval.campaign.yaml_edit import REMOVE
from wbwz_eval.scoring.explain import Explanation, explain
from wbwz_eval.scoring.results import open_results, write_results
from wbwz_eval.scoring.reweighting import reweighted
from wbwz_eval.scoring.score import evaluate
from wbwz_eval.scoring.scores import Scores

if TYPE_CHECKING:
    from wbwz_eval.exploring.opened import open as open  # noqa: A004 - what people type is wz.open

__all__ = [
    "REMOVE",
    "Campaign",
    "CampaignError",
    "Explanation",
    "Scores",
    "evaluate",
    "explain",
    "open",
    "open_campaign",
    "open_results",
    "reweighted",
    "write_results",
]


def __getattr__(name: str) -> Any:
    """Import what explores when it is asked for: it takes the charts with it."""
    if name == "open":
        from wbwz_eval.exploring.opened import open as opened  # noqa: PLC0415

        return opened
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)


def __dir__() -> list[str]:
    """Return the public names, for completion."""
    return sorted(__all__)
