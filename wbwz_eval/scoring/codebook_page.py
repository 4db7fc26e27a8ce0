"""The codebook as a page for people: every ledger, its fields, who reports it, what reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wbwz_eval.campaign.receipts import OFFICE
from wbwz_eval.scoring.measures import ledger_measures
from wbwz_eval.scoring.methodology_file import load_methodology

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wbwz_eval.campaign.fields import Field
    from wbwz_eval.campaign.folder import Campaign
    from wbwz_eval.campaign.ledgers import LedgerSchema
    from wbwz_eval.scoring.measures import Measure

_TYPES = {
    "text": "文字",
    "date": "日期",
    "number": "数字",
    "integer": "整数",
    "choice": "选项",
    "entity": "被评对象",
    "flag": "是/否",
}
_DISCLOSURE = {"public": "公开", "internal": "内部", "restricted": "限阅", "personal": "个人"}
_EVERY = {
    "week": "每周",
    "month": "每月",
    "quarter": "每季",
    "half": "每半年",
    "year": "每年",
    "term": "活动结束时",
}
_HEAD = ("| 字段 | 代码 | 类型 | 必填 | 公开程度 | 说明 |", "|---|---|---|---|---|---|")


def codebook_page(campaign: Campaign) -> str:
    """Return the page as Markdown, by the codebook and the methodology in force last.

    Raises:
        CampaignError: The methodology is wrong or not there.
    """
    readers = _readers(campaign)
    common = set.intersection(*(set(schema.fields) for schema in campaign.codebook.ledgers.values()))
    return "\n".join(_lines(campaign, readers, common)) + "\n"


def _lines(campaign: Campaign, readers: dict[str, list[str]], common: set[str]) -> Iterator[str]:
    ledgers = campaign.codebook.ledgers
    fields = sum(len(schema.fields) - len(common) for schema in ledgers.values())
    yield f"# 台账字段表：{campaign.name}"
    yield ""
    if campaign.synthetic:
        yield f"> 合成数据活动：{campaign.synthetic_note}"
        yield ""
    yield (
        f"{len(ledgers)} 张台账，{fields} 个字段，另有 {len(common)} 个各台账都有的字段。"
        "本页由 `wbwz codebook` 从 `ledgers.yaml` 和评价办法生成，请勿手改。"
    )
    yield ""
    yield "一件事只报一次：一行台账可以供几个指标使用。“公开程度”为“个人”的字段不进公开版。"
    yield ""
    yield from _overview(campaign, readers)
    yield "## 各台账都有的字段"
    yield ""
    yield from _HEAD
    first = next(iter(ledgers.values()))
    yield from (_field(code, first.fields[code]) for code in first.fields if code in common)
    yield ""
    yield (
        "除此以外，每一行还有：层级、组别（取自 `entities.csv`），报送日期、版次、回执、出处和行"
        "（取自回执：谁、何时、哪个文件、哪一行）。"
    )
    yield ""
    for ledger, schema in ledgers.items():
        yield from _ledger(campaign, ledger, schema, readers.get(ledger, []), common)


def _overview(campaign: Campaign, readers: dict[str, list[str]]) -> Iterator[str]:
    yield "| 台账 | 代码 | 报送 | 频次 | 机制 | 用于指标 |"
    yield "|---|---|---|---|---|---|"
    for ledger, schema in campaign.codebook.ledgers.items():
        yield (
            f"| [{schema.name}](#{ledger}) | `{ledger}` | {_reporters(campaign, schema)} "
            f"| {_EVERY.get(schema.every or '', '有则报')} | {' '.join(schema.serves)} "
            f"| {' '.join(readers.get(ledger, [])) or '—'} |"
        )
    yield ""


def _ledger(
    campaign: Campaign, ledger: str, schema: LedgerSchema, readers: list[str], common: set[str]
) -> Iterator[str]:
    yield f'## <a id="{ledger}"></a>{schema.name} `{ledger}`'
    yield ""
    facts = [f"由{_reporters(campaign, schema)}报送，{_EVERY.get(schema.every or '', '有则报')}"]
    if schema.key:
        facts.append("不填行号时以" + "、".join(schema.fields[code].label for code in schema.key) + "认行")
    if schema.track:
        facts.append(f"“{schema.fields[schema.track.done].label}”为空的行视为未办结，预填进下一期模板")
    if schema.checked:
        facts.append(f"现场核查“{schema.fields[schema.checked].label}”")
    if schema.check_list:
        facts.append("现场核查的结果记在这里")
    facts.append(f"行号以 {schema.prefix} 开头")
    yield "；".join(facts) + "。"
    yield ""
    if schema.note:
        yield f"{schema.note}。"
        yield ""
    if schema.serves:
        yield f"机制：{'、'.join(schema.serves)}。用于指标：{'、'.join(readers) or '无（供报告使用）'}。"
        yield ""
    yield from _HEAD
    yield from (_field(code, spec) for code, spec in schema.fields.items() if code not in common)
    yield ""
    own = list(dict.fromkeys(check.message for check in schema.checks))
    if own:
        grave = {check.message for check in schema.checks if check.severity == "error"}
        told = [f"{text}（错误，不能计分）" if text in grave else text for text in own]
        yield f"审核：{'；'.join(told)}。"
        yield ""


def _field(code: str, spec: Field) -> str:
    told = []
    if spec.unit:
        told.append(f"单位 {spec.unit}")
    if spec.allowed:
        told.append("、".join(spec.allowed))
    if spec.minimum is not None:
        told.append(f"不小于 {spec.minimum:g}")
    if spec.maximum is not None:
        told.append(f"不大于 {spec.maximum:g}")
    if spec.default is not None:
        told.append(f"不填即为 {spec.default}")
    if spec.filled_by == OFFICE:
        told.append("由办公室填")
    if spec.aliases:
        told.append(f"旧名 {'、'.join(spec.aliases)}")
    if spec.note:
        told.append(spec.note)
    needed = "是" if spec.required and spec.default is None else ""
    return (
        f"| {spec.label} | `{code}` | {_TYPES[spec.type]} | {needed} | {_DISCLOSURE[spec.disclosure]} "
        f"| {'；'.join(told)} |"
    )


def _reporters(campaign: Campaign, schema: LedgerSchema) -> str:
    names = {**campaign.levels, OFFICE: "办公室"}
    return "、".join(names[level] for level in schema.reported_by) or "任何报送人"


def _readers(campaign: Campaign) -> dict[str, list[str]]:
    """Return ledger → ids of the indicators, items and vetoes that read it."""
    last = campaign.methodology_versions[-1].effective_from
    period = next(span for span in campaign.periods("quarter") if span.end >= max(last, campaign.start))
    methodology = load_methodology(campaign.methodology_path(period), campaign)
    found: dict[str, list[str]] = {}

    def note(name: str, measure: Measure) -> None:
        for part in ledger_measures(measure):
            readers = found.setdefault(part.ledger, [])
            if name not in readers:
                readers.append(name)

    for name, indicator in methodology.indicators.items():
        note(name, indicator.measure)
    for level in methodology.levels.values():
        for section in (level.bonus.items, level.deductions.items, level.vetoes):
            for name, item in section.items():
                note(name, item.measure)
    return found
