"""Which version of the methodology scores which period: by campaign.yaml and the committee's decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wbwz_eval.campaign.campaign_file import MethodologyVersion
from wbwz_eval.campaign.decisions import SUFFIX, read_record, recorded_versions
from wbwz_eval.campaign.faults import CampaignError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from wbwz_eval.campaign.faults import FaultList


def versions_in_force(
    listed: Sequence[MethodologyVersion], methodology: Path, faults: FaultList
) -> tuple[MethodologyVersion, ...]:
    """Return all versions with the day from which they are in force, in that order.

    Args:
        listed: The versions that ``campaign.yaml`` starts with.
        methodology: The folder of methodologies with the records of decisions.
        faults: Gets two versions that would be in force from the same day, and a record that is damaged.
    """
    since = {version.version: version.effective_from for version in listed}
    for name in recorded_versions(methodology):
        try:
            decided = read_record(methodology, name).effective_from
        except CampaignError as error:
            if error.faults:
                faults.extend(error.faults)
            else:
                faults.add(f"{methodology.name}/{name}.approvals.yaml", error.header)
            continue
        if decided is None or since.get(name) == decided:
            continue
        if name in since:
            faults.add(
                f"{methodology.name}/{name}.approvals.yaml",
                "决定的生效日与 campaign.yaml 不同",
                value=decided,
                expected=f"{since[name]}",
            )
        elif decided in since.values():
            other = next(version for version, day in since.items() if day == decided)
            faults.add(
                f"{methodology.name}/{name}.approvals.yaml",
                f"与 {other} 从同一天起生效",
                value=decided,
                expected="另一天",
            )
        else:
            since[name] = decided
    found = [MethodologyVersion(version=name, effective_from=day) for name, day in since.items()]
    return tuple(sorted(found, key=lambda version: version.effective_from))


def written_versions(methodology: Path) -> list[str]:
    """Return the versions that are written in a folder of methodologies, in force or not."""
    return sorted(path.stem for path in methodology.glob("*.yaml") if not path.name.endswith(SUFFIX))
