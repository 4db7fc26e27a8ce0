"""Runs something in a child of ours and ends it, or lets the disk fail, at a chosen call to the system."""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
import traceback
from typing import TYPE_CHECKING

from wbwz_eval.campaign.faults import CampaignError

if TYPE_CHECKING:
    from collections.abc import Callable

_FILES = (io.FileIO, io.BufferedWriter, io.BufferedReader, io.TextIOWrapper)


def _reaches_the_system(function: object) -> bool:
    """Return whether a C function is one of the system's on files."""
    return getattr(function, "__module__", None) in {"posix", "_io"} or isinstance(
        getattr(function, "__self__", None), _FILES
    )


def calls_of(work: Callable[[], object]) -> int:
    """Count the calls to the system that some work makes, in a child."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        seen = 0

        def count(_: object, event: str, function: object) -> None:
            nonlocal seen
            seen += event == "c_call" and _reaches_the_system(function)

        sys.setprofile(count)
        work()
        sys.setprofile(None)
        os.write(write, str(seen).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as answer:
        told = answer.read()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    return int(told)


def killed_at(number: int, work: Callable[[], object]) -> bool:
    """Do some work in a child and kill it before its n-th call; returns whether it was killed."""

    def stop(_: object, event: str, function: object) -> None:
        nonlocal number
        if event == "c_call" and _reaches_the_system(function):
            number -= 1
            if number == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    return _end_of(work, stop) == -signal.SIGKILL


def failing_from(number: int, work: Callable[[], object], error: int = errno.ENOSPC) -> str:
    """Do some work in a child whose n-th call fails; returns ``done``, ``told``, or ``trace``.

    ``told`` is an error that a command prints in plain words.
    """

    def fail(_: object, event: str, function: object) -> None:
        nonlocal number
        if event == "c_call" and _reaches_the_system(function):
            number -= 1
            if number == 0:
                raise OSError(error, os.strerror(error))

    return {0: "done", 3: "told"}.get(_end_of(work, fail), "trace")


def _end_of(work: Callable[[], object], watch: Callable[[object, str, object], None]) -> int:
    child = os.fork()
    if child == 0:
        try:
            sys.setprofile(watch)
            work()
            sys.setprofile(None)
        except (OSError, CampaignError):
            os._exit(3)
        except BaseException:  # noqa: BLE001 - the child must end here
            traceback.print_exc()
            os._exit(4)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
