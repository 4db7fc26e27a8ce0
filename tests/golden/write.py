"""Write the golden tables anew: ``python tests/golden/write.py``; read the diff before you commit it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wbwz_eval import evaluate

if TYPE_CHECKING:
    import pandas as pd

HERE = Path(__file__).parent
CAMPAIGN = HERE.parents[1] / "data" / "wbwz-2011"
PERIOD = "2012-Q3"
LEVELS = ("unit", "party_org", "member")


def golden_table(level: str) -> pd.DataFrame:
    """Return what is guarded: one row per entity, its scores, place and grade."""
    scores = evaluate(CAMPAIGN, PERIOD, level)
    dimensions = [dimension["id"] for dimension in scores.header["dimensions"]]
    columns = [
        "entity_id", "group", *dimensions, "base", "bonus", "deduction", "total", "rank", "tie",
        "grade", "veto", "coverage", "movement",
    ]  # fmt: skip
    return scores.scores[columns].round(6)


def golden_text(level: str) -> str:
    """Return the guarded table as the text of its file."""
    return golden_table(level).to_csv(index=False, lineterminator="\n")


if __name__ == "__main__":
    for name in LEVELS:
        (HERE / f"{PERIOD}-{name}.csv").write_text(golden_text(name), encoding="utf-8")
