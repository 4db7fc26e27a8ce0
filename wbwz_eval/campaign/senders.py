"""Who submits, and whose rows they may send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wbwz_eval.campaign.receipts import OFFICE

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Sender:
    """Who submits, and for whom.

    Attributes:
        id: An entity's id, or ``office``.
        own: Whose rows they may send; None for everybody's.
        entities: The campaign's entities, indexed by id.
    """

    id: str
    own: frozenset[str] | None
    entities: pd.DataFrame

    @property
    def is_office(self) -> bool:
        """Whether the working group's office itself submits."""
        return self.id == OFFICE


def sender_of(sender: str, entities: pd.DataFrame) -> Sender:
    """Return a sender with all entities below it."""
    if sender == OFFICE:
        return Sender(OFFICE, None, entities)
    own = {sender}
    while True:
        below = set(entities.index[entities["parent"].isin(own)]) - own
        if not below:
            return Sender(sender, frozenset(own), entities)
        own |= below
