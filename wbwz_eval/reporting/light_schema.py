"""jsonschema without its slowest part, which is put off until somebody asks for it; see the end.

nbformat checks notebooks by jsonschema. Where JupyterLab is installed, so is rfc3987_syntax, which
jsonschema imports for the formats ``iri`` and ``iri-reference``; no schema of a notebook has them, and it
reads a grammar for most of a second, as long as all the rest that a report imports.
"""

from __future__ import annotations

import importlib
import sys
from importlib.util import find_spec
from types import ModuleType

_SLOW = "rfc3987_syntax"


def import_jsonschema() -> None:
    """Import jsonschema; the formats are checked as ever, only their grammar is read when first needed."""
    if _SLOW in sys.modules or "jsonschema" in sys.modules or find_spec(_SLOW) is None:
        return

    def is_valid_syntax(term: str, value: str) -> bool:
        return bool(importlib.import_module(_SLOW).is_valid_syntax(term, value))

    stand_in = ModuleType(_SLOW)
    vars(stand_in)["is_valid_syntax"] = is_valid_syntax
    sys.modules[_SLOW] = stand_in
    try:
        importlib.import_module("jsonschema")
    finally:
        # whoever else imports it gets the real one
        del sys.modules[_SLOW]


import_jsonschema()
