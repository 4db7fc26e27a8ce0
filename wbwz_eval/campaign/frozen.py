"""What a published period stands on, fixed: receipts, configuration, methodology, results.

``frozen/<period>/<version>/`` holds copies of the configuration and the methodology (``inputs/``),
the results as published (``results/``) and ``freeze.json``, which names every digest. A restatement
is a further version; the earlier ones stay.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.folder import Basis, Campaign, open_campaign

if TYPE_CHECKING:
    from pathlib import Path

FROZEN, RECORD, INPUTS, RESULTS = "frozen", "freeze.json", "inputs", "results"


class NoSuchVersionError(CampaignError):
    """A period has been frozen, but not as often as somebody thinks."""


class Correction(BaseModel):
    """Why a version differs from the one before: an upheld appeal."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    appeal: int
    entity: str
    reason: str
    approved_by: str
    receipts: tuple[int, ...]


class Freeze(BaseModel):
    """A frozen version of a period.

    Attributes:
        period, version: Which period, and how often it has been published, from 1.
        by, frozen_on: Who froze it, and when.
        through, head: The last receipt that counts, and the SHA-256 of its file.
        admitted: See :class:`wbwz_eval.campaign.folder.Basis`.
        admitted_sha256: SHA-256 of the file of each receipt in ``admitted``, by its number.
        corrections: Why this version was made; none in the first.
        previous: SHA-256 of the record of the version before.
        package_version, engine: What it was scored with; ``engine`` is a digest of the code.
        inputs, results: SHA-256 of each file, by its path in the version's folder.
        seal: SHA-256 of all of the above.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    period: str
    version: int
    by: str
    frozen_on: dt.date
    through: int
    head: str
    admitted: dict[str, tuple[int, ...]] = {}
    admitted_sha256: dict[int, str] = {}
    corrections: tuple[Correction, ...] = ()
    previous: str = ""
    package_version: str
    engine: str
    inputs: dict[str, str]
    results: dict[str, str]
    seal: str = ""

    def sealed(self) -> Freeze:
        """Return the record with the seal that its content asks for."""
        content = json.dumps(self._content(), ensure_ascii=False, sort_keys=True)
        return self.model_copy(update={"seal": hashlib.sha256(content.encode()).hexdigest()})

    def _content(self) -> dict[str, Any]:
        return self.model_dump(mode="json", exclude={"seal"})

    def to_bytes(self) -> bytes:
        """Return the record as it is stored."""
        text = json.dumps(self.model_dump(mode="json"), ensure_ascii=False, indent=1, sort_keys=True)
        return f"{text}\n".encode()


def versions_of(folder: Path, period: str) -> list[int]:
    """Return the frozen versions of a period, in order."""
    found = (folder / FROZEN / period).glob(f"[0-9]*/{RECORD}")
    return sorted(int(path.parent.name) for path in found if path.parent.name.isdigit())


def version_folder(folder: Path, period: str, version: int) -> Path:
    """Return where a frozen version stands."""
    return folder / FROZEN / period / str(version)


def read_freeze(folder: Path, period: str, version: int | None = None) -> Freeze | None:
    """Read the record of a version; the last one if None. None where the period is not frozen.

    Raises:
        CampaignError: No such version, or the record was altered.
    """
    versions = versions_of(folder, period)
    if version is None and not versions:
        return None
    wanted = versions[-1] if version is None else version
    if wanted not in versions:
        listed = "、".join(map(str, versions)) or "(无)"
        message = f"{period} 没有冻结的第 {wanted} 版;有的是 {listed}"
        raise NoSuchVersionError(message)
    path = version_folder(folder, period, wanted) / RECORD
    try:
        record = Freeze.model_validate_json(path.read_bytes())
    except ValidationError as error:
        message = f"{period} 第 {wanted} 版的 {RECORD} 已损坏,请从备份恢复"
        raise CampaignError(message) from error
    if record.seal != record.sealed().seal:
        message = f"{period} 第 {wanted} 版的 {RECORD} 被改动过,请从备份恢复"
        raise CampaignError(message)
    return record


def frozen_periods(folder: Path) -> list[str]:
    """Return the ids of the periods that are frozen."""
    return sorted(path.name for path in (folder / FROZEN).glob("*") if versions_of(folder, path.name))


def standing(campaign: Campaign, period: str, version: int | None = None) -> Campaign:
    """Return the campaign as a period stands on it: as frozen, or as it is.

    Raises:
        CampaignError: see :func:`read_freeze`.
    """
    if campaign.basis.through is not None:
        return campaign
    record = read_freeze(campaign.path, period, version)
    if record is None:
        return campaign
    return as_frozen(campaign.path, record, cached=campaign.cached)


def as_frozen(folder: Path, record: Freeze, *, cached: bool = True) -> Campaign:
    """Open a campaign as it was when a version was frozen."""
    return open_campaign(
        folder,
        configuration=version_folder(folder, record.period, record.version) / INPUTS,
        basis=Basis(record.through, record.admitted),
        cached=cached,
    )
