"""What the public site offers to take away: each period's scores as CSV, its tables, its bulletin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wbwz_eval.campaign.safe_text import guarded
from wbwz_eval.reporting import show
from wbwz_eval.reporting.document import document_of_pieces
from wbwz_eval.reporting.pdf_form import pdf_form
from wbwz_eval.reporting.view import digits, dimensions
from wbwz_eval.reporting.xlsx_form import xlsx_form
from wbwz_eval.scoring.numbers import round_half_up

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import TypeAlias

    from wbwz_eval.reporting.pieces import Piece
    from wbwz_eval.reporting.site_content import SiteContent
    from wbwz_eval.scoring.scores import Scores
    from wbwz_eval.tracking.situation import Situation

    Bulletins: TypeAlias = Mapping[tuple[str, str], Sequence[tuple[str, Sequence[Piece]]]]

FOLDER = "downloads"
_COLUMNS = {
    "entity_id": "编号",
    "name": "名称",
    "group_name": "组别",
    "base": "基础分",
    "bonus": "附加",
    "deduction": "扣分",
    "total": "总分",
    "rank": "位次",
    "rank_low": "位次至好",
    "rank_high": "位次至差",
    "grade": "等次",
    "coverage": "数据覆盖",
    "standing": "状态",
}


def bulletins(content: SiteContent) -> Bulletins:
    """Return the public bulletins: of each level and period, headings, each with its pieces."""
    return {
        (level.level, period): _sections(scores, level.ledgers[period])
        for level in content.levels
        for period, scores in level.scores.items()
    }


def _sections(scores: Scores, ledgers: Situation) -> list[tuple[str, Sequence[Piece]]]:
    return [
        ("", (show.header(scores),)),
        ("主要情况", (show.findings(scores),)),
        ("分组排名", (show.ranking(scores), show.composition(scores))),
        ("各维度得分", (show.profile_chart(scores), show.profile(scores))),
        ("升降的原因", (show.drivers(scores),)),
        ("否优、扣分和附加分", (show.adjustments(scores),)),
        ("对标：寻标、对标、达标、夺标", (show.benchmark_funnel(ledgers),)),
        ("创新成果", (show.innovations(ledgers),)),
        ("群众满意度", (show.satisfaction(scores, ledgers),)),
        ("典型经验", (show.practices(ledgers),)),
        ("结果运用", (show.result_uses(ledgers),)),
        ("数据质量", (show.quality(scores),)),
    ]


def downloads(content: SiteContent, shown: Bulletins) -> dict[str, bytes]:
    """Return the files to take away, by their paths on the site.

    Args:
        content: What may be shown.
        shown: See :func:`bulletins`.
    """
    files = {}
    for level in content.levels:
        for period, scores in level.scores.items():
            stem = f"{FOLDER}/{period}-{level.level}"
            document = document_of_pieces(shown[level.level, period])
            files[f"{stem}.csv"] = _csv(scores)
            files[f"{stem}.xlsx"] = xlsx_form(document)
            files[f"{stem}.pdf"] = pdf_form(document)
    return files


def _csv(scores: Scores) -> bytes:
    """Return the scores with no more decimals than the page shows; with a mark that spreadsheets want."""
    table, places = scores.scores, digits(scores)
    named = {dimension.id: dimension.name for dimension in dimensions(scores)}
    order = [*list(_COLUMNS)[:3], *named, *list(_COLUMNS)[3:]]
    shown = table.sort_values(["group", "rank", "entity_id"], kind="stable")[order].copy()
    for column in (*named, "base", "bonus", "deduction", "total"):
        shown[column] = round_half_up(shown[column].to_numpy(float), places)
    shown["coverage"] = round_half_up(shown["coverage"].to_numpy(float), 2)
    text = guarded(shown.rename(columns=_COLUMNS | named)).to_csv(index=False, lineterminator="\n")
    return f"\ufeff{text}".encode()
