"""Progress that people see: a bar in a terminal, plain lines in a log.

Work that is done within a second says nothing.
"""

from __future__ import annotations

import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

QUIET_SECONDS = 1.0
_TENTHS = 10


@contextmanager
def steps(title: str, total: int | None = None) -> Iterator[Callable[[str], None]]:
    """Show the progress of work on standard error.

    Yields a function to be called with the name of each step as it begins;
    ``total`` is the number of steps, None = not known.
    """
    show = _Bar(title, total) if sys.stderr.isatty() else _Log(title, total)
    timer = threading.Timer(QUIET_SECONDS, show.begin)
    timer.daemon = True
    timer.start()
    finished = False
    try:
        yield show.advance
        finished = True
    finally:
        timer.cancel()
        show.end(finished=finished)


@contextmanager
def counted(title: str) -> Iterator[Callable[[int, int], None]]:
    """Show the progress of work that is counted in many small units, tenth by tenth.

    Yields a function to be told how many are done, and how many there are.
    """
    with steps(title, _TENTHS) as advance:
        told = 0

        def show(done: int, total: int) -> None:
            nonlocal told
            while told < _TENTHS * done // max(total, 1):
                told += 1
                advance(f"{done:,} / {total:,}")

        yield show


class _Log:
    """Lines, held back until the work has taken a second."""

    def __init__(self, title: str, total: int | None) -> None:
        self._title, self._total = title, total
        self._count, self._started = 0, time.monotonic()
        self._held: list[str] | None = []
        self._lock = threading.Lock()

    def begin(self) -> None:
        with self._lock:
            for line in self._held or ():
                self._print(line)
            self._held = None

    def advance(self, step: str) -> None:
        self._count += 1
        of = f"/{self._total}" if self._total else ""
        line = f"{self._title} {self._count}{of}：{step}"
        with self._lock:
            if self._held is None:
                self._print(line)
            else:
                self._held.append(line)

    def end(self, *, finished: bool) -> None:
        with self._lock:
            if self._held is None:
                word = "完成" if finished else "中断"
                self._print(f"{self._title}：{word}，用时 {time.monotonic() - self._started:.1f} 秒")

    def _print(self, line: str) -> None:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()


class _Bar:
    """A bar that goes away when the work is done."""

    def __init__(self, title: str, total: int | None) -> None:
        self._progress = Progress(
            TextColumn("{task.fields[title]}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._progress.add_task("", total=total, title=title)
        self._begun = 0
        self._lock = threading.Lock()
        self._open = True

    def begin(self) -> None:
        with self._lock:
            if self._open:
                self._progress.start()

    def advance(self, step: str) -> None:
        self._progress.update(self._task, description=step, completed=self._begun)
        self._begun += 1

    def end(self, *, finished: bool) -> None:
        del finished  # a bar that is gone needs no last word
        with self._lock:
            self._open = False
            self._progress.stop()
