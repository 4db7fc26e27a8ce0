"""One run at a time for a campaign, on one machine for certain, on several as far as files allow.

Two things together. A lock of the operating system falls with its process, however that ends; on one
machine it decides alone. On a shared folder such locks may be local to each machine, without anybody
being told. So whoever runs also leaves a file that says who and where, and changes it every few seconds.
Another machine that finds such a file watches it by its own clock, never comparing two machines' clocks:
while it changes, somebody runs; once it has not changed for :data:`DEAD_AFTER` seconds, nobody does.

What this cannot do: a machine that stands still for longer (suspended, or cut off from the folder) is
taken for dead, and goes on when it wakes, until it next looks at the file. Then two may work at once.
That costs time, not reports: whatever a run writes it writes whole and renames into place, and two runs
make the same from the same.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import tempfile
import threading
import time
import uuid
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCK, HOLDER = ".lock", "holder.json"
BEAT, DEAD_AFTER = 5.0, 20.0
_HALF = ".half-"
_LOOKS = 40


@dataclass(frozen=True)
class Holder:
    """Who runs: ``boot`` tells machines apart, and one machine before and after a restart."""

    token: str
    by: str
    host: str
    boot: str
    pid: int
    began: str
    beat: int = 0


class RunningError(Exception):
    """Another run is on; nothing was done."""

    def __init__(self, folder: Path, holder: Holder | None) -> None:
        """Tell who runs."""
        who = "" if holder is None else f"：{holder.by}，{holder.host} 进程 {holder.pid}，{holder.began} 起"
        super().__init__(f"另一个 run-due 正在处理 {folder.name}{who}；等它结束，这一次什么也没有做")
        self.holder = holder


class LostError(Exception):
    """The run stood still so long that another machine took over."""


class Lease:
    """The right to run, renewed by a thread as long as it is held."""

    def __init__(self, path: Path, holder: Holder) -> None:
        """Name the file and what is to stand in it; use :func:`only_one`."""
        self.holder = holder
        self._path = path
        self._ended, self._lost = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self, beat: float) -> None:
        """Put the file there, which must not exist, and renew it every ``beat`` seconds.

        Raises:
            FileExistsError: Another one was faster.
        """
        _create(self._path, _bytes(self.holder))
        self._thread = threading.Thread(target=self._renew, args=(beat,), daemon=True)
        self._thread.start()

    def check(self) -> None:
        """See that nobody has taken over.

        Raises:
            LostError: Somebody has.
        """
        if self._lost.is_set():
            raise LostError("这一次运行停顿太久，另一台机器已经接手；余下的由它做")

    def end(self) -> None:
        """Take the file away, if it is still ours."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
        held = read_holder(self._path.parent)
        if held is not None and held.token == self.holder.token:
            self._path.unlink(missing_ok=True)

    def _renew(self, beat: float) -> None:
        current = self.holder
        while not self._ended.wait(beat):
            held = read_holder(self._path.parent)
            if held is not None and held.token != current.token:
                self._lost.set()
                return
            current = replace(current, beat=current.beat + 1)
            # on a full disk it cannot be renewed; the run itself will tell that
            with contextlib.suppress(OSError):
                _write(self._path, _bytes(current))


def read_holder(folder: Path) -> Holder | None:
    """Return who runs, or ran and was ended; None where nobody does."""
    return _holder_of(_read(folder / HOLDER))


@contextmanager
def only_one(
    folder: Path, campaign: Path, by: str, began: str, *, beat: float = BEAT, dead_after: float = DEAD_AFTER
) -> Iterator[Lease]:
    """Run alone.

    Args:
        folder: Where the lock is; made if need be.
        campaign: What to name in a message.
        by: Who runs, for others to read.
        began: Since when, the same.
        beat: Seconds between two renewals.
        dead_after: Seconds without one after which another machine's run is over.

    Raises:
        RunningError: Somebody else runs.
        OSError: The folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise RunningError(campaign, read_holder(folder)) from None
    except NotImplementedError:
        pass  # a disk without locks: the file has to do
    try:
        _leave_to_the_living(folder, campaign, dead_after, locked=lock.is_locked)
        for left in folder.glob(f"{_HALF}*"):
            left.unlink(missing_ok=True)
        holder = Holder(uuid.uuid4().hex, by, socket.gethostname(), boot(), os.getpid(), began)
        lease = Lease(folder / HOLDER, holder)
        try:
            lease.begin(beat)
        except FileExistsError:
            raise RunningError(campaign, read_holder(folder)) from None
        try:
            yield lease
        finally:
            lease.end()
    finally:
        lock.release()


def _leave_to_the_living(folder: Path, campaign: Path, dead_after: float, *, locked: bool) -> None:
    """Remove the file of a run that is over."""
    path = folder / HOLDER
    found = _read(path)
    if found is None:
        return
    holder = _holder_of(found)
    # who has the lock of the machine that it ran on knows that it is over
    here = locked and holder is not None and holder.boot == boot()
    if not here and _changes(path, found, dead_after):
        raise RunningError(campaign, holder)
    # of several that see it dead one takes it away, and sees that it was this one
    aside = folder / f"{_HALF}{uuid.uuid4().hex}"
    with contextlib.suppress(FileNotFoundError):
        path.rename(aside)
        if _read(aside) != found:
            with contextlib.suppress(FileExistsError):
                os.link(aside, path)
            aside.unlink()
            raise RunningError(campaign, read_holder(folder))
        aside.unlink()


def _changes(path: Path, found: bytes, seconds: float) -> bool:
    """Watch a file; return whether anything else stands there before the time is up."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        time.sleep(seconds / _LOOKS)
        now = _read(path)
        if now is None:
            return False
        if now != found:
            return True
    return False


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _holder_of(data: bytes | None) -> Holder | None:
    try:
        return None if data is None else Holder(**json.loads(data))
    except (ValueError, TypeError):
        # cut short by a full disk: somebody's, but whose cannot be said
        return None


def _bytes(holder: Holder) -> bytes:
    return json.dumps(asdict(holder), ensure_ascii=False).encode()


def _create(path: Path, data: bytes) -> None:
    """Put a file where there must be none.

    Raises:
        FileExistsError: There is one.
    """
    beside = path.with_name(f"{_HALF}{uuid.uuid4().hex}")
    beside.write_bytes(data)
    try:
        # whole at once, where the disk can give a file two names
        os.link(beside, path)
    except FileExistsError:
        raise
    except OSError:
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644), "wb") as file:
            file.write(data)
    finally:
        beside.unlink(missing_ok=True)


def _write(path: Path, data: bytes) -> None:
    """Put a file in place of another; it need not outlast a loss of power."""
    handle, beside = tempfile.mkstemp(prefix=_HALF, dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(beside).chmod(0o644)
        Path(beside).replace(path)
    except OSError:
        Path(beside).unlink(missing_ok=True)
        raise


def boot() -> str:
    """Return what no other running system has; where there is no such thing, the network card's number."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return f"{uuid.getnode():012x}"
