"""Making one report: from what was asked for to the bytes of its files, wherever that is done.

Nothing is written here but in a temporary folder; see :mod:`wbwz_eval.reporting.place` for the rest.
"""

from __future__ import annotations

import contextlib
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wbwz_eval.campaign.faults import CampaignError, one_of
from wbwz_eval.campaign.folder import open_campaign
from wbwz_eval.campaign.frozen import read_freeze
from wbwz_eval.campaign.whole_files import digest
from wbwz_eval.reporting.catalogue import INTERNAL, Report, check_place, find_report
from wbwz_eval.reporting.editions import in_edition
from wbwz_eval.reporting.errors import ReportError
from wbwz_eval.reporting.place import FORMS, Place, report_place, reports_folder
from wbwz_eval.reporting.portraits import require_entity
from wbwz_eval.reporting.warm.choice import begin_warming
from wbwz_eval.scoring.results import ensure_results, open_results

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nbformat import NotebookNode

    from wbwz_eval.campaign.folder import Campaign
    from wbwz_eval.reporting.unchanged import Inputs
    from wbwz_eval.scoring.scores import Scores


@dataclass(frozen=True)
class Request:
    """What is asked for.

    Attributes:
        report: The report's name.
        campaign: The campaign's folder, as it was given.
        period: None is the campaign's last one of the report's kind that is over.
        level, edition: Of the report.
        parameters: The report's own, past the four that every report has.
        forms: :data:`wbwz_eval.reporting.place.FORMS` wanted beside the page.
        red_head: Give those for paper a red head.
        timeout: Seconds that a cell of the notebook may take, None = any time.
        out: Where to; ``reports/<campaign folder>/<period>`` under the current folder if None.
    """

    report: str
    campaign: Path | str
    period: str | None
    level: str = "unit"
    edition: str = INTERNAL
    parameters: Mapping[str, object] | None = None
    forms: tuple[str, ...] = ()
    red_head: bool = False
    timeout: float | None = None
    out: Path | None = None

    def check(self) -> None:
        """Raise a :class:`ReportError` for a report or a form that there is not, whatever the campaign."""
        find_report(self.report)
        for form in self.forms:
            if form not in FORMS:
                msg = f"没有格式 “{form}”；应为 {one_of(FORMS, instead_of=form)}"
                raise ReportError(msg)


@dataclass(frozen=True)
class Plan:
    """A request that was found in order, with all that makes the report but the campaign's folder.

    Attributes:
        parameters: The notebook's parameters.
        source: The notebook.
        state: See :meth:`wbwz_eval.reporting.unchanged.Inputs.state`; of the moment of planning, so that
            a report during whose making something changed is not taken for current.
        frozen_version: Which version of a frozen period; None where it is not frozen.
        place: Where its files go.
    """

    request: Request
    parameters: Mapping[str, Any]
    source: bytes
    state: str
    frozen_version: int | None
    place: Place

    @property
    def report(self) -> Report:
        """The report."""
        return find_report(self.request.report)

    @property
    def steps(self) -> int:
        """How many steps a run has: scoring, each code cell and the one with the parameters, the page."""
        return sum(cell["cell_type"] == "code" for cell in json.loads(self.source)["cells"]) + 3


class UnfinishedError(Exception):
    """A report that was begun could not be finished; why, and its notebook as far as it went."""

    def __init__(self, cause: Exception, notebook: bytes | None) -> None:
        """Hold both."""
        super().__init__(cause, notebook)
        self.cause, self.notebook = cause, notebook


def plan(request: Request, campaign: Campaign, inputs: Inputs) -> Plan:
    """See that a request is in order, before anything runs.

    Raises:
        ReportError: An unknown report, form, period, level, edition or parameter.
        CampaignError: The campaign's own files are wrong.
    """
    request.check()
    report = find_report(request.report)
    period = request.period if request.period is not None else report.last_period(campaign).id
    values: dict[str, Any] = {"campaign": str(request.campaign), "period": period}
    values |= {"level": request.level, "edition": request.edition} | dict(request.parameters or {})
    report.check(values)
    span = check_place(report, campaign, period, request.level, request.edition)
    if report.each == "entity":
        require_entity(campaign, span, request.level, values["entity"])
    source = report.notebook_path().read_bytes()
    frozen = read_freeze(campaign.path, span.id)
    return Plan(
        request,
        values,
        source,
        inputs.state(values, source),
        None if frozen is None else frozen.version,
        report_place(request.out or reports_folder(campaign, span.id), values, report),
    )


def make(
    planned: Plan,
    folder: Path | str,
    advance: Callable[[str], None] = lambda _: None,
    *,
    scored: bool = False,
) -> dict[str, bytes]:
    """Make a report; returns its files by name, the manifest last.

    Args:
        planned: What to make.
        folder: Where the campaign lies for this process; the notebook names the place of the request.
        advance: Told each step before it is done.
        scored: Whether the period's results have been derived already, as far as they can.

    Raises:
        UnfinishedError: A cell failed, or something else went wrong once the notebook ran.
    """
    begin_warming()
    # papermill and nbconvert take seconds to import; a wrong parameter is told without them
    from wbwz_eval.reporting.execute import execute  # noqa: PLC0415

    report = planned.report
    values = {**planned.parameters, "campaign": str(folder)}
    advance("计分")
    if report.opens == "scores" and not scored:
        # what cannot be scored is told by the notebook, with the cell marked that asked for it
        with contextlib.suppress(CampaignError):
            ensure_results(open_campaign(folder), values["period"])
    with tempfile.TemporaryDirectory(prefix="wbwz-report-") as temporary:
        source, written = Path(temporary) / report.notebook, Path(temporary) / planned.place.notebook.name
        if written == source:
            written = written.with_stem(f"{written.stem}-executed")
        source.write_bytes(planned.source)
        try:
            executed = execute(source, written, values, advance, planned.parameters, planned.request.timeout)
            advance("生成网页")
            files = {planned.place.notebook.name: written.read_bytes()}
            return files | _rendered(planned, executed, values)
        except Exception as error:
            raise UnfinishedError(error, written.read_bytes() if written.exists() else None) from error


def attempt(planned: Plan, folder: Path | str) -> dict[str, bytes] | UnfinishedError:
    """Make a report of a batch, as :func:`make`; returns what is not finished, too.

    An exception that came from another computer would be cut short on its way.
    """
    try:
        return make(planned, folder, scored=True)
    except UnfinishedError as error:
        return error


def _rendered(planned: Plan, executed: NotebookNode, values: Mapping[str, Any]) -> dict[str, bytes]:
    from wbwz_eval.reporting.export import page  # noqa: PLC0415 - see make

    request, place = planned.request, planned.place
    files = {place.page.name: page(executed).encode()}
    for form in request.forms:
        from wbwz_eval.reporting.forms import form_of  # noqa: PLC0415

        scores = _scores_behind(planned.report, values) if form == "xlsx" else None
        files[place.form(form).name] = form_of(form, executed, scores, red_head=request.red_head)
    # what made the files, and their digests: enough to make them again and to compare
    made = {
        "report": request.report,
        "parameters": {name: value for name, value in planned.parameters.items() if name != "campaign"},
        "red_head": request.red_head,
        "files": {name: digest(data) for name, data in files.items()},
        "frozen_version": planned.frozen_version,
        "state": planned.state,
    }
    text = json.dumps(made, ensure_ascii=False, indent=1, sort_keys=True)
    return files | {place.manifest.name: f"{text}\n".encode()}


def _scores_behind(report: Report, values: Mapping[str, Any]) -> Scores | None:
    """Return the results that a whole level's report shows; None for one entity's, or the ledgers'."""
    if report.each or report.opens != "scores":
        return None
    return in_edition(open_results(values["campaign"], values["period"], values["level"]), values["edition"])
