"""Mailing what lies in the outbox: one message for each receiver, to nobody else, and never twice."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from email.utils import getaddresses
from typing import TYPE_CHECKING, Literal

from wbwz_eval.campaign.recipients import is_mailbox
from wbwz_eval.campaign.whole_files import digest
from wbwz_eval.reporting.catalogue import RESTRICTED
from wbwz_eval.reporting.errors import ReportError
from wbwz_eval.scheduling.letter import Letter
from wbwz_eval.scheduling.outbox import opened_outbox
from wbwz_eval.scheduling.parcel import Manifest, read_manifest, zip_of
from wbwz_eval.scheduling.receivers import receivers
from wbwz_eval.scheduling.run_due import now
from wbwz_eval.scheduling.sent import Attempt, SentLog
from wbwz_eval.scheduling.smtp import MailError, UnclearError, UnreachableError, connected, hand_over, offer

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from wbwz_eval.campaign.folder import Campaign
    from wbwz_eval.campaign.periods import Period
    from wbwz_eval.scheduling.receivers import Receiver
    from wbwz_eval.scheduling.sent import State
    from wbwz_eval.scheduling.smtp import Server

STATES = {
    "would": "将寄出",
    "sent": "已寄出",
    "before": "以前寄过",
    "no_address": "没有地址",
    "failed": "失败",
    "unclear": "不知寄到没有",
}


@dataclass(frozen=True)
class Mailed:
    """What became of one receiver's message.

    Attributes:
        recipient, name, address: Who, and where.
        state: ``would`` in a dry run; ``unclear`` where the connection broke, or the command was ended,
            before the server had answered: it is not sent again unless somebody asks for that.
        files, size: How many files, and how many bytes the zip has.
        error: Why not.
    """

    recipient: str
    name: str
    address: str
    state: Literal["would", "sent", "before", "no_address", "failed", "unclear"]
    files: int = 0
    size: int = 0
    error: str = ""


@dataclass(frozen=True)
class Posting:
    """How to mail.

    Attributes:
        server: Where; None for a dry run, in which nothing is connected or written.
        sender: The address that it comes from.
        again: Ids of receivers to whom it is sent though it was, or may have been.
        clock: For the date of the message and the log.
    """

    server: Server | None = None
    sender: str = ""
    again: Collection[str] = ()
    clock: Callable[[], dt.datetime] = now


def parse_sender(text: str) -> str:
    """Return the address of who sends.

    Raises:
        ReportError: It is none.
    """
    addresses = [address for _, address in getaddresses([text])]
    if len(addresses) != 1 or not is_mailbox(addresses[0]) or not text.isprintable():
        msg = f"发件地址 “{text}” 不对；应为一个邮箱地址，如 office@example.org"
        raise ReportError(msg)
    return addresses[0]


def mail(campaign: Campaign, period: Period, root: Path, posting: Posting) -> list[Mailed]:
    """Mail what a period has in the outbox; each failure is by itself.

    Args:
        campaign: The campaign.
        period: The period.
        root: The outbox.
        posting: How.

    Raises:
        ReportError: Nothing of the period is in the outbox, or it cannot be used.
        CampaignError: ``campaign.yaml`` is faulty.
    """
    known = receivers(campaign, period)
    unknown = set(posting.again) - {who.id for who in known}
    if unknown:
        msg = f"没有收件人 {'、'.join(sorted(unknown))}"
        raise ReportError(msg)
    if not root.is_dir():
        msg = f"没有发件箱 {root}；先用 wbwz outbox 放入报告"
        raise ReportError(msg)
    with opened_outbox(root, campaign.path):
        log = SentLog(root)
        there = [who for who in known if (root / who.id / period.id).is_dir()]
        if not there:
            msg = f"发件箱 {root} 里没有 {period.id} 的报告；先用 wbwz outbox 放入"
            raise ReportError(msg)
        round_ = _Round(campaign, period, root, posting, log)
        return [round_.one(who) for who in there]


class _Round:
    """One run over the receivers."""

    def __init__(
        self, campaign: Campaign, period: Period, root: Path, posting: Posting, log: SentLog
    ) -> None:
        """Hold what all messages share."""
        self.campaign, self.period, self.root, self.posting, self.log = campaign, period, root, posting, log
        self.unreachable = ""

    def one(self, who: Receiver) -> Mailed:
        """Send one receiver what is theirs."""
        found = Mailed(who.id, who.name, who.address, "no_address")
        if not who.address:
            return found
        try:
            manifest, packed = self._pack(who)
        except (ReportError, OSError) as error:
            return replace(found, state="failed", error=str(error))
        found = replace(found, files=len(manifest.files), size=len(packed))
        told = digest(manifest.to_bytes())
        state = self.log.state(self.period.id, who.id, who.address, told)
        if who.id not in self.posting.again and state == "sent":
            return replace(found, state="before")
        if who.id not in self.posting.again and state == "begun":
            why = f"上一次在服务器答复之前中断；问明没有收到后用 --again {who.id} 再寄"
            return replace(found, state="unclear", error=why)
        if self.posting.server is None:
            return replace(found, state="would")
        return self._sent(found, who, manifest, packed, told)

    def _sent(self, found: Mailed, who: Receiver, manifest: Manifest, packed: bytes, told: str) -> Mailed:
        if self.unreachable:
            return replace(found, state="failed", error=self.unreachable)
        posting = self.posting
        letter = Letter(
            self.campaign,
            self.period,
            posting.sender,
            posting.clock(),
            replaces=self.log.has_earlier(self.period.id, who.id, told),
        )
        try:
            self._send(who, letter.message(who, manifest, packed), told)
        except UnclearError as error:
            return replace(found, state="unclear", error=str(error))
        except MailError as error:
            if isinstance(error, UnreachableError):
                self.unreachable = str(error)
            return replace(found, state="failed", error=str(error))
        return replace(found, state="sent")

    def _pack(self, who: Receiver) -> tuple[Manifest, bytes]:
        """Return what is theirs, as the campaign says now and as it was laid out."""
        folder = self.root / who.id / self.period.id
        manifest = None if folder.is_symlink() else read_manifest(folder)
        if manifest is None:
            raise ReportError("文件夹里没有可用的清单；请重新运行 wbwz outbox")
        for entry in manifest.files:
            if entry.edition == RESTRICTED or not who.may_have(entry.piece):
                msg = f"{entry.file} 不是可以寄给这个收件人的；请重新运行 wbwz outbox"
                raise ReportError(msg)
        return manifest, zip_of(folder, manifest)

    def _send(self, who: Receiver, text: bytes, told: str) -> None:
        server = self.posting.server
        assert server is not None

        def note(state: State, error: str = "") -> None:
            at = self.posting.clock().isoformat(timespec="seconds")
            self.log.add(
                Attempt(
                    at=at,
                    period=self.period.id,
                    recipient=who.id,
                    address=who.address,
                    digest=told,
                    state=state,
                    error=error,
                )
            )

        try:
            with connected(server) as client:
                offer(client, self.posting.sender, who.address, len(text))
                note("begun")
                hand_over(client, text)
                note("sent")
        except MailError as error:
            note("failed", str(error))
            raise
