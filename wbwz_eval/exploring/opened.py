"""The door: a campaign, opened to be asked."""

from __future__ import annotations

import datetime as dt
import os
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wbwz_eval.campaign.faults import CampaignError, nearest, one_of
from wbwz_eval.campaign.folder import CONFIGURATION, open_campaign
from wbwz_eval.campaign.frozen import standing
from wbwz_eval.campaign.periods import label_zh
from wbwz_eval.exploring import CAMPAIGN
from wbwz_eval.exploring.period_scores import PeriodScores
from wbwz_eval.exploring.shown import Table
from wbwz_eval.exploring.what_if import WhatIf
from wbwz_eval.scoring.results import evaluate_period, open_fresh

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wbwz_eval.campaign.folder import Campaign
    from wbwz_eval.campaign.periods import Period

_KINDS = ("quarter", "half", "year", "term")
"""Of which kinds a period is looked for where none is named, the first that has scores."""

_SAMPLE = Path("data") / "wbwz-2011"


def open(path: Path | str = "") -> OpenedCampaign:  # noqa: A001 - what people type is wz.open
    """Open a campaign's folder to ask it.

    Nothing in the folder changes but the cache of its ledgers, which may be deleted at any time.

    Args:
        path: The folder; empty for the one that ``wbwz lab`` was started on, else for the sample
            campaign in this folder or one above.

    Raises:
        CampaignError: With every fault of its files; there is no such folder.

    Example:
        >>> import wbwz_eval as wz
        >>> c = wz.open("data/wbwz-2011")
        >>> c.levels["unit"]
        '事业单位'
    """
    return OpenedCampaign(open_campaign(path or _usual()))


def _usual() -> Path:
    if os.environ.get(CAMPAIGN):
        return Path(os.environ[CAMPAIGN])
    for above in (Path.cwd(), *Path.cwd().parents):
        if (above / _SAMPLE / CONFIGURATION[0]).is_file():
            return above / _SAMPLE
    message = f"没有说是哪个活动：请用 wz.open(文件夹)，或用 wbwz lab 打开（它设好 {CAMPAIGN}）"
    raise CampaignError(message)


class OpenedCampaign:
    """A campaign to ask: its levels, periods, entities, ledgers and scores."""

    def __init__(self, campaign: Campaign) -> None:
        """Take an opened campaign."""
        self.campaign = campaign
        self._known: dict[tuple[str, str], PeriodScores] = {}

    @property
    def levels(self) -> dict[str, str]:
        """Level → what people call it."""
        return dict(self.campaign.levels)

    @cached_property
    def ledgers(self) -> dict[str, str]:
        """Ledger → its title."""
        return {name: schema.name for name, schema in self.campaign.codebook.ledgers.items()}

    def periods(self, kind: str = "quarter") -> list[str]:
        """Return the campaign's periods of a kind for which a method is in force, in order.

        Args:
            kind: ``week``, ``month``, ``quarter``, ``half``, ``year`` or ``term``.

        Example:
            >>> c.periods()[-1]
            '2012-Q4'
        """
        first = min(version.effective_from for version in self.campaign.methodology_versions)
        spans = self.campaign.periods(kind)  # type: ignore[arg-type] # an unknown kind has none
        return [span.id for span in spans if span.end >= first]

    def latest(self, level: str = "") -> str:
        """Return the last quarter for which a level has scores; else the last year, or the whole term.

        Args:
            level: The level; empty for the first.

        Raises:
            CampaignError: There is none; no such level, what is near it; faulty ledgers.

        Example:
            >>> c.latest()
            '2012-Q4'
        """
        level = self._level(level)
        for period in (each for kind in _KINDS for each in reversed(self.periods(kind))):
            try:
                self.scores(period, level)
            except CampaignError as error:
                if len(error.faults):
                    raise  # faulty ledgers are no reason to show an older quarter
                continue
            return period
        message = f"“{self.campaign.levels[level]}”还没有一期有数据"
        raise CampaignError(message)

    def entities(self, level: str = "", period: str | None = None) -> Table:
        """Return who is evaluated: ``entity_id``, ``name``, ``group``, ``group_name``, ``parent``.

        Args:
            level: The level; empty for the first.
            period: Those who take part in this period; None for all.

        Raises:
            CampaignError: No such level or period; what is near it.

        Example:
            >>> c.entities("unit")["name"].iloc[0]
            '河东公路管理站'
        """
        campaign, level = self.campaign, self._level(level)
        if period is None:
            found = campaign.entities[campaign.entities["level"] == level]
        else:
            found = campaign.entities_at(level, self.period(period))
        frame = found.reset_index(names="entity_id")[["entity_id", "name", "group", "parent"]]
        named = {name: group.name for name, group in campaign.groups.items()}
        frame.insert(3, "group_name", frame["group"].map(lambda name: named.get(name, name)))
        titles = {"entity_id": "编号", "name": "名称", "group": "", "group_name": "组", "parent": "上级"}
        return Table.of(frame, titles, caption=f"{campaign.levels[level]}，{len(frame)} 个")

    def _level(self, name: str) -> str:
        """Return a level's id; the first for empty."""
        known = self.campaign.levels
        if name and name not in known:
            message = f"没有层级 “{name}”；应为 {one_of(known, instead_of=name)}"
            raise CampaignError(message)
        return name or next(iter(known))

    def period(self, name: str) -> Period:
        """Return a period.

        Raises:
            CampaignError: The campaign has none of that name; what is near it.
        """
        return self.campaign.period(name)

    def ledger(self, name: str, as_of: dt.date | str | None = None) -> Table:
        """Return a ledger's rows as they stood at the end of a day.

        Args:
            name: The ledger, by id or title.
            as_of: The day, such as ``"2012-10-10"``; None for now.

        Raises:
            CampaignError: No such ledger, what is near it; a day that is none.

        Example:
            >>> len(c.ledger("commitments", as_of="2011-08-01")) < len(c.ledger("commitments"))
            True
        """
        by_title = {title: ledger for ledger, title in self.ledgers.items()}
        asked = by_title.get(name, name)
        if asked not in self.ledgers:
            close = nearest(name, [*self.ledgers, *by_title])
            known = "" if close is None else by_title.get(close, close)
            near = f"；最接近的是 {known}（{self.ledgers[known]}）" if known else ""
            message = f"没有台账 “{name}”{near}；全部见 ledgers"
            raise CampaignError(message)
        day = _day(as_of)
        ledger = self.campaign.ledger(asked, day)
        titles = {code: field.label for code, field in ledger.schema.fields.items()}
        when = "现在" if day is None else f"{day} 终"
        return Table.of(
            ledger.rows, titles, caption=f"{self.ledgers[asked]}（{when}，{len(ledger.rows)} 行）"
        )

    def scores(self, period: str = "", level: str = "") -> PeriodScores:
        """Return a level's scores of a period: as frozen, as written in ``results/``, else evaluated now.

        Args:
            period: Such as ``"2012-Q3"``; empty for the last quarter that has scores.
            level: The level's id; empty for the first.

        Raises:
            CampaignError: No such period or level, what is near it; no data; faulty ledgers.

        Example:
            >>> s = c.scores("2012-Q3")
            >>> float(s.ranking()["rank"].min())
            1.0
        """
        level = self._level(level)
        span = self.period(period or self.latest(level))
        key = span.id, level
        if key not in self._known:
            scores = open_fresh(self.campaign, span.id, level)
            source = "results"
            if scores is None:
                source = "memory"
                scores = evaluate_period(self.campaign, span.id, only=level)[level]
            fixed = standing(self.campaign, span.id)
            self._known[key] = PeriodScores(self, fixed, span, level, scores, source=source)
        return self._known[key]

    def what_if(
        self, scores: PeriodScores, *, weights: Mapping[str, float], changes: Mapping[str, Any]
    ) -> WhatIf:
        """Return scores by a changed method; see :meth:`.PeriodScores.what_if`, which people call."""
        return WhatIf.of(scores, weights=weights, changes=changes)

    def _repr_html_(self) -> str:
        campaign = self.campaign
        rows = "".join(
            f"<tr><td>{escape(level)}</td><td>{escape(name)}</td><td>{len(self.entities(level))}</td></tr>"
            for level, name in campaign.levels.items()
        )
        note = escape(campaign.synthetic_note) if campaign.synthetic else ""
        periods = "、".join(label_zh(self.period(name)) for name in self.periods())
        return (
            f"<h3>{escape(campaign.name)}</h3><p>{note}</p>"
            f"<table><thead><tr><th>层级</th><th>名称</th><th>对象</th></tr></thead><tbody>{rows}</tbody></table>"
            f"<p>季度：{escape(periods)}</p><p>台账：{len(self.ledgers)} 种</p>"
        )

    def __repr__(self) -> str:
        """Return its name and levels."""
        return f"OpenedCampaign({self.campaign.name}；{'、'.join(self.campaign.levels.values())})"


def _day(given: dt.date | str | None) -> dt.date | None:
    if not isinstance(given, str):
        return given
    try:
        return dt.date.fromisoformat(given)
    except ValueError:
        message = f"日期 “{given}” 不对；应如 2012-10-10"
        raise CampaignError(message) from None
