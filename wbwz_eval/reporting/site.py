"""The public site of a campaign: static pages that need no server, no script and no network."""

from __future__ import annotations

import base64
import datetime as dt
import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from wbwz_eval.campaign.folder import Campaign, open_campaign
from wbwz_eval.campaign.whole_files import digest, replace_folder
from wbwz_eval.reporting import fonts
from wbwz_eval.reporting.apart import SITE_MANIFEST, check_apart
from wbwz_eval.reporting.errors import ReportError
from wbwz_eval.reporting.export import visible
from wbwz_eval.reporting.site_content import open_site
from wbwz_eval.reporting.site_downloads import bulletins, downloads
from wbwz_eval.reporting.site_pages import pages

if TYPE_CHECKING:
    from collections.abc import Callable

SITE_FOLDER = "site"
MANIFEST = SITE_MANIFEST
_TEMPLATES = Path(__file__).parent / "templates"
_FONT = '@font-face { font-family: "Report"; src: url("report.woff") format("woff"); }\n'


def site_files(
    campaign: Campaign, until: dt.date, advance: Callable[[str], None] = lambda _: None
) -> dict[str, bytes]:
    """Return every file of the site by its path; the same campaign gives the same bytes.

    Args:
        campaign: The campaign.
        until: Only periods that were over on this day are shown.
        advance: Told what is done next.

    Raises:
        CampaignError: The campaign's own files are wrong.
        ReportError: No period has results that may be public.
    """
    advance("打开结果")
    content = open_site(campaign, until)
    if not content.levels:
        msg = f"{campaign.path.name} 没有可以公开的结果：没有结束的期，或者都不能计分"
        raise ReportError(msg)
    advance("下载文件")
    shown = bulletins(content)
    offered = downloads(content, shown)
    advance("网页")
    html = pages(content, offered, shown)
    files = dict(offered)
    files |= {path: text.encode() for path, text in html.items()}
    bulletin, own = (
        (_TEMPLATES / name).read_text(encoding="utf-8") for name in ("bulletin/bulletin.css", "site/site.css")
    )
    files["assets/site.css"] = (_FONT + bulletin + own).encode()
    signs = "".join(sorted(set("".join(visible(text) for text in html.values()))))
    files["assets/report.woff"] = base64.b64decode(fonts.subset_woff(signs + "第共页/0123456789"))
    digests = {path: digest(data) for path, data in sorted(files.items())}
    made = {"campaign": campaign.name, "until": until.isoformat(), "files": digests}
    files[MANIFEST] = (json.dumps(made, ensure_ascii=False, indent=1) + "\n").encode()
    return files


def write_site(
    campaign: Path | str,
    out: Path | None = None,
    *,
    until: dt.date | None = None,
    advance: Callable[[str], None] = lambda _: None,
) -> Path:
    """Write the site of a campaign into a folder, whole or not at all; returns its first page.

    Args:
        campaign: The campaign's folder.
        out: Where to; ``site/<campaign folder>`` under the current folder if None. What stands there is
            replaced if it is such a site.
        until: See :func:`site_files`; today if None.
        advance: See :func:`site_files`.

    Raises:
        CampaignError: The campaign's own files are wrong.
        ReportError: The folder holds something else, or lies in the campaign's or round it, or nothing
            may be public.
    """
    opened = open_campaign(campaign)
    final = (out or Path(SITE_FOLDER) / opened.path.resolve().name).absolute()
    check_apart(final, opened.path)
    if final.exists() and (not final.is_dir() or (any(final.iterdir()) and not (final / MANIFEST).is_file())):
        msg = f"{final} 里是别的东西，不是 wbwz site 写的站点；请换一个文件夹，或先移走它"
        raise ReportError(msg)
    files = site_files(opened, until or dt.datetime.now().astimezone().date(), advance)
    final.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{final.name}-", dir=final.parent))
    try:
        for name, data in files.items():
            (beside / name).parent.mkdir(parents=True, exist_ok=True)
            (beside / name).write_bytes(data)
        # a server that runs as somebody else reads it, whatever the umask here
        for path in (beside, *beside.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        replace_folder(beside, final)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return final / "index.html"
