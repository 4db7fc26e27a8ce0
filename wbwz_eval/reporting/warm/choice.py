"""Which engine runs notebooks here: kernels that are forked warm, or papermill's own.

Light: it is asked before papermill, which takes seconds to import.
"""

from __future__ import annotations

import os
import sys

from wbwz_eval.campaign.faults import one_of
from wbwz_eval.reporting.errors import ReportError
from wbwz_eval.reporting.warm.forking import is_settled, obstacle

ENGINE = "WBWZ_ENGINE"
"""The variable that says how notebooks run: ``warm`` (also if it is not set), or ``stock``."""


def runs_warm() -> bool:
    """Return whether kernels are forked here; if not for want of it, that is said on standard error.

    Raises:
        ReportError: The environment names an engine that there is not.
    """
    wanted = os.environ.get(ENGINE) or "warm"
    if wanted not in {"warm", "stock"}:
        msg = f"环境变量 {ENGINE} 是 “{wanted}”；应为 {one_of(('warm', 'stock'), instead_of=wanted)}"
        raise ReportError(msg)
    reason = obstacle()
    if wanted == "warm" and reason:
        say_once(reason)
    return wanted == "warm" and reason is None


def say_once(reason: str) -> None:
    """Say on standard error that papermill's own engine is used, and why; once in a process."""
    if reason not in _said:
        _said.add(reason)
        sys.stderr.write(f"不用预热的内核，改用 papermill 自带的：{reason}\n")


_said: set[str] = set()


def begin_warming() -> None:
    """Let a warm parent import what notebooks need, while this process imports what runs them."""
    if runs_warm() and not is_settled():
        from wbwz_eval.reporting.warm.kept import KERNELS  # noqa: PLC0415 - not in every child

        KERNELS.parent()
