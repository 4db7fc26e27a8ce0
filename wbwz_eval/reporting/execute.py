"""Executing a notebook by papermill, in the interpreter that runs now.

The kernel is forked warm (:mod:`wbwz_eval.reporting.warm`) where that is safe. Elsewhere, and where the
environment says ``WBWZ_ENGINE=stock``, papermill starts one as it always does.
"""

from __future__ import annotations

from wbwz_eval.reporting import light_schema  # noqa: F401 - before nbformat is imported

# isort: split
import logging
import math
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import papermill
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import CellControlSignal, CellTimeoutError, DeadKernelError
from nbformat import v4
from papermill.engines import NotebookExecutionManager
from papermill.exceptions import PapermillException, PapermillExecutionError
from papermill.iorw import load_notebook_node, write_ipynb
from papermill.translators import translate_parameters
from traitlets import default
from traitlets.config import Config

from wbwz_eval.reporting.errors import ReportError
from wbwz_eval.reporting.warm import engine
from wbwz_eval.reporting.warm.choice import runs_warm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from nbformat import NotebookNode

_KERNEL, _INJECTED = "python3", "injected-parameters"
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
    source: Path,
    target: Path,
    values: Mapping[str, Any],
    advance: Callable[[str], None],
    named: Mapping[str, Any] | None = None,
    timeout: float | None = None,
) -> NotebookNode:
    """Run ``source`` with its parameters set, and write it to ``target``.

    ``advance`` is told each cell before it runs; a cell may take ``timeout`` seconds, None = any time.
    The notebook names the parameters ``named`` where it ran with others: the places of another computer.
    When a cell fails, ``target`` holds the notebook up to it, the cell marked.

    Raises:
        ReportError: a cell failed or took too long, or the kernel died; which and why.
    """
    logging.getLogger("papermill").setLevel(logging.ERROR)

    reached = 0

    def begin(cell: NotebookNode, cell_index: int) -> None:
        nonlocal reached
        reached = cell_index + 1
        if cell.cell_type == "code":
            advance(f"第 {cell_index + 1} 格")

    try:
        with _kernel() as kernel:
            executed = papermill.execute_notebook(
                source,
                target,
                parameters=dict(values),
                kernel_name=_KERNEL,
                progress_bar=False,
                execution_timeout=None if timeout is None else math.ceil(timeout),
                on_cell_start=begin,
                **kernel,
            )
    except PapermillExecutionError as error:
        _name(load_notebook_node(str(target)), source, target, named or values)
        raise ReportError(_told(source, error)) from None
    except CellTimeoutError:
        msg = f"{source.name} 的第 {reached} 格超过了时限（{timeout:g} 秒），已经结束它"
        raise ReportError(msg) from None
    except (PapermillException, CellControlSignal, DeadKernelError, RuntimeError) as error:
        msg = f"笔记本 {source.name} 不能执行：{error}"
        raise ReportError(msg) from error
    _name(executed, source, target, named or values)
    return executed


def warm() -> None:
    """Do once, in a process that will be forked, what papermill would do again for each notebook."""
    nodes: Any = v4  # nbformat carries no types for it
    cell = nodes.new_code_cell("a = 1", metadata={"tags": ["parameters"]})
    with tempfile.TemporaryDirectory() as folder:
        source, target = (str(Path(folder) / name) for name in ("source.ipynb", "target.ipynb"))
        write_ipynb(nodes.new_notebook(cells=[cell]), source)
        # without a kernel, and so without an event loop that children would share
        prepared = papermill.execute_notebook(
            source, target, parameters={"a": 2}, kernel_name=_KERNEL, language="python", prepare_only=True
        )
    manager = NotebookExecutionManager(prepared, progress_bar=False)
    manager.notebook_start()
    for place, each in enumerate(prepared.cells):
        manager.cell_start(each, place)
        manager.cell_complete(each, place)
    manager.notebook_complete()


def _name(notebook: NotebookNode, source: Path, target: Path, values: Mapping[str, Any]) -> None:
    """Write names, not the paths of this computer: the folder may go elsewhere."""
    kept = notebook.metadata.papermill
    kept["input_path"], kept["output_path"] = f"notebooks/{source.name}", target.name
    kept["parameters"] = dict(values)
    for cell in notebook.cells:
        if _INJECTED in cell.metadata.get("tags", []):
            cell.source = translate_parameters(_KERNEL, "python", dict(values), "Parameters")
    write_ipynb(notebook, str(target))


@contextmanager
def _kernel() -> Iterator[dict[str, Any]]:
    """Yield what tells papermill where the kernel comes from."""
    if runs_warm():
        # nobody looks at the notebook before it is whole, or has failed
        yield {"engine_name": engine.NAME, "save_cells": False}
        return
    with tempfile.TemporaryDirectory(prefix="wbwz-") as sockets:
        yield {"kernel_manager_class": _OwnKernel, "config": _connection(sockets)}


def _told(source: Path, error: PapermillExecutionError) -> str:
    what = error.evalue if error.ename in _OWN_ERRORS else f"{error.ename}: {error.evalue}"
    return f"{source.name} 的单元格 In [{error.exec_count}] 出错：{what}"
