"""A proposed version on past periods, beside the version that was in force in each."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.frozen import standing
from wbwz_eval.campaign.periods import label_zh
from wbwz_eval.scoring.methodology import by_level
from wbwz_eval.scoring.scored import score_period

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wbwz_eval.campaign.folder import Campaign
    from wbwz_eval.campaign.periods import Period, PeriodKind
    from wbwz_eval.scoring.methodology import Methodology
    from wbwz_eval.scoring.scored import ScoredPeriod

_LEAST = 3
"""Fewer than this many pairs of numbers tell nothing of how one goes with the other."""
_NOISE_DIGITS = 9
"""What lies beyond is binary noise, and must not make differences of equal changes."""


@dataclass(frozen=True)
class BackTest:
    """What would have been.

    Attributes:
        periods: Those scored, in order.
        entities: One row per period and entity: ``period``, ``period_name``, ``version`` (in force),
            ``entity_id``, ``name``, ``group``, ``group_name``, ``size`` (ledger rows that count for it under
            the version in force), and under each version ``total_old`` ``total_new``, ``rank_old``
            ``rank_new``, ``grade_old`` ``grade_new``; ``change`` (points), ``moved`` (places up).
        summary: One row per period: ``ranked`` (under both), ``movers``, ``shift`` (mean of the places
            moved, either way), ``largest``, ``regraded``, ``agreement`` (Kendall's tau-b of the places under
            the two, within groups).
        stability: One row per pair of neighbouring periods: ``period``, ``before``, ``tau_old``,
            ``tau_new`` (Kendall's tau-b of the places in the two periods, within groups),
            ``shift_old``, ``shift_new`` (mean of the places moved between them).
        groups: One row per group: ``group``, ``group_name``, ``n``, ``change`` (mean points), ``movers``.
        size: See :func:`size_effect`.
    """

    periods: tuple[Period, ...]
    entities: pd.DataFrame
    summary: pd.DataFrame
    stability: pd.DataFrame
    groups: pd.DataFrame
    size: pd.DataFrame


def backtest(
    campaign: Campaign,
    proposed: Methodology,
    level: str,
    periods: Sequence[Period],
    advance: Callable[[str], None] = lambda _: None,
) -> BackTest:
    """Score past periods under a version and under the one that was in force.

    A frozen period is scored from what it was frozen with; a period before the first version, without
    entities or without data is left out.

    Args:
        campaign: The campaign.
        proposed: The version to try.
        level: The level's id.
        periods: Which periods; see :func:`past_periods`.
        advance: Is told each period.

    Raises:
        CampaignError: no period can be scored; the version has no rules for the level; anything wrong
            in the campaign's files.
    """
    by_level(proposed, level)
    parts, spans = [], []
    for span in periods:
        fixed = standing(campaign, span.id)
        if fixed.methodology_versions[0].effective_from > span.end or fixed.entities_at(level, span).empty:
            continue
        advance(label_zh(span))
        old = score_period(fixed, span, level)
        if not old.has_data:
            continue
        parts.append(_beside(old, score_period(fixed, span, level, methodology=proposed, reuse=old)))
        spans.append(span)
    if not parts:
        named = "、".join(span.id for span in periods) or "(无)"
        message = f"没有可以回测的期：{named} 里没有一期有办法、对象和数据"
        raise CampaignError(message)
    table = pd.concat(parts, ignore_index=True)
    return BackTest(
        tuple(spans), table, _summary(table), _stability(table, spans), _groups(table), size_effect(table)
    )


def past_periods(
    campaign: Campaign, kind: PeriodKind = "quarter", *, until: Period | None = None
) -> list[Period]:
    """Return the periods of a kind whose cut-off has passed, up to one, in order."""
    today = dt.date.today()
    last = campaign.end if until is None else until.end
    spans = [span for span in campaign.periods(kind) if span.end <= last]
    return [span for span in spans if campaign.cutoff(span) < today]


def _beside(old: ScoredPeriod, new: ScoredPeriod) -> pd.DataFrame:
    groups = old.campaign.groups
    names = [old.evaluation.groups.names[code] for code in old.evaluation.groups.codes]
    titles = [groups[name].name if name in groups else name for name in names]
    table = pd.DataFrame(
        {
            "period": old.period.id,
            "period_name": label_zh(old.period),
            "version": old.methodology.version,
            "entity_id": old.entities.index.to_numpy(object),
            "name": old.entities["name"].to_numpy(object),
            "group": names,
            "group_name": titles,
            "size": _rows_counted(old),
        }
    )
    for label, scored in (("old", old), ("new", new)):
        order = np.array([*(scored.level.grades.order if scored.level.grades else ()), ""], dtype=object)
        table[f"total_{label}"] = scored.evaluation.total
        table[f"rank_{label}"] = scored.evaluation.rank
        table[f"grade_{label}"] = order[scored.evaluation.grade]
    table["change"] = (table["total_new"] - table["total_old"]).round(_NOISE_DIGITS)
    table["moved"] = table["rank_old"] - table["rank_new"]
    return table


def _rows_counted(scored: ScoredPeriod) -> np.ndarray:
    """Return how many ledger rows count for each entity: how much work its score stands on."""
    count = np.zeros(len(scored.entities), dtype=np.int64)
    for measured in scored.measured.values():
        rows = measured.rows
        codes = rows.loc[rows["counted"].to_numpy(bool), "code"].to_numpy(np.int64)
        count += np.bincount(codes, minlength=len(count))
    return count


def _summary(table: pd.DataFrame) -> pd.DataFrame:
    both = table[table["rank_old"].notna() & table["rank_new"].notna()]
    found = both.groupby("period", sort=False).agg(
        period_name=("period_name", "first"),
        version=("version", "first"),
        ranked=("moved", "size"),
        movers=("moved", lambda own: int((own != 0).sum())),
        shift=("moved", lambda own: float(own.abs().mean())),
        largest=("moved", lambda own: float(own.abs().max())),
    )
    regraded = (table["grade_old"] != table["grade_new"]).groupby(table["period"], sort=False).sum()
    found["regraded"] = regraded.reindex(found.index)
    found["agreement"] = [
        tau_within(part["rank_old"], part["rank_new"], part["group"])
        for _, part in both.groupby("period", sort=False)
    ]
    return found.reset_index()


def _stability(table: pd.DataFrame, spans: Sequence[Period]) -> pd.DataFrame:
    names = dict(zip(table["period"], table["period_name"], strict=True))
    lines = []
    for first, second in pairwise(spans):
        pair = table[table["period"] == second.id].merge(
            table[table["period"] == first.id], on=["entity_id", "group"], suffixes=("", "_before")
        )
        line: dict[str, object] = {
            "period": second.id,
            "period_name": names[second.id],
            "before": first.id,
            "before_name": names[first.id],
        }
        for label in ("old", "new"):
            now, before = pair[f"rank_{label}"], pair[f"rank_{label}_before"]
            known = now.notna() & before.notna()
            line[f"tau_{label}"] = tau_within(now[known], before[known], pair.loc[known, "group"])
            line[f"shift_{label}"] = float((now - before)[known].abs().mean()) if known.any() else np.nan
        lines.append(line)
    return pd.DataFrame(
        lines,
        columns=[
            "period",
            "period_name",
            "before",
            "before_name",
            "tau_old",
            "tau_new",
            "shift_old",
            "shift_new",
        ],
    )


def tau_within(first: pd.Series, second: pd.Series, group: pd.Series) -> float:
    """Return Kendall's tau-b within groups, weighted by their numbers of pairs; NaN where none is defined."""
    frame = pd.DataFrame({"first": first, "second": second, "group": group})
    taus, pairs = [], []
    for _, part in frame.groupby("group"):
        if _varies(part["first"]) and _varies(part["second"]):
            taus.append(float(scipy.stats.kendalltau(part["first"], part["second"]).statistic))
            pairs.append(len(part) * (len(part) - 1) / 2)
    return float(np.average(taus, weights=pairs)) if taus else float("nan")


def _varies(values: pd.Series) -> bool:
    return len(values) > 1 and bool((values != values.iloc[0]).any())


def _groups(table: pd.DataFrame) -> pd.DataFrame:
    found = table.groupby("group", sort=False).agg(
        group_name=("group_name", "first"),
        n=("entity_id", "nunique"),
        change=("change", "mean"),
        movers=("moved", lambda own: int((own.fillna(0) != 0).sum())),
    )
    return found.reset_index()


def size_effect(table: pd.DataFrame) -> pd.DataFrame:
    """Return whether a version favours large or small entities among their peers.

    Size is the number of ledger rows that count for an entity; sizes and totals are taken as ranks
    within the period and group (as shares from 0 to 1), so that neither groups nor periods count, and
    averaged over the periods, so that an entity counts once.

    Args:
        table: See :class:`BackTest`.

    Returns:
        One row each for ``old``, ``new`` and ``change`` (of the total), in ``what``: ``rho``
        (Spearman-like correlation with size), ``p`` (two-sided), ``small`` and ``large`` (mean change
        of total, in points, of the smaller and of the larger half; NaN for the versions), ``n``
        (entities). ``rho`` and ``p`` are NaN where fewer than three entities differ in either.
    """
    keys = ["period", "group"]
    known = table[table["total_old"].notna() & table["total_new"].notna()]
    share = pd.DataFrame({"entity_id": known["entity_id"], "points": known["change"]})
    for column, name in (
        ("size", "size"),
        ("total_old", "old"),
        ("total_new", "new"),
        ("change", "change"),
    ):
        own = known[column].round(_NOISE_DIGITS).groupby([known[key] for key in keys])
        ranks, count = own.rank(), own.transform("count")
        share[name] = ((ranks - 1) / (count - 1)).where(count > 1)
    means = share.groupby("entity_id").mean().dropna(subset=["size"])
    lines = []
    for what in ("old", "new", "change"):
        rho = p = np.nan
        if len(means) >= _LEAST and _varies(means["size"]) and _varies(means[what]):
            rho, p = (float(each) for each in scipy.stats.pearsonr(means["size"], means[what]))
        small, large = (
            float(means.loc[part, "points"].mean()) if what == "change" and part.any() else np.nan
            for part in (means["size"] < 0.5, means["size"] > 0.5)  # noqa: PLR2004 - the middle
        )
        lines.append((what, rho, p, small, large, len(means)))
    return pd.DataFrame(lines, columns=["what", "rho", "p", "small", "large", "n"])
