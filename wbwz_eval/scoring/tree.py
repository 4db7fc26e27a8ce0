"""The tree of a level: nodes, weights, gates and what follows the total."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from wbwz_eval.campaign.periods import PeriodKind
from wbwz_eval.scoring.fields import Strict, wrong
from wbwz_eval.scoring.measures import Measure
from wbwz_eval.scoring.numbers import Number

Aggregation = Literal["arithmetic", "geometric", "harmonic"]
RankMethod = Literal["competition", "dense", "ordinal", "average"]


class Gate(Strict):
    """An indicator that holds a node's score to a cap while it is not met."""

    indicator: str
    below: Number | None = None
    above: Number | None = None
    cap: Number

    def model_post_init(self, _context: object, /) -> None:
        """Refuse none or both bounds."""
        if (self.below is None) == (self.above is None):
            raise wrong("门槛须有且只有一个界限", "below 或 above")


def _as_weight(raw: object) -> object:
    return raw if isinstance(raw, dict) else {"weight": raw}


class Node(Strict):
    """A node of the tree, or (without children) an indicator in its place."""

    name: str | None = None
    weight: Number | None = None
    points: Number | None = None
    aggregation: Aggregation = "arithmetic"
    min_coverage: Number = Number(0)
    gates: tuple[Gate, ...] = ()
    children: dict[str, Annotated[Node, BeforeValidator(_as_weight)]] = {}

    def model_post_init(self, _context: object, /) -> None:
        """Refuse a node without weight, and a leaf with a node's keys."""
        if (self.weight is None) == (self.points is None):
            raise wrong("weight 与 points 须有且只有一个", "weight: 权重，或 points: 分值")
        if self.children and self.name is None:
            raise wrong("有下级的节点缺少 name", "name: 节点名称")
        if not self.children and (self.name or self.gates or self.min_coverage):
            raise wrong("没有下级的节点是指标，只写 weight 或 points", "如 F1: 20")
        if float(self.weight or self.points or 0) < 0:
            raise wrong("权重不能为负", "不小于 0 的数")

    @property
    def share(self) -> Number:
        """The weight or the points: what counts among siblings."""
        share = self.points if self.weight is None else self.weight
        assert share is not None
        return share


Node.model_rebuild()
Tree = dict[str, Annotated[Node, BeforeValidator(_as_weight)]]


def walk(tree: Tree, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Node]]:
    """Yield every node with its path of ids from the top, parents first."""
    for key, node in tree.items():
        yield (*path, key), node
        yield from walk(node.children, (*path, key))


def leaves(tree: Tree) -> list[str]:
    """Return the ids of the indicators in the tree, in order."""
    return [path[-1] for path, node in walk(tree) if not node.children]


class Item(Strict):
    """A bonus or deduction item: its measure's value is its points."""

    name: str
    measure: Measure
    cap: Number | None = None
    clause: str = ""


class Items(Strict):
    """附加分 or 扣分: items, each with its cap, and one cap over all."""

    cap: Number | None = None
    items: dict[str, Item] = {}


class Veto(Strict):
    """一票否优: at least one counted row caps the grade."""

    name: str
    clause: str
    grade_cap: str
    measure: Measure


class Recurrence(Strict):
    """A rule that looks across periods: so often last (or first) among the peers caps the grade.

    ``periods`` is the kind of period whose places count, ``within`` the kinds in which they are counted.
    """

    name: str
    clause: str
    place: Literal["last", "first"] = "last"
    periods: PeriodKind
    within: tuple[PeriodKind, ...] = Field(min_length=1)
    times: Number
    grade_cap: str


class Groups(Strict):
    """How small peer groups are treated."""

    min_size: Number = Number(1)
    below_min_size: Literal["show_only"] | dict[Literal["merge_into"], str] = "show_only"

    @property
    def merge_into(self) -> str | None:
        """The group that small groups are merged into, if any."""
        if isinstance(self.below_min_size, dict):
            return next(iter(self.below_min_size.values()), None)
        return None


class Rank(Strict):
    """How places are given."""

    scope: Literal["group", "level"] = "group"
    method: RankMethod = "competition"
    tie_break: tuple[str, ...] = ()


class Quota(Strict):
    """How many of a group may get a grade."""

    share: Number
    extra: dict[str, Number] = {}
    floor: Number | None = None
    ties: Literal["include", "exclude"] = "include"

    def model_post_init(self, _context: object, /) -> None:
        """Refuse a share that is none."""
        if not 0 <= self.share <= 1:
            raise wrong("名额比例 share 须在 0 与 1 之间", "如 0.2")


class Grades(Strict):
    """等次: cut-offs, quotas, or both."""

    order: tuple[str, ...] = Field(min_length=2)
    cutoffs: dict[str, Number | None] = {}
    quotas: dict[str, Quota] = {}


class Level(Strict):
    """Everything that one level of entities is scored by."""

    full: Number = Number(100)
    aggregation: Aggregation = "arithmetic"
    min_coverage: Number = Number(0)
    tree: Tree = Field(min_length=1)
    bonus: Items = Items()
    deductions: Items = Items()
    vetoes: dict[str, Veto] = {}
    total_cap: Number | None = None
    groups: Groups = Groups()
    rank: Rank = Rank()
    grades: Grades | None = None
    composition: dict[PeriodKind, dict[PeriodKind, Number]] = {}
    recurrences: dict[str, Recurrence] = {}

    @property
    def gate_indicators(self) -> list[str]:
        """The ids of indicators that only gates read, in order."""
        inside = set(leaves(self.tree))
        gates = (gate.indicator for _, node in walk(self.tree) for gate in node.gates)
        return [name for name in dict.fromkeys(gates) if name not in inside]

    @property
    def by_points(self) -> bool:
        """Whether the dimensions carry 分值 and not weights."""
        return next(iter(self.tree.values())).points is not None

    def paths(self) -> dict[str, tuple[str, ...]]:
        """Return node id → path from the top."""
        return {path[-1]: path for path, _ in walk(self.tree)}

    def full_marks(self) -> dict[str, float]:
        """Return node id → full mark: its points, or 100 where the tree gives weights."""
        return {
            path[-1]: 100.0 if node.points is None else float(node.points) for path, node in walk(self.tree)
        }
