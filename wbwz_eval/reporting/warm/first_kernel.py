"""The first thing that a warm parent does, before it imports anything else, this package included.

pandas and matplotlib ask at import whether they are in a notebook, by looking for what a cell sees.
"""

import os
import sys
from types import SimpleNamespace
from typing import Any

sys.path.remove("")  # not while libraries are imported
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from traitlets.config import Config

# nobody goes back through the history of a report
IPythonKernel.instance(config=Config({"HistoryManager": {"enabled": False}}), user_ns=None)
# as ipykernel's own start does
app: Any = IPKernelApp
app.init_path(SimpleNamespace(ignore_cwd=False))
app.init_pdb(SimpleNamespace())
os.environ["MPLBACKEND"] = os.environ.get("MPLBACKEND") or "module://matplotlib_inline.backend_inline"
sys.argv = ["ipykernel_launcher.py"]
