"""Whether the pages of a period still are what they were, and come out the same again."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.frozen import read_freeze
from wbwz_eval.campaign.whole_files import digest
from wbwz_eval.reporting.errors import ReportError
from wbwz_eval.reporting.run import MANIFEST, run_report
from wbwz_eval.scoring.verify import ALTERED, COLUMNS, DIFFERENT, MISSING, SAME

if TYPE_CHECKING:
    from collections.abc import Iterator

_REPORT = "报告"


def verify_reports(campaign: Path, period: str, folder: Path) -> pd.DataFrame:
    """Compare each page in a folder with its digest, and with the same report made again.

    Returns:
        One row per page, as :func:`wbwz_eval.scoring.verify.verify` has them; none where the folder
        holds no report of the period.
    """
    lines = [line for path in sorted(folder.glob(f"*{MANIFEST}")) for line in _page(campaign, period, path)]
    return pd.DataFrame(lines, columns=list(COLUMNS))


def _page(campaign: Path, period: str, path: Path) -> Iterator[tuple[str, str, str, str]]:
    try:
        made = json.loads(path.read_text(encoding="utf-8"))
        parameters = dict(made["parameters"])
        sha256, report, version = made["page"], made["report"], made["frozen_version"]
    except (ValueError, KeyError, TypeError):
        yield (_REPORT, str(path), ALTERED, "清单读不出来")
        return
    if parameters.pop("period", None) != period:
        return
    page = path.with_name(path.name.removesuffix(MANIFEST) + ".html")
    if not page.is_file():
        yield (_REPORT, str(page), MISSING, "")
        return
    if digest(page.read_bytes()) != sha256:
        yield (_REPORT, str(page), ALTERED, "与出报告时不同")
        return
    with tempfile.TemporaryDirectory(prefix="wbwz-verify-") as again:
        level, edition = parameters.pop("level"), parameters.pop("edition")
        try:
            remade = run_report(
                report, campaign, period, level=level, edition=edition, out=Path(again), parameters=parameters
            )
        except (CampaignError, ReportError) as error:
            yield (_REPORT, str(page), DIFFERENT, str(error))
            return
        same = digest(remade.read_bytes()) == sha256
    note = "" if version == _version(campaign, period) else "：报告是按更早的版本出的，请重新出报告"
    yield (_REPORT, str(page), SAME if same else DIFFERENT, f"重新生成{note}")


def _version(campaign: Path, period: str) -> int | None:
    record = read_freeze(campaign, period)
    return None if record is None else record.version
