"""Executing a notebook by papermill, in the interpreter that runs now."""

from __future__ import annotations

import logging
import sys
import tempfile
from typing import TYPE_CHECKING, Any

import papermill
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import CellControlSignal, DeadKernelError
from papermill.exceptions import PapermillException, PapermillExecutionError
from papermill.iorw import write_ipynb
from traitlets import default
from traitlets.config import Config

from wbwz_eval.reporting.errors import ReportError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from nbformat import NotebookNode

_KERNEL = "python3"
_OWN_ERRORS = frozenset({"ReportError", "CampaignError", "NoDataError"})


class _OwnKernel(AsyncKernelManager):
    """Starts the running interpreter, whatever ``python3`` means among the kernels of this computer."""

    @default("kernel_spec_manager")
    def _own_kernel_spec_manager(self) -> KernelSpecManager:
        # without folders to search only the running interpreter's own kernel is left
        return KernelSpecManager(kernel_dirs=[])


def _connection(folder: str) -> Config:
    """Return how to speak with a kernel: by sockets in a folder of one's own, which nobody else can take.

    Between asking for a port and opening it another kernel can take it; and on a port results can be
    read on the way, so that it is encrypted.
    """
    if sys.platform == "win32":
        return Config({"KernelManager": {"transport_encryption": "auto"}})
    return Config({"KernelManager": {"transport": "ipc", "ip": f"{folder}/kernel"}})


def execute(
    source: Path, target: Path, values: Mapping[str, Any], advance: Callable[[str], None]
) -> NotebookNode:
    """Run ``source`` with its parameters set, and write it to ``target``.

    ``advance`` is told each cell before it runs. When a cell fails, ``target``
    holds the notebook up to it, the cell marked.

    Raises:
        ReportError: a cell failed or the kernel died; which and why.
    """
    logging.getLogger("papermill").setLevel(logging.ERROR)

    def begin(cell: NotebookNode, cell_index: int) -> None:
        if cell.cell_type == "code":
            advance(f"第 {cell_index + 1} 格")

    try:
        with tempfile.TemporaryDirectory(prefix="wbwz-") as sockets:
            executed = papermill.execute_notebook(
                source,
                target,
                parameters=dict(values),
                kernel_name=_KERNEL,
                progress_bar=False,
                kernel_manager_class=_OwnKernel,
                config=_connection(sockets),
                on_cell_start=begin,
            )
    except PapermillExecutionError as error:
        raise ReportError(_told(source, error)) from None
    except (PapermillException, CellControlSignal, DeadKernelError, RuntimeError) as error:
        msg = f"笔记本 {source.name} 不能执行：{error}"
        raise ReportError(msg) from error
    # names, not the paths of this computer: the folder may go elsewhere
    executed.metadata.papermill["input_path"] = f"notebooks/{source.name}"
    executed.metadata.papermill["output_path"] = target.name
    write_ipynb(executed, str(target))
    return executed


def _told(source: Path, error: PapermillExecutionError) -> str:
    what = error.evalue if error.ename in _OWN_ERRORS else f"{error.ename}: {error.evalue}"
    return f"{source.name} 的单元格 In [{error.exec_count}] 出错：{what}"
