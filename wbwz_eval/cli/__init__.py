"""The command ``wbwz``: thin; each command calls the package and prints what came back."""

from __future__ import annotations

import sys

import typer

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.cli.due import due, run_due, runs, status
from wbwz_eval.cli.lab import lab, page_app
from wbwz_eval.cli.ledgers import codebook, ledger, sample, submit, template
from wbwz_eval.cli.methodology import methodology
from wbwz_eval.cli.outbox import mail, outbox
from wbwz_eval.cli.publishing import appeal, check, freeze, verify
from wbwz_eval.cli.reports import report, report_set, site
from wbwz_eval.cli.review import backtest, robustness
from wbwz_eval.cli.schedule import schedule
from wbwz_eval.cli.scores import evaluate, explain, score
from wbwz_eval.cli.weighting import sheets, weights
from wbwz_eval.reporting.errors import ReportError

app = typer.Typer(
    help="比学赶超类活动的评价工具：收台账、计分、解释、出报告。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (
    template,
    submit,
    ledger,
    codebook,
    check,
    sample,
    score,
    evaluate,
    explain,
    report,
    report_set,
    site,
    due,
    run_due,
    status,
    schedule,
    outbox,
    mail,
    freeze,
    verify,
    lab,
):
    app.command()(command)
app.command("app")(page_app)
for tried in (sheets, weights, robustness, backtest):
    methodology.command()(tried)
app.add_typer(appeal, name="appeal")
app.add_typer(runs, name="runs")
app.add_typer(methodology, name="methodology")


def main() -> None:
    """Run the command; what is wrong is told in one message, with exit code 1."""
    try:
        app()
    except (CampaignError, ReportError) as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)
    except OSError as error:
        sys.stderr.write(f"不能读写 {error.filename or ''}：{error.strerror or error}\n")
        sys.exit(1)
