"""Commands that find weights: sheets for the committee's members, what they said, what the data say."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import pandas as pd
import typer

from wbwz_eval.campaign.faults import CampaignError, one_of
from wbwz_eval.campaign.folder import open_campaign
from wbwz_eval.campaign.frozen import standing
from wbwz_eval.campaign.whole_files import write_whole
from wbwz_eval.cli.arguments import CampaignArgument, LevelOption, VersionArgument
from wbwz_eval.cli.printing import print_rows
from wbwz_eval.review.weighting.expert_weights import combine
from wbwz_eval.review.weighting.judgement_reading import read_judgements
from wbwz_eval.review.weighting.judgement_sheets import judgement_sheet
from wbwz_eval.review.weighting.siblings import sibling_names, sibling_scores, weight_changes
from wbwz_eval.review.weighting.weights import blended, data_weights
from wbwz_eval.scoring.methodology_file import load_methodology
from wbwz_eval.scoring.new_version import write_version
from wbwz_eval.scoring.scored import score_period

if TYPE_CHECKING:
    from wbwz_eval.campaign.campaign_file import Committee
    from wbwz_eval.campaign.folder import Campaign
    from wbwz_eval.review.weighting.expert_weights import WeightsFound
    from wbwz_eval.scoring.methodology import Methodology

NodeOption = Annotated[str, typer.Option(help="哪个节点的下级；不写则为各维度")]

METHOD_NAMES = {
    "budget": "预算分配",
    "ahp": "层次分析",
    "bwm": "最优最劣",
    "equal": "等权",
    "entropy": "熵权",
    "critic": "CRITIC",
    "standard_deviation": "标准差",
    "principal_components": "主成分",
}
_EXPERT = ("budget", "ahp", "bwm")


def sheets(
    campaign: CampaignArgument,
    version: VersionArgument,
    level: LevelOption = "unit",
    node: NodeOption = "",
    out: Annotated[Path, typer.Option(help="放在哪个文件夹")] = Path("templates"),
) -> None:
    """给工作小组每个成员一份定权表(Excel):预算分配、两两比较、最优最劣,填一种或几种."""
    opened = open_campaign(campaign)
    method = load_methodology(opened.version_path(version), opened)
    criteria = sibling_names(method, level, node)
    title = _title(opened, method, level, node)
    members = [member.name for member in _committee(opened).members]
    for member in members:
        write_whole(
            out / f"定权表{version}{level}{node}-{member}.xlsx", judgement_sheet(title, criteria, member)
        )
    sys.stdout.write(f"已生成 {len(members)} 份定权表，在 {out}\n")


def _title(campaign: Campaign, method: Methodology, level: str, node: str) -> str:
    where = f"“{node}”的下级" if node else "各维度"
    return f"评价办法 {method.version} {campaign.levels[level]}{where}的权重"


def _committee(campaign: Campaign) -> Committee:
    if campaign.committee is None:
        raise CampaignError("campaign.yaml 没有写 committee(工作小组的成员)，不知道由谁定权")
    return campaign.committee


def weights(
    campaign: CampaignArgument,
    version: VersionArgument,
    method: Annotated[
        list[str], typer.Option(help="方法；合成写多次并带份额，如 --method ahp=0.6 --method critic=0.4")
    ],
    level: LevelOption = "unit",
    node: NodeOption = "",
    sheet: Annotated[list[Path] | None, typer.Option(help="填好的定权表，可写多次，或一个文件夹")] = None,
    period: Annotated[str | None, typer.Option(help="用哪一期的数据(由数据定权时)")] = None,
    *,
    accept_inconsistent: Annotated[bool, typer.Option(help="前后矛盾的判断也采用，并标明")] = False,
    new: Annotated[
        str | None, typer.Option("--propose-as", metavar="NEW", help="把结果写成一个新版本")
    ] = None,
) -> None:
    """定权:由成员填的表,或由数据;看一致程度;可写成新版本(原版本不动)."""
    opened = open_campaign(campaign)
    base = load_methodology(opened.version_path(version), opened)
    names = sibling_names(base, level, node)
    shares = _methods(method)
    found: dict[str, pd.Series] = {}
    judged = [name for name in shares if name in _EXPERT]
    if judged:
        title = _title(opened, base, level, node)
        read = read_judgements(_files(sheet), names, [member.name for member in _committee(opened).members])
        if read.title != title:
            message = f"定权表是为“{read.title}”填的；应为 {title}"
            raise CampaignError(message)
        for name in judged:
            own = combine(read, name, accept_inconsistent=accept_inconsistent)  # type: ignore[arg-type]
            _print_found(own, name, names)
            found[name] = own.weights
    for name in shares:
        if name not in _EXPERT:
            found[name] = _from_data(opened, base, level, node, name, period, names)
    result = blended(found, shares) if len(found) > 1 else next(iter(found.values()))
    rows = [
        (
            code,
            names[code],
            *(f"{100 * each[code]:.2f}" for each in found.values()),
            f"{100 * result[code]:.2f}",
        )
        for code in names
    ]
    print_rows("权重（%）", ("代码", "名称", *(METHOD_NAMES[name] for name in found), "结果"), rows)
    if new is not None:
        why = "、".join(f"{METHOD_NAMES[name]} {share:g}" for name, share in shares.items())
        path = write_version(opened, version, new, weight_changes(base, level, result), why=f"权重由{why}")
        sys.stdout.write(f"新版本已写入 {path}，未批准；用 wbwz methodology diff、backtest 看它改了什么\n")


def _methods(written: list[str]) -> dict[str, float]:
    shares = {}
    for text in written:
        name, _, share = text.partition("=")
        if name not in METHOD_NAMES:
            message = f"没有定权方法 “{name}”；应为 {one_of(METHOD_NAMES, instead_of=name)}"
            raise CampaignError(message)
        try:
            shares[name] = float(share) if share else 1.0
        except ValueError:
            message = f"“{text}” 的份额不是数；应为如 {name}=0.5"
            raise CampaignError(message) from None
    return shares


def _files(given: list[Path] | None) -> list[Path]:
    files = [
        file for path in given or [] for file in (sorted(path.glob("*.xlsx")) if path.is_dir() else [path])
    ]
    if not files:
        raise CampaignError(
            "专家定权要给填好的定权表(--sheet 文件或文件夹)；空表用 wbwz methodology sheets 生成"
        )
    return files


def _from_data(
    campaign: Campaign,
    base: Methodology,
    level: str,
    node: str,
    name: str,
    period: str | None,
    names: dict[str, str],
) -> pd.Series:
    if period is None and name != "equal":
        message = f"{METHOD_NAMES[name]}由数据定权，要写明用哪一期(--period)"
        raise CampaignError(message)
    if name == "equal":
        return pd.Series(1 / len(names), index=list(names))
    assert period is not None
    fixed = standing(campaign, campaign.period(period).id)
    scored = score_period(fixed, fixed.period(period), level, methodology=base)
    return data_weights(name, sibling_scores(scored, node), names=names)  # type: ignore[arg-type]


def _print_found(found: WeightsFound, name: str, names: dict[str, str]) -> None:
    sys.stdout.write(f"{found.source}\n")
    rows = [
        (member, *(f"{100 * share:.1f}" for share in own))
        for member, own in zip(found.by_member.index, found.by_member.to_numpy(), strict=True)
    ]
    print_rows(f"{METHOD_NAMES[name]}：各成员的权重（%）", ("成员", *names.values()), rows)
    if len(found.consistency):
        told = [
            (row["member"], f"{row['ratio']:.3f}", f"{row['threshold']:.3f}", "是" if row["ok"] else "否")
            for row in found.consistency.to_dict("records")
        ]
        print_rows("判断前后一致吗", ("成员", "一致性比率", "上限", "一致"), told)
    if found.beside is not None:
        apart = 100 * float((found.beside - found.weights).abs().max())
        sys.stdout.write(f"行几何平均法得到的权重与特征向量法最多相差 {apart:.2f} 个百分点\n")
    if found.concordance is not None:
        agreed = found.concordance
        sys.stdout.write(
            f"成员之间的一致程度：Kendall W = {agreed.w:.3f}（χ² = {agreed.chi2:.2f}，自由度 {agreed.df}，"
            f"p = {agreed.p:.4f}）{agreed.note}\n"
        )
