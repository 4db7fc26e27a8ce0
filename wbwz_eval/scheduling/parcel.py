"""What somebody is handed of a period: a folder whose manifest names every file, or one zip of the same."""

from __future__ import annotations

import io
import os
import zipfile
import zlib
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from wbwz_eval.campaign.whole_files import digest
from wbwz_eval.reporting.catalogue import PUBLIC
from wbwz_eval.scheduling.finished import read_unaltered
from wbwz_eval.scheduling.receivers import Piece

if TYPE_CHECKING:
    from pathlib import Path

MANIFEST = "MANIFEST.json"
PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600
PUBLIC_FOLDER, PUBLIC_FILE = 0o755, 0o644
_EARLIEST = (1980, 1, 1, 0, 0, 0)
_UNIX, _REGULAR = 3, 0o100000
_NO_ZIP = (OSError, KeyError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error)


class Entry(BaseModel):
    """One file: what it is called, its SHA-256, and of which report it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str
    sha256: str
    report: str
    title: str
    period: str
    level: str
    edition: str
    subject: str = ""

    @property
    def piece(self) -> Piece:
        """What decides who may have it."""
        return Piece(self.report, self.level, self.edition, self.subject)

    @property
    def mode(self) -> int:
        """How the file is protected."""
        return PUBLIC_FILE if self.edition == PUBLIC else PRIVATE_FILE


class Manifest(BaseModel):
    """What is in a parcel.

    Attributes:
        campaign: The campaign's name, nothing of where it lies.
        period, recipient, name: For whom; ``recipient`` is the id.
        files: All of them, in the order of their names.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    campaign: str
    period: str
    recipient: str
    name: str
    files: tuple[Entry, ...]

    @property
    def is_public(self) -> bool:
        """Whether everybody may see all of it."""
        return all(entry.edition == PUBLIC for entry in self.files)

    @property
    def folder_mode(self) -> int:
        """How its folder is protected."""
        return PUBLIC_FOLDER if self.is_public else PRIVATE_FOLDER

    @property
    def file_mode(self) -> int:
        """How the manifest and the zip are protected."""
        return PUBLIC_FILE if self.is_public else PRIVATE_FILE

    @property
    def names(self) -> set[str]:
        """The files of the folder that are its own."""
        return {MANIFEST, *(entry.file for entry in self.files)}

    def to_bytes(self) -> bytes:
        """Return the file; the same parcel gives the same bytes."""
        return self.model_dump_json(indent=1).encode() + b"\n"


def read_manifest(folder: Path) -> Manifest | None:
    """Return the manifest of a recipient's folder of a period; None where that folder is not one of ours."""
    try:
        if (folder / MANIFEST).is_symlink():
            return None
        return _ours((folder / MANIFEST).read_bytes(), folder.parent.name, folder.name)
    except OSError:
        return None


def read_zipped(path: Path) -> Manifest | None:
    """Return the manifest in the zip of a recipient's period; None where the zip is not one of ours."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _ours(archive.read(MANIFEST), path.parent.name, path.name.removesuffix(".zip"))
    except _NO_ZIP:
        return None


def is_whole_zip(path: Path, manifest: Manifest) -> bool:
    """Return whether a zip holds what a manifest names, and nothing else."""
    try:
        with zipfile.ZipFile(path) as archive:
            return (
                sorted(archive.namelist()) == sorted(manifest.names)
                and archive.read(MANIFEST) == manifest.to_bytes()
                and all(digest(archive.read(entry.file)) == entry.sha256 for entry in manifest.files)
            )
    except _NO_ZIP:
        return False


def zip_of(folder: Path, manifest: Manifest) -> bytes:
    """Return the zip of a recipient's folder: the files of the manifest and no others.

    The same files give the same bytes: no time, no owner, the manifest first, the others by name.

    Raises:
        ReportError: A file is not what the manifest says.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        _add(archive, MANIFEST, manifest.to_bytes(), manifest.file_mode)
        for entry in manifest.files:
            _add(archive, entry.file, read_unaltered(folder / entry.file, entry.sha256), entry.mode)
    return packed.getvalue()


def write_protected(path: Path, data: bytes, mode: int) -> None:
    """Write a new file that nobody else can read before it has its mode, whatever the umask.

    Raises:
        FileExistsError: There is one already.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags, PRIVATE_FILE), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    path.chmod(mode)


def mode_of(path: Path) -> int:
    """Return the bits that say who may do what with a file."""
    return path.stat().st_mode & 0o777


def _add(archive: zipfile.ZipFile, name: str, data: bytes, mode: int) -> None:
    told = zipfile.ZipInfo(name, _EARLIEST)
    told.create_system, told.external_attr = _UNIX, (_REGULAR | mode) << 16
    told.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(told, data)


def _ours(data: bytes, recipient: str, period: str) -> Manifest | None:
    try:
        found = Manifest.model_validate_json(data)
    except ValidationError:
        return None
    plain = all(name and "/" not in name and "\\" not in name and name != ".." for name in found.names)
    return found if plain and (found.recipient, found.period) == (recipient, period) else None
