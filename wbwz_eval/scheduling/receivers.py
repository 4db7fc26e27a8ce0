"""Who is handed which report: the rules in one place, so that laying out and mailing ask the same.

Without ``recipients`` in ``campaign.yaml``: each entity gets its own profile and what is public; ``leaders``
the internal editions; each authority over cadres the restricted edition within it; ``site`` what is public.
An entry changes what one of these gets, or adds somebody.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wbwz_eval.campaign.campaign_file import read_campaign_file
from wbwz_eval.campaign.faults import CampaignError, FaultList, one_of
from wbwz_eval.campaign.folder import CONFIGURATION
from wbwz_eval.campaign.recipients import ReceiverKind, Recipient, is_folder_name
from wbwz_eval.reporting.catalogue import INTERNAL, PUBLIC, REPORTS, RESTRICTED, find_report
from wbwz_eval.reporting.editions import authorities
from wbwz_eval.reporting.errors import ReportError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wbwz_eval.campaign.folder import Campaign
    from wbwz_eval.campaign.periods import Period

_ALWAYS: tuple[ReceiverKind, ...] = ("leaders", "site")
_NAMES = {"leaders": "领导", "office": "办公室", "site": "站点"}


@dataclass(frozen=True)
class Piece:
    """What decides who may have a report.

    Attributes:
        report, level, edition: Of the report.
        subject: The entity or authority that it is about alone; empty where it is about all of a level.
    """

    report: str
    level: str
    edition: str
    subject: str = ""


@dataclass(frozen=True)
class Receiver:
    """Somebody with a folder in the outbox.

    Attributes:
        id: The folder's name.
        name: What people call them.
        kind: See :class:`wbwz_eval.campaign.recipients.Recipient`.
        own: The entity whose profile is theirs; empty for none.
        authority: The authority whose restricted edition is theirs; empty for none.
        editions: Edition → levels of which they see the reports about all of a level.
        reports: Names of those reports.
        address: Where mail goes; empty for none.
    """

    id: str
    name: str
    kind: ReceiverKind
    own: str = ""
    authority: str = ""
    editions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    reports: tuple[str, ...] = ()
    address: str = ""

    def may_have(self, piece: Piece) -> bool:
        """Return whether a report is for them."""
        if piece.edition == RESTRICTED or self.authority:
            # one way only: neither goes anything restricted elsewhere, nor anything else there
            about = find_report(piece.report).each == "authority" and piece.subject == self.authority
            return piece.edition == RESTRICTED and bool(self.authority) and about
        if self.own and piece.subject == self.own:
            return True
        if piece.subject and self.own and piece.edition != PUBLIC:
            # what is about another entity alone
            return False
        return piece.report in self.reports and piece.level in self.editions.get(piece.edition, ())

    @property
    def is_public(self) -> bool:
        """Whether they see nothing but what everybody may."""
        return not self.own and not self.authority and set(self.editions) <= {PUBLIC}


def receivers(campaign: Campaign, period: Period) -> list[Receiver]:
    """Return all who may get something of a period: entities as in the campaign, then the others.

    Raises:
        CampaignError: ``recipients`` in ``campaign.yaml`` name what the campaign does not have.
        ReportError: An id that names no folder, or two receivers with one.
    """
    written = _written(campaign)
    found = [*_entities(campaign, period, written), *_others(campaign, written)]
    for one in found:
        if not is_folder_name(one.id):
            msg = f"编号 “{one.id}” 不能作文件夹名；应为字母、数字、汉字、点和横线，至多 64 个"
            raise ReportError(msg)
    twice = [name for name, count in Counter(one.id.casefold() for one in found).items() if count > 1]
    if twice:
        msg = f"有两个收件人的编号是 {'、'.join(twice)}（不分大小写）；请改 campaign.yaml 的 recipients"
        raise ReportError(msg)
    return found


def _written(campaign: Campaign) -> tuple[Recipient, ...]:
    """Read the section, and see that what it names is there."""
    faults = FaultList()
    name = CONFIGURATION[0]
    written, _ = read_campaign_file(campaign.configuration / name, faults)
    recipients = written.recipients if written is not None else ()
    known = [*map(str, campaign.entities.index), *campaign.levels]
    cadres, names = authorities(campaign), [report.name for report in REPORTS]
    by_authority = Counter(one.authority for one in recipients if one.kind == "authority")
    for index, one in enumerate(recipients):
        key = f"recipients[{index}]"
        if one.kind == "entity" and one.id not in known:
            expected = f"被评对象编号或层级，{one_of(known[-len(campaign.levels) :], instead_of=one.id)}"
            faults.add(name, "不是被评对象，也不是层级", expected=expected, value=one.id, key=f"{key}.id")
        if one.kind == "authority" and one.authority not in cadres:
            expected = one_of(cadres, instead_of=one.authority)
            faults.add(name, "不是管理权限", expected=expected, value=one.authority, key=f"{key}.authority")
        if one.kind == "authority" and by_authority[one.authority] > 1:
            faults.add(name, "写了不止一次", expected="只写一次", value=one.authority, key=f"{key}.authority")
        for report in one.reports:
            if report not in names:
                expected = one_of(names, instead_of=report)
                faults.add(name, "不是报告", expected=expected, value=report, key=f"{key}.reports")
    if faults:
        raise CampaignError(f"活动文件夹 {campaign.path.name} 有误", faults)
    return recipients


def _entities(campaign: Campaign, period: Period, written: Sequence[Recipient]) -> Iterator[Receiver]:
    entries = {one.id: one for one in written if one.kind == "entity"}
    for level in campaign.levels:
        table = campaign.entities_at(level, period)
        for entity, name in zip(map(str, table.index), table["name"].astype(str), strict=True):
            entry = entries.get(entity) or entries.get(level) or _by_default(entity, "entity")
            levels = {PUBLIC: entry.levels or tuple(campaign.levels), INTERNAL: entry.levels or (level,)}
            yield Receiver(
                entity,
                name,
                "entity",
                own=entity,
                editions={edition: levels[edition] for edition in entry.editions or (PUBLIC,)},
                reports=entry.reports or _reports(alone=False),
                address=entry.address,
            )


def _others(campaign: Campaign, written: Sequence[Recipient]) -> Iterator[Receiver]:
    cadres = {one.authority for one in written}
    kinds = {one.kind for one in written}
    by_default = [_by_default(kind, kind) for kind in _ALWAYS if kind not in kinds]
    by_default += [
        _by_default(f"authority-{cadre}", "authority", cadre)
        for cadre in authorities(campaign)
        if cadre not in cadres
    ]
    sees = {"leaders": (INTERNAL,), "office": (INTERNAL, PUBLIC), "site": (PUBLIC,)}
    for one in [*written, *by_default]:
        if one.kind == "entity":
            continue
        editions = one.editions or sees.get(one.kind, ())
        yield Receiver(
            one.id,
            one.name or one.authority or _NAMES[one.kind],
            one.kind,
            authority=one.authority,
            editions={edition: one.levels or tuple(campaign.levels) for edition in editions},
            reports=one.reports or _reports(alone=one.kind == "office"),
            address=one.address,
        )


def _by_default(name: str, kind: ReceiverKind, authority: str = "") -> Recipient:
    """Return somebody of whom the campaign says nothing; whether the name is a good one is seen later."""
    return Recipient.model_construct(id=name, kind=kind, authority=authority)


def _reports(*, alone: bool) -> tuple[str, ...]:
    """Return the reports that somebody sees by default.

    What was asked for on one occasion, and with the exception of the office what is about one entity alone,
    nobody gets unless the campaign says so.
    """
    return tuple(report.name for report in REPORTS if alone or not (report.each or report.on_request))
