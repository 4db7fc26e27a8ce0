"""A campaign as a folder: what is evaluated, when, and where the facts are."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from wbwz_eval.campaign.campaign_file import Group, MethodologyVersion, read_campaign_file
from wbwz_eval.campaign.entities import load_entities
from wbwz_eval.campaign.faults import CampaignError, FaultList, one_of
from wbwz_eval.campaign.fields import Field
from wbwz_eval.campaign.ledgers import (
    LEDGERS,
    Codebook,
    Ledger,
    ledger_files,
    load_codebook,
    load_ledger,
)
from wbwz_eval.campaign.periods import Period, PeriodKind, parse_period, periods_of
from wbwz_eval.campaign.tables import empty_table, read_table

if TYPE_CHECKING:
    import datetime as dt

    from wbwz_eval.campaign.workdays import WorkCalendar

_CAMPAIGN, _ENTITIES, _CODEBOOK = "campaign.yaml", "entities.csv", "ledgers.yaml"
_NOT_APPLICABLE = "not_applicable.csv"


@dataclass(frozen=True, eq=False)
class Campaign:
    """An opened campaign.

    Attributes:
        path: Its folder.
        levels: Level id → name, in the order of reports.
        groups: Group id → group.
        entities: See :func:`wbwz_eval.campaign.entities.load_entities`.
        methodology_versions: In the order in which they come into force.
        not_applicable: Which indicators an entity is excused from, and when: columns ``entity_id``,
            ``indicator``, ``from``, ``to`` (``datetime64[s]``, NaT where open), ``reason``,
            ``approved_by``.
    """

    path: Path
    name: str
    organiser: str
    office: str
    synthetic: bool
    synthetic_note: str
    start: dt.date
    end: dt.date
    levels: dict[str, str]
    groups: dict[str, Group]
    entities: pd.DataFrame
    codebook: Codebook
    calendar: WorkCalendar
    cutoff_workdays: dict[PeriodKind, int]
    methodology_versions: tuple[MethodologyVersion, ...]
    not_applicable: pd.DataFrame
    _ledgers: dict[str, Ledger] = field(default_factory=dict, repr=False)

    @property
    def term(self) -> tuple[dt.date, dt.date]:
        """First and last day of the campaign."""
        return self.start, self.end

    def period(self, text: str) -> Period:
        """Read a period's id; see :func:`wbwz_eval.campaign.periods.parse_period`."""
        return parse_period(text, self.term)

    def periods(self, kind: PeriodKind) -> list[Period]:
        """Return all periods of a kind, in order."""
        return periods_of(kind, self.term)

    def cutoff(self, period: Period) -> dt.date:
        """Return the last day on which what is reported about a period counts.

        Raises:
            CampaignError: If ``campaign.yaml`` sets no cut-off for periods of this kind.
        """
        days = self.cutoff_workdays.get(period.kind)
        if days is None:
            message = f"{_CAMPAIGN} 的 cutoff_workdays 没有写 {period.kind}: 不知道 {period.id} 的截止日"
            raise CampaignError(message)
        return self.calendar.cutoff(period.end, days)

    def ledger(self, ledger_id: str) -> Ledger:
        """Return a ledger, read at the first call (see :func:`.ledgers.load_ledger`)."""
        if ledger_id not in self._ledgers:
            self._ledgers[ledger_id] = load_ledger(self.path, ledger_id, self.codebook, self.entities)
        return self._ledgers[ledger_id]

    def entities_at(self, level: str, period: Period) -> pd.DataFrame:
        """Return the entities of a level that take part in a period: valid on a day of it at least.

        Raises:
            CampaignError: If the campaign has no such level.
        """
        if level not in self.levels:
            message = f"没有层级 “{level}”;应为 {one_of(self.levels, instead_of=level)}"
            raise CampaignError(message)
        table = self.entities
        since = table["valid_from"].isna() | (table["valid_from"] <= pd.Timestamp(period.end))
        until = table["valid_to"].isna() | (table["valid_to"] >= pd.Timestamp(period.start))
        return table[(table["level"] == level) & since & until]

    def methodology_path(self, period: Period) -> Path:
        """Return the file of the methodology in force on the period's last day.

        Raises:
            CampaignError: If none is in force yet, or the file is not there.
        """
        in_force = [version for version in self.methodology_versions if version.effective_from <= period.end]
        if not in_force:
            first = self.methodology_versions[0].effective_from
            message = f"{period.id} 没有生效的评价办法: 最早的从 {first} 起"
            raise CampaignError(message)
        path = self.path / "methodology" / f"{in_force[-1].version}.yaml"
        if not path.is_file():
            message = f"找不到评价办法 methodology/{path.name}"
            raise CampaignError(message)
        return path

    def digest_inputs(self) -> dict[str, str]:
        """Return the SHA-256 of each file behind results but the methodology, by relative path."""
        single = [self.path / name for name in (_CAMPAIGN, _ENTITIES, _CODEBOOK, _NOT_APPLICABLE)]
        files = [*single, *(self.path / LEDGERS).rglob("*.csv")]
        named = {path.relative_to(self.path).as_posix(): path for path in files if path.is_file()}
        return {name: hashlib.sha256(named[name].read_bytes()).hexdigest() for name in sorted(named)}


def open_campaign(path: Path | str) -> Campaign:
    """Open a campaign's folder; ledgers are read when they are asked for.

    Raises:
        CampaignError: With every fault of ``campaign.yaml``, ``entities.csv``, ``ledgers.yaml`` and
            ``not_applicable.csv``, and every file among the ledgers that belongs to none.
    """
    folder = Path(path)
    if not (folder / _CAMPAIGN).is_file():
        message = f"{folder} 不是活动文件夹: 里面没有 {_CAMPAIGN}"
        raise CampaignError(message)
    faults = FaultList()
    written, calendar = read_campaign_file(folder / _CAMPAIGN, faults)
    levels = groups = entities = codebook = None
    if written is not None:
        levels = written.levels
        groups = {group_id: group.level for group_id, group in written.groups.items()}
    try:
        entities = load_entities(folder / _ENTITIES, levels, groups)
    except CampaignError as error:
        faults.extend(error.faults)
    try:
        codebook = load_codebook(folder / _CODEBOOK)
        _check_ledger_files(folder, codebook, faults)
    except CampaignError as error:
        faults.extend(error.faults)
    not_applicable = _load_not_applicable(folder / _NOT_APPLICABLE, entities, faults)
    if faults or written is None or calendar is None or entities is None or codebook is None:
        message = f"活动文件夹 {folder.name} 有误"
        raise CampaignError(message, faults)
    return Campaign(
        path=folder,
        name=written.name,
        organiser=written.organiser,
        office=written.office,
        synthetic=written.synthetic,
        synthetic_note=written.synthetic_note,
        start=written.start,
        end=written.end,
        levels=written.levels,
        groups=written.groups,
        entities=entities,
        codebook=codebook,
        calendar=calendar,
        cutoff_workdays=written.cutoff_workdays,
        methodology_versions=tuple(sorted(written.methodology, key=lambda version: version.effective_from)),
        not_applicable=not_applicable,
    )


def _check_ledger_files(folder: Path, codebook: Codebook, faults: FaultList) -> None:
    """Tell which tables nobody would read: mostly a name that is not quite the ledger's."""
    read = {path for ledger_id in codebook.ledgers for path in ledger_files(folder, ledger_id)}
    for path in sorted((folder / LEDGERS).rglob("*")):
        if path.suffix.lower() == ".csv" and path not in read:
            faults.add(
                path.relative_to(folder).as_posix(),
                f"{_CODEBOOK} 里没有这张台账",
                expected=one_of(
                    (f"{LEDGERS}/{i}.csv" for i in codebook.ledgers),
                    instead_of=f"{LEDGERS}/{path.name}",
                ),
            )


def _load_not_applicable(path: Path, entities: pd.DataFrame | None, faults: FaultList) -> pd.DataFrame:
    """Read the optional list of what does not apply to whom."""
    fields = {
        "entity_id": Field(label="被评对象", type="entity", required=True),
        "indicator": Field(label="指标", type="text", required=True),
        "from": Field(label="起", type="date"),
        "to": Field(label="止", type="date"),
        "reason": Field(label="理由", type="text", required=True),
        "approved_by": Field(label="批准人", type="text", required=True),
    }
    if not path.exists():
        return empty_table(fields).drop(columns="source_row")
    known = None if entities is None else entities.index
    table = read_table(path, path.name, fields, faults=faults, entities=known)
    for row in table.loc[table["to"] < table["from"], "source_row"]:
        faults.add(path.name, "早于“起”", row=int(row), column="止")
    return table.drop(columns="source_row")
