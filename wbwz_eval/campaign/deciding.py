"""The committee at work on a version of the methodology: propose, comment, decide.

Each act is one more sealed entry in the version's record; what has been written is never changed.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wbwz_eval.campaign.decisions import (
    ApprovalRecord,
    Comment,
    Decision,
    Proposal,
    Vote,
    read_record,
    record_path,
)
from wbwz_eval.campaign.faults import CampaignError, one_of
from wbwz_eval.campaign.folder import METHODOLOGY, Campaign, open_campaign
from wbwz_eval.campaign.frozen import frozen_periods
from wbwz_eval.campaign.lock import writing
from wbwz_eval.campaign.whole_files import digest, write_whole

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from wbwz_eval.campaign.campaign_file import Committee
    from wbwz_eval.campaign.decisions import Voice


@dataclass(frozen=True)
class Person:
    """Who acts."""

    name: str
    role: str = ""


def propose(folder: Path, version: str, by: Person, reason: str, day: dt.date) -> Proposal:
    """Lay exactly the bytes that a version has now before the committee.

    Raises:
        CampaignError: No such version; nobody or no reason is named; these very bytes lie before the
            committee already; another command is writing.
    """
    _said(by.name, "由谁提出(--by)")
    _said(reason, "为什么提出(--reason)")
    with writing(folder):
        now, record = _now(folder, version)
        before = record.pending
        if before is not None and before.digest == now:
            message = f"{version} 已由 {before.by} 于 {before.on} 提出，此后没有改动"
            raise CampaignError(message)
        entry = Proposal(on=day, digest=now, by=by.name, role=by.role, reason=reason)
        _write(folder, version, record.with_entry(entry))
    return entry


def comment(folder: Path, version: str, by: Person, text: str, day: dt.date) -> Comment:
    """Write a comment on the proposed version down.

    Raises:
        CampaignError: Nobody or nothing is said; nothing is proposed, or the version was altered
            since; another command is writing.
    """
    _said(by.name, "谁的意见(--by)")
    _said(text, "意见(--text)")
    with writing(folder):
        now, record = _now(folder, version)
        _proposed(record, version, now)
        entry = Comment(on=day, digest=now, by=by.name, role=by.role, text=text)
        _write(folder, version, record.with_entry(entry))
    return entry


@dataclass(frozen=True)
class Ballot:
    """What the committee is asked to decide on: its members' voices, the document, the first day."""

    voices: Mapping[str, Voice]
    document: str
    effective_from: dt.date | None = None


def decide(folder: Path, version: str, ballot: Ballot, day: dt.date) -> Decision:
    """Write the committee's decision on the proposed version down; the votes say what it is.

    From ``effective_from`` on an approved version scores the periods that end then or later; a
    version that campaign.yaml names has its day there already.

    Raises:
        CampaignError: campaign.yaml names no committee; somebody votes who is not of it; too few
            vote; nothing is proposed, or the version was altered since, or it was decided on; the
            comments are not over; no document is named; the day would reach back into a period that is
            frozen; another command is writing.
    """
    _said(ballot.document, "文号(--document)")
    with writing(folder):
        campaign = open_campaign(folder)
        committee = campaign.committee
        if committee is None:
            raise CampaignError("campaign.yaml 没有写 committee(工作小组的成员和表决规则)，不能作决定")
        now, record = _now(folder, version)
        proposal = _proposed(record, version, now)
        votes = _votes(committee, ballot)
        _comments_over(campaign, committee, proposal, day)
        entry = Decision(
            on=day,
            digest=now,
            committee=committee.name,
            document=ballot.document,
            effective_from=_effective(campaign, version, ballot),
            members=len(committee.members),
            votes=votes,
            approved=committee.passes(sum(vote.voice == "for" for vote in votes), len(votes)),
        )
        _write(folder, version, record.with_entry(entry))
    return entry


def _said(text: str, what: str) -> None:
    if not text.strip():
        message = f"要写明{what}"
        raise CampaignError(message)


def _now(folder: Path, version: str) -> tuple[str, ApprovalRecord]:
    """Return the digest of a version's bytes and what became of it."""
    path = open_campaign(folder).version_path(version)
    return digest(path.read_bytes()), read_record(folder / METHODOLOGY, version)


def _proposed(record: ApprovalRecord, version: str, now: str) -> Proposal:
    proposal, decided = record.pending, record.decision
    if proposal is None:
        why = f"已于 {decided.on} 决定({decided.document})，此后没有再提出" if decided else "还没有提出"
        message = f"{version} {why}：先用 wbwz methodology propose"
        raise CampaignError(message)
    if proposal.digest != now:
        message = f"{version} 在 {proposal.on} 提出之后被改动过：请重新提出(wbwz methodology propose)"
        raise CampaignError(message)
    return proposal


def _votes(committee: Committee, ballot: Ballot) -> tuple[Vote, ...]:
    roles = {member.name: member.role for member in committee.members}
    strangers = [name for name in ballot.voices if name not in roles]
    if strangers:
        message = f"{'、'.join(strangers)} 不是{committee.name}的成员；应为 {one_of(roles)}"
        raise CampaignError(message)
    if len(ballot.voices) < committee.least_present:
        message = (
            f"{committee.name}不足法定人数：应到 {len(roles)} 人，至少 {committee.least_present} 人表决，"
            f"实到 {len(ballot.voices)} 人；没有作决定"
        )
        raise CampaignError(message)
    return tuple(
        Vote(name=name, role=role, voice=ballot.voices[name])
        for name, role in roles.items()
        if name in ballot.voices
    )


def _comments_over(campaign: Campaign, committee: Committee, proposal: Proposal, day: dt.date) -> None:
    if day < proposal.on:
        message = f"决定日 {day} 早于提出日 {proposal.on}"
        raise CampaignError(message)
    if not committee.comment_days:
        return
    over = campaign.calendar.cutoff(proposal.on, committee.comment_days)
    if day < over:
        message = f"征求意见要满 {committee.comment_days} 个工作日：最早 {over} 才能决定"
        raise CampaignError(message)


def _effective(campaign: Campaign, version: str, ballot: Ballot) -> dt.date:
    """Return from when the version is to be in force; a frozen period keeps the one that it has."""
    since = {each.version: each.effective_from for each in campaign.methodology_versions}
    known, asked = since.get(version), ballot.effective_from
    if known is None and asked is None:
        message = f"要写明 {version} 从哪天起生效(--effective)"
        raise CampaignError(message)
    if known is not None:
        if asked not in (None, known):
            message = f"{version} 从 {known} 起生效，早已定下；不能改为 {asked}"
            raise CampaignError(message)
        return known
    assert asked is not None
    taken = next((name for name, day in since.items() if day == asked), None)
    if taken is not None:
        message = f"{taken} 已从 {asked} 起生效；请定另一天"
        raise CampaignError(message)
    frozen = [campaign.period(name) for name in frozen_periods(campaign.path)]
    passed = [period for period in frozen if period.end >= asked]
    if passed:
        last = max(period.end for period in passed)
        names = "、".join(period.id for period in passed)
        message = f"{names} 已经冻结公布，办法不能回溯；生效日须晚于 {last}"
        raise CampaignError(message)
    return asked


def _write(folder: Path, version: str, record: ApprovalRecord) -> None:
    write_whole(record_path(folder / METHODOLOGY, version), record.to_bytes())
