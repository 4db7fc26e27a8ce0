"""Forked children that nobody is left with: they end with their parent, and take what they started with them.

Linux only. A process forks here while it has one thread: what another thread holds at that moment (a
lock, half a message) would be held for ever in the child.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import select
import signal
import sys
import traceback
import weakref
from multiprocessing.connection import Pipe
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_WITHOUT_MEMORY_FIRST = "500"
"""Added to how likely the system ends a child when memory runs out (proc(5), oom_score_adj)."""
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class Child(Protocol):
    """A process that was started for one task, and what it is spoken with by."""

    connection: Connection

    def wait(self, seconds: float | None) -> int | None:
        """Return the exit code, -N after signal N; None if it still runs after that time, None = for ever."""

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send a signal to the child and what it started; nothing if it has ended."""


def obstacle() -> str | None:
    """Return why no process can be forked safely on this computer, None if it can."""
    if sys.platform != "linux":
        return "只有 Linux 能安全地分出进程"
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError):
        return "系统内核太旧，不能可靠地看管分出的进程"
    return None


def told(code: int) -> str:
    """Return in words how a process ended that should not have."""
    if code == -signal.SIGKILL:
        return "进程被系统强行结束(多半是内存不足)"
    if code == -signal.SIGSEGV:
        return "进程崩溃(段错误)"
    if code < 0:
        return f"进程被信号 {signal.Signals(-code).name} 结束"
    return f"进程中途退出，退出码 {code}"


def settle() -> None:
    """Make this process ready to be forked often.

    Arithmetic libraries (OpenBLAS) start threads when they are loaded; their own handler of fork ends
    them, and they start again where arithmetic is next done. One fork for nothing therefore leaves this
    process with one thread. What lives now is left out of the search for garbage, so that
    the children share its memory.

    Raises:
        RuntimeError: Other threads are left.
    """
    gc.collect()
    gc.freeze()
    alone()
    _settled.add(os.getpid())


def unsettle() -> None:
    """Tell that this process is no longer fit to be forked: it runs what others wrote."""
    _settled.clear()


def is_settled() -> bool:
    """Return whether this process, or the one that it was forked from, has been made ready to be forked."""
    return bool(_settled)


_settled: set[int] = set()


def alone() -> None:
    """Make sure that this process has one thread; see :func:`settle`.

    Raises:
        RuntimeError: Other threads are left.
    """
    if _threads() > 1:
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        os.waitpid(pid, 0)
    count = _threads()
    if count > 1:
        msg = f"有 {count} 个线程，不能安全地分出进程"
        raise RuntimeError(msg)


def _threads() -> int:
    return len(os.listdir("/proc/self/task"))  # noqa: PTH208 - asked before each fork


class Forked:
    """A child of this process."""

    def __init__(self, task: Callable[[], None]) -> None:
        """Fork a process that does ``task`` and ends.

        Raises:
            RuntimeError: This process has several threads.
        """
        alone()
        for stream in (sys.stdout, sys.stderr):
            stream.flush()  # what waits there must not come twice
        parent = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            _do(parent, task)
        with contextlib.suppress(OSError):
            os.setpgid(self.pid, self.pid)  # whoever is first, parent or child
        self.descriptor = os.pidfd_open(self.pid)
        """Readable when the child has ended."""
        self._code: int | None = None

    def wait(self, seconds: float | None) -> int | None:
        """See :class:`Child`."""
        if self._code is None and select.select([self.descriptor], [], [], seconds)[0]:
            # before its id is given back, it still stands for the group
            self._signal_group(signal.SIGKILL)
            _, status = os.waitpid(self.pid, 0)
            self._code = os.waitstatus_to_exitcode(status)
            os.close(self.descriptor)
        return self._code

    def kill(self, number: int = signal.SIGKILL) -> None:
        """See :class:`Child`."""
        if self._code is None:
            self._signal_group(number)

    def _signal_group(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)


class Spoken(Forked):
    """A child of this process that does ``function(connection, *arguments)``."""

    def __init__(self, function: Callable[..., None], *arguments: object) -> None:
        """Fork it; see :class:`Forked`."""
        self.connection, theirs = Pipe()

        def task() -> None:
            self.connection.close()
            function(theirs, *arguments)

        super().__init__(task)
        theirs.close()


def adopt() -> None:
    """Become the parent of what this process's children leave behind."""
    _set_process(_PR_SET_CHILD_SUBREAPER, 1)


def end_orphans() -> None:
    """End every child of this process, and what they leave behind, until none is left."""
    while _has_children():
        children = _children()
        for pid in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for pid in children:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)


def _has_children() -> bool:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def _children() -> list[int]:
    """Return the ids of this process's children: the fourth entry of stat is the parent's (proc(5))."""
    own, found = os.getpid(), []
    for place in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # the name in parentheses may hold anything
            if int(place.read_text(errors="replace").rpartition(")")[2].split()[1]) == own:
                found.append(int(place.parent.name))
    return found


def _set_process(option: int, value: int) -> None:
    assert _LIBC is not None
    if _LIBC.prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _begin(parent: int) -> None:
    """Begin a child's life: a group of its own, the end when its parent ends, and its orphans with it."""
    _set_process(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before that was set
        os._exit(1)
    with contextlib.suppress(OSError):
        os.setpgid(0, 0)
    adopt()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_WITHOUT_MEMORY_FIRST, encoding="ascii")
    # temporary files of the parent are the parent's to remove
    for inherited in list(getattr(weakref.finalize, "_registry")):  # noqa: B009 - it has no public name
        inherited.atexit = False


def _do(parent: int, task: Callable[[], None]) -> NoReturn:
    code = 1
    told_to = os.dup(2)  # whatever takes its place
    try:
        _begin(parent)
        task()
        code = 0
    except BaseException:  # noqa: BLE001 - nothing may go on into what the parent was doing
        os.write(told_to, traceback.format_exc().encode())
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
