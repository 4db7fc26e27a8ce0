"""A YAML text with some of its values changed; all the rest, comments too, stays as it was written."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from wbwz_eval.campaign.faults import FaultList, nearest
from wbwz_eval.campaign.yaml_nodes import Loc, NodeReader, key_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

REMOVE = object()
"""The value of a change that takes a key away with what it holds."""

_STEP = re.compile(r"([^.\[\]]+)|\[([0-9]+)\]")


def parse_place(written: str) -> Loc:
    """Read a place as people write it: ``levels.unit.grades.order[0]``; see ``key_path``."""
    return tuple(int(index) if index else key for key, index in _STEP.findall(written))


def edited(text: str, changes: Mapping[str, Any], name: str) -> str:
    """Return the text with other values at some places.

    A value takes the place of the one that stands there; where a number is written as a mapping with
    its clause or note, these stay. A key that is not there yet is added; ``REMOVE`` takes one away. What an
    alias (``*name``) shares with the changed place keeps its old value, written out.

    Args:
        text: Sound YAML.
        changes: Place → plain data or ``REMOVE``; made one after the other.
        name: What faults call the text.

    Raises:
        CampaignError: All places that the text does not have, with what is near.
    """
    faults = FaultList()
    for written, value in changes.items():
        root, loc = _read(text), parse_place(written)
        found = _find(root, loc, text) if value is not REMOVE else _find_key(root, loc, text)
        if not isinstance(found, str) and found.inside:
            found = _missing(_at(_data(text), found.shared), found, new=value is not REMOVE) or found
        if isinstance(found, str):
            faults.add(name, found, key=written)
            continue
        cuts = {found.cut: found.written(value, text)}
        cuts |= _written_out(root, found, text)
        for (start, end), new in sorted(cuts.items(), reverse=True):
            text = text[:start] + new + text[end:]
    faults.raise_if_any(f"{name} 没有要改的地方")
    return text


@dataclass
class _Node:
    """A value and where it stands: characters ``start`` to ``end``, its anchor's name before it."""

    kind: str
    start: int
    end: int
    anchor: str = ""
    flow: bool = True
    items: list[tuple[str | int, int, _Node]] = field(default_factory=list)

    def at(self, loc: Loc) -> _Node:
        """Return the node at a place, or the alias on the way."""
        node = self
        for step in loc:
            if node.kind == "alias":
                break
            node = next(child for key, _, child in node.items if key == step)
        return node

    def walk(self, loc: Loc = ()) -> Iterator[tuple[Loc, _Node]]:
        """Yield every node with its place."""
        yield loc, self
        for key, _, child in self.items:
            yield from child.walk((*loc, key))


@dataclass(frozen=True)
class _Found:
    """Where a change goes in, what else is written there, and which anchors it lies within.

    ``shared`` is the place of an alias and ``inside`` the rest of the way: a copy of what it stands for
    goes in, with the change made.
    """

    cut: tuple[int, int]
    anchors: frozenset[str]
    before: str = ""
    after: str = ""
    shared: Loc = ()
    inside: Loc = ()

    def written(self, value: Any, text: str) -> str:
        """Return what is written there."""
        if self.inside:
            value = _with(_at(_data(text), self.shared), self.inside, value)
        elif value is REMOVE:
            return self.before
        return f"{self.before}{_flow(value)}{self.after}"


def _find(root: _Node, loc: Loc, text: str) -> _Found | str:
    """Return where a place stands, or in words what is not there."""
    node, anchors = root, frozenset({root.anchor})
    for depth, step in enumerate(loc):
        if node.kind == "alias":
            return _Found((node.start, node.end), anchors, shared=loc[:depth], inside=loc[depth:])
        child = next((each for key, _, each in node.items if key == step), None)
        if child is not None:
            node = child
            anchors |= {node.anchor} if node.kind != "alias" else set()
            continue
        if node.kind == "map" and node.items and depth == len(loc) - 1:
            first = node.items[0][1]
            indent = first - (text.rfind("\n", 0, first) + 1)
            after = ", " if node.flow else "\n" + " " * indent
            return _Found((first, first), anchors, f"{step}: ", after)
        close = nearest(str(step), [str(key) for key, _, _ in node.items])
        return f"没有 {key_path(loc[: depth + 1])}" + (f"；最接近的是 {close}" if close else "")
    number = next((each for key, _, each in node.items if key == "value"), None)
    if node.kind == "map" and number is not None and number.kind == "scalar":
        return _Found((number.start, number.end), anchors | {number.anchor})
    own = {each.anchor for _, each in node.walk() if each.kind != "alias"}
    return _Found((node.start, node.end), anchors | own)


def _find_key(  # noqa: PLR0911 - one for each case
    root: _Node, loc: Loc, text: str
) -> _Found | str:
    """Return where a key stands with what it holds, and the comma or line that goes with it."""
    above = _find(root, loc[:-1], "")
    if isinstance(above, str):
        return above
    if above.inside or root.at(loc[:-1]).kind == "alias":
        shared = above.shared if above.inside else loc[:-1]
        return _Found(above.cut, above.anchors, shared=shared, inside=loc[len(shared) :])
    parent = root.at(loc[:-1])
    keys = [key for key, _, _ in parent.items]
    if loc[-1] not in keys:
        close = nearest(str(loc[-1]), [str(key) for key in keys])
        return f"没有 {key_path(loc)}" + (f"；最接近的是 {close}" if close else "")
    at = keys.index(loc[-1])
    _, start, node = parent.items[at]
    anchors = above.anchors | {each.anchor for _, each in node.walk() if each.kind != "alias"}
    begin = text.rfind("\n", 0, start) + 1
    if len(keys) > 1 and not parent.flow and not text[begin:start].strip():
        # its lines, and not the comment on what follows
        end = text.find("\n", node.end)
        return _Found((begin, len(text) if end < 0 else end + 1), anchors)
    if at + 1 < len(keys):
        return _Found((start, parent.items[at + 1][1]), anchors)
    if at:
        return _Found((parent.items[at - 1][2].end, node.end), anchors)
    return _Found((parent.start, parent.end), anchors, "{}")


def _missing(data: Any, found: _Found, *, new: bool) -> str:
    """Say what an alias's value does not have on the way; the last key may be new."""
    for depth, step in enumerate(found.inside):
        if isinstance(data, dict) and step in data:
            data = data[str(step)]
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            data = data[step]
        elif not (new and isinstance(data, dict) and depth == len(found.inside) - 1):
            place = key_path((*found.shared, *found.inside[: depth + 1]))
            close = nearest(str(step), data) if isinstance(data, dict) else None
            return f"没有 {place}" + (f"；最接近的是 {close}" if close else "")
    return ""


def _written_out(root: _Node, found: _Found, text: str) -> dict[tuple[int, int], str]:
    """Return what replaces the aliases of changed anchors: their old value."""
    names = found.anchors - {""}
    start, end = found.cut
    sharing = [
        (loc, node)
        for loc, node in root.walk()
        if node.kind == "alias" and node.anchor in names and not start <= node.start < end
    ]
    data = _data(text) if sharing else None
    return {(node.start, node.end): _flow(_at(data, loc)) for loc, node in sharing}


def _data(text: str) -> Any:
    return NodeReader("").read_text(text)


def _at(data: Any, loc: Loc) -> Any:
    for step in loc:
        data = data[step]
    return data


def _with(data: Any, loc: Loc, value: Any) -> Any:
    """Return a copy of plain data with one value changed."""
    if not loc:
        return data | {"value": value} if _is_number(data, value) else value
    if isinstance(data, list):
        return [_with(each, loc[1:], value) if at == loc[0] else each for at, each in enumerate(data)]
    inside = data if isinstance(data, dict) else {}
    if value is REMOVE and len(loc) == 1:
        return {key: each for key, each in inside.items() if key != loc[0]}
    return inside | {loc[0]: _with(inside.get(str(loc[0])), loc[1:], value)}


def _is_number(data: Any, value: Any) -> bool:
    return isinstance(data, dict) and "value" in data and not isinstance(value, dict)


def _flow(value: Any) -> str:
    """Write plain data on one line, so that it can stand anywhere."""
    said: str = yaml.safe_dump(
        value, default_flow_style=True, allow_unicode=True, width=1_000_000, sort_keys=False
    )
    return said.removesuffix("\n").removesuffix("\n...")


def _read(text: str) -> _Node:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    events = iter(yaml.parse(text, Loader=loader))
    next(event for event in events if isinstance(event, yaml.DocumentStartEvent))
    return _node(next(events), events)


def _from(event: yaml.Event) -> int:
    assert event.start_mark is not None
    return int(event.start_mark.index)


def _to(event: yaml.Event) -> int:
    assert event.end_mark is not None
    return int(event.end_mark.index)


def _node(event: yaml.Event, events: Iterator[yaml.Event]) -> _Node:
    start, end = _from(event), _to(event)
    anchor = getattr(event, "anchor", None) or ""
    if isinstance(event, yaml.AliasEvent):
        return _Node("alias", start, end, anchor)
    if isinstance(event, yaml.ScalarEvent):
        return _Node("scalar", start, end, anchor)
    mapping = isinstance(event, yaml.MappingStartEvent)
    node = _Node("map" if mapping else "list", start, end, anchor, bool(getattr(event, "flow_style", True)))
    closing = yaml.MappingEndEvent if mapping else yaml.SequenceEndEvent
    while not isinstance(each := next(events), closing):
        at = _from(each)
        key: str | int = len(node.items)
        if mapping:
            assert isinstance(each, yaml.ScalarEvent)
            key, each = str(each.value), next(events)
        node.items.append((key, at, _node(each, events)))
    # a block ends where its last value does: what follows are blank lines and comments
    node.end = _to(each) if node.flow else max(child.end for _, _, child in node.items)
    return node
