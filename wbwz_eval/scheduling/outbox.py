"""The outbox: a folder for each receiver, with what they may see of a period and nothing else.

``<recipient>/<period>/`` in it holds the files and ``MANIFEST.json``, ``<recipient>/<period>.zip`` the same
on request. Each folder is written beside its place and renamed as a whole. What is there already is left
alone; what is not ours stays.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from filelock import FileLock, Timeout

from wbwz_eval.campaign.whole_files import settle
from wbwz_eval.reporting.apart import check_apart, check_outside_sites
from wbwz_eval.reporting.catalogue import find_report
from wbwz_eval.reporting.errors import ReportError
from wbwz_eval.scheduling.finished import Finished, Refused, finished_reports, read_unaltered
from wbwz_eval.scheduling.parcel import (
    MANIFEST,
    PRIVATE_FOLDER,
    PUBLIC_FOLDER,
    Entry,
    Manifest,
    is_whole_zip,
    mode_of,
    read_manifest,
    read_zipped,
    write_protected,
    zip_of,
)
from wbwz_eval.scheduling.receivers import receivers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from wbwz_eval.campaign.folder import Campaign
    from wbwz_eval.campaign.periods import Period
    from wbwz_eval.scheduling.receivers import Receiver

OUTBOX_FOLDER = "outbox"
LOCK = ".lock"
_WAIT = 60.0
_NEW, _OLD = ".new-", ".old-"

STATES = {"new": "新放入", "changed": "有更新", "kept": "没有变化", "removed": "已撤下"}


@dataclass(frozen=True)
class Handed:
    """What became of one receiver's folder.

    Attributes:
        recipient, name: Who.
        state: Whether it was there.
        files: How many files are in it, the manifest aside.
        notes: What else is to be known.
    """

    recipient: str
    name: str
    state: Literal["new", "changed", "kept", "removed"]
    files: int
    notes: tuple[str, ...] = ()


@dataclass
class Laid:
    """What became of a period in the outbox.

    Attributes:
        handed: Receivers that have something, or had.
        refused: Reports that are not finished, and receivers whose folder could not be written.
        unclaimed: Finished reports that nobody may have.
    """

    handed: list[Handed] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    unclaimed: list[str] = field(default_factory=list)


@contextlib.contextmanager
def opened_outbox(root: Path, campaign: Path) -> Iterator[None]:
    """Hold the outbox alone.

    Raises:
        ReportError: It lies where others read, or another command holds it.
    """
    check_apart(root, campaign)
    check_outside_sites(root)
    if not root.is_dir():
        root.mkdir(parents=True)
        root.chmod(PUBLIC_FOLDER)
    try:
        with FileLock(root / LOCK, timeout=_WAIT):
            yield
    except Timeout:
        msg = f"另一个命令正在用发件箱 {root}（等了 {_WAIT:.0f} 秒）：等它结束后再运行"
        raise ReportError(msg) from None


def lay_out(campaign: Campaign, period: Period, reports: Path, root: Path, *, zipped: bool = False) -> Laid:
    """Lay a period's finished reports into the outbox.

    Args:
        campaign: The campaign.
        period: The period.
        reports: The folder of its reports.
        root: The outbox.
        zipped: Whether each receiver gets a zip beside the folder.

    Raises:
        ReportError: There are no reports, or the outbox cannot be used; see also :func:`.receivers`.
        CampaignError: ``campaign.yaml`` is faulty.
    """
    known = receivers(campaign, period)
    finished, refused = finished_reports(campaign, period, reports)
    laid = Laid(refused=refused)
    laid.unclaimed = [
        min(one.files).rsplit(".", 1)[0]
        for one in finished
        if not any(who.may_have(one.piece) for who in known)
    ]
    with opened_outbox(root, campaign.path):
        _recover(root)
        for who in known:
            place = _Folder(root, who, period.id)
            try:
                handed = place.lay(
                    [one for one in finished if who.may_have(one.piece)], campaign.name, zipped
                )
            except (ReportError, OSError) as error:
                why = str(error) if isinstance(error, ReportError) else f"不能读写：{error.strerror or error}"
                laid.refused.append(Refused(f"收件人 {who.id}", why))
                continue
            if handed is not None:
                laid.handed.append(handed)
        laid.handed += _withdraw(root, {who.id for who in known}, period.id)
    return laid


class _Folder:
    """One receiver's folder of a period."""

    def __init__(self, root: Path, who: Receiver, period: str) -> None:
        """Name the places."""
        self.who, self.period = who, period
        self.above = root / who.id
        self.place, self.zip = self.above / period, self.above / f"{period}.zip"

    def lay(self, finished: Sequence[Finished], campaign: str, zipped: bool) -> Handed | None:  # noqa: FBT001
        """Make the folder what it is to be; None where there is nothing to hand, and was not."""
        if self.above.is_symlink() or self.place.is_symlink():
            msg = f"{self.above.name}/{self.period} 是指向别处的链接；请移走它"
            raise ReportError(msg)
        before = read_manifest(self.place)
        if not finished:
            return _remove(self.above, self.period)
        sources = {name: one for one in finished for name in one.files}
        manifest = Manifest(
            campaign=campaign,
            period=self.period,
            recipient=self.who.id,
            name=self.who.name,
            files=tuple(self._entry(name, sources[name]) for name in sorted(sources)),
        )
        if before is None and self.place.is_dir() and any(self.place.iterdir()):
            msg = f"{self.who.id}/{self.period} 里是别的东西，不是 wbwz outbox 放的；请移走它"
            raise ReportError(msg)
        self.above.mkdir(exist_ok=True)
        self.above.chmod(PUBLIC_FOLDER if self.who.is_public else PRIVATE_FOLDER)
        kept = before == manifest and self._stands(manifest)
        notes = [] if kept else self._write(manifest, before, sources)
        notes += self._zip(manifest, zipped=zipped)
        state: Literal["new", "changed", "kept"] = "kept" if kept else "new" if before is None else "changed"
        return Handed(self.who.id, self.who.name, state, len(manifest.files), tuple(notes))

    def _entry(self, name: str, one: Finished) -> Entry:
        return Entry(
            file=name,
            sha256=one.files[name],
            report=one.piece.report,
            title=find_report(one.piece.report).title,
            period=self.period,
            level=one.piece.level,
            edition=one.piece.edition,
            subject=one.piece.subject,
        )

    def _stands(self, manifest: Manifest) -> bool:
        """Return whether all is as the manifest says, and as well protected."""
        modes = {MANIFEST: manifest.file_mode, **{entry.file: entry.mode for entry in manifest.files}}
        try:
            for entry in manifest.files:
                read_unaltered(self.place / entry.file, entry.sha256)
            protected = all(mode_of(self.place / name) == mode for name, mode in modes.items())
            return os.name != "posix" or (protected and mode_of(self.place) == manifest.folder_mode)
        except (ReportError, OSError):
            return False

    def _write(self, manifest: Manifest, before: Manifest | None, sources: dict[str, Finished]) -> list[str]:
        """Write the folder beside its place and exchange it; returns what is to be known."""
        new, old = self.above / f"{_NEW}{self.period}", self.above / f"{_OLD}{self.period}"
        try:
            new.mkdir(PRIVATE_FOLDER)
            for entry in manifest.files:
                data = read_unaltered(sources[entry.file].folder / entry.file, entry.sha256)
                write_protected(new / entry.file, data, entry.mode)
            write_protected(new / MANIFEST, manifest.to_bytes(), manifest.file_mode)
            foreign = self._carry(new, manifest, before)
            settle(new)
            new.chmod(manifest.folder_mode)
            if self.place.exists():
                self.place.rename(old)
            try:
                new.rename(self.place)
            except OSError:
                if old.exists():
                    old.rename(self.place)
                raise
            settle(self.above)
        finally:
            shutil.rmtree(new, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
        return [f"另有不是 wbwz outbox 放的：{'、'.join(foreign)}"] if foreign else []

    def _carry(self, new: Path, manifest: Manifest, before: Manifest | None) -> list[str]:
        """Bring along what somebody else has put into the folder."""
        if before is None:
            return []
        foreign = sorted(path.name for path in self.place.iterdir() if path.name not in before.names)
        for name in foreign:
            if name in manifest.names:
                msg = f"{self.who.id}/{self.period}/{name} 不是 wbwz outbox 放的，却占着报告的名字；请移走它"
                raise ReportError(msg)
            source = self.place / name
            if source.is_dir() and not source.is_symlink():
                shutil.copytree(source, new / name, symlinks=True)
            else:
                shutil.copy2(source, new / name, follow_symlinks=False)
        return foreign

    def _zip(self, manifest: Manifest, *, zipped: bool) -> list[str]:
        """Make the zip what it is to be, or see that none is there that says something else."""
        there = self.zip.is_symlink() or self.zip.exists()
        if there and (self.zip.is_symlink() or read_zipped(self.zip) is None):
            return [f"{self.zip.name} 不是 wbwz outbox 放的，没有动它"]
        if there and is_whole_zip(self.zip, manifest) and mode_of(self.zip) == manifest.file_mode:
            return []
        self.zip.unlink(missing_ok=True)
        if zipped:
            beside = self.above / f"{_NEW}{self.zip.name}"
            beside.unlink(missing_ok=True)
            write_protected(beside, zip_of(self.place, manifest), manifest.file_mode)
            beside.replace(self.zip)
            settle(self.above)
        return []


def _recover(root: Path) -> None:
    """Put in order what a killed command left; only for who holds the outbox."""
    for old in root.glob(f"*/{_OLD}*"):
        place = old.with_name(old.name.removeprefix(_OLD))
        if place.exists():
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.rename(place)
    for new in root.glob(f"*/{_NEW}*"):
        if new.is_dir():
            shutil.rmtree(new, ignore_errors=True)
        else:
            new.unlink()


def _withdraw(root: Path, known: set[str], period: str) -> list[Handed]:
    """Take away what those have who are receivers no longer."""
    folders = [path for path in sorted(root.iterdir()) if path.is_dir() and not path.is_symlink()]
    gone = [_remove(path, period) for path in folders if path.name not in known and path.name[0] != "."]
    return [handed for handed in gone if handed is not None]


def _remove(above: Path, period: str) -> Handed | None:
    """Take away what is ours of a period; None where nothing is."""
    place, packed = above / period, above / f"{period}.zip"
    manifest = None if place.is_symlink() else read_manifest(place)
    zipped = None if packed.is_symlink() else read_zipped(packed)
    told = manifest or zipped
    if told is None:
        # what was killed after its last file left empty folders
        _remove_empty(place, above)
        return None
    if zipped is not None:
        packed.unlink()
    notes = []
    if manifest is not None:
        for entry in manifest.files:
            (place / entry.file).unlink(missing_ok=True)
        # last: what is killed here goes on from the manifest
        (place / MANIFEST).unlink()
        foreign = sorted(path.name for path in place.iterdir())
        notes = [f"留下了不是 wbwz outbox 放的：{'、'.join(foreign)}"] if foreign else []
    _remove_empty(place, above)
    return Handed(told.recipient, told.name, "removed", 0, tuple(notes))


def _remove_empty(*folders: Path) -> None:
    for folder in folders:
        with contextlib.suppress(OSError):
            folder.rmdir()
