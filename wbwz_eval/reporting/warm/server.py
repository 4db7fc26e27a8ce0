"""The parent of warm children: it imports once, then forks a child for each task that it is sent.

It belongs to one process, which speaks with it over one socket, and ends with it and all children when
that socket is closed, by whatever cause. It runs in a session of its own, so that neither Ctrl-C nor a
signal to its owner's group keeps it from tidying up.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import pickle
import selectors
import signal
import socket
import sys
from functools import partial
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from wbwz_eval.reporting.warm.forking import Forked, adopt, end_orphans, settle

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

READY = "ready"


def prepare(modules: Sequence[str]) -> str | None:
    """Import modules, call their ``warm()``, and see that this process can be forked; return why not."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        for name in modules:
            getattr(importlib.import_module(name), "warm", lambda: None)()
        settle()
    except (ImportError, RuntimeError) as error:
        return str(error)
    return None


def run(descriptor: int, fault: str | None) -> None:
    """Serve the owner at the other end of a socket, or tell it what :func:`prepare` found.

    A task comes as one byte with two descriptors, the ends of the connections that belong to it, and a
    pickled (function, arguments). The child calls ``function(connection, *arguments)``; over the second
    connection go its process id, and when it has ended its exit code.
    """
    owner = socket.socket(fileno=descriptor)
    requests = Connection(os.dup(descriptor))
    if fault is not None:
        requests.send(fault)
        return
    adopt()
    requests.send(READY)
    _Server(owner, requests).run()


class _Server:
    def __init__(self, owner: socket.socket, requests: Connection) -> None:
        self._owner, self._requests = owner, requests
        self._running: dict[int, tuple[Forked, Connection]] = {}
        self._waiting = selectors.DefaultSelector()
        self._waiting.register(owner, selectors.EVENT_READ)

    def run(self) -> None:
        while True:
            for key, _ in self._waiting.select():
                if key.fileobj is not self._owner:
                    self._end(key.fd)
                elif not self._take():
                    self._close()
                    return

    def _take(self) -> bool:
        """Start a task; return whether there was one."""
        try:
            byte, descriptors, _, _ = socket.recv_fds(self._owner, 1, 2)
            if not byte:
                return False
            task = self._requests.recv_bytes()
        except (OSError, EOFError):
            return False
        speaking: Connection[Any, Any]
        ending: Connection[Any, Any]
        speaking, ending = (Connection(descriptor) for descriptor in descriptors)
        try:
            function, arguments = pickle.loads(task)  # noqa: S301 - from the owner, over its own socket
            child = Forked(partial(self._do, function, speaking, arguments))
        except (RuntimeError, OSError, ImportError, AttributeError, pickle.UnpicklingError) as error:
            ending.send(str(error))
            speaking.close()
            ending.close()
            return True
        speaking.close()
        self._running[child.descriptor] = child, ending
        self._waiting.register(child.descriptor, selectors.EVENT_READ)
        with contextlib.suppress(OSError):  # the owner has gone on without it
            ending.send(child.pid)
        return True

    def _do(self, function: Callable[..., None], speaking: Connection, arguments: tuple[Any, ...]) -> None:
        """Do a task, in the child, which keeps nothing of what its parent speaks by."""
        self._waiting.close()
        self._owner.close()
        self._requests.close()
        for _, ending in self._running.values():
            ending.close()
        function(speaking, *arguments)

    def _end(self, descriptor: int) -> None:
        child, ending = self._running.pop(descriptor)
        self._waiting.unregister(descriptor)
        code = child.wait(None)
        with contextlib.suppress(OSError):
            ending.send(code)
        ending.close()
        if not self._running:
            end_orphans()

    def _close(self) -> None:
        for child, _ in self._running.values():
            child.kill()
        end_orphans()
        sys.exit()
