"""Write the synthetic sample campaign; the same seed gives the same bytes.

``python data/generate.py [FOLDER]`` rewrites entities.csv, not_applicable.csv
and submissions/ of data/wbwz-2011 (or of FOLDER, which must hold the hand-written
campaign.yaml and ledgers.yaml). Nothing in it describes a real body or person.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pandas as pd
from sample import conduct, details, learning, party, service, special, tasks, wider
from sample.deliver import deliver
from sample.draw import Draw
from sample.facts import VERIFIED, World
from sample.roster import entities, skills

from wbwz_eval import Campaign, open_campaign
from wbwz_eval.campaign.folder import CACHE
from wbwz_eval.campaign.receipts import SUBMISSIONS

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
    for module in (learning, tasks, party, service, conduct, wider):
        module.write(world)
    ledgers = {name: pd.concat(frames, ignore_index=True) for name, frames in world.ledgers.items()}
    special.apply(world, ledgers)
    details.apply(world, ledgers)
    return table, ledgers


def write(folder: Path = HERE) -> None:
    """Write the generated files into a campaign folder, and hand in the ledgers' rows anew."""
    table, ledgers = build(folder)
    _write_csv(table, folder / "entities.csv")
    _write_csv(special.not_applicable(), folder / "not_applicable.csv")
    for made in (SUBMISSIONS, CACHE):
        shutil.rmtree(folder / made, ignore_errors=True)
    campaign = open_campaign(folder)
    deliver(campaign, {name: numbered(name, ledgers[name], campaign) for name in campaign.codebook.ledgers})


def numbered(name: str, frame: pd.DataFrame, campaign: Campaign) -> pd.DataFrame:
    """Return a ledger's rows in the order of reporting, with row numbers and evidence."""
    frame = frame.sort_values(["reported_on", "entity_id"], kind="stable").reset_index(drop=True)
    frame["row_id"] = [f"{campaign.codebook.ledgers[name].prefix}{k:05d}" for k in range(1, len(frame) + 1)]
    frame["evidence_id"] = ""
    if name in VERIFIED:
        lost = Draw(SEED, f"evidence/{name}").chance(NO_EVIDENCE_SHARE, len(frame))
        frame["evidence_id"] = ("佐" + frame["row_id"]).where(~lost, "")
    return frame


def _write_csv(frame: pd.DataFrame, path: Path) -> None:
    path.write_bytes(frame.fillna("").to_csv(index=False, lineterminator="\n").encode())


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
