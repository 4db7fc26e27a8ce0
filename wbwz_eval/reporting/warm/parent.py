"""A warm parent as its owner holds it: started once, asked for a child at each task."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from multiprocessing.connection import Connection, Pipe, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wbwz_eval.reporting.errors import LostProcessError, ReportError
from wbwz_eval.reporting.warm.server import READY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_GONE = "预热的进程不在了"


class WarmParent:
    """A process that has imported what notebooks need, and forks a child for each task.

    It ends with its owner, by whatever cause that does. Threads may share it.
    """

    def __init__(self, modules: Sequence[str]) -> None:
        """Start one that imports ``modules``; it is ready at the first task."""
        self._asking = threading.Lock()
        self._socket, theirs = socket.socketpair()
        self._control = Connection(os.dup(self._socket.fileno()))
        self._answer: object = None
        self._is_gone = False
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and program
                [sys.executable, "-X", "frozen_modules=off", "-c", _start(theirs.fileno(), modules)],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def start(self, function: Callable[..., None], *arguments: object) -> RemoteChild:
        """Fork a child that does ``function(connection, *arguments)``, which must be picklable.

        Raises:
            LostProcessError: The parent is gone.
            ReportError: It cannot fork.
        """
        speaking, theirs = Pipe()
        ending, theirs_too = Pipe()
        with theirs, theirs_too, self._asking:
            try:
                self._wait_until_ready()
                socket.send_fds(self._socket, [b"\0"], [theirs.fileno(), theirs_too.fileno()])
                self._control.send((function, arguments))
            except (OSError, EOFError):
                self._is_gone = True
                raise LostProcessError(_GONE) from None
        try:
            answer = ending.recv()
        except (EOFError, OSError):
            self._is_gone = True
            raise LostProcessError(_GONE) from None
        if not isinstance(answer, int):
            msg = f"不能分出新的进程：{answer}"
            raise ReportError(msg)
        return RemoteChild(answer, speaking, ending)

    def is_of_use(self) -> bool:
        """Return whether another one would do no better: it runs, or has told why it cannot."""
        return self._has_fault() or (not self._is_gone and self._process.poll() is None)

    def close(self) -> None:
        """End the parent and all of its children."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._process.wait()
        self._socket.close()
        self._control.close()

    def _wait_until_ready(self) -> None:
        if self._answer is None:
            self._answer = self._control.recv()
        if self._has_fault():
            msg = f"不能预热：{self._answer}"
            raise ReportError(msg)

    def _has_fault(self) -> bool:
        return self._answer not in {None, READY}


class RemoteChild:
    """A child of a warm parent; see :class:`wbwz_eval.reporting.warm.forking.Child`."""

    def __init__(self, pid: int, connection: Connection, ending: Connection) -> None:
        """Hold a child by its id, what it is spoken with by, and where its parent tells of its end."""
        self.pid, self.connection, self._ending = pid, connection, ending
        self._code: int | None = None

    def receive(self) -> Any:
        """Return the next thing that the child sends.

        Raises:
            EOFError: It has ended without.
        """
        # what it started may hold the other end open longer than it lives
        while not self.connection.poll():
            if self._ending in wait([self.connection, self._ending]) and not self.connection.poll():
                raise EOFError
        try:
            return self.connection.recv()
        except OSError:
            raise EOFError from None

    def wait(self, seconds: float | None) -> int | None:
        """Return the exit code; None if it still runs after that time."""
        if self._code is None and self._ending.poll(seconds):
            try:
                self._code = self._ending.recv()
            except (EOFError, OSError):  # the parent is gone, and its children with it
                self._code = -signal.SIGKILL
            self._ending.close()
        return self._code

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send a signal to the child and what it started; nothing if it has ended."""
        if self.wait(0) is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, number)


def _start(descriptor: int, modules: Sequence[str]) -> str:
    """Return the program of a warm parent."""
    # read as text: importing it would import pandas before there is a kernel
    kernel = (Path(__file__).parent / "first_kernel.py").read_text(encoding="utf-8")
    return f"""{kernel}
with IPythonKernel.instance().shell.builtin_trap:
    from wbwz_eval.reporting.warm import server
    fault = server.prepare({list(modules)!r})
server.run({descriptor}, fault)
"""
