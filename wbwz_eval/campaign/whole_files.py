"""Files that are there whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_BESIDE = ".half-"
_ATTEMPTS = 20


def write_whole(path: Path, data: bytes) -> None:
    """Write a file beside its place, on the disk for certain, and rename it into it.

    Raises:
        OSError: It cannot be written; then nothing of it stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(prefix=_BESIDE, dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(beside, 0o644)  # noqa: PTH101 - mkstemp gives a plain name
        os.replace(beside, path)  # noqa: PTH105
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(beside)  # noqa: PTH108
        raise
    settle(path.parent)


def write_settled(path: Path, data: bytes) -> None:
    """Write a file of a folder that is only renamed into its place when all is written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def write_portions(path: Path, portions: Iterable[bytes], *, settled: bool = False) -> str:
    """Write a file of such a folder portion by portion; returns its SHA-256.

    Args:
        path: The file.
        portions: What comes into it, in order.
        settled: Whether it is to be on the disk for certain, as after :func:`write_settled`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    found = hashlib.sha256()
    with path.open("wb") as file:
        for data in portions:
            file.write(data)
            found.update(data)
        if settled:
            file.flush()
            os.fsync(file.fileno())
    return found.hexdigest()


def settle(folder: Path) -> None:
    """See that a rename outlasts a loss of power, where the system can be asked to."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def remove_halves(folder: Path) -> None:
    """Remove what a killed command has left; only under the campaign's lock."""
    for path in folder.glob(f"{_BESIDE}*"):
        path.unlink(missing_ok=True)


def replace_folder(beside: Path, final: Path) -> None:
    """Put a finished folder in its place; a folder can only be renamed onto an empty one.

    Another process may put its own, equally whole, folder there meanwhile; the last one stays.

    Raises:
        OSError: The place cannot be written.
    """
    for attempt in range(_ATTEMPTS):
        old = Path(tempfile.mkdtemp(prefix=f".{final.name}-old-", dir=final.parent))
        try:
            with contextlib.suppress(FileNotFoundError):
                final.replace(old / final.name)
            beside.replace(final)
        except OSError:
            if attempt == _ATTEMPTS - 1:
                raise
        else:
            return
        finally:
            shutil.rmtree(old, ignore_errors=True)


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file, which may be too large to be read at once."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest(data: bytes) -> str:
    """Return the SHA-256 as 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def digest_of(portions: Iterable[bytes]) -> str:
    """Return the SHA-256 of what comes in portions."""
    found = hashlib.sha256()
    for data in portions:
        found.update(data)
    return found.hexdigest()
