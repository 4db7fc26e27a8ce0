"""Signs that figures are not what they seem: full marks for all, values just above a limit, pairs apart."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wbwz_eval.campaign.ledgers import ENTITY, ROW_ID
from wbwz_eval.review.versions.fields_needed import fields_needed, filled
from wbwz_eval.scoring.bands import Bands
from wbwz_eval.scoring.opinions import Panel
from wbwz_eval.scoring.rules import Efficacy, Proportional, ThresholdSlope

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from wbwz_eval.campaign.folder import Campaign
    from wbwz_eval.scoring.methodology import Indicator, Methodology
    from wbwz_eval.scoring.scores import Scores
    from wbwz_eval.tracking.situation import Situation

CEILING_SHARE, LITTLE_SPREAD = 0.8, 1.0
"""Past this share at full marks, or under this standard deviation in percent, an indicator tells nothing."""
CHANCE = 0.05
_LEAST_SCORED = 3
_VOID = "废票"
_TOLERANCE = 1e-9


def coverage(scores: Scores) -> pd.DataFrame:
    """Return how many entities each indicator could be scored for.

    Returns:
        One row per indicator: ``node``, ``name``; numbers ``scored``, ``missing``, ``small_n``,
        ``not_applicable``; ``share`` (scored ÷ all it applies to, NaN where it applies to none).
    """
    leaves = scores.nodes[scores.nodes["kind"] == "indicator"]
    kinds = ("scored", "missing", "small_n", "not_applicable")
    flags = pd.DataFrame({kind: leaves["status"] == kind for kind in kinds})
    found = flags.groupby(leaves["node"], sort=False).sum()
    applies = found.sum(axis=1) - found["not_applicable"]
    found.insert(0, "name", leaves.drop_duplicates("node").set_index("node")["name"])
    return found.assign(share=found["scored"] / applies.where(applies > 0)).reset_index()


def ceilings(scores: Scores) -> pd.DataFrame:
    """Return how well each indicator tells entities apart.

    Returns:
        One row per indicator scored for at least three: ``node``, ``name``, ``n``, ``full`` (share at
        full marks or above), ``spread`` (standard deviation of the points in percent of the full mark),
        ``mute`` (whether it tells next to nothing: see ``CEILING_SHARE`` and ``LITTLE_SPREAD``).
    """
    leaves = scores.nodes[(scores.nodes["kind"] == "indicator") & scores.nodes["points"].notna()]
    share = 100.0 * leaves["points"] / leaves["full"]
    grouped = share.groupby(leaves["node"], sort=False)
    names = leaves.drop_duplicates("node").set_index("node")["name"]
    full = (share >= 100.0 - _TOLERANCE).groupby(leaves["node"], sort=False).mean()
    found = pd.DataFrame({"name": names, "n": grouped.size(), "full": full, "spread": grouped.std(ddof=0)})
    found = found[found["n"] >= _LEAST_SCORED]
    return found.assign(
        mute=(found["full"] >= CEILING_SHARE) | (found["spread"] < LITTLE_SPREAD)
    ).reset_index()


def bunching(scores: Scores, methodology: Methodology) -> pd.DataFrame:
    """Return how many values lie just above each limit of a rule, against just below it.

    "Just" is within one unit (one percentage point of a rate). ``chance`` is how likely at least so
    many on the good side would be if both sides were alike (sign test).

    Returns:
        One row per limit that has values near it: ``node``, ``name``, ``limit``, ``better``, ``worse``
        (numbers of entities, the value at the limit itself being better), ``chance``.
    """
    leaves = scores.nodes[scores.nodes["kind"] == "indicator"]
    lines = []
    for node, part in leaves.groupby("node", sort=False):
        indicator = methodology.indicators[str(node)]
        away = part["value"].dropna().to_numpy(np.float64)
        sign = 1.0 if indicator.direction == "up" else -1.0
        for limit in _limits(indicator):
            past = sign * (away - limit)
            if not (past > _TOLERANCE).any():
                # a limit that nobody can pass is a ceiling, and told as one
                continue
            better = int(((past > -_TOLERANCE) & (past < 1.0)).sum())
            worse = int(((past < -_TOLERANCE) & (past >= -1.0)).sum())
            if better + worse:
                lines.append((node, indicator.name, limit, better, worse, _sign_test(better, better + worse)))
    return pd.DataFrame(lines, columns=["node", "name", "limit", "better", "worse", "chance"])


def _limits(indicator: Indicator) -> list[float]:
    """Return the values at which a rule bends or steps."""
    rule = indicator.rule
    match rule:
        case ThresholdSlope():
            found = [rule.threshold]
        case Proportional():
            found = [rule.target, rule.threshold]
        case Efficacy():
            found = [rule.satisfied, rule.unacceptable]
        case Bands():
            found = [edge for band in rule.bands for edge in (band.from_, band.to) if edge is not None]
        case _:
            found = []
    # nobody can lie below nought per cent
    return sorted({float(limit) for limit in found if float(limit) != 0.0})


def _sign_test(better: int, both: int) -> float:
    return sum(math.comb(both, k) for k in range(better, both + 1)) / 2**both


def diverging(scores: Scores, methodology: Methodology) -> pd.DataFrame:
    """Return who does well in an indicator and badly in the one that the method sets against it.

    Returns:
        One row per pair and entity: ``entity_id``, ``name``, ``indicator``, ``against`` (names),
        ``first``, ``second`` (points in percent of the full mark), ``apart``; most first.
    """
    leaves = scores.nodes[scores.nodes["kind"] == "indicator"]
    share = (100.0 * leaves["points"] / leaves["full"]).to_numpy()
    frame = leaves[["entity_id", "node"]].assign(share=share)
    wide = frame.pivot_table(index="entity_id", columns="node", values="share")
    names = scores.scores.set_index("entity_id")["name"]
    parts = []
    for pair in methodology.counter_pairs:
        if not {pair.indicator, pair.against} <= set(wide.columns):
            continue
        first, second = wide[pair.indicator], wide[pair.against]
        found = pd.DataFrame({"first": first, "second": second, "apart": first - second})
        found = found[found["apart"] > float(pair.apart)].reset_index()
        said = (methodology.indicators[name].name for name in (pair.indicator, pair.against))
        parts.append(
            found.assign(
                name=found["entity_id"].map(names), **dict(zip(("indicator", "against"), said, strict=True))
            )
        )
    columns = ["entity_id", "name", "indicator", "against", "first", "second", "apart"]
    filled = [part for part in parts if len(part)]
    if not filled:
        return pd.DataFrame(columns=columns)
    table = pd.concat(filled, ignore_index=True)[columns]
    return table.sort_values("apart", ascending=False, kind="stable").reset_index(drop=True)


def raters(scores: Scores, situation: Situation) -> pd.DataFrame:
    """Return how each rater rates: leniently or severely, alike or apart, and what was void.

    Returns:
        One row per rater and panel indicator: ``indicator``, ``rater``, ``group``, ``n`` (valid
        ballots), ``lenient`` (mean of own score − mean of all valid ballots for the same entity),
        ``spread`` (standard deviation of own valid scores), ``void`` (ballots), ``why`` (first reason).
    """
    parts = []
    for code, indicator in situation.methodology.indicators.items():
        if isinstance(indicator.measure, Panel):
            parts.append(_rated(scores, situation, code, indicator.name, indicator.measure))
    filled = [part for part in parts if len(part)]
    columns = ["indicator", "rater", "group", "n", "lenient", "spread", "void", "why"]
    return pd.concat(filled, ignore_index=True)[columns] if filled else pd.DataFrame(columns=columns)


def _rated(scores: Scores, situation: Situation, code: str, name: str, panel: Panel) -> pd.DataFrame:
    cast = scores.rows[scores.rows["indicator"] == code]
    ballots = situation.rows(panel.ledger).set_index(ROW_ID)
    known = cast[cast["row_id"].isin(ballots.index)]
    if known.empty:
        return pd.DataFrame()
    about = ballots.loc[known["row_id"], [panel.rater, panel.group]].to_numpy(object)
    void = known["reason"].str.startswith(_VOID).to_numpy()
    valid = known["counted"].to_numpy(bool) | (known["reason"] == "去极值").to_numpy()
    score = known["value"].where(valid)
    mean = score.groupby(known["entity_id"]).transform("mean")
    frame = pd.DataFrame(
        {
            "rater": about[:, 0],
            "group": about[:, 1],
            "score": score.to_numpy(),
            "away": (score - mean).to_numpy(),
            "void": void,
            "why": known["reason"].where(void, "").to_numpy(),
        }
    )
    found = frame.groupby(["rater", "group"], as_index=False).agg(
        n=("score", "count"),
        lenient=("away", "mean"),
        spread=("score", lambda own: own.std(ddof=0)),
        void=("void", "sum"),
        why=("why", "max"),
    )
    return found.assign(indicator=name)


def burden(situation: Situation, shown: Mapping[str, AbstractSet[str]]) -> pd.DataFrame:
    """Return how many cells the entities had to fill for a period, and how many of them nobody reads.

    Counted are the filled cells of rows that came in after the cut-off before and by the period's own,
    in the columns that whoever reports fills; of these a cell is read where an indicator reads its column, a
    check or deadline of the codebook does, or a report shows it.

    Args:
        situation: The period.
        shown: The columns of each ledger that reports show.

    Returns:
        One row per ledger that entities report: ``ledger``, ``name``, ``rows``, ``cells``, ``unread``
        (numbers), ``idle`` (labels of the columns that were filled and nobody reads).
    """
    campaign, methodology = situation.campaign, situation.methodology
    after = np.datetime64(campaign.cutoff_before(situation.period), "s")
    scored = fields_needed(methodology)
    own = situation.header["level"]
    lines = []
    for ledger, schema in campaign.codebook.ledgers.items():
        if own not in schema.reported_by:
            continue
        rows = situation.rows(ledger)
        rows = rows[rows["reported_on"] > after] if after > np.datetime64(campaign.start, "s") else rows
        asked = {code for code, field in schema.fields.items() if field.filled_by == "reporter"} - _KEYS
        columns = [code for code in schema.fields if code in asked]
        told = {code: int(filled(rows[code]).sum()) for code in columns}
        read = scored.get(ledger, set()) | set(shown.get(ledger, ())) | _named_in(campaign, ledger)
        idle = [code for code in columns if code not in read and told[code]]
        unread = sum(told[code] for code in idle)
        labels = [schema.fields[code].label for code in idle]
        lines.append((ledger, schema.name, len(rows), sum(told.values()), unread, labels))
    return pd.DataFrame(lines, columns=["ledger", "name", "rows", "cells", "unread", "idle"])


_KEYS = frozenset({ROW_ID, ENTITY, "status", "reporter", "evidence_id"})


def _named_in(campaign: Campaign, ledger: str) -> set[str]:
    """Return the fields that keys, deadlines and checks of the codebook name."""
    schema = campaign.codebook.ledgers[ledger]
    found = set(schema.key) | ({schema.checked} if schema.checked else set())
    if schema.track is not None:
        found |= {name for name in schema.track.model_dump().values() if name}
    for check in schema.checks:
        for value in check.model_dump().values():
            found |= (
                {value} if isinstance(value, str) else set(value if isinstance(value, list | tuple) else ())
            )
    return found & set(schema.fields)
