"""Whether the indicators look at all that the basis document says is to be looked at (its “看…”)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from pydantic import Field

from wbwz_eval.campaign.faults import FaultList, one_of
from wbwz_eval.campaign.yaml_source import YamlSource, key_path, load_yaml, read_model
from wbwz_eval.review.structure.indicator_matrix import dimension_of, nominal_weights
from wbwz_eval.scoring.fields import Strict
from wbwz_eval.scoring.methodology import by_level
from wbwz_eval.scoring.tree import walk

if TYPE_CHECKING:
    from wbwz_eval.campaign.folder import Campaign
    from wbwz_eval.scoring.methodology import MethodologyFile
    from wbwz_eval.scoring.tree import Level

FILE = "review/aspects.yaml"
COVERAGE = ("dimension", "dimension_name", "aspect", "clause", "indicators", "names", "weight", "gap", "note")
UNMATCHED = ("node", "name", "dimension", "dimension_name", "aspect", "weight", "note")


class Aspect(Strict):
    """One thing that the document demands to be looked at.

    ``aspect`` is what indicators write; ``text`` the document's own sentence; ``levels`` whom it concerns,
    none written = every level that has the dimension.
    """

    dimension: str
    aspect: str = Field(min_length=1)
    clause: str = ""
    text: str = ""
    levels: tuple[str, ...] = ()


class Aspects(Strict):
    """The file as written."""

    aspects: tuple[Aspect, ...] = ()

    def at(self, level: str) -> tuple[Aspect, ...]:
        """Return those that concern a level."""
        return tuple(each for each in self.aspects if not each.levels or level in each.levels)


def load_aspects(campaign: Campaign, methodology: MethodologyFile) -> Aspects:
    """Read what the campaign's basis document demands; nothing where there is no such file.

    Raises:
        CampaignError: all mistakes of the file at once, with their lines: also a dimension that no level
            of the methodology has, an unknown level, an aspect that stands there twice.
    """
    path = campaign.path / FILE
    if not path.exists():
        return Aspects()
    faults = FaultList()
    source = load_yaml(path, name=FILE)
    read = read_model(Aspects, source, faults=faults)
    if read is not None:
        _check(read, campaign, methodology, source, faults)
    faults.raise_if_any(f"{FILE} 有误，不能核对指标是否覆盖文件的看点")
    # an empty file demands nothing
    return read or Aspects()


def _check(
    read: Aspects, campaign: Campaign, methodology: MethodologyFile, source: YamlSource, faults: FaultList
) -> None:
    seen: dict[tuple[str, str], int] = {}
    for place, each in enumerate(read.aspects):
        here = ("aspects", place)

        def add(
            key: str, message: str, *, value: str, expected: str, at: tuple[str | int, ...] = here
        ) -> None:
            loc = (*at, key)
            faults.add(
                FILE, message, value=value, expected=expected, line=source.line_of(loc), key=key_path(loc)
            )

        for level in each.levels:
            if level not in campaign.levels:
                add("levels", "没有这个层级", value=level, expected=one_of(campaign.levels, instead_of=level))
        asked = [level for level in each.levels or methodology.levels if level in methodology.levels]
        tops = {name: None for level in asked for name in methodology.levels[level].tree}
        if each.dimension not in tops:
            right = one_of(tops, instead_of=each.dimension)
            add("dimension", "不是评价办法中的维度", value=each.dimension, expected=right)
        first = seen.setdefault((each.dimension, each.aspect), place)
        if first != place:
            line = source.line_of(("aspects", first, "aspect"))
            add(
                "aspect",
                f"重复，第 {line} 行已经写过",
                value=each.aspect,
                expected="同一维度内每个看点只写一次",
            )


def aspect_coverage(methodology: MethodologyFile, level: str, aspects: Aspects) -> pd.DataFrame:
    """Return by which indicators of a level each demanded aspect is looked at.

    Returns:
        One row per aspect that concerns the level, in the file's order: ``dimension`` (id),
        ``dimension_name``, ``aspect``, ``clause``; ``indicators`` (ids) and ``names`` of the indicators in
        that dimension that write it, those that only gates read among them; ``weight`` (their nominal share
        of the total, 0–1); ``gap`` (whether it moves no score: no such indicator, or none with weight);
        ``note`` (why there is a gap, else empty).

    Raises:
        CampaignError: the methodology has no such level.
    """
    rules = by_level(methodology, level)
    where, nominal = _where(rules), nominal_weights(rules)
    lines = []
    for each in aspects.at(level):
        serving = [
            code
            for code, dimension in where.items()
            if dimension == each.dimension and methodology.indicators[code].aspect == each.aspect
        ]
        weight = sum(nominal.get(code, 0.0) for code in serving)
        names = [methodology.indicators[code].name for code in serving]
        if weight > 0:
            note = ""
        elif each.dimension not in rules.tree:
            note = "这个层级没有这一维度"
        else:
            note = f"只有不计分的 {'、'.join(names)}" if serving else "没有指标对应"
        title = _title(methodology, each.dimension)
        lines.append(
            (each.dimension, title, each.aspect, each.clause, serving, names, weight, weight <= 0, note)
        )
    return pd.DataFrame(lines, columns=list(COVERAGE)).astype({"weight": float, "gap": bool})


def unmatched(methodology: MethodologyFile, level: str, aspects: Aspects) -> pd.DataFrame:
    """Return the indicators of a level that look at nothing that the document demands there.

    Returns:
        One row per indicator, gates' included: ``node``, ``name``, ``dimension`` (id), ``dimension_name``,
        ``aspect`` (what it writes), ``weight`` (nominal share of the total, 0–1), ``note`` (why).

    Raises:
        CampaignError: the methodology has no such level.
    """
    rules = by_level(methodology, level)
    nominal = nominal_weights(rules)
    demanded = {(each.dimension, each.aspect) for each in aspects.at(level)}
    lines = []
    for code, dimension in _where(rules).items():
        indicator = methodology.indicators[code]
        if (dimension, indicator.aspect) in demanded:
            continue
        elsewhere = [of for of, aspect in demanded if aspect == indicator.aspect]
        note = (
            "没有写看点"
            if not indicator.aspect
            else f"这是“{'、'.join(sorted(_title(methodology, of) for of in elsewhere))}”的看点"
            if elsewhere
            else "文件对这个层级没有这个看点"
        )
        title = _title(methodology, dimension)
        lines.append((code, indicator.name, dimension, title, indicator.aspect, nominal.get(code, 0.0), note))
    return pd.DataFrame(lines, columns=list(UNMATCHED)).astype({"weight": float})


def _where(level: Level) -> dict[str, str]:
    """Return indicator → dimension, those that only gates read behind the others."""
    found = dimension_of(level)
    for path, node in walk(level.tree):
        for gate in node.gates:
            found.setdefault(gate.indicator, path[0])
    return found


def _title(methodology: MethodologyFile, dimension: str) -> str:
    for level in methodology.levels.values():
        node = level.tree.get(dimension)
        if node is not None:
            return node.name or methodology.indicators[dimension].name
    return dimension
