"""The warm parents that a process keeps: one for kernels, one for whole reports."""

from __future__ import annotations

import atexit
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from wbwz_eval.reporting.errors import LostProcessError
from wbwz_eval.reporting.warm.parent import WarmParent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wbwz_eval.reporting.warm.parent import RemoteChild

KERNEL_MODULES = (
    "wbwz_eval.reporting.warm.kernel",
    "wbwz_eval.reporting.warm.starting",
    "pandas",
    "matplotlib.pyplot",
    "wbwz_eval.reporting.warm.drawing",
    "wbwz_eval.reporting.show",
)
REPORT_MODULES = (
    *KERNEL_MODULES,
    "wbwz_eval.reporting.execute",
    "wbwz_eval.reporting.export",
    "wbwz_eval.reporting.making",
)


class KeptParent:
    """A warm parent that is started at the first task, and anew when it is gone or no longer right."""

    def __init__(self, modules: Sequence[str]) -> None:
        """Name what it imports."""
        self._modules = modules
        self._lock = threading.Lock()
        self._parent: WarmParent | None = None
        self._state: object = None
        self._owner = 0
        atexit.register(self.close)

    def parent(self) -> WarmParent:
        """Return it; another one if it ended, or if what is read at import has changed meanwhile."""
        settings = Path("matplotlibrc").absolute()  # of the current folder, before the user's
        state = (dict(os.environ), settings if settings.exists() else None)
        with self._lock:
            mine = self._parent is not None and self._owner == os.getpid()
            if not mine or state != self._state or not self._parent or not self._parent.is_of_use():
                self.close()
                self._parent, self._state, self._owner = WarmParent(self._modules), state, os.getpid()
            return self._parent

    def start(self, function: Callable[..., None], *arguments: object) -> RemoteChild:
        """Start a task; see :meth:`wbwz_eval.reporting.warm.parent.WarmParent.start`."""
        try:
            return self.parent().start(function, *arguments)
        except LostProcessError:  # which shows only when it is spoken to
            return self.parent().start(function, *arguments)

    def close(self) -> None:
        """End it, unless it is that of the process that this one was forked from."""
        if self._parent is not None and self._owner == os.getpid():
            self._parent.close()
        self._parent = None


KERNELS = KeptParent(KERNEL_MODULES)
"""Whose children run notebooks."""
REPORTS = KeptParent(REPORT_MODULES)
"""Whose children make whole reports."""
