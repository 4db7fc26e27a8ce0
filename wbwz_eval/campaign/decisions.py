"""What became of a version of the methodology: proposed, commented on, decided.

``methodology/<version>.approvals.yaml`` lists it entry after entry. Each entry carries the SHA-256 of the
very bytes that it is about and a seal over itself and the entry before, so that none can be altered or
taken out unnoticed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import TYPE_CHECKING, Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from wbwz_eval.campaign.faults import CampaignError, FaultList
from wbwz_eval.campaign.yaml_source import load_yaml, read_model

if TYPE_CHECKING:
    from pathlib import Path

SUFFIX = ".approvals.yaml"

Voice = Literal["for", "against", "abstain"]
VOICES: dict[Voice, str] = {"for": "赞成", "against": "反对", "abstain": "弃权"}
_HEAD = "# 由 wbwz methodology 写入：提出、意见、决定。每条带所指办法文件的摘要和封签，改动一字即失效。\n"


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    on: dt.date
    digest: str
    seal: str = ""

    def sealed(self, before: str) -> str:
        """Return the seal that the entry's content and the entry before ask for."""
        content = json.dumps(
            self.model_dump(mode="json", exclude={"seal"}), ensure_ascii=False, sort_keys=True
        )
        return hashlib.sha256(f"{before}{content}".encode()).hexdigest()


class Proposal(_Entry):
    """Somebody lays a version before the committee, and says why."""

    kind: Literal["proposal"] = "proposal"
    by: str
    role: str = ""
    reason: str


class Comment(_Entry):
    """Somebody comments on a proposal."""

    kind: Literal["comment"] = "comment"
    by: str
    role: str = ""
    text: str


class Vote(BaseModel):
    """One member's vote."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    role: str = ""
    voice: Voice


class Decision(_Entry):
    """What the committee decided: ``members`` is how many it has, ``approved`` what the votes came to."""

    kind: Literal["decision"] = "decision"
    committee: str
    document: str
    effective_from: dt.date
    members: int
    votes: tuple[Vote, ...]
    approved: bool

    def count(self, voice: Voice) -> int:
        """Return how many voted so."""
        return sum(vote.voice == voice for vote in self.votes)

    @property
    def said(self) -> str:
        """The count in words: 应到 7 人，实到 6 人，赞成 5、反对 1、弃权 0."""
        counts = "、".join(f"{name} {self.count(voice)}" for voice, name in VOICES.items())
        return f"应到 {self.members} 人，实到 {len(self.votes)} 人，{counts}"

    def as_approval(self) -> dict[str, str]:
        """Return who approved, how, when and by which document, as reports print it."""
        return {
            "digest": self.digest,
            "by": self.committee,
            "role": self.said,
            "on": self.on.isoformat(),
            "document": self.document,
        }


Entry = Annotated[Proposal | Comment | Decision, Field(discriminator="kind")]


class ApprovalRecord(BaseModel):
    """All entries about one version, in order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    entries: tuple[Entry, ...] = ()

    @property
    def proposal(self) -> Proposal | None:
        """The last proposal."""
        return next((entry for entry in reversed(self.entries) if isinstance(entry, Proposal)), None)

    @property
    def pending(self) -> Proposal | None:
        """The proposal that lies before the committee: the last one, unless it was decided on."""
        acts = [entry for entry in self.entries if not isinstance(entry, Comment)]
        return acts[-1] if acts and isinstance(acts[-1], Proposal) else None

    @property
    def decision(self) -> Decision | None:
        """The last decision."""
        return next((entry for entry in reversed(self.entries) if isinstance(entry, Decision)), None)

    @property
    def effective_from(self) -> dt.date | None:
        """From which day the version is in force by decision; None where the last one refused it."""
        decision = self.decision
        return decision.effective_from if decision is not None and decision.approved else None

    def approval_of(self, digest: str) -> Decision | None:
        """Return the decision that approved exactly these bytes, unless a later one took it back."""
        about = [entry for entry in self.entries if isinstance(entry, Decision) and entry.digest == digest]
        return about[-1] if about and about[-1].approved else None

    def comments_on(self, digest: str) -> list[Comment]:
        """Return the comments on exactly these bytes."""
        return [entry for entry in self.entries if isinstance(entry, Comment) and entry.digest == digest]

    def with_entry(self, entry: Proposal | Comment | Decision) -> ApprovalRecord:
        """Return the record with one more entry, sealed."""
        before = self.entries[-1].seal if self.entries else ""
        sealed = entry.model_copy(update={"seal": entry.sealed(before)})
        return ApprovalRecord(entries=(*self.entries, sealed))

    def to_bytes(self) -> bytes:
        """Return the record as it is stored."""
        plain: dict[str, Any] = self.model_dump(mode="python", exclude_defaults=True)
        # the kind of an entry is a default, and yet the file must say it
        entries = [
            {"kind": entry.kind} | _plain(said)
            for entry, said in zip(self.entries, plain.get("entries", ()), strict=True)
        ]
        text = yaml.safe_dump({"entries": entries}, allow_unicode=True, sort_keys=False, width=100)
        return f"{_HEAD}{text}".encode()


def _plain(said: dict[str, Any]) -> dict[str, Any]:
    return {key: list(value) if isinstance(value, tuple) else value for key, value in said.items()}


def record_path(methodology: Path, version: str) -> Path:
    """Return where the record of a version stands, in the folder of methodologies."""
    return methodology / f"{version}{SUFFIX}"


def read_record(methodology: Path, version: str) -> ApprovalRecord:
    """Read what became of a version; empty where nothing has yet.

    Raises:
        CampaignError: The file is not as it was written.
    """
    path = record_path(methodology, version)
    if not path.is_file():
        return ApprovalRecord()
    name, faults = f"{methodology.name}/{path.name}", FaultList()
    record = read_model(ApprovalRecord, load_yaml(path, name=name), faults=faults)
    faults.raise_if_any(f"{name} 有误：这个文件只由 wbwz methodology 写，请从备份恢复")
    assert record is not None
    before = ""
    for number, entry in enumerate(record.entries, 1):
        if entry.seal != entry.sealed(before):
            message = f"{name} 的第 {number} 条被改动过，批准不再可信；请从备份恢复"
            raise CampaignError(message)
        before = entry.seal
    return record


def recorded_versions(methodology: Path) -> list[str]:
    """Return the versions of which there is a record."""
    return sorted(path.name.removesuffix(SUFFIX) for path in methodology.glob(f"*{SUFFIX}"))
