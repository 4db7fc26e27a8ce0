"""YAML files with the line of every key, so that each mistake can be pointed at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from wbwz_eval.campaign.model_faults import explain_errors
from wbwz_eval.campaign.yaml_nodes import Loc, NodeReader, key_path

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from wbwz_eval.campaign.faults import Fault, FaultList

__all__ = ["Loc", "YamlSource", "key_path", "load_yaml", "parse_yaml", "read_model"]

_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True)
class YamlSource:
    """What a YAML file says, and where.

    Attributes:
        name: What faults call the file.
        data: Its content: dict, list, str, int, float, bool, ``datetime.date`` or None. Keys are
            always text, as written, so that an id such as ``007`` stays one.
        faults: What is wrong with the file as YAML: not there, not UTF-8, a syntax error, a
            duplicate key.
    """

    name: str
    data: Any
    faults: tuple[Fault, ...] = ()
    _lines: Mapping[Loc, int] = field(default_factory=dict, repr=False)

    def path_of(self, loc: Loc) -> Loc:
        """Return the longest part of ``loc`` that the file has.

        Parts that the file does not have are skipped: pydantic puts the names of union members in
        between.
        """
        known: Loc = ()
        for part in loc:
            if (*known, part) in self._lines:
                known = (*known, part)
            elif (*known, str(part)) in self._lines:
                known = (*known, str(part))
        return known

    def line_of(self, loc: Loc) -> int | None:
        """Return the line (from 1) of the key or item at ``loc``, or of the nearest above it."""
        return self._lines.get(self.path_of(loc))


def load_yaml(path: Path, *, name: str | None = None) -> YamlSource:
    """Read a YAML file; what is wrong with it stands in ``faults`` and is not raised.

    Args:
        path: The file.
        name: What faults call it; its file name if not given.
    """
    reader = NodeReader(name or path.name)
    data = reader.read(path)
    return YamlSource(reader.name, data, tuple(reader.faults), reader.lines)


def parse_yaml(raw: bytes, *, name: str) -> YamlSource:
    """Read bytes as :func:`load_yaml` reads a file."""
    reader = NodeReader(name)
    data = reader.read_bytes(raw)
    return YamlSource(name, data, tuple(reader.faults), reader.lines)


def read_model(model: type[_Model], source: YamlSource, *, faults: FaultList) -> _Model | None:
    """Read a source as a model; every mistake becomes a fault with its line.

    A validator's ``ValueError`` must carry the Chinese text that people read. A
    ``PydanticCustomError`` may bring two things in its context: ``expected``, what would be right,
    and ``at``, the keys from the validated value down to the place that the fault is about.

    Args:
        model: The pydantic model.
        source: The file; its own faults are added first.
        faults: Where all faults go.

    Returns:
        None where the data do not fit the model.
    """
    faults.extend(source.faults)
    if source.data is None:
        return None
    try:
        return model.model_validate(source.data)
    except ValidationError as error:
        for told in explain_errors(error.errors(include_url=False), model, source.path_of):
            faults.add(
                source.name,
                told.message,
                expected=told.expected,
                value=told.value,
                line=source.line_of(told.loc),
                key=key_path(source.path_of(told.named)),
            )
    return None
