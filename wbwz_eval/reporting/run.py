"""Running a report: parameters in, executed notebook and page out, or one clear error.

Finished files are written beside their final place and renamed into it.
A run that fails keeps the executed notebook as ``….failed.ipynb`` and removes
what an earlier run had finished there: its inputs are superseded, and it must
not pass for the report that was asked for.
"""

from __future__ import annotations

import contextlib
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wbwz_eval.campaign.faults import CampaignError, one_of
from wbwz_eval.campaign.folder import Campaign, open_campaign
from wbwz_eval.campaign.frozen import read_freeze
from wbwz_eval.campaign.whole_files import digest
from wbwz_eval.reporting.catalogue import INTERNAL, Report, check_place, find_report
from wbwz_eval.reporting.editions import open_accountability, open_report
from wbwz_eval.reporting.errors import ReportError
from wbwz_eval.reporting.portraits import open_portrait
from wbwz_eval.reporting.progress import steps
from wbwz_eval.scoring.results import input_state, open_results

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from nbformat import NotebookNode

    from wbwz_eval.reporting.view import Headed

__all__ = ["ReportError", "run_report"]

REPORTS_FOLDER = "reports"
MANIFEST = ".report.json"
FORMS = ("pdf", "docx", "xlsx")
"""What a report comes in beside the page (HTML)."""

_CODE = frozenset({".py", ".j2", ".css"})


def run_report(
    name: str,
    campaign: Path | str,
    period: str | None = None,
    *,
    level: str = "unit",
    edition: str = INTERNAL,
    out: Path | None = None,
    parameters: Mapping[str, object] | None = None,
    forms: Sequence[str] = (),
    red_head: bool = False,
    quiet: bool = False,
) -> Path:
    """Run a report of the list; returns the page (HTML), with the notebook beside it.

    ``period`` None is the campaign's last one of the report's kind that is
    over; ``out`` None is ``reports/<campaign folder>/<period>`` under the
    current folder; ``parameters`` are the report's own, past the four that
    every report has; ``forms`` are :data:`FORMS` wanted beside the page, ``red_head``
    gives those for paper a red head; ``quiet`` shows no progress.

    Raises:
        ReportError: an unknown report, period, level or parameter, before
            anything runs; a cell that failed, with the notebook kept.
        CampaignError: the campaign's own files are wrong.
    """
    report = find_report(name)
    for form in forms:
        if form not in FORMS:
            msg = f"没有格式 “{form}”；应为 {one_of(FORMS, instead_of=form)}"
            raise ReportError(msg)
    opened = open_campaign(campaign)
    wanted = period if period is not None else report.last_period(opened).id
    values = {"campaign": str(campaign), "period": wanted, "level": level, "edition": edition}
    report.check(values | dict(parameters or {}))
    span = check_place(report, opened, wanted, level, edition)
    notebook = report.notebook_path()
    everything = values | dict(parameters or {})
    place = report_place(out or reports_folder(opened, span.id), everything, report)
    place.page.parent.mkdir(parents=True, exist_ok=True)
    with _no_steps() if quiet else steps(f"{report.title} {span.id}", _count_steps(notebook)) as advance:
        try:
            return _Run(report, opened, everything, place, tuple(forms), red_head=red_head).make(
                notebook, advance
            )
        except Exception:
            place.drop_finished()
            raise


def reports_folder(campaign: Campaign, period: str) -> Path:
    """Return where a period's reports go, under the current folder."""
    return Path(REPORTS_FOLDER) / campaign.path.resolve().name / period


def report_place(folder: Path, values: Mapping[str, object], report: Report) -> Place:
    """Return where a report's files go."""
    # an entity's id says its level; another subject does not
    about = [values["level"]] if report.each != "entity" else []
    about += [values[report.each]] if report.each else []
    return Place(folder, "-".join([report.name, *map(str, about), str(values["edition"])]))


def is_current(
    campaign: Campaign,
    report: Report,
    values: Mapping[str, object],
    place: Place,
    forms: Sequence[str] = (),
    *,
    red_head: bool = False,
) -> bool:
    """Return whether a report stands there whole, and would come out the same.

    Its inputs, notebook, parameters and the code that makes it are as they were, and so is each file.
    """
    try:
        made = json.loads(place.manifest.read_text(encoding="utf-8"))
        wanted = {place.page.name, *(place.form(form).name for form in forms)}
        files = made["files"]
        same = wanted == set(files) and place.notebook.is_file() and made["red_head"] == red_head
        same = same and all(place.page.with_name(name).is_file() for name in wanted)
        same = same and all(digest(place.page.with_name(name).read_bytes()) == files[name] for name in wanted)
        return bool(same and made["state"] == _state(campaign, report, values))
    except (OSError, ValueError, KeyError, CampaignError):
        return False


def _state(campaign: Campaign, report: Report, values: Mapping[str, Any]) -> str:
    """Return a digest of all that decides what a report looks like."""
    files = sorted(path for path in Path(__file__).parents[1].rglob("*") if path.suffix in _CODE)
    parts = [digest(path.read_bytes()) for path in (*files, report.notebook_path())]
    state = [
        input_state(campaign, values["period"]),
        {name: value for name, value in values.items() if name != "campaign"},
        parts,
    ]
    return digest(json.dumps(state, sort_keys=True).encode())


@contextlib.contextmanager
def _no_steps() -> Iterator[Callable[[str], None]]:
    yield lambda _: None


def _count_steps(notebook: Path) -> int:
    """Return how many steps a run has: scoring, each code cell and the one with the parameters, the page."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return sum(cell["cell_type"] == "code" for cell in cells) + 3


class Place:
    """Where one report's files go: the finished ones, the failed one, and the one being written."""

    def __init__(self, folder: Path, stem: str) -> None:
        """Name the files after a stem."""
        self.notebook, self.page = folder / f"{stem}.ipynb", folder / f"{stem}.html"
        self.failed = folder / f"{stem}.failed.ipynb"
        self.manifest = folder / f"{stem}{MANIFEST}"

    def form(self, form: str) -> Path:
        """Return the file of another form."""
        return self.page.with_suffix(f".{form}")

    def drop_finished(self) -> None:
        """Remove what an earlier run had finished."""
        self.manifest.unlink(missing_ok=True)
        for path in (self.notebook, self.page, *(self.form(form) for form in FORMS)):
            path.unlink(missing_ok=True)


class _Run:
    """One report being made."""

    def __init__(
        self,
        report: Report,
        campaign: Campaign,
        values: Mapping[str, Any],
        place: Place,
        forms: tuple[str, ...],
        *,
        red_head: bool,
    ) -> None:
        self.report, self.campaign, self.values, self.place = report, campaign, values, place
        self.forms, self.red_head = forms, red_head

    def make(self, source: Path, advance: Callable[[str], None]) -> Path:
        # papermill and nbconvert take seconds to import; a wrong parameter is told without them
        from wbwz_eval.reporting.execute import execute  # noqa: PLC0415

        advance("计分")
        if self.report.opens == "scores":
            # what cannot be scored is told by the notebook, with the cell marked that asked for it
            with contextlib.suppress(CampaignError):
                open_results(self.campaign, self.values["period"], self.values["level"])
        place = self.place
        with tempfile.TemporaryDirectory(prefix=".report-", dir=place.page.parent) as beside:
            written = Path(beside) / place.notebook.name
            try:
                executed = execute(source, written, self.values, advance)
                advance("生成网页")
                files = self._files(executed)
                for name, data in files.items():
                    (Path(beside) / name).write_bytes(data)
            except BaseException as error:
                if written.exists():
                    written.replace(place.failed)
                if isinstance(error, ReportError):
                    msg = f"报告 {self.report.name} 没有完成：{error}\n笔记本执行到此处：{place.failed}"
                    raise ReportError(msg) from None
                raise
            place.drop_finished()
            for name in (written.name, *files):
                (Path(beside) / name).replace(place.page.with_name(name))
        place.failed.unlink(missing_ok=True)
        return place.page

    def _files(self, executed: NotebookNode) -> dict[str, bytes]:
        """Return every form of the executed notebook, by file name, the manifest last."""
        from wbwz_eval.reporting.export import page  # noqa: PLC0415 - see make
        from wbwz_eval.reporting.forms import form_of  # noqa: PLC0415

        shown = self._shown()
        files = {self.place.page.name: page(executed, shown).encode()}
        for form in self.forms:
            files[self.place.form(form).name] = form_of(form, executed, shown, red_head=self.red_head)
        files[self.place.manifest.name] = self._manifest(files).encode()
        return files

    def _shown(self) -> Headed:
        values = self.values
        places = (values["campaign"], values["period"], values["level"], values["edition"])
        if self.report.each == "entity":
            return open_portrait(*places, values["entity"])
        if self.report.each == "authority":
            return open_accountability(*places, values["authority"])
        return open_report(self.report.name, *places)

    def _manifest(self, files: Mapping[str, bytes]) -> str:
        """Return what made the files, and their digests: enough to make them again and to compare."""
        frozen = read_freeze(self.campaign.path, self.values["period"])
        made = {
            "report": self.report.name,
            "parameters": {name: value for name, value in self.values.items() if name != "campaign"},
            "red_head": self.red_head,
            "files": {name: digest(data) for name, data in files.items()},
            "frozen_version": None if frozen is None else frozen.version,
            "state": _state(self.campaign, self.report, self.values),
        }
        return json.dumps(made, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
