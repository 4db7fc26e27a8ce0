"""What the figures of a period stand on: the same words on every page made from it."""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from wbwz_eval.campaign.periods import label_zh

if TYPE_CHECKING:
    from wbwz_eval.campaign.folder import Campaign
    from wbwz_eval.campaign.periods import Period
    from wbwz_eval.scoring.methodology import Methodology

OFFICIAL, TRIAL, SYNTHETIC = "正式", "试算，未批准", "合成数据"


def period_header(campaign: Campaign, period: Period, methodology: Methodology, level: str) -> dict[str, Any]:
    """Return campaign, period, level, methodology, digests and mark, by name (docs/results.md)."""
    inputs = campaign.digest_inputs()
    marks = [SYNTHETIC] if campaign.synthetic else []
    marks += [] if methodology.status == "approved" else [TRIAL]
    return {
        "campaign": campaign.name,
        "organiser": campaign.organiser,
        "office": campaign.office,
        "synthetic": campaign.synthetic,
        "synthetic_note": campaign.synthetic_note,
        "period": period.id,
        "period_name": label_zh(period),
        "period_kind": period.kind,
        "start": period.start.isoformat(),
        "end": period.end.isoformat(),
        "cutoff": campaign.cutoff(period).isoformat(),
        "level": level,
        "level_name": campaign.levels[level],
        "methodology_title": methodology.title,
        "methodology_version": methodology.version,
        "methodology_digest": methodology.digest,
        "methodology_status": methodology.status,
        "approvals": [methodology.approval.as_approval()] if methodology.approval else [],
        "data_digest": hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest(),
        "package_version": version("wbwz_eval"),
        "mark": "·".join(marks) or OFFICIAL,
        "display": methodology.display,
    }
