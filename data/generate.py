"""Write the synthetic sample campaign; the same seed gives the same bytes.

``python data/generate.py [FOLDER]`` rewrites entities.csv, not_applicable.csv
and ledgers/ of data/wbwz-2011 (or of FOLDER, which must hold the hand-written
campaign.yaml and ledgers.yaml). Nothing in it describes a real body or person.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
from sample import conduct, learning, party, service, special, tasks
from sample.draw import Draw
from sample.facts import VERIFIED, World
from sample.roster import entities, skills

from wbwz_eval import open_campaign

SEED = 20110701
NO_EVIDENCE_SHARE = 0.02
HERE = Path(__file__).parent / "wbwz-2011"


def build(folder: Path) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Return the entities and every ledger as frames with field codes as columns."""
    table = entities()
    if not (folder / "entities.csv").is_file():
        # a campaign cannot be opened without it, and the calendar and periods come from there
        _write_csv(table, folder / "entities.csv")
    campaign = open_campaign(folder)
    quarters = campaign.periods("quarter")
    cutoffs = [campaign.cutoff(quarter) for quarter in quarters]
    skill = skills(table, len(quarters), Draw(SEED, "skills"))
    world = World(SEED, table, skill, quarters, cutoffs, campaign.calendar)
    for module in (learning, tasks, party, service, conduct):
        module.write(world)
    ledgers = {name: pd.concat(frames, ignore_index=True) for name, frames in world.ledgers.items()}
    special.apply(world, ledgers)
    return table, ledgers


def write(folder: Path = HERE) -> None:
    """Write the generated files into a campaign folder."""
    table, ledgers = build(folder)
    schemas = open_campaign(folder).codebook.ledgers
    _write_csv(table, folder / "entities.csv")
    _write_csv(special.not_applicable(), folder / "not_applicable.csv")
    (folder / "ledgers").mkdir(exist_ok=True)
    for name, schema in schemas.items():
        frame = ledgers[name].sort_values(["reported_on", "entity_id"], kind="stable").reset_index(drop=True)
        frame["row_id"] = [f"{schema.prefix}{k:05d}" for k in range(1, len(frame) + 1)]
        frame["evidence_id"] = ""
        if name in VERIFIED:
            lost = Draw(SEED, f"evidence/{name}").chance(NO_EVIDENCE_SHARE, len(frame))
            frame["evidence_id"] = ("佐" + frame["row_id"]).where(~lost, "")
        labels = {code: field.label for code, field in schema.fields.items()}
        frame = frame.reindex(columns=list(labels)).rename(columns=labels)
        _write_csv(frame, folder / "ledgers" / f"{name}.csv")


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
