"""The head of a report: what it is, what it stands on, and how far it may be relied on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wbwz_eval.reporting.catalogue import INTERNAL, PUBLIC, RESTRICTED
from wbwz_eval.reporting.pieces import Piece
from wbwz_eval.reporting.plain_text import escape

if TYPE_CHECKING:
    from wbwz_eval.reporting.view import Headed

SHORT_DIGEST = 12

_TITLES = {
    "week": "周通报",
    "month": "月通报",
    "quarter": "季通报",
    "half": "半年通报",
    "year": "年度通报",
    "term": "总评通报",
}
_EDITIONS = {INTERNAL: "内部版", RESTRICTED: "限阅", PUBLIC: "公开版"}


@dataclass(frozen=True, repr=False)
class Head(Piece):
    """Title, mark and facts; the full digests are in the title of the short ones.

    ``running`` stands on every printed page, of which a ``compact`` report has narrower margins.
    """

    campaign: str
    title: str
    issuer: str
    mark: str
    warning: str
    facts: tuple[tuple[str, str, str], ...]
    running: str
    compact: bool

    def html(self) -> str:
        """Return the red head, then the facts as a list of terms."""
        facts = "".join(
            f"<div><dt>{escape(term)}</dt><dd{_title(full)}>{escape(said)}</dd></div>"
            for term, said, full in self.facts
        )
        warning = f'<p class="warning">{escape(self.warning)}</p>' if self.warning else ""
        return (
            f'<header class="head"><p class="campaign">{escape(self.campaign)}</p>'
            f"<h1>{escape(self.title)}</h1>"
            f'<p class="issuer"><span>{escape(self.issuer)}</span>'
            f'<span class="mark">{escape(self.mark)}</span></p></header>'
            f'{warning}<dl class="facts">{facts}</dl>'
        )

    def text(self) -> str:
        """Return the facts, one a line."""
        facts = [f"{term}：{full or said}" for term, said, full in self.facts]
        return "\n".join([self.campaign, self.title, self.issuer, f"【{self.mark}】", self.warning, *facts])

    def data(self) -> dict[str, Any]:
        """Return the head's words."""
        facts = [[term, said] for term, said, _ in self.facts]
        words = {"campaign": self.campaign, "title": self.title, "issuer": self.issuer}
        words |= {"mark": self.mark, "warning": self.warning, "running": self.running}
        return {"piece": "head", **words, "facts": facts, "compact": self.compact}


def edition_name(shown: Headed) -> str:
    """Return what people call the edition."""
    return _EDITIONS[str(shown.header.get("edition", INTERNAL))]


def _title(full: str) -> str:
    return f' title="{escape(full)}"' if full else ""


def report_title(scores: Headed) -> str:
    """Return what the report is called: 2012年第三季度事业单位季通报."""
    head = scores.header
    kind = head.get("heading") or _TITLES.get(str(head["period_kind"]), "通报")
    name = "" if head["period_kind"] == "term" else str(head["period_name"])
    return f"{name}{head.get('subject', head['level_name'])}{kind}"


def running_line(scores: Headed) -> str:
    """Return the line that stands on every printed page."""
    head = scores.header
    digest = str(head["methodology_digest"])[:SHORT_DIGEST]
    return (
        f"【{head['mark']}】{head['period_name']} {head['level_name']}（{edition_name(scores)}）"
        f"  截止 {head['cutoff']}  办法 {head['methodology_version']}（{digest}）"
        f"  数据 {str(head['data_digest'])[:SHORT_DIGEST]}  程序 {head['package_version']}"
    )


def header(scores: Headed) -> Head:
    """Return the report's head."""
    head = scores.header
    issuer = str(head["organiser"])
    if head["office"]:
        issuer += f" {head['office']}"
    approvals = "、".join(
        " ".join(filter(None, (str(a["by"]), str(a["role"]), str(a["on"]), str(a["document"]))))
        for a in head["approvals"]
    )
    method, data = str(head["methodology_digest"]), str(head["data_digest"])
    facts = (
        ("评价期", _span(scores), ""),
        ("数据截止", str(head["cutoff"]), ""),
        ("评价办法", f"{head['methodology_title']}，版本 {head['methodology_version']}", ""),
        ("办法批准", approvals or "未批准", ""),
        ("办法摘要", method[:SHORT_DIGEST], method),
        ("数据摘要", data[:SHORT_DIGEST], data),
        ("程序版本", f"wbwz_eval {head['package_version']}", ""),
        ("版别", edition_name(scores), ""),
    )
    return Head(
        campaign=str(head["campaign"]),
        title=report_title(scores),
        issuer=issuer,
        mark=str(head["mark"]),
        warning=_warning(scores),
        facts=facts,
        running=running_line(scores),
        compact=bool(head.get("compact")),
    )


def _span(scores: Headed) -> str:
    head = scores.header
    # the name of the whole term already says its days
    days = "" if head["period_kind"] == "term" else f"（{head['start']} 至 {head['end']}）"
    return f"{head['period_name']}{days}"


def _warning(scores: Headed) -> str:
    head = scores.header
    said = []
    if head["synthetic"]:
        said.append(f"合成数据：{head['synthetic_note']}" if head["synthetic_note"] else "数据为合成数据。")
    if head["methodology_status"] != "approved":
        what = "界限和时限" if "previous_period" not in head else "得分、位次和等次"
        said.append(f"评价办法未经批准，以下{what}只是试算，不作为评先评优和问责的依据。")
    return "".join(said)
