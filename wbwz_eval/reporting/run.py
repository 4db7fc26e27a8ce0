"""Running one report: parameters in, executed notebook and page out, or one clear error."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from wbwz_eval.campaign.folder import open_campaign
from wbwz_eval.reporting.catalogue import INTERNAL
from wbwz_eval.reporting.errors import ReportError
from wbwz_eval.reporting.making import Plan, Request, UnfinishedError, make, plan
from wbwz_eval.reporting.progress import steps
from wbwz_eval.reporting.unchanged import Inputs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence


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
    timeout: float | None = None,
) -> Path:
    """Run a report of the list; returns the page (HTML), with the notebook beside it.

    A run that fails keeps the executed notebook as ``….failed.ipynb`` and removes what an earlier run
    had finished there. See :class:`wbwz_eval.reporting.making.Request` for the parameters; ``quiet``
    shows no progress.

    Raises:
        ReportError: an unknown report, period, level or parameter, before
            anything runs; a cell that failed, with the notebook kept.
        CampaignError: the campaign's own files are wrong.
    """
    request = Request(
        name, campaign, period, level, edition, parameters, tuple(forms), red_head, timeout, out
    )
    request.check()
    opened = open_campaign(campaign)
    planned = plan(request, opened, Inputs(opened))
    title = f"{planned.report.title} {planned.parameters['period']}"
    with _no_steps() if quiet else steps(title, planned.steps) as advance:
        try:
            files = make(planned, campaign, advance)
        except UnfinishedError as error:
            raise failed(planned, error) from None
        planned.place.publish(files)
    return planned.place.page


def failed(planned: Plan, error: UnfinishedError) -> Exception:
    """Keep what became of a report that could not be finished; returns what to tell."""
    planned.place.fail(error.notebook)
    if not isinstance(error.cause, ReportError):
        return error.cause
    kept = f"\n笔记本执行到此处：{planned.place.failed}" if error.notebook is not None else ""
    return ReportError(f"报告 {planned.request.report} 没有完成：{error.cause}{kept}")


@contextlib.contextmanager
def _no_steps() -> Iterator[Callable[[str], None]]:
    yield lambda _: None
