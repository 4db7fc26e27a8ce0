"""A campaign as it was known at the end of a cut-off: a folder that never changes once it is there.

Reports open a campaign by its folder. So that a period's reports have nothing that came after its cut-off,
whenever they are made, they are given a folder with the same configuration and only the submissions
received by then. It costs hardly any room: originals are linked, not copied.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from wbwz_eval.campaign.appeals import APPEALS
from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.folder import CACHE, CONFIGURATION, METHODOLOGY, open_campaign
from wbwz_eval.campaign.frozen import FROZEN, frozen_periods, read_freeze
from wbwz_eval.campaign.receipts import SUBMISSIONS, Inbox
from wbwz_eval.campaign.whole_files import digest

if TYPE_CHECKING:
    import datetime as dt

    from wbwz_eval.campaign.receipts import Receipt, Stored

VIEWS = "views"
_HALF = ".half-"
_FOLDERS = (METHODOLOGY, APPEALS, "review")
_KEY = 16


class Snapshot:
    """A campaign's inputs at one moment: what comes in later counts for the next run."""

    def __init__(self, folder: Path, views: Path) -> None:
        """Look at a campaign now.

        Args:
            folder: The campaign's folder.
            views: Where the folders as of the cut-offs go, on the same disk.

        Raises:
            CampaignError: The campaign's own files are wrong.
        """
        self.campaign = open_campaign(folder)
        self._views = views
        self._stored = self.campaign.inbox.read()
        self._admitted = {number for numbers in self.campaign.basis.admitted.values() for number in numbers}
        self._files = _configuration(folder)
        frozen = {period: read_freeze(folder, period) for period in frozen_periods(folder)}
        self._frozen = {period: record for period, record in frozen.items() if record is not None}
        told = [f"{name} {digest(data)}" for name, data in sorted(self._files.items())]
        self.configuration = digest("\n".join(told).encode())
        """A digest of everything in the folder but submissions and frozen periods."""

    @property
    def receipts(self) -> int:
        """How many receipts there are."""
        return len(self._stored)

    def frozen_version(self, period: str) -> int | None:
        """Return which version of a period is frozen; None where it is not."""
        record = self._frozen.get(period)
        return None if record is None else record.version

    def basis(self, period: str, cutoff: dt.date) -> str:
        """Return what a period's reports stand on: the frozen version, or what was received in time."""
        record = self._frozen.get(period)
        if record is not None:
            return f"frozen {record.version} {record.seal}"
        return f"received {self._digest(self._in_time(cutoff))}"

    def received(self, period: str, cutoff: dt.date) -> int:
        """Return how many submissions count that a period's reports stand on."""
        record = self._frozen.get(period)
        return record.through if record is not None else len(self._in_time(cutoff))

    def view(self, period: str, cutoff: dt.date) -> Path:
        """Return a folder of the campaign as the reports of a period are to see it; made if need be.

        What was received after the cut-off is not in it: its receipts stand there without rows, so that
        the others keep their numbers. Receipts that a decision on an appeal admits are in it. A frozen
        period is seen as it was frozen.

        Raises:
            CampaignError: A submission's original is missing.
            OSError: The disk is full, or cannot be written.
        """
        through, kept = self._seen(period, cutoff)
        seals = [f"{name} {record.seal}" for name, record in sorted(self._frozen.items())]
        told = "\n".join([self.configuration, str(through), self._digest(kept), *seals])
        place = self._views / hashlib.sha256(told.encode()).hexdigest()[:_KEY]
        # its name is the campaign's, for whatever says it
        final = place / self.campaign.path.resolve().name
        if not place.is_dir():
            self._views.mkdir(parents=True, exist_ok=True)
            beside = Path(tempfile.mkdtemp(prefix=_HALF, dir=self._views))
            try:
                self._fill(beside / final.name, through, {one.receipt.number for one in kept})
                beside.rename(place)
            except OSError:
                # another process may have put the same there meanwhile
                if not place.is_dir():
                    raise
            finally:
                shutil.rmtree(beside, ignore_errors=True)
        return final

    def _in_time(self, cutoff: dt.date) -> list[Stored]:
        return [
            one
            for one in self._stored
            if one.receipt.received_on <= cutoff or one.receipt.number in self._admitted
        ]

    def _seen(self, period: str, cutoff: dt.date) -> tuple[int, list[Stored]]:
        """Return the number of the last receipt to be seen, and those whose rows are."""
        record = self._frozen.get(period)
        if record is None:
            kept = self._in_time(cutoff)
            return max((one.receipt.number for one in kept), default=0), kept
        admitted = (number for numbers in record.admitted.values() for number in numbers)
        through = max([record.through, *admitted])
        return through, self._stored[:through]

    @staticmethod
    def _digest(stored: list[Stored]) -> str:
        return digest("".join(one.sha256 for one in stored).encode())

    def _fill(self, folder: Path, through: int, kept: set[int]) -> None:
        for name, data in self._files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
        source = self.campaign.path
        if self._frozen:
            shutil.copytree(
                source / FROZEN,
                folder / FROZEN,
                copy_function=_link,
                ignore=shutil.ignore_patterns(".half-*"),
            )
        inbox = Inbox(folder / SUBMISSIONS)
        inbox.receipts.mkdir(parents=True)
        inbox.originals.mkdir()
        previous, chain = "", set[str]()
        for one in self._stored[:through]:
            receipt = one.receipt
            if receipt.number in kept:
                self._link_original(receipt, inbox)
            else:
                receipt = receipt.model_copy(update={"sections": ()})
            path = inbox.receipts / f"{receipt.number:06d}.json"
            if receipt.sections == one.receipt.sections and receipt.previous == previous:
                _link(self.campaign.inbox.receipts / path.name, path)
                previous = one.sha256
            else:
                # the chain goes on with what this folder has
                data = receipt.model_copy(update={"previous": previous}).to_bytes()
                path.write_bytes(data)
                previous = digest(data)
            chain.add(previous)
        self._seed(folder / CACHE, chain)

    def _link_original(self, receipt: Receipt, inbox: Inbox) -> None:
        target = inbox.originals / receipt.original
        if target.exists():
            return
        try:
            _link(self.campaign.inbox.originals / receipt.original, target)
        except FileNotFoundError as error:
            message = f"缺少回执 {receipt.number} 的原件 {receipt.original}（“{receipt.file}”），请从备份恢复"
            raise CampaignError(message) from error

    def _seed(self, cache: Path, chain: set[str]) -> None:
        """Bring what is known of replaying the same receipts, and of no others."""
        for known in [self.campaign.cache, *self._views.glob(f"[!.]*/*/{CACHE}")]:
            for each in known.glob("[!.]*"):
                # a cache may go at any time, and does not have to be there
                with contextlib.suppress(OSError, shutil.Error, ValueError, KeyError):
                    head = json.loads((each / "state.json").read_bytes())["head"]
                    if head in chain and not (cache / each.name).exists():
                        shutil.copytree(each, cache / each.name, copy_function=_link)


def tidy(views: Path, keep: Path | None) -> None:
    """Remove the folders that no run needs any more; only for who runs alone."""
    for path in views.glob("*"):
        if keep is None or path not in keep.parents:
            shutil.rmtree(path, ignore_errors=True)


def _configuration(folder: Path) -> dict[str, bytes]:
    """Return the files beside submissions, results and frozen periods by their path."""
    found = [folder / name for name in CONFIGURATION if (folder / name).is_file()]
    for name in _FOLDERS:
        found += sorted(path for path in (folder / name).rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in found
        if not path.name.startswith(_HALF)
    }


def _link(source: Path | str, target: Path | str) -> str:
    """Give a file that is never altered a second name, or copy it where the disk cannot do that."""
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copy2(source, target)
    return str(target)
