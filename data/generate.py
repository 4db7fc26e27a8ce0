"""Write the synthetic sample campaign; the same seed gives the same bytes.

``python data/generate.py [FOLDER]`` rewrites entities.csv, not_applicable.csv
and ledgers/ of data/wbwz-2011 (or of FOLDER, which must hold the hand-written
campaign.yaml and ledgers.yaml). Nothing in it describes a real body or person.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from sample import conduct, people, special, work
from sample.facts import World
from sample.roster import abilities, entities

from wbwz_eval.campaign.ledgers import load_codebook
from wbwz_eval.campaign.periods import periods_of
from wbwz_eval.campaign.workdays import WorkCalendar

SEED = 20110701
TERM = (np.datetime64("2011-07-01").item(), np.datetime64("2012-11-30").item())
CUTOFF_WORKDAYS = 5
HERE = Path(__file__).parent / "wbwz-2011"


def build() -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Return the entities and every ledger as frames with field codes as columns."""
    rng = np.random.default_rng(SEED)
    table, quarters, calendar = entities(), periods_of("quarter", TERM), WorkCalendar()
    cutoffs = [calendar.cutoff(quarter.end, CUTOFF_WORKDAYS) for quarter in quarters]
    world = World(table, abilities(table, len(quarters), rng), quarters, cutoffs, calendar, rng)
    people.write(world)
    work.write(world)
    conduct.write(world)
    ledgers = {name: pd.concat(frames, ignore_index=True) for name, frames in world.ledgers.items()}
    special.apply(ledgers)
    return table, ledgers


def write(folder: Path = HERE) -> None:
    """Write the generated files into a campaign folder."""
    table, ledgers = build()
    codebook = load_codebook(folder / "ledgers.yaml")
    _write_csv(table, folder / "entities.csv")
    _write_csv(special.not_applicable(), folder / "not_applicable.csv")
    (folder / "ledgers").mkdir(exist_ok=True)
    for name, schema in codebook.ledgers.items():
        frame = ledgers[name].sort_values(["reported_on", "_quarter", "entity_id"], kind="stable")
        frame = frame.reset_index(drop=True)
        first, *rest = name.split("_")
        prefix = (first[0] + rest[0][:3] if rest else first[:4]).upper()
        frame["row_id"] = [f"{prefix}-{k:05d}" for k in range(1, len(frame) + 1)]
        plain = name in {"ballots", "task_reports", "weekly_returns"}
        frame["evidence_id"] = "" if plain else "佐" + frame["row_id"]
        columns = {code: field.label for code, field in schema.fields.items()}
        _write_csv(frame[list(columns)].rename(columns=columns), folder / "ledgers" / f"{name}.csv")


def _write_csv(frame: pd.DataFrame, path: Path) -> None:
    text = frame.apply(_as_text)
    path.write_bytes(text.to_csv(index=False, lineterminator="\n").encode())


def _as_text(column: pd.Series) -> pd.Series:
    """Write dates as dates, whole numbers without a point, and nothing for what is empty."""
    if pd.api.types.is_datetime64_any_dtype(column):
        return column.dt.strftime("%Y-%m-%d").fillna("")
    if pd.api.types.is_float_dtype(column):
        return column.map(lambda value: "" if pd.isna(value) else f"{value:.6f}".rstrip("0").rstrip("."))
    return column.fillna("").astype(str)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
