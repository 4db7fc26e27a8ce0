"""Where kernels come from: this process if it is warm, else a warm parent of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wbwz_eval.reporting.warm.forking import Spoken, is_settled

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from wbwz_eval.reporting.warm.forking import Child


def new_kernel() -> Child:
    """Fork a kernel that works in the current folder.

    Raises:
        LostProcessError: The warm parent is gone.
        ReportError: It cannot fork.
    """
    folder = str(Path.cwd())
    if is_settled():
        return Spoken(_serve, folder)
    from wbwz_eval.reporting.warm.kept import KERNELS  # noqa: PLC0415 - not in every child

    return KERNELS.start(_serve, folder)


def _serve(connection: Connection, folder: str) -> None:
    # in the child, where it has been imported; here it would take IPython with it
    from wbwz_eval.reporting.warm.kernel import serve  # noqa: PLC0415

    serve(connection, folder)
