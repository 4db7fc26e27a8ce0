"""Where things lie: reports with the marks of what is done, the records of runs, and what a run works on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from wbwz_eval.reporting.place import REPORTS_FOLDER

_WORK = ".due"


@dataclass(frozen=True)
class Where:
    """The folders of one campaign.

    Attributes:
        campaign: The campaign's folder.
        reports: The folder of its reports: one folder in it for each period.
    """

    campaign: Path
    reports: Path

    @staticmethod
    def of(campaign: Path, out: Path | None = None) -> Where:
        """Return the folders; without ``out`` the reports are where ``wbwz report-set`` puts them."""
        return Where(campaign, out or Path(REPORTS_FOLDER) / campaign.resolve().name)

    @property
    def runs(self) -> Path:
        """The folder of the records of runs, one folder each."""
        return self.reports / "runs"

    @property
    def work(self) -> Path:
        """What only the machine needs: the lock, and the campaign as of the cut-offs.

        It is in the campaign's folder and not beside the reports, because it holds ledgers, and the
        folder of the reports may be one that is served.
        """
        return self.campaign / _WORK

    def of_period(self, period: str) -> Path:
        """Return the folder of a period's reports."""
        return self.reports / period
