"""A campaign as a folder: what is evaluated, when, and where the facts are."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from wbwz_eval.campaign.appeals import admitted_receipts
from wbwz_eval.campaign.campaign_file import Committee, Group, MethodologyVersion, read_campaign_file
from wbwz_eval.campaign.check import check_rows
from wbwz_eval.campaign.entities import load_entities
from wbwz_eval.campaign.faults import CampaignError, FaultList, nearest, one_of
from wbwz_eval.campaign.fields import Field
from wbwz_eval.campaign.in_force import versions_in_force, written_versions
from wbwz_eval.campaign.ledgers import ADDED, Codebook, Ledger, LedgerSchema, load_codebook
from wbwz_eval.campaign.periods import Period, PeriodKind, parse_period, periods_of, previous
from wbwz_eval.campaign.receipts import OFFICE, SUBMISSIONS, Inbox
from wbwz_eval.campaign.replay import Replay, replay
from wbwz_eval.campaign.tables import empty_table, read_table

if TYPE_CHECKING:
    from wbwz_eval.campaign.workdays import WorkCalendar

_CAMPAIGN, _ENTITIES, _CODEBOOK = "campaign.yaml", "entities.csv", "ledgers.yaml"
_NOT_APPLICABLE = "not_applicable.csv"
METHODOLOGY = "methodology"
CONFIGURATION = (_CAMPAIGN, _ENTITIES, _CODEBOOK, _NOT_APPLICABLE)
"""The files that say who is evaluated, when, and what the ledgers mean."""

CACHE = ".cache"


@dataclass(frozen=True)
class Basis:
    """Which receipts the ledgers stand on.

    Attributes:
        through: The number of the last one; None for all that there are.
        admitted: Period id → receipts that count in it though they came after its cut-off, by the
            decision on an appeal.
    """

    through: int | None = None
    admitted: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Campaign:
    """An opened campaign.

    Attributes:
        path: Its folder.
        configuration: Where :data:`CONFIGURATION` and the methodology stand: the folder itself, or
            the copies that a frozen period keeps.
        basis: Which receipts count.
        cached: Whether the ledgers may come from the cache.
        levels: Level id → name, in the order of reports.
        persons: The levels whose entities are persons: no public page is made of them.
        groups: Group id → group.
        entities: See :func:`wbwz_eval.campaign.entities.load_entities`.
        committee: Who decides on the methodology; None where campaign.yaml does not say.
        methodology_versions: In the order in which they come into force.
        not_applicable: Which indicators an entity is excused from, and when: columns ``entity_id``,
            ``indicator``, ``from``, ``to`` (``datetime64[s]``, NaT where open), ``reason``,
            ``approved_by``.
    """

    path: Path
    configuration: Path
    basis: Basis
    name: str
    organiser: str
    office: str
    synthetic: bool
    synthetic_note: str
    start: dt.date
    end: dt.date
    levels: dict[str, str]
    persons: tuple[str, ...]
    groups: dict[str, Group]
    entities: pd.DataFrame
    codebook: Codebook
    calendar: WorkCalendar
    cached: bool
    cutoff_workdays: dict[PeriodKind, int]
    committee: Committee | None
    methodology_versions: tuple[MethodologyVersion, ...]
    not_applicable: pd.DataFrame
    _replayed: list[Replay] = field(default_factory=list, repr=False)
    _ledgers: dict[tuple[str, str], Ledger] = field(default_factory=dict, repr=False)
    _checked: dict[str, pd.DataFrame] = field(default_factory=dict, repr=False)

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

    @property
    def inbox(self) -> Inbox:
        """The submissions as received, with their receipts."""
        return Inbox(self.path / SUBMISSIONS)

    @property
    def cache(self) -> Path:
        """The folder of the cache; it may be deleted at any time."""
        return self.path / CACHE

    def replay(self, *, afresh: bool = False) -> Replay:
        """Return all versions of all ledgers' rows, replayed at the first call or ``afresh``.

        Raises:
            CampaignError: see :func:`wbwz_eval.campaign.replay.replay`.
        """
        if afresh:
            self._replayed.clear()
            self._ledgers.clear()
            self._checked.clear()
        if not self._replayed:
            self._replayed.append(replay(self.codebook, self.inbox, self.cache if self.cached else None))
        return self._replayed[0]

    def know_sender(self, sender: str) -> None:
        """See that somebody can submit.

        Raises:
            CampaignError: It is neither an entity's id nor ``office``.
        """
        if sender != OFFICE and sender not in self.entities.index:
            names = {str(entity): str(name) for entity, name in self.entities["name"].items()}
            by_name = {name: entity for entity, name in names.items()}
            close = by_name.get(sender) or nearest(sender, names)
            near = f";最接近的是 {close} {names[close]}" if close else ""
            message = f"没有被评对象 “{sender}”{near};办公室自己报送用 {OFFICE}"
            raise CampaignError(message)

    def sender_name(self, sender: str) -> str:
        """Return what people call an entity, or the office."""
        return "办公室" if sender == OFFICE else f"{sender}{self.entities['name'].to_dict().get(sender, '')}"

    def cutoff_before(self, period: Period) -> dt.date:
        """Return the cut-off of the period before, or the campaign's first day where there is none."""
        before = previous(period, self.term)
        return self.start if before is None else self.cutoff(before)

    def ledger(self, ledger_id: str, as_of: dt.date | None = None) -> Ledger:
        """Return a ledger as it stood at the end of a day, by what had been received; None for now.

        Raises:
            CampaignError: The codebook has no such ledger, or see :meth:`replay`.
        """
        schema = self._schema(ledger_id)
        rows = self.replay().versions[ledger_id].standing(as_of, through=self.basis.through)
        return Ledger(ledger_id, schema, _tidy(rows, schema))

    def ledger_for(self, ledger_id: str, period: Period, columns: Collection[str] | None = None) -> Ledger:
        """Return a ledger as it counts for a period: as it stood at the cut-off.

        Rows that came in later are there too, with the day on which they did, so that scoring can
        show them as late; what was admitted on an appeal counts as if it had come in time. Of a large
        campaign only the ``columns`` that are needed should be asked for: they are not kept.

        Raises:
            CampaignError: see :meth:`ledger` and :meth:`cutoff`.
        """
        known = self._ledgers.get((ledger_id, period.id))
        if known is None:
            schema = self._schema(ledger_id)
            rows = (
                self.replay()
                .versions[ledger_id]
                .standing(
                    self.cutoff(period),
                    through=self.basis.through,
                    admitted=self.basis.admitted.get(period.id, ()),
                    late_too=True,
                    columns=columns,
                )
            )
            known = Ledger(ledger_id, schema, _tidy(rows, schema))
            if columns is None:
                self._ledgers[ledger_id, period.id] = known
        return known

    def checked(self, period: Period) -> pd.DataFrame:
        """Return what the checks of a period's rows found; see :func:`.check.check_rows`.

        Raises:
            CampaignError: see :meth:`replay`.
        """
        if period.id not in self._checked:
            # the checks get ledgers of just the columns that they read
            read = {
                (ledger, period.id): self.ledger_for(ledger, period, columns)
                for ledger, columns in self.codebook.columns_checked.items()
            }
            self._checked[period.id] = check_rows(replace(self, _ledgers=read), period)
        return self._checked[period.id]

    def _schema(self, ledger_id: str) -> LedgerSchema:
        schema = self.codebook.ledgers.get(ledger_id)
        if schema is None:
            close = nearest(ledger_id, self.codebook.ledgers)
            message = f"{_CODEBOOK} 里没有台账 “{ledger_id}”" + (f";最接近的是 {close}" if close else "")
            raise CampaignError(message)
        return schema

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
        return self.version_path(in_force[-1].version)

    def version_path(self, version: str) -> Path:
        """Return the file of a version of the methodology, in force or not.

        Raises:
            CampaignError: It is not there.
        """
        path = self.configuration / METHODOLOGY / f"{version}.yaml"
        if not path.is_file():
            known = one_of(written_versions(path.parent), instead_of=version)
            message = f"找不到评价办法 methodology/{path.name};应为 {known}"
            raise CampaignError(message)
        return path

    def digest_inputs(self) -> dict[str, str]:
        """Return the SHA-256 of each file behind results but the methodology, by relative path.

        The last receipt stands for all submissions: it carries the digest of the one before it, and
        each carries that of its original. Receipts admitted on appeals stand there too, and under
        ``admitted/<period>`` their numbers.
        """
        named = {name: self.configuration / name for name in CONFIGURATION}
        found = {
            name: hashlib.sha256(path.read_bytes()).hexdigest()
            for name, path in named.items()
            if path.is_file()
        }
        receipts = self.inbox.paths()
        admitted = {number for numbers in self.basis.admitted.values() for number in numbers}
        for number in {len(receipts) if self.basis.through is None else self.basis.through, *admitted}:
            if 0 < number <= len(receipts):
                path = receipts[number - 1]
                name = path.relative_to(self.path).as_posix()
                found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
        found |= {
            f"admitted/{period}": ",".join(map(str, numbers))
            for period, numbers in self.basis.admitted.items()
        }
        return dict(sorted(found.items()))


def _tidy(rows: pd.DataFrame, schema: LedgerSchema) -> pd.DataFrame:
    """Put columns in the codebook's order, and let empty cells have their default."""
    for code, default in schema.defaults.items():
        if code in rows:
            empty = rows[code] == "" if rows[code].dtype == object else rows[code].isna()
            rows[code] = rows[code].where(~empty, default)
    return rows[[code for code in (*schema.fields, *ADDED) if code in rows]]


def open_campaign(
    path: Path | str,
    *,
    configuration: Path | None = None,
    basis: Basis | None = None,
    cached: bool = True,
) -> Campaign:
    """Open a campaign's folder; ledgers are replayed when they are asked for.

    Args:
        path: The folder.
        configuration: Where the configuration stands if not in it; see :class:`Campaign`.
        basis: Which receipts count; if None all, and those that decisions on appeals admit.
        cached: Whether the ledgers may come from the cache; else every original is read.

    Raises:
        CampaignError: With every fault of ``campaign.yaml``, ``entities.csv``, ``ledgers.yaml`` and
            ``not_applicable.csv``.
    """
    folder = configuration or Path(path)
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
    except CampaignError as error:
        faults.extend(error.faults)
    if written is not None and codebook is not None:
        _check_reporters(written.levels, codebook, faults)
    not_applicable = _load_not_applicable(folder / _NOT_APPLICABLE, entities, faults)
    listed = written.methodology if written is not None else ()
    in_force = versions_in_force(listed, folder / METHODOLOGY, faults)
    if faults or written is None or calendar is None or entities is None or codebook is None:
        message = f"活动文件夹 {folder.name} 有误"
        raise CampaignError(message, faults)
    return Campaign(
        path=Path(path),
        configuration=folder,
        basis=basis or Basis(admitted=admitted_receipts(Path(path))),
        cached=cached,
        name=written.name,
        organiser=written.organiser,
        office=written.office,
        synthetic=written.synthetic,
        synthetic_note=written.synthetic_note,
        start=written.start,
        end=written.end,
        levels=written.levels,
        persons=written.persons,
        groups=written.groups,
        entities=entities,
        codebook=codebook,
        calendar=calendar,
        cutoff_workdays=written.cutoff_workdays,
        committee=written.committee,
        methodology_versions=in_force,
        not_applicable=not_applicable,
    )


def _check_reporters(levels: Mapping[str, str], codebook: Codebook, faults: FaultList) -> None:
    """Tell which ledgers are reported by a level that the campaign does not have."""
    known = (*levels, OFFICE)
    for ledger, schema in codebook.ledgers.items():
        for level in schema.reported_by:
            if level not in known:
                faults.add(
                    _CODEBOOK,
                    "不是层级",
                    expected=one_of(known, instead_of=level),
                    value=level,
                    key=f"ledgers.{ledger}.reported_by",
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
    table = read_table(path, path.name, fields, faults=faults, entities=entities)
    for row in table.loc[table["to"] < table["from"], "source_row"]:
        faults.add(path.name, "早于“起”", row=int(row), column="止")
    return table.drop(columns="source_row")
