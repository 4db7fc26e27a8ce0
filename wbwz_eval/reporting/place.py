"""Where the files of one report lie, and how they come there: whole, or not at all."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from wbwz_eval.reporting.catalogue import RESTRICTED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wbwz_eval.campaign.folder import Campaign
    from wbwz_eval.reporting.catalogue import Report

REPORTS_FOLDER = "reports"
MANIFEST = ".report.json"
FORMS = ("pdf", "docx", "xlsx")
"""What a report comes in beside the page (HTML)."""

_BESIDE, _LEFT_SECONDS = ".report-", 600.0


class Place:
    """Where one report's files go: the finished ones, and the notebook of a run that failed."""

    def __init__(self, folder: Path, stem: str, *, restricted: bool = False) -> None:
        """Name the files after a stem; restricted ones are for their owner alone, whatever the umask."""
        self.restricted = restricted
        self.notebook, self.page = folder / f"{stem}.ipynb", folder / f"{stem}.html"
        self.failed = folder / f"{stem}.failed.ipynb"
        self.manifest = folder / f"{stem}{MANIFEST}"

    def form(self, form: str) -> Path:
        """Return the file of another form."""
        return self.page.with_suffix(f".{form}")

    def publish(self, files: Mapping[str, bytes]) -> None:
        """Write the files of a finished report beside their place, then rename them; the manifest last."""
        self.page.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=_BESIDE, dir=self.page.parent) as beside:
            for name, data in files.items():
                self._write(Path(beside) / name, data)
            self.drop_finished()
            for name in sorted(files, key=lambda name: name == self.manifest.name):
                (Path(beside) / name).replace(self.page.with_name(name))
        self.failed.unlink(missing_ok=True)

    def fail(self, notebook: bytes | None) -> None:
        """Keep the notebook of a run that failed, and nothing that an earlier one had finished.

        Its inputs are superseded, and it must not pass for the report that was asked for.
        """
        if notebook is not None:
            self.page.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=_BESIDE, dir=self.page.parent) as beside:
                written = Path(beside) / self.failed.name
                self._write(written, notebook)
                written.replace(self.failed)
        self.drop_finished()

    def _write(self, path: Path, data: bytes) -> None:
        # in a temporary folder, which nobody else can enter
        path.write_bytes(data)
        if self.restricted:
            path.chmod(0o600)

    def drop_finished(self) -> None:
        """Remove what an earlier run had finished."""
        self.manifest.unlink(missing_ok=True)
        for path in (self.notebook, self.page, *(self.form(form) for form in FORMS)):
            path.unlink(missing_ok=True)


def clear_left(folder: Path) -> None:
    """Remove what processes that were killed have left half written in a folder of reports.

    What is younger than ten minutes may be another command's that is at work.
    """
    for left in folder.glob(f"{_BESIDE}*"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > _LEFT_SECONDS:
                shutil.rmtree(left)


def reports_folder(campaign: Campaign, period: str) -> Path:
    """Return where a period's reports go, under the current folder."""
    return Path(REPORTS_FOLDER) / campaign.path.resolve().name / period


def report_place(folder: Path, values: Mapping[str, object], report: Report) -> Place:
    """Return where a report's files go."""
    # an entity's id says its level; another subject does not
    about = [values["level"]] if report.each != "entity" else []
    about += [values[report.each]] if report.each else []
    stem = "-".join([report.name, *map(str, about), str(values["edition"])])
    return Place(folder, stem, restricted=values["edition"] == RESTRICTED)
