"""A cache of replayed ledgers: plain arrays, nothing in it is ever run, deleting it loses nothing."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wbwz_eval.campaign.versions import Texts, Versions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from wbwz_eval.campaign.ledgers import Codebook

_STATE = "state.json"
_HEAD_SIZE = 8
_COLUMN, _CODES, _WORDS, _ABSENT = "column/", "codes/", "words/", "absent/"


def save(folder: Path, key: str, count: int, head: str, versions: Mapping[str, Versions]) -> None:
    """Put versions into the cache, in place of what is there.

    Args:
        folder: The cache's folder.
        key: Digest of how originals are read.
        count: How many receipts the versions hold.
        head: SHA-256 of the last of them.
        versions: Ledger id → versions.
    """
    # A campaign on a read-only or full disk is read without a cache, only more slowly.
    with contextlib.suppress(OSError):
        folder.mkdir(exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=".half-", dir=folder))
        try:
            for ledger, table in versions.items():
                _pack(beside / f"{ledger}.bin", _arrays(table))
            state = {"key": key, "receipts": count, "head": head}
            (beside / _STATE).write_text(json.dumps(state), encoding="utf-8")
            final = folder / f"{count:06d}-{head[:12]}-{key[:12]}"
            with contextlib.suppress(OSError):
                # another command may have put the same there already
                beside.rename(final)
            for old in folder.iterdir():
                if old not in {final, beside} and not old.name.startswith(".half-"):
                    shutil.rmtree(old, ignore_errors=True)
        finally:
            shutil.rmtree(beside, ignore_errors=True)


def load(
    folder: Path, key: str, codebook: Codebook, digests: Sequence[str]
) -> tuple[int, dict[str, Versions]] | None:
    """Return how many receipts the cache holds, and the versions; None where it does not serve.

    Args:
        folder: The cache's folder.
        key: Digest of how originals are read.
        codebook: The campaign's ledgers.
        digests: The SHA-256 of each receipt in order.
    """
    for path in sorted(folder.glob(f"*-{key[:12]}"), reverse=True):
        # Another command may remove an older cache at this very moment, and a killed machine may
        # leave a file cut short: both are read anew from the originals.
        with contextlib.suppress(OSError, ValueError, KeyError, EOFError):
            state = json.loads((path / _STATE).read_text(encoding="utf-8"))
            count = state["receipts"]
            fits = state["key"] == key and 0 < count <= len(digests) and digests[count - 1] == state["head"]
            if fits:
                return count, {ledger: _read(path / f"{ledger}.bin") for ledger in codebook.ledgers}
    return None


def _arrays(table: Versions) -> dict[str, NDArray[np.generic]]:
    arrays: dict[str, NDArray[np.generic]] = {
        "receipt": table.receipt,
        "received": table.received,
        "source_row": table.source_row,
        **{f"{_ABSENT}{code}": mask for code, mask in table.absent.items()},
    }
    for code, column in {**table.columns, "source": table.source, "sender": table.sender}.items():
        if isinstance(column, Texts):
            arrays[f"{_CODES}{code}"] = column.codes
            text = json.dumps(column.words.tolist(), ensure_ascii=False, separators=(",", ":"))
            arrays[f"{_WORDS}{code}"] = np.frombuffer(text.encode(), dtype=np.uint8)
        else:
            arrays[f"{_COLUMN}{code}"] = column
    return arrays


def _pack(path: Path, arrays: Mapping[str, NDArray[np.generic]]) -> None:
    """Write arrays one after the other, their names and types before them.

    numpy's own format of many arrays takes longer to open than the arrays to read.
    """
    head = json.dumps([(name, values.dtype.str, len(values)) for name, values in arrays.items()]).encode()
    with path.open("wb") as file:
        file.write(len(head).to_bytes(_HEAD_SIZE, "little"))
        file.write(head)
        for values in arrays.values():
            file.write(np.ascontiguousarray(values).tobytes())


def _unpack(path: Path) -> dict[str, Any]:
    """Read what :func:`_pack` wrote; the arrays cannot be written to."""
    data = path.read_bytes()
    start = _HEAD_SIZE + int.from_bytes(data[:_HEAD_SIZE], "little")
    arrays = {}
    for name, kind, count in json.loads(data[_HEAD_SIZE:start]):
        arrays[name] = np.frombuffer(data, dtype=np.dtype(kind), count=count, offset=start)
        start += arrays[name].nbytes
    if start != len(data):
        raise ValueError(path.name)
    return arrays


def _read(path: Path) -> Versions:
    arrays = _unpack(path)
    columns: dict[str, Texts | NDArray[np.generic]] = {}
    for name, values in arrays.items():
        if name.startswith(_CODES):
            code = name.removeprefix(_CODES)
            words = json.loads(arrays[f"{_WORDS}{code}"].tobytes())
            columns[code] = Texts(values, np.array(words, dtype=object))
        elif name.startswith(_COLUMN):
            columns[name.removeprefix(_COLUMN)] = values
    source, sender = columns.pop("source"), columns.pop("sender")
    assert isinstance(source, Texts)
    assert isinstance(sender, Texts)
    return Versions(
        columns,
        {name.removeprefix(_ABSENT): mask for name, mask in arrays.items() if name.startswith(_ABSENT)},
        arrays["receipt"],
        arrays["received"],
        source,
        sender,
        arrays["source_row"],
    )
