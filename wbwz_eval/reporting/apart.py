"""What may be served to others stands apart from ledgers and originals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wbwz_eval.reporting.errors import ReportError

if TYPE_CHECKING:
    from pathlib import Path

SITE_MANIFEST = "assets/site.json"
"""What marks a folder as a site, by its path in it."""


def check_apart(folder: Path, campaign: Path) -> None:
    """See that neither of a folder that is handed out and a campaign's folder lies in the other.

    Raises:
        ReportError: One does, be it by a link.
    """
    out, kept = folder.resolve(), campaign.resolve()
    if out == kept or out in kept.parents or kept in out.parents:
        msg = f"{folder} 和活动文件夹 {campaign} 一个在另一个里面，台账和原件会随它公开；请把它放到别处"
        raise ReportError(msg)


def check_outside_sites(folder: Path) -> None:
    """See that a folder is not within a site, which everybody may read.

    Raises:
        ReportError: It is.
    """
    place = folder.resolve()
    for above in (place, *place.parents):
        if (above / SITE_MANIFEST).is_file():
            msg = f"{folder} 在公开站点 {above} 里面，内部的报告会随它公开；请把它放到别处"
            raise ReportError(msg)
