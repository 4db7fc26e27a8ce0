"""Ledgers as a fold over receipts: each original is read again as its receipt says."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from wbwz_eval.campaign import replay_cache
from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.grid import UnreadableError
from wbwz_eval.campaign.receipts import chain, numbers_of
from wbwz_eval.campaign.received_file import read_received
from wbwz_eval.campaign.section_rows import reread_section
from wbwz_eval.campaign.sections import Section
from wbwz_eval.campaign.versions import Block, Versions

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wbwz_eval.campaign.ledgers import Codebook
    from wbwz_eval.campaign.receipts import Inbox, Receipt, Stored


PORTION = 200_000
"""So many rows of a ledger are put together at a time: as they are read they take much more room."""


class Portions:
    """Blocks of rows on their way into the ledgers, kept small while they wait."""

    def __init__(self, codebook: Codebook) -> None:
        """Begin without any."""
        self._codebook = codebook
        self._blocks: dict[str, list[Block]] = {}
        self._rows: dict[str, int] = {}
        self._ready: dict[str, list[Versions]] = {}

    def put(self, ledger: str, block: Block) -> None:
        """Add a block after those before it."""
        self._blocks.setdefault(ledger, []).append(block)
        self._rows[ledger] = self._rows.get(ledger, 0) + len(block.numbers)
        if self._rows[ledger] >= PORTION:
            self._settle(ledger)

    def _settle(self, ledger: str) -> None:
        blocks = self._blocks.pop(ledger, [])
        self._rows[ledger] = 0
        if blocks:
            fields = self._codebook.ledgers[ledger].fields
            self._ready.setdefault(ledger, []).append(Versions.of(fields, blocks))

    def take(self) -> Iterable[tuple[str, list[Versions]]]:
        """Give all of them away, ledger by ledger."""
        for ledger in [*self._blocks]:
            self._settle(ledger)
        while self._ready:
            yield self._ready.popitem()


@dataclass
class Replay:
    """The versions of every ledger's rows up to the last receipt.

    Attributes:
        codebook: What the columns mean.
        inbox: Where the originals are.
        stored: The receipts, in order.
        versions: Ledger id → versions.
    """

    codebook: Codebook
    inbox: Inbox
    stored: list[Stored] = field(default_factory=list)
    versions: dict[str, Versions] = field(default_factory=dict)

    def add(self, stored: Sequence[Stored], portions: Portions) -> None:
        """Append receipts with the rows that they let count."""
        for ledger, parts in portions.take():
            self.versions[ledger] = Versions.joined([self.versions[ledger], *parts])
        self.stored.extend(stored)

    def load(self, cache: Path, stored: Sequence[Stored]) -> None:
        """Take over what the cache knows of some receipts, if it is no less than is known already."""
        known = replay_cache.load(cache, self._key(), self.codebook, [one.sha256 for one in stored])
        if known is not None and known[0] >= len(self.stored):
            count, self.versions = known
            self.stored = list(stored[:count])

    def save(self, cache: Path) -> None:
        """Keep the versions, so that the next replay need not read the originals."""
        replay_cache.save(cache, self._key(), len(self.stored), chain(self.stored), self.versions)

    def _key(self) -> str:
        return _reading_key(self.codebook)


def replay(codebook: Codebook, inbox: Inbox, cache: Path | None) -> Replay:
    """Replay all receipts, reading only the originals that the cache does not know.

    Args:
        codebook: The campaign's ledgers.
        inbox: Its submissions.
        cache: The folder of the cache, which may be deleted at any time; None reads every original.

    Raises:
        CampaignError: A receipt or an original is missing or was altered, or cannot be read any
            more as its receipt says.
    """
    stored = inbox.read()
    done = Replay(codebook, inbox)
    if cache is not None:
        done.load(cache, stored)
    for ledger, schema in codebook.ledgers.items():
        done.versions.setdefault(ledger, Versions.of(schema.fields, []))
    new = stored[len(done.stored) :]
    if new:
        portions = Portions(codebook)
        for one in new:
            for ledger, block in _blocks(one.receipt, inbox, codebook):
                portions.put(ledger, block)
        done.add(new, portions)
        if cache is not None:
            done.save(cache)
            # as it is mapped: the ledgers need not stay in memory as a whole
            done.load(cache, stored)
    return done


def _blocks(receipt: Receipt, inbox: Inbox, codebook: Codebook) -> Iterable[tuple[str, Block]]:
    """Read the rows that count in one submission."""
    counted = [section for section in receipt.sections if section.accepted]
    if not counted:
        return
    try:
        sheets = {sheet.name: sheet for sheet in read_received(inbox.original(receipt)).sheets}
    except UnreadableError as error:
        message = f"回执 {receipt.number} 的原件“{receipt.file}”读不出来了: {error.message}"
        raise CampaignError(message) from error
    for section in counted:
        schema = codebook.ledgers.get(section.ledger)
        if schema is None or section.sheet not in sheets:
            what = f"台账 {section.ledger}" if schema is None else f"工作表“{section.sheet}”"
            message = f"回执 {receipt.number}(“{receipt.file}”): 没有{what},无法重放"
            raise CampaignError(message)
        place = Section(section.ledger, section.sheet, section.header, section.columns)
        sender = receipt.sender
        content, numbers = reread_section(
            sheets[section.sheet], place, schema, sender, section.names, section.key
        )
        keep = np.isin(numbers, numbers_of(section.accepted))
        yield (
            section.ledger,
            Block(
                {code: values[keep] for code, values in content.items()},
                numbers[keep],
                source_of(receipt, section.sheet),
                receipt.sender,
                receipt.number,
                receipt.received_on,
            ),
        )


def source_of(receipt: Receipt, sheet: str) -> str:
    """Return how people find a row's file: its name, its sheet and the receipt."""
    named = f"{receipt.file}“{sheet}”" if sheet else receipt.file
    return f"{named}(回执 {receipt.number})"


def _reading_key(codebook: Codebook) -> str:
    """Return a digest of all that decides how an original is read, beside its receipt."""
    code = b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))
    return hashlib.sha256(codebook.model_dump_json().encode() + code).hexdigest()
