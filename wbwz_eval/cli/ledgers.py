"""Commands that hand out templates, take in what comes back, and show ledgers."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wbwz_eval.campaign.exports import ledger_table, row_history
from wbwz_eval.campaign.faults import CampaignError, one_of
from wbwz_eval.campaign.folder import open_campaign
from wbwz_eval.campaign.grid import UnreadableError
from wbwz_eval.campaign.mark import marked_copy
from wbwz_eval.campaign.receipts import OFFICE, STATUS_ZH
from wbwz_eval.campaign.safe_text import guarded
from wbwz_eval.campaign.sampling import Drawing
from wbwz_eval.campaign.submit import Handing
from wbwz_eval.campaign.submit import submit as submit_files
from wbwz_eval.campaign.templates import Order, check_template
from wbwz_eval.campaign.templates import template as template_bytes
from wbwz_eval.campaign.whole_files import write_whole
from wbwz_eval.campaign.written import read_number
from wbwz_eval.cli.arguments import CampaignArgument, Format, PeriodArgument
from wbwz_eval.cli.printing import print_rows
from wbwz_eval.reporting.progress import steps
from wbwz_eval.scoring.codebook_page import codebook_page

if TYPE_CHECKING:
    import pandas as pd

    from wbwz_eval.campaign.folder import Campaign
    from wbwz_eval.campaign.submit import Submitted

_ROWS_SHOWN, _COLUMNS_SHOWN = 30, 9

DayOption = Annotated[dt.datetime | None, typer.Option(formats=["%Y-%m-%d"])]


def template(
    campaign: CampaignArgument,
    ledgers: Annotated[
        list[str] | None, typer.Argument(metavar="[LEDGER]...", help="台账代码；不写则为该单位要报的全部")
    ] = None,
    entity: Annotated[list[str] | None, typer.Option(help="给谁填，可写多次；不写则给办公室")] = None,
    level: Annotated[str | None, typer.Option(help="给一个层级的每个对象各一份")] = None,
    period: Annotated[str | None, typer.Option(help="为哪一期；不写则为现在")] = None,
    out: Annotated[Path, typer.Option(help="放在哪个文件夹")] = Path("templates"),
) -> None:
    """生成报送模板(Excel):表头有填法，选项有下拉框，未办结事项已预填."""
    opened = open_campaign(campaign)
    span = None if period is None else opened.period(period)
    _known_ledgers(opened, ledgers or [])
    senders = list(entity or [])
    if level is not None:
        if level not in opened.levels:
            msg = f"没有层级 “{level}”；应为 {one_of(opened.levels, instead_of=level)}"
            raise CampaignError(msg)
        senders += [str(name) for name in opened.entities.index[opened.entities["level"] == level]]
    senders = senders or [OFFICE]
    issued = dt.datetime.now(dt.UTC)
    with steps("模板", len(senders)) as advance:
        for sender in senders:
            advance(sender)
            data = template_bytes(opened, Order(tuple(ledgers or ()), sender, span, issued))
            stamp = span.id if span else f"{issued:%Y%m%d}"
            write_whole(out / f"{opened.sender_name(sender)}台账{stamp}.xlsx", data)
    sys.stdout.write(f"已生成 {len(senders)} 份模板，在 {out}\n")


def sample(
    campaign: CampaignArgument,
    period: PeriodArgument,
    share: Annotated[str, typer.Option(help="每个对象抽多少，如 10%")],
    seed: Annotated[int, typer.Option(help="种子：写在名单上，任何人都能重抽")],
    ledgers: Annotated[list[str] | None, typer.Option("--ledger", help="只从哪些台账抽，可写多次")] = None,
    out: Annotated[Path, typer.Option(help="放在哪个文件夹")] = Path("templates"),
) -> None:
    """抽核查名单:按种子抽取,填好后以办公室名义报送,差异率进入计分."""
    opened = open_campaign(campaign)
    span = opened.period(period)
    _known_ledgers(opened, ledgers or [])
    number = read_number(share, None)
    if number is None:
        msg = f"抽取比例 “{share}” 不是数；应为百分数或小数，如 10% 或 0.1"
        raise CampaignError(msg)
    drawing = Drawing(number, seed, tuple(ledgers or ()))
    path = out / f"核查名单{span.id}-{seed}.xlsx"
    write_whole(path, check_template(opened, span, drawing, dt.datetime.now(dt.UTC)))
    sys.stdout.write(f"核查名单：{path}\n")


def submit(
    campaign: CampaignArgument,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="收到的 xlsx 或 csv 文件")],
    sender: Annotated[str, typer.Option("--from", metavar="ENTITY", help="谁报的：对象编号，或 office")],
    *,
    accept_valid: Annotated[bool, typer.Option("--accept-valid", help="有误时，正确的行照样计入")] = False,
    received: DayOption = None,
    mark: Annotated[
        Path | None, typer.Option(metavar="OUT.xlsx", help="写一份标出错处的副本，供报送人改正(只能一个文件)")
    ] = None,
) -> None:
    """收台账:原件原样存档，出回执;有误的默认整份退回，列出全部错处."""
    if mark is not None and len(files) > 1:
        raise CampaignError("--mark 一次只能标一个文件：请逐个报送")
    opened = open_campaign(campaign)
    handing = Handing(sender, received.date() if received else None, accept_valid=accept_valid)
    with steps("收件", len(files)) as advance:
        results = submit_files(opened, files, handing, advance)
    for path, result in zip(files, results, strict=True):
        _print_receipt(result)
        if mark is not None and result.receipt.faults:
            _write_marked(path, mark, result)
    if any(result.receipt.status == "refused" for result in results):
        raise typer.Exit(1)


def _write_marked(path: Path, mark: Path, result: Submitted) -> None:
    try:
        write_whole(mark, marked_copy(path.read_bytes(), result.receipt))
    except UnreadableError:
        sys.stdout.write("文件读不出来，没有可标的\n")
    else:
        sys.stdout.write(f"标出错处的副本：{mark}\n")


def _print_receipt(result: Submitted) -> None:
    receipt = result.receipt
    counts = {
        name: sum(getattr(section, key) for section in receipt.sections)
        for key, name in (
            ("new", "新增"),
            ("changed", "更正"),
            ("withdrawn", "其中撤回"),
            ("unchanged", "未变"),
            ("refused", "退回"),
        )
    }
    listed = "，".join(f"{name} {count} 行" for name, count in counts.items() if count) or "没有行"
    if result.known:
        sys.stdout.write(
            f"{receipt.file}：与回执 {receipt.number}({receipt.received_on})的文件相同，没有变化\n"
        )
    else:
        state = STATUS_ZH[receipt.status]
        sys.stdout.write(f"{receipt.file}：{state}，回执 {receipt.number}；{listed}\n")
    for fault in receipt.faults:
        sys.stdout.write(f"  错 {fault.as_fault(receipt.file)}\n")
    for notice in receipt.notices:
        sys.stdout.write(f"  注 {notice}\n")
    if receipt.status == "refused" and not result.known:
        sys.stdout.write("  整份没有计入：改正后重报；或加 --accept-valid 先收正确的行\n")


def codebook(campaign: CampaignArgument) -> None:
    """台账字段表:每张台账的字段、报送人、频次、用于哪些指标(Markdown)."""
    sys.stdout.write(codebook_page(open_campaign(campaign)))


def ledger(
    campaign: CampaignArgument,
    name: Annotated[str, typer.Argument(metavar="LEDGER", help="台账代码，如 commitments")],
    as_of: DayOption = None,
    entity: Annotated[str | None, typer.Option(help="只看一个对象")] = None,
    row: Annotated[str | None, typer.Option(metavar="ROW_ID", help="看一行的全部历史")] = None,
    form: Annotated[Format, typer.Option("--format", help="输出格式")] = Format.table,
) -> None:
    """看台账:现在的，或某一天收工时的;或一行的来龙去脉."""
    opened = open_campaign(campaign)
    day = as_of.date() if as_of else None
    table = ledger_table(opened, name, day, entity) if row is None else row_history(opened, name, row)
    if form is Format.csv:
        sys.stdout.write(guarded(table).to_csv(index=False, lineterminator="\n"))
    elif form is Format.json:
        sys.stdout.write(table.to_json(orient="records", force_ascii=False, indent=1) + "\n")
    else:
        title = f"{opened.codebook.ledgers[name].name} {f'截至 {day}' if day else '现在'} 共 {len(table)} 行"
        _print_table(table if row is not None else table.head(_ROWS_SHOWN), title, whole=row is not None)
        if row is None and len(table) > _ROWS_SHOWN:
            sys.stdout.write(f"…另有 {len(table) - _ROWS_SHOWN} 行，全部用 --format csv\n")


def _print_table(table: pd.DataFrame, title: str, *, whole: bool) -> None:
    # what is empty in every row shown tells nothing
    names = [name for name in table.columns if (table[name] != "").any()]
    names = names if whole else names[:_COLUMNS_SHOWN]
    print_rows(title, names, table[names].to_numpy())


def _known_ledgers(campaign: Campaign, ledgers: list[str]) -> None:
    for name in ledgers:
        if name not in campaign.codebook.ledgers:
            msg = f"没有台账 “{name}”；应为 {one_of(campaign.codebook.ledgers, instead_of=name)}"
            raise CampaignError(msg)
