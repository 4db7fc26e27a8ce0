"""Nothing of one notebook reaches the next, and nothing outlives it: neither a crash nor a process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from warm_books import book, run, texts

from wbwz_eval.reporting.errors import ReportError
from wbwz_eval.reporting.warm import kept
from wbwz_eval.reporting.warm.parent import WarmParent

LEAKS = """\
import os, sys, json, random
import matplotlib.pyplot as plt, numpy as np, pandas as pd
here = globals().get("left", "")
left = "a variable"
state = dict(
    variable=here,
    figures=plt.get_fignums(),
    size=plt.rcParams["font.size"],
    option=pd.get_option("display.max_rows"),
    folder=os.getcwd(),
    environment=os.environ.get("LEFT"),
    module=getattr(json, "left", None),
    path="/left" in sys.path,
    imported="colorsys" in sys.modules,
    umask=os.umask(0o022),
)
plt.figure(); plt.rcParams["font.size"] = 99
pd.set_option("display.max_rows", 7)
os.chdir("/"); os.environ["LEFT"] = "yes"; json.left = 1; sys.path.append("/left"); os.umask(0o077)
import colorsys
print(json.dumps(state, default=str))
"""
DRAWS = "import random, numpy as np\nprint(random.random(), np.random.random())"
CRASHES = {
    "exit": ("import os; os._exit(3)", "退出码 3"),
    "fault": ("import ctypes; ctypes.string_at(0)", "段错误"),
    "killed": ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "内存不足"),
    "aborted": ("import os; os.abort()", "SIGABRT"),
}


def gone(pid: int) -> bool:
    """Wait up to ten seconds for a process to be gone; one that only waits to be reaped is."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.05)
    return False


def numbers(path: Path) -> list[int]:
    """Wait for a file that a cell writes its process ids into."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if path.exists() and path.read_text().endswith("\n"):
            return [int(word) for word in path.read_text().split()]
        time.sleep(0.05)
    msg = f"{path} was never written"
    raise AssertionError(msg)


def test_nothing_of_a_notebook_reaches_the_next(tmp_path):
    first, second = (texts(run(book(tmp_path / f"leak{i}.ipynb", LEAKS)))[0] for i in (1, 2))
    assert first == second
    assert '"variable": ""' in first
    draws = {texts(run(book(tmp_path / f"draw{i}.ipynb", DRAWS)))[0] for i in (1, 2, 3)}
    assert len(draws) == 3, "children draw the same random numbers"


@pytest.mark.parametrize("name", CRASHES)
def test_a_crash_fails_its_notebook_alone(tmp_path, name):
    cell, words = CRASHES[name]
    with pytest.raises(DeadKernelError, match=words):
        run(book(tmp_path / "crash.ipynb", "print('before')", cell, "print('never')"))
    assert texts(run(book(tmp_path / "after.ipynb", "1 + 1"))) == ["2"]


def test_a_cell_that_takes_all_memory_fails_alone(tmp_path):
    cell = "import resource; resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31))\nb'x' * 2**32"
    made = run(book(tmp_path / "blown.ipynb", cell))
    assert made.metadata["raised"].startswith("MemoryError")
    assert texts(run(book(tmp_path / "after.ipynb", "len(b'x' * 2**20)"))) == ["1048576"]


def test_a_cell_past_its_time_is_ended_with_what_it_started(tmp_path):
    pids = tmp_path / "pids"
    cell = f"""\
import os, subprocess
one = subprocess.Popen(["sleep", "600"])
other = subprocess.Popen(["sleep", "600"], start_new_session=True)
open({str(pids)!r}, "w").write(f"{{os.getpid()}} {{one.pid}} {{other.pid}}\\n")
while True: pass
"""
    started = time.monotonic()
    with pytest.raises(CellTimeoutError):
        run(book(tmp_path / "endless.ipynb", cell), execution_timeout=1)
    assert time.monotonic() - started < 60
    kernel, one, other = numbers(pids)
    assert gone(kernel)
    assert gone(one)
    assert gone(other)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_is_left_when_the_process_that_runs_a_notebook_is_ended(tmp_path, number):
    pids = tmp_path / "pids"
    cell = f"""\
import os, subprocess
one = subprocess.Popen(["sleep", "600"])
open({str(pids)!r}, "w").write(f"{{os.getpid()}} {{os.getppid()}} {{one.pid}}\\n")
while True: pass
"""
    path = book(tmp_path / "endless.ipynb", cell)
    program = f"""\
import papermill
papermill.execute_notebook({str(path)!r}, {str(tmp_path / "out.ipynb")!r}, engine_name="wbwz-warm",
                           progress_bar=False)
"""
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(program)]) as process:
        kernel, parent, one = numbers(pids)
        process.send_signal(number)
        process.wait()
    assert gone(parent)
    assert gone(kernel)
    assert gone(one)


def test_a_parent_that_was_ended_is_replaced(tmp_path):
    run(book(tmp_path / "first.ipynb", "1"))
    os.kill(kept.KERNELS.parent()._process.pid, signal.SIGKILL)  # noqa: SLF001 - nobody else may know it
    kept.KERNELS.parent()._process.wait(10)  # noqa: SLF001
    assert texts(run(book(tmp_path / "second.ipynb", "2"))) == ["2"]


def test_a_process_with_threads_does_not_fork_itself(tmp_path):
    program = f"""\
import threading, time, papermill
threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
papermill.execute_notebook({str(book(tmp_path / "in.ipynb", "40 + 2"))!r}, {str(tmp_path / "out.ipynb")!r},
                           engine_name="wbwz-warm", progress_bar=False)
"""
    subprocess.run([sys.executable, "-W", "error::DeprecationWarning", "-c", program], check=True)
    assert '"42"' in (tmp_path / "out.ipynb").read_text()


def test_a_parent_that_cannot_warm_tells_why_each_time_and_is_not_started_again(monkeypatch):
    started = []
    monkeypatch.setattr(
        "wbwz_eval.reporting.warm.kept.WarmParent",
        lambda modules: started.append(WarmParent(modules)) or started[-1],
    )
    parent = kept.KeptParent(["no_such_module_at_all"])
    for _ in range(3):
        with pytest.raises(ReportError, match="no_such_module_at_all"):
            parent.start(print)
    assert len(started) == 1
    parent.close()


def test_a_task_that_the_parent_does_not_know_is_told_and_ends_nothing(monkeypatch):
    before = kept.KERNELS.parent()
    monkeypatch.setattr(os, "no_such_name", _Unknown(), raising=False)
    with pytest.raises(ReportError, match="no_such_name"):
        kept.KERNELS.start(os.no_such_name)
    assert kept.KERNELS.parent() is before


class _Unknown:
    """Pickles as a function that is only here."""

    def __reduce__(self):
        return "no_such_name"

    __module__ = "os"
