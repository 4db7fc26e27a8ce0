"""wbwz_eval: score a campaign from its ledgers, explain every score, publish reports."""

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.folder import Campaign, open_campaign
from wbwz_eval.campaign.yaml_edit import REMOVE
from wbwz_eval.scoring.explain import Explanation, explain
from wbwz_eval.scoring.results import open_results, write_results
from wbwz_eval.scoring.reweighting import reweighted
from wbwz_eval.scoring.score import evaluate
from wbwz_eval.scoring.scores import Scores

__all__ = [
    "REMOVE",
    "Campaign",
    "CampaignError",
    "Explanation",
    "Scores",
    "evaluate",
    "explain",
    "open_campaign",
    "open_results",
    "reweighted",
    "write_results",
]
