"""One level of one period, to ask: who stands where, why, how sure, next to whom, and what if."""

from __future__ import annotations

from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from wbwz_eval.campaign.faults import CampaignError, nearest, one_of
from wbwz_eval.campaign.periods import label_zh, previous
from wbwz_eval.exploring import opinions, standing_out
from wbwz_eval.exploring.explained import ExplainedScore
from wbwz_eval.exploring.intervals import Drawing, interval_picture, interval_table
from wbwz_eval.exploring.shown import Table, stamped
from wbwz_eval.review.uncertainty.choices import load_choices
from wbwz_eval.scoring.explanation import Explainer
from wbwz_eval.scoring.header import TRIAL
from wbwz_eval.scoring.scored import score_period

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wbwz_eval.campaign.folder import Campaign
    from wbwz_eval.campaign.periods import Period
    from wbwz_eval.exploring.opened import OpenedCampaign
    from wbwz_eval.exploring.what_if import WhatIf
    from wbwz_eval.reporting.pieces import Picture
    from wbwz_eval.review.uncertainty.choices import Choices
    from wbwz_eval.scoring.scored import ScoredPeriod
    from wbwz_eval.scoring.scores import Scores

_FIXED = {
    "entity_id": "编号",
    "name": "名称",
    "group": "",
    "group_name": "组",
    "rank": "位次",
    "total": "总分",
    "grade": "等次",
}


class PeriodScores:
    """A level's scores of a period.

    Attributes:
        opened: The campaign that they are of.
        campaign: The campaign as it stands for the period (as it was frozen, if it was).
        period: The period.
        level: The level's id.
        source: ``results`` (as written or frozen) or ``memory`` (evaluated now).
    """

    def __init__(
        self,
        opened: OpenedCampaign,
        campaign: Campaign,
        period: Period,
        level: str,
        scores: Scores | None = None,
        *,
        source: str = "memory",
    ) -> None:
        """Take what :meth:`.OpenedCampaign.scores` found."""
        self.opened, self.campaign, self.period, self.level = opened, campaign, period, level
        self.source, self._scores = source, scores
        self._drawings: Drawing | None = None

    @property
    def scores(self) -> Scores:
        """The tables that a report is made of (docs/results.md)."""
        assert self._scores is not None
        return self._scores

    @cached_property
    def scored(self) -> ScoredPeriod:
        """The period measured anew, with its ledger rows, for what the tables do not hold."""
        return score_period(self.campaign, self.period, self.level, all_rows=True)

    @property
    def totals(self) -> pd.DataFrame:
        """One row per entity; see ``scores`` in docs/results.md."""
        return self.scores.scores

    @property
    def nodes(self) -> pd.DataFrame:
        """One row per entity and node; see ``nodes`` in docs/results.md."""
        return self.scores.nodes

    @property
    def stamp(self) -> str:
        """What must stand on everything that is shown: that the method is not approved; empty if it is."""
        return TRIAL if TRIAL in str(self.scores.header["mark"]) else ""

    @property
    def dimensions(self) -> dict[str, str]:
        """Dimension → its name, in the order of the method."""
        return {str(each["id"]): str(each["name"]) for each in self.scores.header["dimensions"]}

    @property
    def title(self) -> str:
        """Period and level in words."""
        return f"{label_zh(self.period)} {self.campaign.levels[self.level]}"

    @property
    def _titles(self) -> dict[str, str]:
        return _FIXED | self.dimensions

    def ranking(self, group: str | None = None) -> Table:
        """Return who stands where: one row per entity, by group and place.

        Args:
            group: Only this group, by id or name.

        Returns:
            ``entity_id``, ``name``, ``group``, ``group_name``, ``rank``, ``total``, ``grade`` and one
            column per dimension.

        Raises:
            CampaignError: No such group, what is near it.

        Example:
            >>> s.ranking().columns[:3].tolist()
            ['entity_id', 'name', 'group']
        """
        columns = [*_FIXED, *self.dimensions]
        table = self.totals.sort_values(["group", "rank", "entity_id"], kind="stable")
        if group is not None:
            mine = (table["group"] == group) | (table["group_name"] == group)
            if not mine.any():
                known = dict.fromkeys([*table["group"], *table["group_name"]])
                message = f"没有组 “{group}”；应为 {one_of(known, instead_of=group)}"
                raise CampaignError(message)
            table = table[mine]
        return self._table(table[columns].reset_index(drop=True), f"{self.title} 排名")

    def find(self, entity: str) -> str:
        """Return an entity's id, of its id or name; empty for the first.

        Raises:
            CampaignError: Nobody of that name takes part; who is near it.

        Example:
            >>> s.find("河东公路管理站")
            'U01'
        """
        table = self.totals
        if not entity:
            return str(table["entity_id"].iloc[0])
        if (table["entity_id"] == entity).any():
            return entity
        named = table.loc[table["name"] == entity, "entity_id"]
        if len(named) == 1:
            return str(named.iloc[0])
        names = dict(zip(table["entity_id"], table["name"], strict=True))
        by_name = {name: ident for ident, name in names.items()}
        close = nearest(entity, [*names, *by_name])
        near = (
            f"；最接近的是 {by_name.get(close, close)}（{names[by_name.get(close, close)]}）" if close else ""
        )
        message = f"{self.title}里没有 “{entity}”{near}；全部见 ranking()"
        if len(named) > 1:
            message = f"有 {len(named)} 个 “{entity}”：{'、'.join(named)}；请用编号"
        raise CampaignError(message)

    def explain(self, entity: str = "") -> ExplainedScore:
        """Explain an entity's total, down to the ledger rows.

        Args:
            entity: Its id or name; empty for the first.

        Raises:
            CampaignError: see :meth:`find`.

        Example:
            >>> s.explain("U12").lost().columns.tolist()
            ['node', 'name', 'dimension', 'value', 'points', 'full', 'lost']
        """
        name = self.find(entity)
        return ExplainedScore(self, name, Explainer(self.scored, name).total())

    def compare(self, other: str | PeriodScores = "") -> Table:
        """Return what changed against another period, or another state of this one.

        Args:
            other: A period such as ``"2012-Q2"``, or other scores; empty for the period before.

        Returns:
            By group and place: ``entity_id``, ``name``, ``rank``, ``rank_before``, ``moved`` (places up),
            ``total``, ``total_before``, ``change``, and per dimension the change in its score.

        Raises:
            CampaignError: see :meth:`.OpenedCampaign.scores`.

        Example:
            >>> bool((s.compare("2012-Q3")["change"] == 0).all())
            True
        """
        if isinstance(other, str):
            other = self.opened.scores(other or self._before(), self.level)
        before = other
        stamp = self.stamp or before.stamp
        frame = standing_out.compared(self.totals, before.totals, list(self.dimensions))
        titles = self._titles | {
            "rank_before": "原位次",
            "moved": "上升",
            "total_before": "原总分",
            "change": "总分变化",
        }
        titles |= {name: f"{title}变化" for name, title in self.dimensions.items()}
        return Table.of(frame, titles, caption=f"{self.title} 与 {before.title} 相比", stamp=stamp)

    def peers(self, entity: str = "", most: int = 8) -> Table:
        """Return who is most like an entity in its group, and who of them does better, and where.

        Alike is how near the attained shares of the dimensions lie (root mean square, in percentage
        points).

        Args:
            entity: Its id or name; empty for the first.
            most: How many.

        Returns:
            Nearest first: ``entity_id``, ``name``, ``distance``, ``rank``, ``total``, ``ahead`` (their
            total less the entity's), ``best`` (the dimension in which they lead most), ``lead`` (by how
            many percentage points of its full mark).

        Raises:
            CampaignError: see :meth:`find`.

        Example:
            >>> "U12" in s.peers("U12")["entity_id"].tolist()
            False
        """
        name = self.find(entity)
        full = self.scored.level.full_marks()
        frame = standing_out.peers(self.totals, name, full, self.dimensions).head(most)
        titles = {"distance": "差异（百分点）", "ahead": "总分高出", "best": "领先最多的维度"}
        titles |= {"lead": "领先（百分点）"}
        return self._table(frame, f"与 {self._name(name)} 最可比的", titles)

    def trend(self, entity: str | None = None, node: str = "total") -> Table:
        """Return one node's scores over the periods of this kind, up to this one.

        Args:
            entity: Its id or name; None for all.
            node: ``total``, ``rank`` or a dimension.

        Returns:
            One row per entity, one column per period.

        Raises:
            CampaignError: see :meth:`find`; no such node.

        Example:
            >>> s.trend("U12").shape[0]
            1
        """
        known = ["total", "rank", *self.dimensions]
        if node not in known:
            message = f"没有 “{node}” 的走势；应为 {one_of(known, instead_of=node)}"
            raise CampaignError(message)
        parts = self._past()
        frame = standing_out.trend({name: part.totals for name, part in parts.items()}, node)
        if entity is not None:
            frame = frame[frame["entity_id"] == self.find(entity)].reset_index(drop=True)
        titles = {name: label_zh(part.period) for name, part in parts.items()}
        what = {"total": "总分", "rank": "位次"}.get(node) or self.dimensions[node]
        return self._table(frame, f"{what}的走势", titles)

    def trend_figure(self, entity: str = "") -> Picture:
        """Return an entity's totals over the periods as a chart, with the span of its group.

        Raises:
            CampaignError: see :meth:`find`.
        """
        name = self.find(entity)
        return standing_out.trend_picture(
            {label_zh(part.period): part.totals for part in self._past().values()},
            name,
            self._name(name),
            self.stamp,
        )

    def survey(self, entity: str | None = None) -> Table:
        """Return the results of surveys and panels: value, answers, interval, points.

        Raises:
            CampaignError: see :meth:`find`.
        """
        frame = opinions.results(self.scored.methodology, self.nodes, self.totals)
        if entity is not None:
            frame = frame[frame["entity_id"] == self.find(entity)].reset_index(drop=True)
        return self._table(frame, "满意度和评议", opinions.RESULT_TITLES)

    def raters(self) -> Table:
        """Return how each rater rates: leniently or severely, and what was void.

        Returns:
            See :func:`wbwz_eval.review.data_quality.raters`.
        """
        frame = opinions.raters(self.opened.campaign, self.period.id, self.level, self.scores)
        return self._table(frame, "评议人", opinions.RATER_TITLES)

    def intervals(self, draws: int | None = None, seed: int | None = None) -> Table:
        """Return between which places nine of ten draws put each entity.

        The draws are those of the committee's review (docs/review.md); what may vary stands in the
        campaign's ``review/choices.yaml``.

        Args:
            draws: How many; None for as many as the campaign declares.
            seed: Of the draws; None for the campaign's.

        Returns:
            By group and place: ``entity_id``, ``name``, ``group_name``, ``rank``, ``low``, ``high``.

        Raises:
            CampaignError: see :func:`wbwz_eval.review.uncertainty.contest.contest_of`.

        Example:
            >>> t = s.intervals(draws=200).dropna()
            >>> bool((t["low"] <= t["high"]).all())
            True
        """
        frame = interval_table(self.scored, self.totals, self._drawing(self.choices(draws, seed)))
        return self._table(frame, "位次区间", {"low": "至好", "high": "至差"})

    def interval_figure(self, draws: int | None = None, group: str | None = None) -> Picture:
        """Return the rank intervals as a chart, for one group or all.

        Raises:
            CampaignError: see :meth:`intervals` and :meth:`ranking`.
        """
        frame = self.intervals(draws)
        if group is not None:
            shown = set(self.ranking(group)["entity_id"])
            frame = frame[frame["entity_id"].isin(shown)]
        return interval_picture(frame, f"{self.title} 位次区间", self.stamp)

    def choices(self, draws: int | None = None, seed: int | None = None) -> Choices:
        """Return what is declared uncertain, with other numbers of draws or seeds."""
        asked = load_choices(self.campaign, self.scored.methodology)
        update: dict[str, int] = {}
        if draws is not None:
            update["draws"] = draws
        if seed is not None:
            update["seed"] = seed
        return asked.model_copy(update=update)

    def _drawing(self, choices: Choices) -> Drawing:
        """Return the draws of this period; what-ifs of other weights share those of their base."""
        if self._drawings is None or self._drawings.choices != choices:
            self._drawings = Drawing(self.scored, choices)
        return self._drawings

    def what_if(
        self,
        *,
        weights: Mapping[str, float] | None = None,
        changes: Mapping[str, Any] | None = None,
    ) -> WhatIf:
        """Return what another method would have given: a trial, never approved.

        Args:
            weights: Node → weight on the file's scale; its siblings give way in proportion.
            changes: Place in the methodology file → value, such as
                ``{"indicators.F1.rule.threshold": 90}``.

        Raises:
            CampaignError: Neither is given; no such node or place; all that is wrong with the changed
                method, at once.

        Example:
            >>> s.what_if(weights={"F": 30}).stamp
            '试算，未批准'
        """
        return self.opened.what_if(self, weights=weights or {}, changes=changes or {})

    def reweigh(self, weights: Mapping[str, float]) -> WhatIf:
        """Return what other weights would have given; see :meth:`what_if`."""
        return self.what_if(weights=weights)

    def _before(self) -> str:
        earlier = previous(self.period, self.campaign.term)
        if earlier is None:
            message = f"{self.title}没有上一期"
            raise CampaignError(message)
        return earlier.id

    def _past(self) -> dict[str, PeriodScores]:
        """Return the scores of the periods of this kind up to this one, those that there are."""
        found = {}
        for span in self.campaign.periods(self.period.kind):
            if span.end >= self.period.end:
                continue
            try:
                found[span.id] = self.opened.scores(span.id, self.level)
            except CampaignError as error:
                if len(error.faults):
                    raise
                # before the first method, or without data
                continue
        return found | {self.period.id: self}

    def _name(self, entity: str) -> str:
        return str(self.totals.loc[self.totals["entity_id"] == entity, "name"].iloc[0])

    def _table(self, frame: pd.DataFrame, caption: str, titles: Mapping[str, str] | None = None) -> Table:
        return Table.of(frame, self._titles | dict(titles or {}), caption=caption, stamp=self.stamp)

    def _repr_html_(self) -> str:
        source = {"results": "取自已写出的结果", "memory": "刚才算出，没有写盘"}[self.source]
        return (
            f"<h3>{stamped(self.stamp)}{escape(self.title)}</h3><p>{source}</p>{self.ranking()._repr_html_()}"
        )

    def _ipython_key_completions_(self) -> list[str]:
        return [*self.totals["entity_id"], *self.totals["name"]]

    def __getitem__(self, entity: str) -> ExplainedScore:
        """Return :meth:`explain`."""
        return self.explain(entity)

    def __repr__(self) -> str:
        """Return period and level."""
        return f"{type(self).__name__}({self.title}{f'；{self.stamp}' if self.stamp else ''})"
