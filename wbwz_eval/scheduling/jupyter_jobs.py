"""Jobs from JupyterLab's menu (jupyter-scheduler 2.12), run by papermill as every report here is.

The extra ``scheduler`` brings jupyter-scheduler; nothing else imports this module. The server's
configuration or command line names it: ``Scheduler.execution_manager_class`` is
``wbwz_eval.scheduling.jupyter_jobs.PapermillExecutionManager``.
"""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_scheduler.executors import DefaultExecutionManager
from papermill.iorw import load_notebook_node

from wbwz_eval.reporting.batch import TIMEOUT
from wbwz_eval.reporting.errors import ReportError
from wbwz_eval.reporting.execute import execute
from wbwz_eval.scheduling.job_values import typed_values

if TYPE_CHECKING:
    from nbformat import NotebookNode

_INPUT = "input"


class PapermillExecutionManager(DefaultExecutionManager):  # type: ignore[misc] # it carries no types
    """Runs a job's notebook in a warm kernel, its parameters as values and not as code.

    jupyter-scheduler's own way pastes ``name = text`` into the notebook, so that a text is run as Python.
    Here a parameter is what was written, of the type that the notebook's own cell gives it; one that the
    notebook does not have is refused. Relative paths start at the server's folder, as they are seen in
    JupyterLab, or at the copy of the notebook's folder where the job takes that along.
    """

    def execute(self) -> None:
        """Run the job; what came of it is there also where a cell failed.

        Raises:
            ReportError: A parameter is wrong, a cell failed or took too long: the job's message.
        """
        job, source = self.model, Path(self.staging_paths[_INPUT])
        notebook = load_notebook_node(str(source))
        _check_language(notebook)
        values = typed_values(notebook, job.parameters or {})
        here = source.parent if job.package_input_folder else Path(self.root_dir).expanduser()
        with tempfile.TemporaryDirectory(prefix="wbwz-job-") as folder:
            # papermill writes the notebook as it goes; the name stands in its metadata
            target = Path(folder) / source.name
            try:
                with contextlib.chdir(here):
                    execute(source, target, values, _silent, timeout=TIMEOUT)
            finally:
                if target.is_file():
                    if job.package_input_folder:
                        self.add_side_effects_files(str(source.parent))
                    self.create_output_files(job, load_notebook_node(str(target)))


def _check_language(notebook: NotebookNode) -> None:
    kernel = notebook.metadata.get("kernelspec", {})
    language = kernel.get("language", "python")
    if language != "python":
        msg = f"笔记本的语言是 {language}；这里只运行 Python 的笔记本"
        raise ReportError(msg)


def _silent(_: str) -> None:
    """Show no progress: nobody looks on."""
