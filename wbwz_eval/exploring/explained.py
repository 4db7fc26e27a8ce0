"""A score opened: total, dimensions, indicators, formulas with their numbers, ledger rows."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from wbwz_eval.campaign.faults import CampaignError, one_of
from wbwz_eval.exploring.shown import Table, stamped

if TYPE_CHECKING:
    from wbwz_eval.exploring.period_scores import PeriodScores
    from wbwz_eval.scoring.explanation import Explanation

ROW_TITLES = {
    "indicator": "指标",
    "ledger": "台账",
    "row_id": "行号",
    "source": "来源",
    "source_row": "来源行",
    "counted": "计入",
    "reason": "原因",
    "value": "值",
    "weight": "权",
}
_NOISE, _LOST = 1e-9, {"lost": "失总分"}
_LOST_TITLES = {
    "node": "指标",
    "name": "名称",
    "dimension": "维度",
    "value": "值",
    "points": "得分",
    "full": "满分",
    **_LOST,
}


class ExplainedScore:
    """Why an entity's score is what it is.

    Attributes:
        entity: Its id.
        explanation: See :class:`wbwz_eval.scoring.explanation.Explanation`.
    """

    def __init__(self, scores: PeriodScores, entity: str, explanation: Explanation) -> None:
        """Take what the engine says."""
        self._scores, self.entity, self.explanation = scores, entity, explanation

    @property
    def stamp(self) -> str:
        """See :attr:`.PeriodScores.stamp`."""
        return self._scores.stamp

    @property
    def tree(self) -> dict[str, Any]:
        """The explanation as plain data: ``id``, ``title``, ``lines``, ``rows`` (dicts), ``parts``."""
        titles = self._scores.opened.ledgers

        def plain(node: Explanation) -> dict[str, Any]:
            rows = [row | {"ledger": titles.get(row["ledger"], row["ledger"])} for row in _records(node.rows)]
            parts = [plain(part) for part in node.parts]
            return {
                "id": node.id,
                "title": node.title,
                "lines": list(node.lines),
                "rows": rows,
                "parts": parts,
            }

        return plain(self.explanation)

    def rows(self, indicator: str | None = None) -> Table:
        """Return the ledger rows behind the score, or behind one indicator, counted or not.

        Args:
            indicator: An indicator, item or veto; None for all.

        Raises:
            CampaignError: No such indicator, what is near it.
        """
        nodes = {node.id: node for node in _walk(self.explanation) if not node.parts}
        if indicator is not None and indicator not in nodes:
            message = f"没有指标 “{indicator}”；应为 {one_of(nodes, instead_of=indicator)}"
            raise CampaignError(message)
        asked = [nodes[indicator]] if indicator is not None else list(nodes.values())
        parts = [node.rows.assign(indicator=node.id) for node in asked if len(node.rows)]
        columns = ["indicator", "ledger", "row_id", "source", "source_row", "counted", "reason", "value"]
        frame = pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)
        return Table.of(frame, ROW_TITLES, caption=f"{self.entity} 的台账行", stamp=self.stamp)

    def lost_rows(self) -> Table:
        """Return the rows that cost points: counted, and not all that they could be.

        Returns:
            As :meth:`rows`, of indicators and deductions that lost any, most first, with what each lost
            (``lost``). Of an indicator whose rows are 1 or 0 those that are as good as can be are left out.
        """
        lost = self.lost()
        nodes = self._scores.nodes
        nodes = nodes[nodes["entity_id"] == self.entity]
        up = dict(zip(nodes["node"], nodes["direction"] == "up", strict=True))
        known = {node.id for node in _walk(self.explanation) if len(node.rows)}
        parts = []
        for node, points in zip(lost["node"], lost["lost"], strict=True):
            rows = pd.DataFrame(self.rows(node)) if node in known else pd.DataFrame(columns=["counted"])
            rows = rows[rows["counted"].astype(bool)]
            if node in up and set(rows["value"]) <= {0.0, 1.0}:
                rows = rows[rows["value"] != float(up[node])]
            parts.append(rows.assign(lost=points))
        filled = [part for part in parts if len(part)]
        columns = ["indicator", "lost", "ledger", "row_id", "source", "source_row", "reason", "value"]
        frame = pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=columns)
        caption = f"{self.entity} 失分的台账行；失总分是整个指标的"
        return Table.of(frame[columns], ROW_TITLES | _LOST, caption=caption, stamp=self.stamp)

    def lost(self) -> Table:
        """Return where points of the total were lost, most first.

        Returns:
            One row per indicator that lost any, and per deduction: ``node``, ``name``, ``dimension``,
            ``value``, ``points``, ``full``, ``lost`` (points of the total: effective weight × full mark
            − contribution; of a deduction what was taken, in one row where a cap holds them together).
        """
        scores = self._scores
        nodes = scores.nodes[scores.nodes["entity_id"] == self.entity]
        parents = dict(zip(nodes["node"], nodes["parent"], strict=True))

        def top(node: str) -> str:
            while parents.get(node):
                node = parents[node]
            return node

        own = nodes[nodes["kind"] == "indicator"]
        full = float(scores.scored.level.full)
        own = own.assign(
            lost=own["effective_weight"] * full - own["contribution"],
            dimension=[scores.dimensions.get(top(node), "") for node in own["node"]],
        )
        own = pd.concat([own[own["lost"] > _NOISE], self._deducted()], ignore_index=True)
        own = own.sort_values("lost", ascending=False, kind="stable")
        return Table.of(
            own[list(_LOST_TITLES)].reset_index(drop=True),
            _LOST_TITLES,
            caption=f"{self.entity} 失分最多的",
            stamp=self.stamp,
        )

    def _deducted(self) -> pd.DataFrame:
        scored = self._scores.scored
        at = scored.entities.index.get_loc(self.entity)
        taken = float(scored.evaluation.deduction[at])
        items = {name: float(values[at]) for name, values in scored.after.deductions.items()}
        names = {name: item.name for name, item in scored.level.deductions.items.items()}
        if abs(sum(items.values()) - taken) > _NOISE:
            items, names = {"deductions": taken}, {"deductions": "扣分（封顶后）"}
        lost = {name: points for name, points in items.items() if points > _NOISE}
        columns = {"node": list(lost), "name": [names[name] for name in lost], "lost": list(lost.values())}
        return pd.DataFrame(columns).assign(dimension="扣分").astype({"lost": "float64"})

    def _repr_html_(self) -> str:
        inner = _html(self.explanation, self._scores.opened.ledgers, opened=True)
        return f"<div>{stamped(self.stamp)}{inner}</div>"

    def __repr__(self) -> str:
        """Return the explanation as text."""
        return "\n".join(_lines(self.explanation, 0))


def _records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    plain = rows.astype(object).where(rows.notna(), None)
    return [{str(name): value for name, value in row.items()} for row in plain.to_dict("records")]


def _walk(node: Explanation) -> list[Explanation]:
    return [node, *(below for part in node.parts for below in _walk(part))]


def _lines(node: Explanation, depth: int) -> list[str]:
    inner = "  " * (depth + 1)
    own = ["  " * depth + node.title, *(inner + line for line in node.lines)]
    return own + [line for part in node.parts for line in _lines(part, depth + 1)]


def _html(node: Explanation, ledgers: dict[str, str], *, opened: bool = False) -> str:
    lines = "".join(f"<p>{escape(line)}</p>" for line in node.lines)
    rows = ""
    if len(node.rows):
        frame = node.rows.assign(ledger=node.rows["ledger"].map(lambda name: ledgers.get(name, name)))
        rows = Table.of(frame, ROW_TITLES, caption="台账行")._repr_html_()
    parts = "".join(_html(part, ledgers) for part in node.parts)
    return (
        f"<details{' open' if opened else ''} style='margin-left:1em'>"
        f"<summary>{escape(node.title)}</summary>{lines}{rows}{parts}</details>"
    )
