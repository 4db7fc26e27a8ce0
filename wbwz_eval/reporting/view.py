"""Looking at results the way reports need them: by peers, with names of dimensions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd

from wbwz_eval.reporting.catalogue import PUBLIC

if TYPE_CHECKING:
    from wbwz_eval.scoring.scores import Scores

MANY = 60
"""Past this many entities, sections show groups and extremes, and the appendix everybody."""


@dataclass(frozen=True)
class Dimension:
    """A dimension of the level: ``full`` is its full mark."""

    id: str
    name: str
    full: float


@dataclass(frozen=True, eq=False)
class Peers:
    """Entities that are ranked among each other, in order of place, unranked ones last."""

    name: str
    table: pd.DataFrame

    @property
    def ranked(self) -> pd.DataFrame:
        """Those that have a place."""
        return self.table[self.table["rank"].notna()]

    @property
    def unranked(self) -> pd.DataFrame:
        """Those that have none."""
        return self.table[self.table["rank"].isna()]


class Headed(Protocol):
    """Whatever says what it stands on: results, or a period's ledgers."""

    @property
    def header(self) -> dict[str, Any]:
        """See :func:`wbwz_eval.scoring.header.period_header`."""


def is_public(scores: Headed) -> bool:
    """Return whether this is the public edition."""
    return scores.header.get("edition") == PUBLIC


def digits(scores: Scores) -> int:
    """Return how many decimals people see."""
    return int(scores.header["display"])


def dimensions(scores: Scores) -> list[Dimension]:
    """Return the dimensions in the order of the method."""
    return [
        Dimension(str(item["id"]), str(item["name"]), float(item["full"]))
        for item in scores.header["dimensions"]
    ]


def attained(scores: Scores, table: pd.DataFrame) -> pd.DataFrame:
    """Return each dimension's score in percent of its full mark, one column per dimension id."""
    return pd.DataFrame({d.id: 100.0 * table[d.id] / d.full for d in dimensions(scores)}, index=table.index)


def by_group(scores: Scores) -> bool:
    """Return whether places are given within groups."""
    return str(scores.header["rank_scope"]) == "group"


def peers(scores: Scores) -> list[Peers]:
    """Return the peers to show together, in the order of the entities' ids."""
    order = scores.scores.sort_values(["rank", "total", "entity_id"], ascending=[True, False, True])
    if not by_group(scores):
        return [Peers(str(scores.header["level_name"]), order)]
    names = scores.scores.drop_duplicates("group")
    return [
        Peers(str(name), order[order["group"] == group])
        for group, name in zip(names["group"], names["group_name"], strict=True)
    ]


def has_intervals(table: pd.DataFrame) -> bool:
    """Return whether some total in the table has an interval."""
    return bool(table["total_low"].notna().any())


def dimension_of(scores: Scores) -> dict[str, str]:
    """Return node id → id of the dimension that it lies in (itself for a dimension)."""
    nodes = scores.nodes[scores.nodes["kind"] != "gate"].drop_duplicates("node")
    parents = dict(zip(nodes["node"], nodes["parent"], strict=True))

    def top(node: str) -> str:
        while parents.get(node):
            node = parents[node]
        return node

    return {str(node): top(str(node)) for node in parents}
