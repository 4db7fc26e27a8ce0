"""The methodology file on disk: read whole, refused whole; and the same with a few changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from wbwz_eval.campaign.decisions import read_record
from wbwz_eval.campaign.faults import CampaignError, FaultList
from wbwz_eval.campaign.whole_files import digest
from wbwz_eval.campaign.yaml_edit import edited
from wbwz_eval.campaign.yaml_source import load_yaml, parse_yaml, read_model
from wbwz_eval.scoring.checks import check_methodology
from wbwz_eval.scoring.methodology import Methodology, MethodologyFile

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from wbwz_eval.campaign.folder import Campaign
    from wbwz_eval.campaign.yaml_source import YamlSource

# what was found sound, by the campaign that it was checked against, for as long as that is open
_CHECKED: WeakKeyDictionary[Campaign, dict[tuple[Path, str], MethodologyFile]] = WeakKeyDictionary()


def load_methodology(path: Path, campaign: Campaign) -> Methodology:
    """Read and check a methodology file against the campaign that it scores.

    Raises:
        CampaignError: all mistakes of the file at once, with their lines; a record of its approval
            that is not as it was written.
    """
    name = _name(path, campaign)
    try:
        raw = path.read_bytes()
    except OSError:
        _checked(load_yaml(path, name=name), path.stem, campaign)  # says that it cannot be read
        raise
    content = digest(raw)
    checked = _CHECKED.setdefault(campaign, {})
    model = checked.get((path, content))
    if model is None:
        model = _checked(parse_yaml(raw, name=name), path.stem, campaign)
        checked[path, content] = model
    approval = read_record(path.parent, path.stem).approval_of(content)
    return _methodology(model, digest=content, approval=approval)


def changed_text(path: Path, campaign: Campaign, changes: Mapping[str, Any]) -> str:
    """Return a methodology file's text with some values changed; its comments stay.

    Args:
        path: The file.
        campaign: What it scores.
        changes: Place in the file, such as ``levels.unit.tree.F.weight``, → plain value.

    Raises:
        CampaignError: the file is not sound YAML, or has no such place.
    """
    name, faults = _name(path, campaign), FaultList()
    faults.extend(load_yaml(path, name=name).faults)
    faults.raise_if_any(f"评价办法 {name} 有误，不能改")
    return edited(path.read_text(encoding="utf-8-sig"), changes, name)


def changed_methodology(path: Path, campaign: Campaign, changes: Mapping[str, Any]) -> Methodology:
    """Return a methodology with some values changed: checked like a file, and never approved.

    Args:
        path: The file to start from.
        campaign: What it scores.
        changes: See :func:`changed_text`.

    Raises:
        CampaignError: see :func:`changed_text`; all that is wrong with the changed method, at once.
    """
    raw = changed_text(path, campaign, changes).encode()
    name = f"{_name(path, campaign)}（试改）"
    model = _checked(parse_yaml(raw, name=name), path.stem, campaign)
    trial = model.model_copy(update={"version": f"{model.version}（试改 {len(changes)} 处）"})
    return _methodology(trial, digest=digest(raw), approval=None)


def check_text(text: str, version: str, campaign: Campaign) -> Methodology:
    """Read and check a text as the file of a version.

    Raises:
        CampaignError: all mistakes at once, with their lines.
    """
    raw = text.encode()
    model = _checked(parse_yaml(raw, name=f"methodology/{version}.yaml"), version, campaign)
    return _methodology(model, digest=digest(raw), approval=None)


def require_approved(campaign: Campaign, methodology: Methodology) -> None:
    """Raise a :class:`CampaignError` unless exactly these bytes are approved, and say what to do."""
    if methodology.approval is not None:
        return
    version = methodology.version
    record = read_record(campaign.version_path(version).parent, version)
    decision = record.decision
    if decision is not None and decision.approved:
        why = f"在 {decision.on} 批准({decision.document})之后被改动过"
    elif decision is not None:
        why = f"未获通过({decision.on} {decision.document})"
    elif record.proposal is not None:
        why = f"已于 {record.proposal.on} 提出，还没有决定"
    else:
        why = "还没有提出"
    message = (
        f"评价办法 {version} {why}，只能试算，不能冻结公布；"
        "先 wbwz methodology propose，再 wbwz methodology decide"
    )
    raise CampaignError(message)


def _name(path: Path, campaign: Campaign) -> str:
    return path.relative_to(campaign.path).as_posix() if campaign.path in path.parents else path.name


def _checked(source: YamlSource, stem: str, campaign: Campaign) -> MethodologyFile:
    faults = FaultList()
    model = read_model(MethodologyFile, source, faults=faults)
    if model is not None:
        check_methodology(model, stem, campaign, source, faults)
    faults.raise_if_any(f"评价办法 {source.name} 有误，不能用来计分")
    assert model is not None
    return model


def _methodology(model: MethodologyFile, **more: Any) -> Methodology:
    fields = {key: getattr(model, key) for key in MethodologyFile.model_fields}
    return Methodology.model_construct(**fields, **more)
