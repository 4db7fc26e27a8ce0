"""The papermill engine ``wbwz-warm``: cells run in a kernel that was forked warm, by nbclient's own rules.

It is registered in pyproject.toml, so that ``papermill --engine wbwz-warm`` finds it.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

from nbclient.exceptions import DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine
from papermill.log import logger

from wbwz_eval.reporting.warm.choice import say_once
from wbwz_eval.reporting.warm.client import KernelClient, KernelManager
from wbwz_eval.reporting.warm.forking import Spoken, end_orphans, obstacle, told
from wbwz_eval.reporting.warm.starting import new_kernel

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "wbwz-warm"
_TO_END = 5.0
"""Seconds for what a kernel does at exit, as jupyter_client gives."""


class WarmEngine(NBClientEngine):  # type: ignore[misc] # papermill carries no types
    """Runs a notebook in a forked child of a process that has imported pandas, matplotlib and this package.

    Where nothing can be forked safely, or the notebook is not in Python, papermill's own engine runs it.
    The kernel is always the interpreter that runs now, without the user's profile of IPython.
    """

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **how: Any) -> None:
        """Run the cells; see papermill's own engine for what ``how`` may hold.

        Also ``save_cells``: whether the notebook is saved before and after each cell, as papermill does;
        False = only at the start and at the end, be it a failure.

        Raises:
            DeadKernelError: The kernel ended in a cell; how.
            CellTimeoutError: A cell took longer than ``execution_timeout`` seconds; it was ended, with
                what it had started.
            ReportError: The warm parent cannot fork, or is gone.
        """
        save_cells = how.pop("save_cells", True)
        if reason := _cannot(nb_man.nb):
            say_once(reason)
            super().execute_managed_notebook(nb_man, kernel_name, **how)
            return
        # as there: the names by which nbclient knows what papermill passes on
        timeout = how.pop("execution_timeout", None) or how.pop("timeout", None)
        others = {
            name: value
            for name, value in how.items()
            if name not in {"input_path", "start_timeout", "timeout"}
        }
        path = nb_man.output_path
        nb_man.output_path = path if save_cells else None
        try:
            _run(nb_man, {"kernel_name": kernel_name, "log": logger, "timeout": timeout} | others)
        finally:
            nb_man.output_path = path


def _cannot(notebook: Any) -> str | None:
    language = notebook.metadata.get("kernelspec", {}).get("language", "python")
    return obstacle() if language == "python" else f"笔记本的语言是 {language}"


def _run(nb_man: Any, how: Mapping[str, Any]) -> None:
    kernel = new_kernel()
    speaking = KernelClient(kernel)
    try:
        client = PapermillNotebookClient(nb_man, km=KernelManager(kernel), **how)
        client.kc = speaking
        client.execute()
        speaking.close()
        kernel.connection.send(None)
        kernel.wait(_TO_END)
    except (DeadKernelError, BrokenPipeError, ConnectionResetError):
        code = kernel.wait(_TO_END)
        raise DeadKernelError(told(-signal.SIGKILL if code is None else code)) from None
    finally:
        speaking.close()
        kernel.kill()
        kernel.wait(None)
        kernel.connection.close()
        if isinstance(kernel, Spoken):
            end_orphans()
