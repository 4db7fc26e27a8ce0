"""Scores by a changed method: always a trial, re-scored by the engine that scores everything else."""

from __future__ import annotations

import shlex
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.exploring.period_scores import PeriodScores
from wbwz_eval.exploring.shown import Table
from wbwz_eval.scoring.assemble import assemble, score_table
from wbwz_eval.scoring.header import TRIAL
from wbwz_eval.scoring.measured import NOISE_DIGITS
from wbwz_eval.scoring.methodology_file import changed_methodology
from wbwz_eval.scoring.new_version import write_version
from wbwz_eval.scoring.node_table import node_table
from wbwz_eval.scoring.reweighting import reweighted, with_weights
from wbwz_eval.scoring.score import scored_with_earlier
from wbwz_eval.scoring.scored import evaluate_given, score_period

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from wbwz_eval.exploring.intervals import Drawing
    from wbwz_eval.review.uncertainty.choices import Choices
    from wbwz_eval.scoring.scored import ScoredPeriod
    from wbwz_eval.scoring.scores import Scores


class WhatIf(PeriodScores):
    """What another method would have given.

    Attributes:
        base: The scores as they stand.
        changes: Place in the methodology file → value, for ``evaluate(changes=…)``.
        only_weights: Whether nothing but weights differs, so that what was measured stands.
    """

    base: PeriodScores
    changes: dict[str, Any]
    only_weights: bool

    @classmethod
    def of(cls, base: PeriodScores, *, weights: Mapping[str, float], changes: Mapping[str, Any]) -> WhatIf:
        """Score a period by a changed method; see :meth:`.PeriodScores.what_if`.

        Raises:
            CampaignError: see there.
        """
        if not weights and not changes:
            raise CampaignError("没有要改的：请给 weights 或 changes")
        made = cls(base.opened, base.campaign, base.period, base.level)
        made.base = base.base if isinstance(base, WhatIf) else base
        scored = made.base.scored
        if isinstance(base, WhatIf):
            changes = {**base.changes, **changes}
        # a trial of a trial goes on from its weights
        told = reweighted(base.scored.methodology, base.level, weights) if weights else {}
        made.changes = {**changes, **told}
        # where other periods are looked at, the method would have scored those otherwise, too
        made.only_weights = not changes and not len(scored.parts) and not scored.recurrences
        made.scored = made._fast(scored, weights) if made.only_weights else made._slow(scored)
        return made

    def _fast(self, scored: ScoredPeriod, weights: Mapping[str, float]) -> ScoredPeriod:
        """Score anew from what was measured: weights change nothing before."""
        method = with_weights(scored.methodology, self.level, weights)
        given = replace(scored.given, methodology=method)
        evaluation, parts = evaluate_given(given, scored.raws)
        return replace(scored, given=given, evaluation=evaluation, parts=parts)

    def _slow(self, scored: ScoredPeriod) -> ScoredPeriod:
        """Score by the changed file; equal measures are taken from what was measured."""
        method = changed_methodology(self._path, self.campaign, self.changes)
        return score_period(
            self.campaign, self.period, self.level, methodology=method, all_rows=True, reuse=scored
        )

    def _drawing(self, choices: Choices) -> Drawing:
        return self.base._drawing(choices) if self.only_weights else super()._drawing(choices)  # noqa: SLF001

    @property
    def _path(self) -> Path:
        return self.campaign.methodology_path(self.period)

    @property
    def stamp(self) -> str:
        """That this is a trial."""
        return TRIAL

    @property
    def dimensions(self) -> dict[str, str]:
        """Dimension → its name, by the changed method."""
        names = self.scored.methodology.indicators
        tree = self.scored.level.tree
        return {name: node.name or names[name].name for name, node in tree.items()}

    @cached_property
    def scores(self) -> Scores:
        """The tables, as ``evaluate(changes=…)`` gives them."""
        method = changed_methodology(self._path, self.campaign, self.changes)
        return assemble(*scored_with_earlier(self.campaign, self.period, self.level, method))

    @cached_property
    def nodes(self) -> pd.DataFrame:
        """One row per entity and node."""
        return node_table(self.scored).round(NOISE_DIGITS)

    @cached_property
    def totals(self) -> pd.DataFrame:
        """One row per entity, without the movement against the period before."""
        return score_table(self.scored, None).round(NOISE_DIGITS)

    @property
    def title(self) -> str:
        """Period, level, and that it is a trial."""
        return f"{super().title}（{TRIAL}）"

    def ranking(self, group: str | None = None) -> Table:
        """Return who would stand where, with ``rank_before``, ``moved`` (places up) and ``total_before``.

        Raises:
            CampaignError: see :meth:`.PeriodScores.ranking`.

        Example:
            >>> w = s.what_if(weights={"F": 30})
            >>> {"rank_before", "moved"} <= set(w.ranking().columns)
            True
        """
        table = super().ranking(group)
        before = self.base.totals.set_index("entity_id")[["rank", "total"]].reindex(table["entity_id"])
        frame = table.copy()
        frame.insert(5, "rank_before", before["rank"].to_numpy())
        frame.insert(6, "moved", before["rank"].to_numpy() - table["rank"].to_numpy())
        frame.insert(8, "total_before", before["total"].to_numpy())
        more = {"rank_before": "原位次", "moved": "上升", "total_before": "原总分"}
        return self._table(frame, f"{self.base.title} 试算后的排名", more)

    def write_version(self, version: str, why: str) -> Path:
        """Write the change as a version of the methodology of its own, for the committee.

        It scores nothing before the committee has approved it; the next command is told.

        Args:
            version: What it is called, such as ``2012-v9``.
            why: Said in the file's first line.

        Raises:
            CampaignError: see :func:`wbwz_eval.scoring.new_version.write_version`.
        """
        base = self._path.stem
        path = write_version(self.opened.campaign, base, version, self.changes, why=why)
        print(f"已写 {path}，还没有批准；提请小组审定：{self.next_command(version, why)}")  # noqa: T201 - told where it is typed
        return path

    def next_command(self, version: str, why: str) -> str:
        """Return the command that lays a version before the committee; who does so stands in it as 姓名."""
        words = ["wbwz", "methodology", "propose", str(self.opened.campaign.path), version]
        return shlex.join([*words, "--by", "姓名", "--reason", " ".join(why.split()) or "理由"])
