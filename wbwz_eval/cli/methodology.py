"""Commands around versions of the methodology: list, compare, change, propose, comment, decide."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wbwz_eval.campaign.deciding import Ballot, Person
from wbwz_eval.campaign.deciding import comment as comment_on
from wbwz_eval.campaign.deciding import decide as decide_on
from wbwz_eval.campaign.deciding import propose as propose_version
from wbwz_eval.campaign.decisions import VOICES, Comment, Decision, Proposal, Voice, read_record
from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.folder import METHODOLOGY, open_campaign
from wbwz_eval.campaign.in_force import written_versions
from wbwz_eval.campaign.yaml_edit import REMOVE
from wbwz_eval.campaign.yaml_source import parse_yaml
from wbwz_eval.cli.arguments import CampaignArgument, DayOption, Format, VersionArgument, day_of
from wbwz_eval.cli.printing import print_rows
from wbwz_eval.review.versions.compare import diff as diff_versions
from wbwz_eval.scoring.methodology_file import load_methodology
from wbwz_eval.scoring.new_version import write_version
from wbwz_eval.scoring.reweighting import reweighted

if TYPE_CHECKING:
    from wbwz_eval.scoring.methodology import Methodology

ByOption = Annotated[str, typer.Option(help="谁")]
RoleOption = Annotated[str, typer.Option(help="职务")]
VoicesOption = Annotated[list[str] | None, typer.Option(help="成员姓名，可写多次")]

methodology = typer.Typer(
    help="评价办法：列出、比较、试改、提出、征求意见、决定、检验。", no_args_is_help=True
)


@methodology.command("list")
def list_versions(campaign: CampaignArgument) -> None:
    """列出各个版本:何时起生效、批准没有、依据什么."""
    opened = open_campaign(campaign)
    since = {each.version: each.effective_from for each in opened.methodology_versions}
    rows = []
    for version in written_versions(opened.path / METHODOLOGY):
        method = load_methodology(opened.version_path(version), opened)
        record = read_record(opened.path / METHODOLOGY, version)
        day = since.get(version)
        approval = method.approval
        said = (
            f"{approval.on} {approval.document}（{approval.said}）" if approval else _not_yet(record.entries)
        )
        rows.append((version, method.title, str(day) if day else "未生效", said, method.digest[:12]))
    print_rows("评价办法的版本", ("版本", "标题", "起生效", "批准", "摘要"), rows)


def _not_yet(entries: tuple[Proposal | Comment | Decision, ...]) -> str:
    if not entries:
        return "未提出"
    last = entries[-1]
    if isinstance(last, Decision):
        return "批准后被改动" if last.approved else f"未获通过（{last.on} {last.document}）"
    return "已提出，未决定"


@methodology.command()
def diff(
    old: Annotated[Path, typer.Argument(metavar="A", help="办法文件，如 data/x/methodology/2011-v1.yaml")],
    new: Annotated[Path, typer.Argument(metavar="B", help="同一活动的另一个办法文件")],
    form: Annotated[Format, typer.Option("--format", help="输出格式")] = Format.table,
) -> None:
    """比较两个版本:改了什么,一句话一条,并列表."""
    campaign = open_campaign(_campaign_of(old))
    both = (load_methodology(_sound(old), campaign), load_methodology(_sound(new), campaign))
    table = diff_versions(*both, campaign.levels)
    if form is Format.csv:
        sys.stdout.write(table.to_csv(index=False, lineterminator="\n"))
    elif form is Format.json:
        sys.stdout.write(table.to_json(orient="records", force_ascii=False, indent=1) + "\n")
    elif table.empty:
        sys.stdout.write(f"{old.stem} 与 {new.stem} 除版本名外没有区别\n")
    else:
        for number, row in enumerate(table.to_dict("records"), 1):
            sys.stdout.write(f"{number}. {row['said']}\n")
        heads = {
            "level": "层级",
            "section": "部分",
            "about": "对象",
            "item": "项目",
            "old": old.stem,
            "new": new.stem,
        }
        rows = table[list(heads)].to_numpy().tolist()
        print_rows(f"{old.stem} → {new.stem}：{len(table)} 处", tuple(heads.values()), rows)


def _campaign_of(path: Path) -> Path:
    """Return the campaign that a methodology file lies in."""
    folder = path.resolve().parent.parent
    return path.parent.parent if (folder / "campaign.yaml").is_file() else folder


def _sound(path: Path) -> Path:
    if not path.is_file():
        message = f"没有办法文件 {path}"
        raise CampaignError(message)
    return path


@methodology.command()
def change(
    campaign: CampaignArgument,
    base: VersionArgument,
    version: Annotated[str, typer.Argument(metavar="NEW", help="新版本的名字，如 2012-v2")],
    *,
    put: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PLACE=VALUE", help="改一处，如 indicators.F1.rule.threshold=90"),
    ] = None,
    remove: Annotated[
        list[str] | None, typer.Option(metavar="PLACE", help="删一处，如 indicators.F8")
    ] = None,
    weight: Annotated[
        list[str] | None,
        typer.Option(metavar="LEVEL.NODE=WEIGHT", help="改权重，同级按比例让出，如 unit.F=25"),
    ] = None,
    why: Annotated[str, typer.Option(help="为什么改，写在文件第一行")] = "",
) -> None:
    """由一个版本改出新版本:另写一个文件,原版本不动;新版本未批准前只能试算."""
    opened = open_campaign(campaign)
    old = load_methodology(opened.version_path(base), opened)
    changes = {**_weights(old, weight or []), **dict(_assigned(each) for each in put or [])}
    changes |= dict.fromkeys(remove or [], REMOVE)
    path = write_version(opened, base, version, changes, why=why)
    sys.stdout.write(f"新版本已写入 {path}：改 {len(changes)} 处，未批准\n")
    new = load_methodology(path, opened)
    for row in diff_versions(old, new, opened.levels).to_dict("records"):
        sys.stdout.write(f"  {row['said']}\n")


def _assigned(text: str) -> tuple[str, Any]:
    place, equals, written = text.partition("=")
    if not equals or not place.strip():
        message = f"“{text}” 写法不对；应为 位置=值，如 indicators.F1.rule.threshold=90"
        raise CampaignError(message)
    source = parse_yaml(written.encode(), name=f"--set {place}")
    if source.faults:
        raise CampaignError(f"“{text}” 的值读不出来", source.faults)
    return place.strip(), source.data


def _weights(old: Methodology, written: list[str]) -> dict[str, float]:
    asked: dict[str, dict[str, float]] = {}
    for text in written:
        node, equals, value = text.partition("=")
        level, dot, name = node.strip().partition(".")
        try:
            weight = float(value)
        except ValueError:
            weight = -1.0
        if not (equals and dot and name) or weight < 0:
            message = f"“{text}” 写法不对；应为 层级.节点=权重，如 unit.F=25"
            raise CampaignError(message)
        asked.setdefault(level, {})[name] = weight
    return {
        place: value for level, own in asked.items() for place, value in reweighted(old, level, own).items()
    }


@methodology.command()
def propose(
    campaign: CampaignArgument,
    version: VersionArgument,
    by: ByOption,
    reason: Annotated[str, typer.Option(help="为什么提出")],
    role: RoleOption = "",
    on: DayOption = None,
) -> None:
    """向工作小组提出一个版本:此后改动一个字都要重新提出."""
    opened = open_campaign(campaign)
    load_methodology(opened.version_path(version), opened)
    made = propose_version(campaign, version, Person(by, role), reason, day_of(on))
    sys.stdout.write(f"{version} 已由 {by} 提出，摘要 {made.digest[:12]}\n")


@methodology.command()
def comment(
    campaign: CampaignArgument,
    version: VersionArgument,
    by: ByOption,
    text: Annotated[str, typer.Option(help="意见")],
    role: RoleOption = "",
    on: DayOption = None,
) -> None:
    """对提出的版本写一条意见."""
    comment_on(campaign, version, Person(by, role), text, day_of(on))
    sys.stdout.write(f"已记下 {by} 对 {version} 的意见\n")


@methodology.command()
def decide(
    campaign: CampaignArgument,
    version: VersionArgument,
    document: Annotated[str, typer.Option(help="文号")],
    in_favour: Annotated[list[str] | None, typer.Option("--for", help="赞成的成员，可写多次")] = None,
    against: Annotated[list[str] | None, typer.Option(help="反对的成员，可写多次")] = None,
    abstain: Annotated[list[str] | None, typer.Option(help="弃权的成员，可写多次")] = None,
    effective: Annotated[
        dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="从哪天起生效；早已定下的可不写")
    ] = None,
    on: DayOption = None,
) -> None:
    """工作小组表决:够法定人数、过半数(或 campaign.yaml 所定)即批准,按生效日计分."""
    voices: dict[str, Voice] = {}
    given: tuple[tuple[list[str] | None, Voice], ...] = (
        (in_favour, "for"),
        (against, "against"),
        (abstain, "abstain"),
    )
    for names, voice in given:
        for name in names or []:
            if name in voices:
                message = f"{name} 投了两次票"
                raise CampaignError(message)
            voices[name] = voice
    opened = open_campaign(campaign)
    load_methodology(opened.version_path(version), opened)
    ballot = Ballot(voices, document, effective.date() if effective else None)
    made = decide_on(campaign, version, ballot, day_of(on))
    verdict = f"批准，自 {made.effective_from} 起生效" if made.approved else "未获通过"
    sys.stdout.write(f"{version} {verdict}：{made.said}；{document}；摘要 {made.digest[:12]}\n")
    if not made.approved:
        raise typer.Exit(1)


@methodology.command()
def record(campaign: CampaignArgument, version: VersionArgument) -> None:
    """看一个版本的来龙去脉:谁提出、什么意见、怎么决定."""
    opened = open_campaign(campaign)
    entries = read_record(opened.version_path(version).parent, version).entries
    if not entries:
        sys.stdout.write(f"{version} 还没有提出\n")
    for entry in entries:
        sys.stdout.write(f"{entry.on} {_said(entry)}（摘要 {entry.digest[:12]}）\n")


def _said(entry: Proposal | Comment | Decision) -> str:
    match entry:
        case Proposal():
            return f"提出 {entry.by} {entry.role}：{entry.reason}"
        case Comment():
            return f"意见 {entry.by} {entry.role}：{entry.text}"
    verdict = "批准" if entry.approved else "未获通过"
    names = "、".join(f"{vote.name}（{VOICES[vote.voice]}）" for vote in entry.votes)
    head = f"决定 {entry.committee} {entry.document}：{verdict}，{entry.effective_from} 起生效"
    return f"{head}；{entry.said}；{names}"
