"""``python -m wbwz_eval.cli`` is ``wbwz``."""

from wbwz_eval.cli import main

main()
