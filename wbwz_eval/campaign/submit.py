"""Receiving: files come in, receipts go out, and what counts is in the ledgers from then on."""

from __future__ import annotations

import contextlib
import datetime as dt
import getpass
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from wbwz_eval.campaign.current import Current
from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.frozen import frozen_periods
from wbwz_eval.campaign.grid import Sheets, UnreadableError
from wbwz_eval.campaign.judge import judge
from wbwz_eval.campaign.judgement import Judgement
from wbwz_eval.campaign.lock import writing
from wbwz_eval.campaign.receipts import FaultNote, Receipt, chain
from wbwz_eval.campaign.received_file import MOST_FILE_BYTES, read_received
from wbwz_eval.campaign.replay import Portions, source_of
from wbwz_eval.campaign.senders import Sender, sender_of
from wbwz_eval.campaign.versions import Block
from wbwz_eval.campaign.whole_files import digest, remove_halves

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from wbwz_eval.campaign.folder import Campaign
    from wbwz_eval.campaign.replay import Replay

_KINDS = {b"PK": "xlsx", b"\xd0\xcf": "xls"}


@dataclass(frozen=True)
class Submitted:
    """What became of one file.

    Attributes:
        receipt: Its receipt.
        known: Whether the receipt is an earlier one: the same file was judged the same before.
    """

    receipt: Receipt
    known: bool


@dataclass(frozen=True)
class Handing:
    """How files are handed in.

    Attributes:
        sender: An entity's id, or ``office``.
        received_on: The day on which they came in; today if None.
        accept_valid: Whether good rows count although others have faults.
        operator: Who hands them in; who is logged in if None.
        registered_at: When the receipts are written; now if None.
        period: Id of the period that the files are the return for; what a template says if None.
    """

    sender: str
    received_on: dt.date | None = None
    accept_valid: bool = False
    operator: str | None = None
    registered_at: str | None = None
    period: str | None = None


def submit(
    campaign: Campaign,
    files: Sequence[Path],
    handing: Handing,
    advance: Callable[[str], None] = lambda _: None,
) -> list[Submitted]:
    """Receive files, one receipt each, in their order.

    ``advance`` is told the name of each file before it is read.

    Raises:
        CampaignError: The sender is unknown; the campaign's submissions are damaged; another
            command is writing.
        OSError: A file cannot be read, or the receipt cannot be written; receipts before it stay.
    """
    done = []
    with Desk.open(campaign) as desk:
        for path in files:
            advance(path.name)
            # one byte more than may be tells that it is too much, without reading all of it
            with path.open("rb") as file:
                data = file.read(MOST_FILE_BYTES + 1)
            done.append(desk.take(path.name, data, handing))
    return done


class Desk:
    """Where files are taken in, one after the other; the ledgers stand as after the last one."""

    def __init__(self, campaign: Campaign, state: Replay) -> None:
        """Take the ledgers as they stand; use :meth:`open`."""
        self._campaign, self._state = campaign, state
        self._portions = Portions(campaign.codebook)
        self._taken = len(state.stored)
        frozen = [campaign.cutoff(campaign.period(name)) for name in frozen_periods(campaign.path)]
        self._frozen_until = max(frozen, default=dt.date.min)
        self._current: dict[str, Current] = {}
        self._senders: dict[str, Sender] = {}
        self._before: dict[tuple[str, str], list[Receipt]] = {}
        for one in state.stored:
            self._remember(one.receipt)

    @staticmethod
    @contextlib.contextmanager
    def open(campaign: Campaign) -> Iterator[Desk]:
        """Take files in while nobody else does.

        Raises:
            CampaignError: Another command is writing; the submissions are damaged.
        """
        with writing(campaign.path):
            for folder in (campaign.inbox.originals, campaign.inbox.receipts):
                if folder.is_dir():
                    remove_halves(folder)
            state = campaign.replay(afresh=True)
            desk = Desk(campaign, state)
            try:
                yield desk
            finally:
                desk._close()

    def _close(self) -> None:
        """Put what was taken in into the ledgers, all at once."""
        self._state.add([], self._portions)
        if len(self._state.stored) > self._taken:
            self._state.save(self._campaign.cache)

    def take(self, name: str, data: bytes, handing: Handing) -> Submitted:
        """Take one file in.

        Args:
            name: Its name as sent.
            data: What is in it.
            handing: How it is handed in.

        Raises:
            CampaignError: The sender is unknown, or the day of receipt lies in a frozen period.
            OSError: The original or the receipt cannot be written; then nothing of it counts.
        """
        if handing.sender not in self._senders:
            self._campaign.know_sender(handing.sender)
            self._senders[handing.sender] = sender_of(handing.sender, self._campaign.entities)
        sender = self._senders[handing.sender]
        self._require_open(handing)
        judgement = self._judge(name, data, sender)
        receipt = self._receipt(name, data, judgement, handing)
        for earlier in reversed(self._before.get((receipt.sha256, sender.id), [])):
            # sent again, all rows are as they are; a file that was refused may be good by now
            if earlier.status == "accepted" or earlier.judgement() == receipt.judgement():
                return Submitted(earlier, known=True)
        self._campaign.inbox.keep(data, receipt.kind)
        stored = self._campaign.inbox.add(receipt)
        if receipt.status != "refused":
            for part in judgement.counted:
                self._of(part.section.ledger).put(part.settled)
                source = source_of(receipt, part.section.sheet)
                block = Block(
                    part.content, part.numbers, source, sender.id, receipt.number, receipt.received_on
                )
                self._portions.put(part.section.ledger, block)
        self._state.stored.append(stored)
        self._remember(receipt)
        return Submitted(receipt, known=False)

    def _remember(self, receipt: Receipt) -> None:
        self._before.setdefault((receipt.sha256, receipt.sender), []).append(receipt)

    def _require_open(self, handing: Handing) -> None:
        """Refuse a day of receipt that would slip into what has been published."""
        if handing.received_on is None or handing.received_on > self._frozen_until:
            return
        message = (
            f"收到日期 {handing.received_on} 不能早于已冻结的期的截止日 {self._frozen_until}:"
            "照实登记今天收到;要更正已发布的结果,先登记申诉(wbwz appeal)"
        )
        raise CampaignError(message)

    def _judge(self, name: str, data: bytes, sender: Sender) -> Judgement:
        try:
            sheets: Sheets = read_received(data)
            return judge(
                sheets,
                Path(name).stem,
                sender,
                self._campaign.codebook,
                _OnDemand(self._of),
            )
        except UnreadableError as error:
            return Judgement(faults=[FaultNote(message=error.message, expected=error.expected)])

    def _of(self, ledger: str) -> Current:
        if ledger not in self._current:
            schema = self._campaign.codebook.ledgers[ledger]
            rows = self._state.versions[ledger].standing(columns=schema.fields)
            self._current[ledger] = Current(rows, schema.defaults)
        return self._current[ledger]

    def _receipt(self, name: str, data: bytes, judgement: Judgement, handing: Handing) -> Receipt:
        status = judgement.status(accept_valid=handing.accept_valid)
        sections = [part.section for part in judgement.counted]
        if status == "refused":
            nothing = {"accepted": "", "new": 0, "changed": 0, "unchanged": 0, "withdrawn": 0}
            sections = [
                section.model_copy(
                    update={
                        **nothing,
                        "refused": section.refused + section.new + section.changed + section.unchanged,
                    }
                )
                for section in sections
            ]
        return Receipt(
            number=len(self._state.stored) + 1,
            previous=chain(self._state.stored),
            file=name,
            sha256=digest(data),
            size=len(data),
            kind=_KINDS.get(data[:2], "csv"),
            sender=handing.sender,
            received_on=handing.received_on or dt.datetime.now().astimezone().date(),
            registered_at=handing.registered_at or dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            operator=handing.operator if handing.operator is not None else _operator(),
            accept_valid=handing.accept_valid,
            period=handing.period or self._told_period(judgement.period),
            status=status,
            sections=tuple(sections),
            faults=tuple(judgement.faults),
            notices=tuple(judgement.notices),
            package_version=version("wbwz_eval"),
        )

    def _told_period(self, text: str) -> str:
        """Return what a template says that it is for, if the campaign has such a period."""
        try:
            return self._campaign.period(text).id
        except CampaignError:
            return ""


class _OnDemand(dict[str, Current]):
    """Ledgers as they stand, each put together when a file has rows of it."""

    def __init__(self, make: Callable[[str], Current]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, ledger: str) -> Current:
        self[ledger] = self._make(ledger)
        return self[ledger]


def _operator() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        # a container's user may have no name
        return ""
