"""Throws damaged files at the readers: every one ends as a judgement or a clear refusal.

Run from the repository's top: ``python benchmarks/fuzz_readers.py --count 100000``. The messy files of
the tests are damaged in ways that storage, mail and other programs damage them, and in ways that
nobody does by accident; each is read, judged and, where it has faults, marked. A traceback, more than
10 seconds or more than 1 GiB for one file is a failure; the file is kept for a closer look.
"""

from __future__ import annotations

import argparse
import io
import multiprocessing as mp
import os
import random
import re
import resource
import signal
import sys
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from wbwz_eval.campaign.current import Current
from wbwz_eval.campaign.folder import open_campaign
from wbwz_eval.campaign.grid import UnreadableError
from wbwz_eval.campaign.judge import judge
from wbwz_eval.campaign.mark import marked_copy
from wbwz_eval.campaign.receipts import OFFICE, Receipt
from wbwz_eval.campaign.received_file import read_received
from wbwz_eval.campaign.senders import sender_of
from wbwz_eval.campaign.tables import empty_table
from wbwz_eval.campaign.whole_files import digest

if TYPE_CHECKING:
    from collections.abc import Callable

    from wbwz_eval import Campaign

TOP = Path(__file__).parents[1]
SEEDS = TOP / "tests" / "messy" / "files"
SECONDS, MEGABYTES = 10, 1024

# What a damaged cell may come to hold: numbers at their ends, half signs, formulas, markup, controls.
_NASTY = (
    "1e308",
    "-1e999",
    "99999999999999999999",
    "0x1p-1074",
    "nan",
    "2958466",
    "-1",
    "_x0000_",
    "_xD800_",
    "&#x1F600;",
    "&amp;&lt;",
    "=1+1",
    "2011-02-30",
    "０１２",
    "1,2,3",
    "1.2.3",
    "万",
    "9" * 400,
    "一" * 5000,
    "%",
    "",
)
_VALUES = (b"XFD1048576", b"A0", b"ZZZZ99", b"A1:XFD1048576", b"s", b"e", b"b", b"d", b"str", b"inlineStr")
_VALUES += (b"-1", b"999999999999", b"1e9", b"", b"hidden", b"veryHidden", b"/etc/passwd", b"rId1")
_ATTRIBUTE = re.compile(rb'(?<==")[^"<>]*(?=")')


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Return a file damaged in one to four ways."""
    for _ in range(chance.randint(1, 4)):
        ways: list[Callable[[bytes, random.Random], bytes]] = [_flip, _cut, _repeat, _splice]
        if data.startswith(b"PK"):
            ways += [_inside] * 46
        data = chance.choice(ways)(data, chance)
    return data


def _flip(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 8, 64))):
        if changed:
            changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _cut(data: bytes, chance: random.Random) -> bytes:
    first, second = sorted((chance.randrange(len(data) + 1), chance.randrange(len(data) + 1)))
    return data[:first] if chance.random() < 0.5 else data[:first] + data[second:]


def _repeat(data: bytes, chance: random.Random) -> bytes:
    first, second = sorted((chance.randrange(len(data) + 1), chance.randrange(len(data) + 1)))
    return data[:second] + data[first:second] * chance.choice((1, 2, 30)) + data[second:]


def _splice(data: bytes, chance: random.Random) -> bytes:
    word = chance.choice(_NASTY).encode(chance.choice(("utf-8", "gb18030", "utf-16")), "replace")
    at = chance.randrange(len(data) + 1)
    return data[:at] + word + data[at:]


def _inside(data: bytes, chance: random.Random) -> bytes:
    """Damage one part of the package, and put it together again."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            parts = {part.filename: package.read(part) for part in package.infolist()}
    except Exception:  # noqa: BLE001 - damaged before: it stays so
        return data
    if not parts:
        return data
    liked = [name for name in parts if "sheet" in name or "shared" in name or "styles" in name]
    name = chance.choice(liked if liked and chance.random() < 0.8 else list(parts))
    kind = chance.random()
    if kind < 0.9:
        parts[name] = _in_markup(parts[name], chance)
    elif kind < 0.92:
        parts[name] = _flip(parts[name], chance)
    elif kind < 0.95:
        parts[name] = _repeat(parts[name], chance)
    elif kind < 0.96:
        parts[name] = _cut(parts[name], chance)
    elif kind < 0.98:
        del parts[name]
    else:
        parts[name] = parts[chance.choice(list(parts))]
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        for part, content in parts.items():
            package.writestr(part, content)
    return target.getvalue()


def _in_markup(data: bytes, chance: random.Random) -> bytes:
    """Put something else between two tags, or into an attribute."""
    ends = [place for place, byte in enumerate(data) if byte == ord(">")]
    values = list(_ATTRIBUTE.finditer(data))
    if values and chance.random() < 0.5:
        value = chance.choice(values)
        return data[: value.start()] + chance.choice(_VALUES) + data[value.end() :]
    if not ends:
        return data
    at = chance.choice(ends)
    until = data.find(b"<", at)
    return data[: at + 1] + chance.choice(_NASTY).encode() + data[until:] if until >= 0 else data


class Target:
    """The readers with a real codebook, and no rows yet."""

    def __init__(self, campaign: Campaign) -> None:
        """Get ready what every file is judged against."""
        self._codebook = campaign.codebook
        self._sender = sender_of(OFFICE, campaign.entities)
        self._current = {
            ledger: Current(empty_table(schema.fields)[[*schema.fields]], schema.defaults)
            for ledger, schema in campaign.codebook.ledgers.items()
        }

    def end_of(self, data: bytes, name: str) -> str:
        """Return what becomes of a file."""
        try:
            told = judge(read_received(data), name, self._sender, self._codebook, self._current)
        except UnreadableError as error:
            if not error.message:
                raise
            return "unreadable"
        if told.faults:
            marked_copy(data, self._receipt(data, told.faults))
        return told.status(accept_valid=True)

    @staticmethod
    def _receipt(data: bytes, faults: list) -> Receipt:
        return Receipt.model_construct(
            sha256=digest(data), kind="xlsx" if data[:2] == b"PK" else "csv", faults=tuple(faults)
        )


def _too_long(*_: object) -> NoReturn:
    message = f"more than {SECONDS} seconds"
    raise TimeoutError(message)


def _work(job: tuple[int, int, int]) -> tuple[Counter[str], float, int, list[tuple[str, bytes, str]]]:
    """Throw some files; returns their ends, the longest time, the peak in MiB, and the failures."""
    first, count, seed = job
    target = Target(open_campaign(TOP / "data" / "wbwz-2011"))
    seeds = sorted(SEEDS.iterdir())
    ends: Counter[str] = Counter()
    longest, failures = 0.0, []
    signal.signal(signal.SIGALRM, _too_long)
    for number in range(first, first + count):
        chance = random.Random(f"{seed}/{number}")
        source = chance.choice(seeds)
        data = mutated(source.read_bytes(), chance)
        start = time.perf_counter()
        signal.alarm(SECONDS)
        try:
            ends[target.end_of(data, source.stem)] += 1
        except Exception:  # noqa: BLE001 - that is what we look for
            failures.append((f"{number}{source.suffix}", data, traceback.format_exc()))
        finally:
            signal.alarm(0)
        longest = max(longest, time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return ends, longest, peak, failures


def main() -> None:
    """Throw the files and tell how they ended."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=100_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    given = options.parse_args()
    step = max(1, min(2000, given.count // given.jobs))
    jobs = [(start, min(step, given.count - start), given.seed) for start in range(0, given.count, step)]
    ends: Counter[str] = Counter()
    longest, peak, failures = 0.0, 0, []
    began = time.perf_counter()
    with mp.get_context("spawn").Pool(given.jobs) as pool:
        for some, seconds, megabytes, wrong in pool.imap_unordered(_work, jobs):
            ends += some
            longest, peak = max(longest, seconds), max(peak, megabytes)
            failures += wrong
            sys.stderr.write(f"\r{ends.total() + len(failures)} files, {len(failures)} failures")
    sys.stderr.write("\n")
    told = ", ".join(f"{end} {count}" for end, count in ends.most_common())
    print(f"{given.count} files from seed {given.seed} in {time.perf_counter() - began:.0f} s: {told}")
    print(f"longest {longest:.2f} s (limit {SECONDS}), peak {peak} MiB (limit {MEGABYTES})")
    if failures:
        folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
        for name, data, trace in failures:
            (folder / name).write_bytes(data)
            (folder / f"{name}.txt").write_text(trace, encoding="utf-8")
        print(f"{len(failures)} failures, kept in {folder}")
    if failures or longest > SECONDS or peak > MEGABYTES:
        sys.exit(1)


if __name__ == "__main__":
    main()
