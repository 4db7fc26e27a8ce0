"""What a period brought: innovation results, contests, good practices, and what was made of the results."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from wbwz_eval.campaign.ledgers import ENTITY

if TYPE_CHECKING:
    from wbwz_eval.tracking.situation import Situation

_YES = "是"


def dated(situation: Situation, ledger: str, day: str) -> pd.DataFrame:
    """Return a ledger's rows whose day lies in the period, with ``name`` of the entity; in order of days."""
    rows = situation.dated(ledger, day)
    if rows.empty:
        return rows.assign(name=pd.Series(dtype=object))
    rows = rows.sort_values([day, ENTITY], kind="stable").reset_index(drop=True)
    return rows.assign(name=situation.names(rows[ENTITY]))


def outputs(situation: Situation) -> pd.DataFrame:
    """Return the results in force that were issued in the period, each document once."""
    rows = dated(situation, "outputs", "issued_on")
    if rows.empty:
        return rows
    rows = rows[(rows["in_force"] == _YES) & (rows["doc_no"] != "")]
    return rows.drop_duplicates("doc_no").reset_index(drop=True)


def innovation_counts(situation: Situation) -> list[tuple[str, int, int]]:
    """Return what innovation came to: what is counted, how many, and of how many.

    The last is 0 where the number is not a part of another.
    """
    found: list[tuple[str, int, int]] = []
    projects = situation.dated("innovation_projects", "due_on")
    if len(projects):
        closed = projects["closed_on"].notna() & (projects["closed_on"] <= projects["due_on"])
        found.append(("创新项目按期结项", int(closed.sum()), len(projects)))
    topics = situation.dated("topics", "finished_on")
    if len(topics):
        adopted = topics["adopted_on"].notna() & (topics["adopted_on"] <= situation.end)
        found.append(("课题成果被采纳", int(adopted.sum()), len(topics)))
    effects = situation.dated("effects", "verify_due_on")
    if len(effects):
        found.append(("举措成效经验证成立", int((effects["proven"] == _YES).sum()), len(effects)))
    alone = (("awards", "awarded_on", "上级表彰认可"), ("highlights", "recognised_on", "创新亮点"))
    counted = ((title, len(situation.dated(ledger, day)), 0) for ledger, day, title in alone)
    return found + [line for line in counted if line[1]]


def contests(situation: Situation) -> pd.DataFrame:
    """Return the contests of the period and who came first to third.

    Returns:
        One row per contest: ``contest_no``, ``kind``, ``type``, ``held_on``, ``n`` (who took part, by the
        ledger's rows), ``first`` (names with points, best first; ties included).
    """
    rows = dated(situation, "contests", "held_on")
    columns = ["contest_no", "kind", "type", "held_on", "n", "first"]
    if rows.empty:
        return pd.DataFrame(columns=columns)
    rows = rows.assign(place=rows.groupby("contest_no")["points"].rank(ascending=False, method="min"))
    rows = rows.assign(said=rows["name"] + " " + rows["points"].map("{:g}".format))
    ahead = rows[rows["place"] <= 3].sort_values(["contest_no", "place"], kind="stable")  # noqa: PLR2004
    first = ahead.groupby("contest_no")["said"].agg("、".join)
    table = rows.groupby("contest_no", as_index=False).agg(
        kind=("kind", "first"), type=("type", "first"), held_on=("held_on", "first"), n=("place", "size")
    )
    return table.assign(first=table["contest_no"].map(first))[columns]


def practices(situation: Situation) -> pd.DataFrame:
    """Return the good practices of the period that were taken up."""
    rows = dated(situation, "experiences", "submitted_on")
    return rows[rows["approved"] == _YES].reset_index(drop=True) if len(rows) else rows


def brands(situation: Situation) -> pd.DataFrame:
    """Return each service brand as last told in the period, best known first."""
    rows = dated(situation, "brands", "as_of")
    if rows.empty:
        return rows
    levels = situation.campaign.codebook.ledgers["brands"].fields["recognised_level"].allowed
    rows = rows.groupby([ENTITY, "brand"], sort=False).tail(1)
    order = rows["recognised_level"].map({level: place for place, level in enumerate(levels)})
    return rows.assign(order=order).sort_values(["order", ENTITY], kind="stable").reset_index(drop=True)


def taking_part(situation: Situation) -> pd.DataFrame:
    """Return the events with groups and the public: ``group``, ``events``, ``people``, ``entities``."""
    rows = situation.dated("participation", "held_on")
    columns = ["group", "events", "people", "entities"]
    if rows.empty:
        return pd.DataFrame(columns=columns)
    return rows.groupby("group", as_index=False).agg(
        events=("event", "size"), people=("participants_n", "sum"), entities=(ENTITY, "nunique")
    )


def uses(situation: Situation) -> pd.DataFrame:
    """Return what was made of results in the period, whichever period the results are of."""
    return dated(situation, "result_uses", "used_on")
