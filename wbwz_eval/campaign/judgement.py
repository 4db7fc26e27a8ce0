"""What comes of judging a file: what is wrong with it, and which of its rows count."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wbwz_eval.campaign.receipts import CountedSection, FaultNote, Status

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from wbwz_eval.campaign.section_rows import Content


@dataclass(frozen=True)
class Counted:
    """A section with the rows that count: what its receipt says, and their values.

    ``settled`` has what the rows come to where a cell that says nothing is left empty.
    """

    section: CountedSection
    content: Content
    settled: Content
    numbers: NDArray[np.int64]


@dataclass
class Judgement:
    """What is wrong with a file, what was left out on purpose, what counts, and for which period it is."""

    faults: list[FaultNote] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    counted: list[Counted] = field(default_factory=list)
    period: str = ""

    def status(self, *, accept_valid: bool) -> Status:
        """Return whether the file, its good rows or nothing of it counts."""
        if not self.faults:
            return "accepted"
        good = any(len(part.numbers) for part in self.counted)
        return "partial" if accept_valid and good else "refused"
