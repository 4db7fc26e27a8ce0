"""The state of affairs as one page that needs nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from wbwz_eval.reporting import fonts, place
from wbwz_eval.reporting.export import visible
from wbwz_eval.scheduling.status import (
    COMING_HEADS,
    IN_TIME_HEADS,
    RUN_HEADS,
    TROUBLE_HEADS,
    coming_rows,
    in_time_rows,
    run_rows,
    trouble_rows,
)

if TYPE_CHECKING:
    from wbwz_eval.scheduling.status import Status

_TEMPLATES = Path(place.__file__).parent / "templates"
_ROWS_SHOWN = 200
_LONG = frozenset({"为什么", "说明", "结果"})


def page(found: Status) -> str:
    """Return the status as one page that needs nothing else."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES / "status"), autoescape=True, undefined=StrictUndefined
    )
    late = trouble_rows(found)
    tables = [
        ("逾期和受阻的", TROUBLE_HEADS, late[:_ROWS_SHOWN], len(late)),
        ("期限内应出的", IN_TIME_HEADS, in_time_rows(found)[:_ROWS_SHOWN], len(found.in_time)),
        ("各种报告", COMING_HEADS, coming_rows(found), 0),
        ("最近的运行", RUN_HEADS, run_rows(found.records), 0),
    ]
    css = [
        (_TEMPLATES / name).read_text(encoding="utf-8")
        for name in ("bulletin/bulletin.css", "status/status.css")
    ]
    html = environment.get_template("status.html.j2").render(
        campaign=found.campaign.name,
        organiser=found.campaign.organiser,
        office=found.campaign.office,
        synthetic=found.campaign.synthetic_note if found.campaign.synthetic else "",
        day=found.day,
        headline=found.headline,
        well=found.is_well,
        watch=found.watch,
        tables=[table for table in tables if table[2]],
        long=_LONG,
    )
    # a page about what went wrong is not the one to fail for a strange letter in a message
    html = html.translate(dict.fromkeys(map(ord, fonts.missing(html)), "□"))
    font = fonts.subset_woff(visible(html) + "□")
    face = f'@font-face {{ font-family: "Report"; src: url(data:font/woff;base64,{font}) }}'
    return html.replace("/*css*/", "\n".join([face, *css]), 1)
