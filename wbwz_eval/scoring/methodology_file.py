"""The methodology file on disk: read whole, refused whole."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from wbwz_eval.campaign.faults import FaultList
from wbwz_eval.campaign.yaml_source import load_yaml, read_model
from wbwz_eval.scoring.checks import check_methodology
from wbwz_eval.scoring.methodology import Approval, Approvals, Methodology, MethodologyFile

if TYPE_CHECKING:
    from pathlib import Path

    from wbwz_eval.campaign.folder import Campaign


def load_methodology(path: Path, campaign: Campaign) -> Methodology:
    """Read and check a methodology file against the campaign that it scores.

    Raises:
        CampaignError: all mistakes of the file at once, with their lines.
    """
    faults = FaultList()
    name = path.relative_to(campaign.path).as_posix() if campaign.path in path.parents else path.name
    source = load_yaml(path, name=name)
    model = read_model(MethodologyFile, source, faults=faults)
    if model is not None:
        check_methodology(model, path.stem, campaign, source, faults)
    approvals = _load_approvals(path, faults)
    faults.raise_if_any(f"评价办法 {name} 有误，不能用来计分")
    assert model is not None
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    fields = {key: getattr(model, key) for key in MethodologyFile.model_fields}
    return Methodology.model_construct(
        **fields,
        digest=digest,
        approvals=tuple(approval for approval in approvals if approval.digest == digest),
    )


def _load_approvals(path: Path, faults: FaultList) -> tuple[Approval, ...]:
    beside = path.with_name(f"{path.stem}.approvals.yaml")
    if not beside.exists():
        return ()
    read = read_model(Approvals, load_yaml(beside), faults=faults)
    return read.approvals if read else ()
