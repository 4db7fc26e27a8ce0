"""What makes notebooks' checks quick to import takes nothing from who uses jsonschema."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
import wbwz_eval.reporting.export, wbwz_eval.reporting.execute
assert "jsonschema" in sys.modules
assert not {"rfc3987_syntax", "lark"} & set(sys.modules), "the grammar was read"
from jsonschema import FormatChecker
checker = FormatChecker()
print(checker.conforms("http://例子.cn/五比", "iri"), checker.conforms("http://例 子", "iri"))
print("lark" in sys.modules)
import rfc3987_syntax
print(hasattr(rfc3987_syntax, "parse"))
"""


def test_the_grammar_is_read_when_an_address_is_checked_and_not_before():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["True", "False", "True", "True"]
