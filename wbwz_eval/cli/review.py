"""Commands that put a version to the test: back-test on past periods, robustness of ranks."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from wbwz_eval.campaign.folder import open_campaign
from wbwz_eval.campaign.frozen import standing
from wbwz_eval.cli.arguments import CampaignArgument, Format, LevelOption, PeriodArgument
from wbwz_eval.cli.printing import print_rows
from wbwz_eval.reporting.progress import counted, steps
from wbwz_eval.review.uncertainty.choices import FEWEST, MOST, load_choices
from wbwz_eval.review.uncertainty.robustness import robustness as run_robustness
from wbwz_eval.review.versions.backtest import backtest as test_back
from wbwz_eval.review.versions.backtest import past_periods
from wbwz_eval.review.versions.fields_needed import compare_fields
from wbwz_eval.scoring.methodology_file import load_methodology
from wbwz_eval.scoring.scored import score_period

FormOption = Annotated[Format, typer.Option("--format", help="输出格式")]
_SHOWN = 20


def backtest(
    campaign: CampaignArgument,
    version: Annotated[str, typer.Argument(metavar="B", help="要试的版本，如 2012-v2")],
    level: Annotated[str | None, typer.Option(help="只看一个层级；不写则全部")] = None,
    form: FormOption = Format.table,
) -> None:
    """回测:过去各季按新版本重算,与当时的办法对照:谁升谁降、等次、稳不稳、偏不偏大单位."""
    opened = open_campaign(campaign)
    new = load_methodology(opened.version_path(version), opened)
    spans = past_periods(opened)
    for name in [level] if level else [name for name in opened.levels if name in new.levels]:
        with steps(f"回测 {opened.levels.get(name, name)}", len(spans)) as advance:
            found = test_back(opened, new, name, spans, advance)
        if form is Format.csv:
            sys.stdout.write(found.entities.to_csv(index=False, lineterminator="\n"))
            continue
        if form is Format.json:
            sys.stdout.write(found.entities.to_json(orient="records", force_ascii=False, indent=1) + "\n")
            continue
        title = f"{opened.levels[name]}：{new.version} 与当时的办法"
        rows = [
            (
                row["period_name"], row["version"], row["ranked"], row["movers"], f"{row['shift']:.2f}",
                f"{row['largest']:.0f}", row["regraded"], f"{row['agreement']:.2f}",
            )
            for row in found.summary.to_dict("records")
        ]  # fmt: skip
        heads = (
            "期",
            "当时的办法",
            "有位次",
            "位次变动",
            "平均移动",
            "最大移动",
            "等次变动",
            "次序一致（τ）",
        )
        print_rows(title, heads, rows)
        moved = found.entities[found.entities["moved"].fillna(0) != 0]
        told = [
            (
                row["period_name"],
                row["group_name"],
                row["name"],
                f"{row['rank_old']:.0f}→{row['rank_new']:.0f}",
                f"{row['change']:+.2f}",
            )
            for row in moved.sort_values("moved", key=abs, ascending=False).head(_SHOWN).to_dict("records")
        ]
        if told:
            print_rows(
                f"位次变动最大的（共 {len(moved)} 对象次）", ("期", "组别", "对象", "位次", "总分变化"), told
            )
    if form is Format.table:
        old = load_methodology(opened.methodology_path(spans[-1]), opened)
        fields = compare_fields(opened, old, new, spans[-1:])
        added = [
            (row["need"], row["ledger_name"], row["field_name"], f"{row['cells']:.0f}")
            for row in fields.to_dict("records")
        ]
        if added:
            print_rows("填报字段的增减", ("", "台账", "字段", "上期填报格数"), added)
        else:
            sys.stdout.write("填报字段没有增减\n")


def robustness(
    campaign: CampaignArgument,
    period: PeriodArgument,
    level: LevelOption = "unit",
    draws: Annotated[
        int | None, typer.Option(help="抽多少次；不写则按活动所定", min=FEWEST, max=MOST)
    ] = None,
    seed: Annotated[int | None, typer.Option(help="种子；不写则按活动所定", min=0)] = None,
    form: FormOption = Format.table,
) -> None:
    """稳健性:按声明的不确定选择抽样重算,给出位次区间、等次可能性、哪种选择影响最大."""
    opened = open_campaign(campaign)
    span = opened.period(period)
    fixed = standing(opened, span.id)
    own = {name: value for name, value in (("draws", draws), ("seed", seed)) if value is not None}
    scored = score_period(fixed, span, level)
    choices = load_choices(opened, scored.methodology).model_copy(update=own)
    with counted("稳健性") as advance:
        found = run_robustness(scored, choices, advance=advance)
    table = found.entities
    if form is Format.csv:
        sys.stdout.write(table.to_csv(index=False, lineterminator="\n"))
        return
    if form is Format.json:
        sys.stdout.write(table.to_json(orient="records", force_ascii=False, indent=1) + "\n")
        return
    grades = list(scored.level.grades.order) if scored.level.grades else []
    rows = [
        (
            row["group_name"], row["name"], f"{row['rank']:.0f}", f"{row['low']}–{row['high']}",
            f"{row['same']:.0%}", row["grade"], *(f"{row[grade]:.0%}" for grade in grades if grade in row),
        )
        for row in table.to_dict("records")
    ]  # fmt: skip
    heads = (
        "组别",
        "对象",
        "位次",
        "九成区间",
        "位次不变",
        "等次",
        *(grade for grade in grades if grade in table),
    )
    print_rows(
        f"{span.id} {opened.levels[level]}：{found.choices.draws} 次抽样，种子 {found.choices.seed}",
        heads,
        rows,
    )
    drivers = [
        (
            row["name"],
            f"{row['first']:.2f}",
            f"{row['first_low']:.2f}–{row['first_high']:.2f}",
            f"{row['total']:.2f}",
            f"{row['total_low']:.2f}–{row['total_high']:.2f}",
        )
        for row in found.drivers.to_dict("records")
    ]
    title = f"位次平均移动 {found.shift:.2f} 位；各种选择解释其中多少"
    print_rows(title, ("选择", "一阶", "95% 区间", "总效应", "95% 区间"), drivers)
