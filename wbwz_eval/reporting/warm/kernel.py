"""A Jupyter kernel in a forked child: IPython's own kernel, spoken with over one connection.

Kernel, shell, streams and messages are those of ipykernel, so that a cell shows what it shows under any
front; only the sockets and the start are not. The kernel was made in the parent, see ``first_kernel.py``.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import logging
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import zmq
from ipykernel import iostream
from ipykernel.ipkernel import IPythonKernel
from jupyter_client.session import Session
from tornado.ioloop import IOLoop

from wbwz_eval.reporting.warm.channels import IOPUB, KEY, SHELL
from wbwz_eval.reporting.warm.forking import unsettle
from wbwz_eval.reporting.warm.streams import capture

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.connection import Connection

_THREAD: Any = iostream.IOPubThread  # its types do not hold


def serve(connection: Connection, folder: str) -> None:
    """Run what comes over a connection, in the folder, until it is closed or None comes."""
    unsettle()  # a notebook that runs notebooks starts a parent of its own
    os.chdir(folder)
    # seeded from the system when numpy was imported: the same in every child
    np.random.seed()  # noqa: NPY002
    kernel: Any = IPythonKernel.instance()
    # what goes wrong in the kernel itself is told past the notebook, as ipykernel does
    kernel.log = logging.getLogger("IPKernelApp")
    kernel.log.addHandler(logging.StreamHandler(os.fdopen(os.dup(2), "w", encoding="utf-8")))
    kernel.log.propagate = False
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    _connect(kernel, connection)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # but in cells
    with contextlib.suppress(RuntimeError):  # quit() stops the loop
        loop.run_until_complete(_answer(kernel, connection))
    # as the interpreter ends: threads that a cell started, then what was to be done at exit
    threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001
    atexit._run_exitfuncs()  # noqa: SLF001


class _Wire:
    """Stands where ipykernel has a socket: a message goes over the connection, with its channel's name."""

    _sending = threading.Lock()

    def __init__(self, connection: Connection, channel: str) -> None:
        self._connection, self._channel = connection, channel
        self.context = zmq.Context()
        """For the sockets inside this process by which its threads wake each other."""

    def send_multipart(self, frames: Sequence[Any], *args: object, **how: object) -> None:
        with self._sending:
            self._connection.send((self._channel, [bytes(frame) for frame in frames]))


class _OneShell:
    """What an IPython kernel asks of its thread for messages and the subshells in it: there are none."""

    def __init__(self, wire: _Wire) -> None:
        self.manager, self.parent_thread = self, threading.main_thread()
        self._wire = wire

    def get_subshell_to_shell_channel_socket(self, _: str | None) -> _Wire:
        return self._wire


def _connect(kernel: Any, connection: Connection) -> None:
    """Give a kernel its streams and channels, which a fork would not have left whole."""
    session: Any = Session(key=KEY)
    kernel.session = kernel.shell.displayhook.session = kernel.shell.display_pub.session = session
    thread = _THREAD(_Wire(connection, IOPUB), pipe=True, session=session)
    thread.start()
    kernel.iopub_thread, kernel.iopub_socket = thread, thread.background_socket
    kernel.shell.displayhook.pub_socket = kernel.shell.display_pub.pub_socket = thread.background_socket
    sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115, PTH123 - for the life of the process
    sys.stdout, sys.stderr = capture(session, thread)
    kernel.shell_channel_thread = _OneShell(_Wire(connection, SHELL))
    # one cell is sent at a time, so that none waits to be aborted
    kernel._abort_queues = lambda _=None: None  # noqa: SLF001
    kernel.io_loop = IOLoop.current()
    kernel.shell.exit_now = False


async def _answer(kernel: Any, connection: Connection) -> None:
    arrived = asyncio.Event()
    asyncio.get_running_loop().add_reader(connection.fileno(), arrived.set)
    while True:
        await arrived.wait()
        arrived.clear()
        while connection.poll():
            try:
                frames = connection.recv()
            except (EOFError, OSError):
                return
            if frames is None:
                return
            await kernel.dispatch_shell([zmq.Frame(frame) for frame in frames])
