"""Calls side by side, each in a process of its own that is forked warm."""

from __future__ import annotations

import signal
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Self

from wbwz_eval.reporting.errors import LostProcessError, ReportError
from wbwz_eval.reporting.warm.forking import told
from wbwz_eval.reporting.warm.kept import REPORTS, KeptParent

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from types import TracebackType


_FROM_OUTSIDE = frozenset({-signal.SIGKILL, -signal.SIGTERM})


def call(function: Callable[..., Any], /, *arguments: object) -> Any:
    """Return what a function returns in a forked child of a process that has imported what reports need.

    Raises:
        LostProcessError: The child, or the process that it was to come from, was ended from outside.
        ReportError: The child ended otherwise without an answer; how.
    """
    return _call(REPORTS, function, *arguments)


def _call(parent: KeptParent, function: Callable[..., Any], *arguments: object) -> Any:
    child = parent.start(_answer, function, arguments)
    with child.connection:
        try:
            raised, value = child.receive()
        except EOFError:
            child.kill()
            code = child.wait(None)
            assert code is not None
            fault = LostProcessError if code in _FROM_OUTSIDE else ReportError
            raise fault(told(code)) from None
        child.wait(None)
    if raised:
        raise value
    return value


def _answer(connection: Connection, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    try:
        answer = False, function(*arguments)
    except Exception as error:  # noqa: BLE001 - it is raised again where the call was made
        answer = True, error
    connection.send(answer)


class WarmPool(ThreadPoolExecutor):
    """An executor whose calls run each in a fresh process; see :func:`call`.

    Left by an exception (Ctrl-C), it ends what runs and drops what waits.
    """

    def __init__(self, workers: int, parent: KeptParent = REPORTS) -> None:
        """Run ``workers`` calls at a time, forked from a parent."""
        super().__init__(workers)
        self._parent = parent

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run a function, which must be picklable, in a process of its own."""
        return super().submit(_call, self._parent, fn, *args, **kwargs)

    def __enter__(self) -> Self:
        """Return the pool."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End; see the class."""
        if error is not None:
            super().shutdown(wait=False, cancel_futures=True)
            self._parent.close()
        super().shutdown(wait=True)
        self._parent.close()
