"""Freezing a period for publication, and restating it after upheld appeals."""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from wbwz_eval.campaign.appeals import Appeal, read_appeals
from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.folder import CONFIGURATION, METHODOLOGY, Basis, Campaign, open_campaign
from wbwz_eval.campaign.frozen import (
    FROZEN,
    INPUTS,
    RECORD,
    RESULTS,
    Correction,
    Freeze,
    as_frozen,
    read_freeze,
    version_folder,
)
from wbwz_eval.campaign.lock import writing
from wbwz_eval.campaign.whole_files import digest, settle, write_portions, write_settled
from wbwz_eval.scoring.methodology_file import load_methodology, require_approved
from wbwz_eval.scoring.results import engine_digest, open_results, result_portions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wbwz_eval.campaign.periods import Period

CORRECTIONS = ("level", "entity_id", "name", "item", "old", "new", "reason", "approved_by")
_HALF = ".half-"


def freeze(
    folder: Path,
    period: str,
    by: str,
    day: dt.date,
    advance: Callable[[str], None] = lambda _: None,
) -> Freeze:
    """Fix what a period stands on, and its results; again after appeals were upheld.

    The first time, all receipts so far and the configuration as it is are fixed. After that, a
    further version stands on the same, and on what the upheld appeals admit.

    Args:
        folder: The campaign.
        period: Its id.
        by: Who freezes it.
        day: When.
        advance: Is told each step.

    Raises:
        CampaignError: The period is not over; it cannot be scored; the methodology is not approved as
            it stands; the period is frozen and no appeal has been upheld since; another command is writing.
    """
    if not by.strip():
        raise CampaignError("冻结要写明由谁(--by)")
    with writing(folder):
        for half in (folder / FROZEN).glob(f"*/{_HALF}*"):
            shutil.rmtree(half, ignore_errors=True)
        live = open_campaign(folder)
        span = live.period(period)
        if live.cutoff(span) >= day:
            message = f"{span.id} 的截止日 {live.cutoff(span)} 还没有过，不能冻结"
            raise CampaignError(message)
        before = read_freeze(folder, span.id)
        return _Freezing(live, span.id, by, day, before).write(advance)


class _Freezing:
    """One version in the making."""

    def __init__(self, live: Campaign, period: str, by: str, day: dt.date, before: Freeze | None) -> None:
        self.live, self.period, self.by, self.day, self.before = live, period, by, day, before
        self.corrections = self._corrections()
        if before is not None and not self.corrections:
            since = f"{before.by} 于 {before.frozen_on} 冻结(第 {before.version} 版)"
            message = f"{period} 已由 {since}，此后没有新成立的申诉"
            raise CampaignError(message)

    def _corrections(self) -> tuple[Correction, ...]:
        if self.before is None:
            return ()
        return tuple(
            _correction(appeal)
            for appeal in read_appeals(self.live.path)
            if appeal.period == self.period
            and appeal.decision is not None
            and appeal.decision.upheld
            and not set(appeal.decision.receipts) <= set(self.before.admitted.get(self.period, ()))
        )

    def write(self, advance: Callable[[str], None]) -> Freeze:
        """Write the version beside its place, and rename it into it."""
        number = 1 if self.before is None else self.before.version + 1
        final = version_folder(self.live.path, self.period, number)
        final.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=_HALF, dir=final.parent))
        try:
            inputs = self._copy_inputs(beside / INPUTS)
            basis = self._basis()
            campaign = open_campaign(self.live.path, configuration=beside / INPUTS, basis=basis)
            _require_approval(campaign, campaign.period(self.period))
            results = {
                name: write_portions(beside / RESULTS / name, portions, settled=True)
                for name, portions in result_portions(campaign, self.period, advance)
            }
            advance("写入")
            assert basis.through is not None
            stored = campaign.replay().stored
            record = Freeze(
                period=self.period,
                version=number,
                by=self.by,
                frozen_on=self.day,
                through=basis.through,
                head=stored[basis.through - 1].sha256 if basis.through else "",
                admitted={name: tuple(numbers) for name, numbers in basis.admitted.items()},
                admitted_sha256={
                    number: stored[number - 1].sha256
                    for numbers in basis.admitted.values()
                    for number in numbers
                },
                corrections=self.corrections,
                previous=self._previous(),
                package_version=version("wbwz_eval"),
                engine=engine_digest(),
                inputs=inputs,
                results=results,
            ).sealed()
            write_settled(beside / RECORD, record.to_bytes())
            beside.chmod(0o755)
            beside.rename(final)
            settle(final.parent)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
        return record

    def _basis(self) -> Basis:
        if self.before is None:
            return Basis(len(self.live.replay().stored), dict(self.live.basis.admitted))
        admitted = dict(self.before.admitted)
        new = {number for correction in self.corrections for number in correction.receipts}
        admitted[self.period] = tuple(sorted({*admitted.get(self.period, ()), *new}))
        return Basis(self.before.through, admitted)

    def _previous(self) -> str:
        if self.before is None:
            return ""
        folder = version_folder(self.live.path, self.period, self.before.version)
        return digest((folder / RECORD).read_bytes())

    def _copy_inputs(self, target: Path) -> dict[str, str]:
        """Copy configuration and methodology, of a restatement those of the version before."""
        source = self.live.path
        if self.before is not None:
            source = version_folder(self.live.path, self.period, self.before.version) / INPUTS
        names = [name for name in CONFIGURATION if (source / name).is_file()]
        names += sorted(path.relative_to(source).as_posix() for path in (source / METHODOLOGY).glob("*.yaml"))
        digests = {}
        for name in names:
            data = (source / name).read_bytes()
            write_settled(target / name, data)
            digests[name] = digest(data)
        return digests


def _require_approval(campaign: Campaign, period: Period) -> None:
    """See that every version that scores the period, or one that it is composed of, is approved."""
    last = load_methodology(campaign.methodology_path(period), campaign)
    require_approved(campaign, last)
    kinds = {kind for level in last.levels.values() for kind in level.composition.get(period.kind, ())}
    kinds |= {
        rule.periods
        for level in last.levels.values()
        for rule in level.recurrences.values()
        if period.kind in rule.within
    }
    first = campaign.methodology_versions[0].effective_from
    inside = [
        campaign.methodology_path(span)
        for kind in sorted(kinds)
        for span in campaign.periods(kind)
        if period.start <= span.start and first <= span.end <= period.end
    ]
    for path in dict.fromkeys(inside):
        require_approved(campaign, load_methodology(path, campaign))


def _correction(appeal: Appeal) -> Correction:
    decision = appeal.decision
    assert decision is not None
    return Correction(
        appeal=appeal.number,
        entity=appeal.entity,
        reason=decision.reason,
        approved_by=decision.by,
        receipts=decision.receipts,
    )


def corrections(campaign: Campaign | Path | str, period: str, version: int | None = None) -> pd.DataFrame:
    """Return the table of corrections (更正表) of a restated period.

    Returns:
        One row per total, place or grade that a version changed against the one before: ``level``,
        ``entity_id``, ``name``, ``item`` (总分, 位次, 等次), ``old``, ``new`` (texts), and of the
        appeals that led to it ``reason`` and ``approved_by``. Empty for a first version.

    Raises:
        CampaignError: The period is not frozen, or has no such version.
    """
    opened = campaign if isinstance(campaign, Campaign) else open_campaign(campaign)
    span = opened.period(period)
    record = read_freeze(opened.path, span.id, version)
    if record is None:
        message = f"{span.id} 还没有冻结"
        raise CampaignError(message)
    if record.version == 1:
        return pd.DataFrame(columns=list(CORRECTIONS))
    parts = []
    for level in as_frozen(opened.path, record).levels:
        if f"{level}/scores.csv" not in record.results:
            continue
        old = open_results(opened, span.id, level, version=record.version - 1).scores.set_index("entity_id")
        new = open_results(opened, span.id, level, version=record.version).scores.set_index("entity_id")
        parts.append(_changed(level, old, new, record))
    return pd.concat(parts, ignore_index=True)


_ITEMS: Mapping[str, str] = {"total": "总分", "rank": "位次", "grade": "等次"}


def _changed(level: str, old: pd.DataFrame, new: pd.DataFrame, record: Freeze) -> pd.DataFrame:
    own = {correction.entity: correction for correction in record.corrections}
    everyone = "；".join(f"申诉 {one.appeal}：{one.reason}" for one in record.corrections)
    approved = "、".join(dict.fromkeys(one.approved_by for one in record.corrections))
    rows = []
    for column, item in _ITEMS.items():
        before, after = (table[column].map(_text) for table in (old, new))
        before = before.reindex(new.index, fill_value="")
        for entity in new.index[(before != after).to_numpy()]:
            told = own.get(str(entity))
            reason = f"申诉 {told.appeal}：{told.reason}" if told else f"随他人更正而变({everyone})"
            approver = told.approved_by if told else approved
            name = new.loc[entity, "name"]
            rows.append((level, entity, name, item, before[entity], after[entity], reason, approver))
    return pd.DataFrame(rows, columns=list(CORRECTIONS))


def _text(value: object) -> str:
    if isinstance(value, float):
        return "" if value != value else f"{value:g}"  # noqa: PLR0124 - not a number
    return str(value)
