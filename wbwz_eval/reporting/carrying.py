"""A campaign's folder on its way to a worker that does not see it."""

from __future__ import annotations

import atexit
import io
import shutil
import tarfile
import tempfile
import threading
from pathlib import Path

_LEFT = frozenset({".lock", ".due"})
_lock = threading.Lock()
_unpacked: dict[str, Path] = {}


def packed(folder: Path) -> bytes:
    """Return a campaign's folder as one archive: inputs, results and cache, without what locks it."""
    packing = io.BytesIO()
    with tarfile.open(fileobj=packing, mode="w") as archive:
        archive.add(folder, arcname=folder.name, filter=lambda entry: None if _is_left(entry.name) else entry)
    return packing.getvalue()


def unpacked(archive: bytes, key: str) -> Path:
    """Return where the archive of that digest lies unpacked for this process: once, until it ends."""
    with _lock:
        if key not in _unpacked:
            place = Path(tempfile.mkdtemp(prefix="wbwz-campaign-"))
            atexit.register(shutil.rmtree, place, ignore_errors=True)
            with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
                opened.extractall(place, filter="data")
            _unpacked[key] = place
        return _unpacked[key]


def _is_left(name: str) -> bool:
    return any(part in _LEFT or part.startswith(".half-") for part in Path(name).parts)
