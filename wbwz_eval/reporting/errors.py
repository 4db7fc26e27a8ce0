"""What goes wrong with a report, told in one message."""

from __future__ import annotations


class ReportError(Exception):
    """A report cannot be made; the message says in Chinese which and why."""

    def _render_traceback_(self) -> list[str]:
        """Return what a notebook prints: the message, not the way that led to it."""
        return [f"{type(self).__name__}: {self}"]


class LostProcessError(ReportError):
    """A process that made a report, or was to start one, was ended from outside: it may be tried again."""
