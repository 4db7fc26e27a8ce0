"""A cache of replayed ledgers: plain arrays, nothing in it is ever run, deleting it loses nothing."""

from __future__ import annotations

import contextlib
import json
import mmap
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wbwz_eval.campaign.texts import PackedTexts, Texts, packed
from wbwz_eval.campaign.versions import Versions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from wbwz_eval.campaign.ledgers import Codebook

_STATE, _LEDGERS = "state.json", "ledgers.bin"
_SIZE = _ALIGNED = 8
_COLUMN, _CODES, _ENDS, _LETTERS, _ABSENT = "column/", "codes/", "ends/", "letters/", "absent/"


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
            _pack(beside / _LEDGERS, versions)
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
                found = _unpack(path / _LEDGERS)
                return count, {ledger: _read(found[ledger]) for ledger in codebook.ledgers}
    return None


def _arrays(table: Versions) -> Iterator[tuple[str, NDArray[np.generic]]]:
    """Yield a ledger's arrays, one at a time: together they are too much for a large campaign."""
    yield "receipt", table.receipt
    yield "received", table.received
    yield "source_row", table.source_row
    for code, mask in table.absent.items():
        yield f"{_ABSENT}{code}", mask
    for code, column in {**table.columns, "source": table.source, "sender": table.sender}.items():
        if isinstance(column, Texts):
            ends, letters = packed(column.words)
            yield f"{_CODES}{code}", column.codes
            yield f"{_ENDS}{code}", ends
            yield f"{_LETTERS}{code}", letters
        else:
            yield f"{_COLUMN}{code}", column


def _pack(path: Path, versions: Mapping[str, Versions]) -> None:
    """Write arrays one after the other, and behind them where each is.

    numpy's own format of many arrays takes longer to open than the arrays to read.
    """
    index: dict[str, list[tuple[str, str, int, int]]] = {}
    with path.open("wb") as file:
        for ledger, table in versions.items():
            index[ledger] = []
            for name, values in _arrays(table):
                index[ledger].append((name, values.dtype.str, len(values), file.tell()))
                file.write(np.ascontiguousarray(values).view(np.uint8).data)
                file.write(bytes(-file.tell() % _ALIGNED))
        tail = json.dumps({"start": file.tell(), "ledgers": index}).encode()
        file.write(tail)
        file.write(len(tail).to_bytes(_SIZE, "little"))


def _unpack(path: Path) -> dict[str, dict[str, NDArray[Any]]]:
    """Return what :func:`_pack` wrote, mapped: what nobody looks at is never read.

    The arrays cannot be written to; the file may be deleted meanwhile.
    """
    with path.open("rb") as file:
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    size = int.from_bytes(data[-_SIZE:], "little")
    tail = json.loads(data[-_SIZE - size : -_SIZE])
    if tail["start"] + size + _SIZE != len(data):
        raise ValueError(path.name)
    return {
        ledger: {
            name: np.frombuffer(data, dtype=np.dtype(kind), count=count, offset=start)
            for name, kind, count, start in arrays
        }
        for ledger, arrays in tail["ledgers"].items()
    }


def _read(arrays: Mapping[str, NDArray[Any]]) -> Versions:
    columns: dict[str, Texts | NDArray[np.generic]] = {}
    for name, values in arrays.items():
        if name.startswith(_CODES):
            code = name.removeprefix(_CODES)
            columns[code] = PackedTexts(values, arrays[f"{_ENDS}{code}"], arrays[f"{_LETTERS}{code}"])
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
