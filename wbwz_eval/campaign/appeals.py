"""Appeals against published scores (申诉): registered, decided, and what a decision lets count.

``appeals/<number>.json`` is what was asked, ``appeals/<number>.decision.json`` what was decided;
neither is ever written twice.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.lock import writing
from wbwz_eval.campaign.whole_files import remove_halves, write_whole

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

APPEALS = "appeals"

_NAME = re.compile(r"([0-9]{4,})\.json")


class Decision(BaseModel):
    """What was decided, by whom and why; ``receipts`` hold the corrections that count from then on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    upheld: bool
    reason: str
    by: str
    decided_on: dt.date
    receipts: tuple[int, ...] = ()


class Appeal(BaseModel):
    """What an entity objects to in a period's scores."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int
    period: str
    entity: str
    node: str = ""
    text: str
    registered_on: dt.date
    decision: Decision | None = None


def read_appeals(folder: Path) -> list[Appeal]:
    """Read a campaign's appeals with their decisions, in the order of their numbers.

    Raises:
        CampaignError: A file is damaged.
    """
    found = []
    for path in sorted((folder / APPEALS).glob("*.json")):
        if not _NAME.fullmatch(path.name):
            continue
        try:
            appeal = Appeal.model_validate_json(path.read_bytes())
            decided = path.with_suffix(".decision.json")
            if decided.is_file():
                decision = Decision.model_validate_json(decided.read_bytes())
                appeal = appeal.model_copy(update={"decision": decision})
        except ValidationError as error:
            message = f"申诉 {path.name} 的文件已损坏,请从备份恢复"
            raise CampaignError(message) from error
        found.append(appeal)
    return found


def admitted_receipts(folder: Path) -> dict[str, tuple[int, ...]]:
    """Return by period the receipts that upheld appeals let count in it."""
    admitted: dict[str, tuple[int, ...]] = {}
    for appeal in read_appeals(folder):
        if appeal.decision and appeal.decision.upheld and appeal.decision.receipts:
            before = admitted.get(appeal.period, ())
            admitted[appeal.period] = tuple(sorted({*before, *appeal.decision.receipts}))
    return admitted


def register(folder: Path, period: str, entity: str, node: str, text: str, day: dt.date) -> Appeal:
    """Write an appeal down; returns it with its number.

    Raises:
        CampaignError: Nothing is said, or another command is writing.
    """
    if not text.strip():
        raise CampaignError("申诉要写明理由")
    with writing(folder):
        if (folder / APPEALS).is_dir():
            remove_halves(folder / APPEALS)
        number = max((appeal.number for appeal in read_appeals(folder)), default=0) + 1
        appeal = Appeal(number=number, period=period, entity=entity, node=node, text=text, registered_on=day)
        _write(folder / APPEALS / f"{number:04d}.json", appeal)
    return appeal


def decide(folder: Path, number: int, decision: Decision, counting: Collection[int]) -> Appeal:
    """Write the decision on an appeal down.

    Args:
        folder: The campaign's folder.
        number: The appeal's number.
        decision: What was decided.
        counting: The receipts of which anything counts.

    Raises:
        CampaignError: No such appeal, one decided already, a receipt of which nothing counts, or
            another command is writing.
    """
    with writing(folder):
        appeals = {appeal.number: appeal for appeal in read_appeals(folder)}
        appeal = appeals.get(number)
        if appeal is None:
            message = f"没有申诉 {number};已登记的有 {'、'.join(map(str, appeals)) or '(无)'}"
            raise CampaignError(message)
        if appeal.decision is not None:
            message = f"申诉 {number} 已于 {appeal.decision.decided_on} 由 {appeal.decision.by} 决定"
            raise CampaignError(message)
        missing = [receipt for receipt in decision.receipts if receipt not in counting]
        if missing:
            message = f"回执 {'、'.join(map(str, missing))} 不存在,或者整份退回了,没有可以计入的行"
            raise CampaignError(message)
        if decision.receipts and not decision.upheld:
            raise CampaignError("驳回的申诉不改数,不能带回执")
        _write(folder / APPEALS / f"{number:04d}.decision.json", decision)
    return appeal.model_copy(update={"decision": decision})


def _write(path: Path, record: BaseModel) -> None:
    text = record.model_dump_json(indent=1, exclude_none=True)
    write_whole(path, f"{text}\n".encode())
