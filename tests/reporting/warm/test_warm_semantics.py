"""A cell shows under the warm engine what it shows under papermill's own, which is the oracle."""

from __future__ import annotations

import subprocess
import sys

import nbformat
import pytest
from warm_books import book, comparable, run, texts

from wbwz_eval.reporting.warm.engine import NAME

SHOWN = [
    # streams: what is printed, in order around what is shown, and from threads
    "import sys\nprint('one')\nprint('two', file=sys.stderr)\nprint('three')",
    (
        "from IPython.display import display, HTML, Markdown, Latex, JSON, SVG, clear_output\n"
        "print('before')\ndisplay(HTML('<b>shown</b>'))\nprint('after')\n'last'"
    ),
    "import threading\nt = threading.Thread(target=print, args=('from a thread',))\nt.start(); t.join()",
    "print('中文 😀 \\u2028 é')\nprint('x', end='')",
    "print('line\\n' * 200_000)",
    "for i in range(3):\n    print(i, flush=True)\n    display(i)",
    # written past Python: the oracle takes it up in another thread, a moment later
    "import os, subprocess, time\nos.write(1, b'raw out\\n')\ntime.sleep(0.3)",
    "subprocess.run(['sh', '-c', 'echo from a program; sleep 0.05; echo and its errors >&2'])\ntime.sleep(0.3)",
    "!echo from the shell",
    "lines = !printf 'a\\nb\\n'\nlines",
    "%%bash\necho in bash\necho wrong >&2",
    # displays
    "handle = display('first', display_id='known')\ndisplay('between')\nhandle.update('second')",
    "handle.update('from another cell')",
    "print('gone')\nclear_output()\nprint('stays')",
    "print('until the next')\nclear_output(wait=True)\nprint('the next')",
    "display(Markdown('**m**'), Latex('$x$'), JSON({'a': [1, None]}), SVG('<svg xmlns=\"http://www.w3.org/2000/svg\"/>'))",
    (
        "class Rich:\n    def _repr_mimebundle_(self, include=None, exclude=None):\n"
        "        return {'text/plain': 'plain', 'application/x-own+json': {'n': 1}}, {'text/plain': {'m': 2}}\nRich()"
    ),
    "1; 2",
    "3;",
    "_, __, Out[max(Out)], In[1][:10]",
    "from IPython.utils.capture import capture_output\nwith capture_output() as held:\n    print('held'); display(1)\nlen(held.outputs), held.stdout",
    "%%capture kept\nprint('kept')\ndisplay(HTML('<i>kept</i>'))",
    "kept.show()",
    # libraries that ask where they are
    "import pandas as pd, numpy as np\npd.DataFrame(np.arange(60).reshape(2, 30))",
    "print(pd.DataFrame(np.arange(60).reshape(2, 30)))",
    "pd.DataFrame({'名称': ['甲站', '乙站'], 'v': [0.1, 1e9]}).style.format(precision=2).set_uuid('u')",
    "pd.get_option('display.max_columns'), pd.get_option('display.width')",
    "import matplotlib, matplotlib.pyplot as plt\nmatplotlib.get_backend(), plt.isinteractive()",
    "fig, ax = plt.subplots()\nax.plot([1, 3, 2]);",
    "plt.plot([3, 1]); plt.title('t')\nplt.show()\nprint('after the picture')",
    "%config InlineBackend.figure_formats = ['svg']\nplt.rcParams['svg.hashsalt'] = 's'\nplt.get_fignums()",
    "from tqdm.auto import tqdm\ntqdm.__module__",
    "sys.path[0], type(get_ipython()).__name__, hasattr(get_ipython(), 'kernel'), __name__, sys.stdout.encoding, sys.stdout.isatty()",
    "os.environ['TERM'], os.environ['MPLBACKEND'], os.getcwd() == os.environ.get('PWD', os.getcwd())",
    # async
    "import asyncio\nawait asyncio.sleep(0.01)\n'awaited'",
    "async def later():\n    await asyncio.sleep(0.01)\n    return 7\nawait asyncio.gather(later(), later())",
    "task = asyncio.create_task(later())\n'made'",
    "await task",
    "import contextvars\nvariable = contextvars.ContextVar('v', default=0)\nvariable.set(5)\nvariable.get()",
    "variable.get()",
    # what goes wrong
    "def f():\n    return 1 / 0\nf()",
    "try:\n    f()\nexcept ZeroDivisionError as e:\n    raise ValueError('第二') from e",
    "syntax error here",
    "await asyncio.sleep('no')",
    "raise KeyboardInterrupt",
    "input('?')",
    "import getpass\ngetpass.getpass()",
    "sys.exit(3)",
    "%no_such_magic",
    "!exit 3\n_exit_code",
    "import warnings\nwarnings.warn('mind')",
    "import logging\nlogging.getLogger('x').warning('logged')",
    "from wbwz_eval.reporting.errors import ReportError\nraise ReportError('说明')",
    "print?",
    "%%time\npass" if False else "%who_ls str",
    "breakpoint()",
    "class Bad:\n    def __repr__(self):\n        raise RuntimeError('no repr')\nBad()",
    "print('printed, then wrong')\nraise StopIteration",
]

ENDS = {
    "error": ["print('a')", "1 / 0", "print('never')"],
    "exit": ["print('a')", "import sys; sys.exit()", "print('never')"],
    "exit-0": ["raise SystemExit(0)"],
    "exit-told": ["import sys; sys.exit('told')", "print('never')"],
}


def test_each_cell_shows_what_it_shows_under_papermills_own_engine(tmp_path):
    made = book(tmp_path / "shown.ipynb", *SHOWN, goes_on=True)
    ours, stock = (comparable(run(made, engine=engine)) for engine in (NAME, None))
    both = ([cell for cell in made["cells"] if cell["cell_type"] == "code"] for made in (ours, stock))
    for source, cell, expected in zip(SHOWN, *both, strict=True):
        assert cell == expected, source
    assert ours == stock
    # the oracle itself has shown pictures, and raised
    kinds = [output["output_type"] for cell in stock["cells"] for output in cell.get("outputs", [])]
    assert kinds.count("error") > 10
    assert (
        sum(
            "image/png" in output.get("data", {})
            for cell in stock["cells"]
            for output in cell.get("outputs", [])
        )
        == 2
    )


@pytest.mark.parametrize("name", ENDS)
def test_a_notebook_ends_as_under_papermills_own_engine(tmp_path, name):
    made = book(tmp_path / f"{name}.ipynb", *ENDS[name])
    ours, stock = (comparable(run(made, engine=engine)) for engine in (NAME, None))
    assert ours == stock


def test_times_of_cells_and_of_the_notebook_are_told(tmp_path):
    made = run(book(tmp_path / "timed.ipynb", "import time; time.sleep(0.3)", "1"))
    slow, quick = (cell.metadata for cell in made.cells)
    assert 0.3 <= slow.papermill.duration < 3
    assert quick.papermill.duration < 0.3
    assert slow.papermill.start_time < slow.papermill.end_time <= quick.papermill.start_time
    assert made.metadata.papermill.duration >= 0.3
    assert set(slow.execution) == {
        "iopub.status.busy",
        "iopub.execute_input",
        "shell.execute_reply",
        "iopub.status.idle",
    }


def test_a_long_cell_is_saved_while_it_runs(tmp_path):
    path = book(
        tmp_path / "long.ipynb",
        f"import json, time\nprint('early', flush=True)\ntime.sleep(1.2)\nprint('late', flush=True)\ntime.sleep(0.3)\n"
        f"seen = open({str(tmp_path / f'long-{NAME}.ipynb')!r}).read()",
        "'early' in seen.split('outputs', 1)[1]",
    )
    assert texts(run(path, autosave_cell_every=1))[1] == "True"


def test_what_is_written_past_python_keeps_its_place(tmp_path):
    """The oracle does not promise this: it reads the descriptor in another thread."""
    cell = "\n".join(
        f"print('python {i}')\nos.write(1, b'raw {i}\\n')\nos.write(2, b'error {i}\\n');" for i in range(50)
    )
    made = run(
        book(
            tmp_path / "raw.ipynb",
            f"import os\n{cell}",
            "from IPython.display import display\nos.write(1, b'before')\ndisplay(1)\nos.write(1, b'after');",
        )
    )
    first, second = made.cells
    streams = {
        name: "".join(o.text for o in first.outputs if o.get("name") == name) for name in ("stdout", "stderr")
    }
    assert streams["stdout"] == "".join(f"python {i}\nraw {i}\n" for i in range(50))
    assert streams["stderr"] == "".join(f"error {i}\n" for i in range(50))
    assert [o.get("text") or o.data["text/plain"] for o in second.outputs] == ["before", "1", "after"]


def test_ten_megabytes_written_by_a_program_arrive(tmp_path):
    made = run(
        book(
            tmp_path / "much.ipynb",
            "import subprocess\nsubprocess.run(['head', '-c', '10000000', '/dev/zero']).returncode",
        )
    )
    assert sum(len(output.get("text", "")) for output in made.cells[0].outputs) == 10_000_000


def test_the_command_line_of_papermill_takes_the_engine(tmp_path):
    path = book(tmp_path / "cli.ipynb", "# parameters\nx = 1", "x * 2")
    written = nbformat.read(path, as_version=4)
    written.cells[0].metadata["tags"] = ["parameters"]
    nbformat.write(written, path)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "papermill",
            "--engine",
            NAME,
            str(path),
            str(tmp_path / "out.ipynb"),
            "-p",
            "x",
            "21",
        ],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert texts(nbformat.read(tmp_path / "out.ipynb", as_version=4)) == ["", "", "42"]
