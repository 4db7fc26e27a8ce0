"""Whether the reports of a period still are what they were, and come out the same again."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.frozen import read_freeze
from wbwz_eval.campaign.whole_files import digest
from wbwz_eval.reporting.catalogue import find_report
from wbwz_eval.reporting.errors import ReportError
from wbwz_eval.reporting.place import FORMS, MANIFEST
from wbwz_eval.reporting.run import run_report
from wbwz_eval.scoring.verify import ALTERED, COLUMNS, DIFFERENT, MISSING, SAME

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_REPORT = "报告"


def verify_reports(campaign: Path, period: str, folder: Path) -> pd.DataFrame:
    """Compare each file of a report in a folder with its digest, and with the same report made again.

    Returns:
        One row per file, as :func:`wbwz_eval.scoring.verify.verify` has them; none where the folder
        holds no report of the period.
    """
    lines = [line for path in sorted(folder.glob(f"*{MANIFEST}")) for line in _files(campaign, period, path)]
    return pd.DataFrame(lines, columns=list(COLUMNS))


def _files(campaign: Path, period: str, path: Path) -> Iterator[tuple[str, str, str, str]]:
    try:
        made = json.loads(path.read_text(encoding="utf-8"))
        parameters = dict(made["parameters"])
        files, report, version = dict(made["files"]), made["report"], made["frozen_version"]
        red_head = bool(made["red_head"])
    except (ValueError, KeyError, TypeError):
        yield (_REPORT, str(path), ALTERED, "清单读不出来")
        return
    if parameters.pop("period", None) != period:
        return
    torn = list(_torn(path, files))
    yield from torn
    if torn:
        return
    if find_report(report).on_request:
        # it looks beyond its period, at versions that are still being discussed
        for name in files:
            yield (_REPORT, str(path.with_name(name)), SAME, "与出报告时一致（应请求所出，不重新生成）")
        return
    with tempfile.TemporaryDirectory(prefix="wbwz-verify-") as again:
        try:
            run_report(
                report,
                campaign,
                period,
                level=parameters.pop("level"),
                edition=parameters.pop("edition"),
                out=Path(again),
                parameters=parameters,
                forms=[form for form in FORMS if any(name.endswith(f".{form}") for name in files)],
                red_head=red_head,
            )
        except (CampaignError, ReportError) as error:
            yield (_REPORT, str(path), DIFFERENT, str(error))
            return
        remade = {name: digest((Path(again) / name).read_bytes()) for name in files}
    note = "" if version == _version(campaign, period) else "：报告是按更早的版本出的，请重新出报告"
    for name, sha256 in files.items():
        state = SAME if remade[name] == sha256 else DIFFERENT
        yield (_REPORT, str(path.with_name(name)), state, f"重新生成{note}")


def _torn(path: Path, files: Mapping[str, str]) -> Iterator[tuple[str, str, str, str]]:
    for name, sha256 in files.items():
        file = path.with_name(name)
        if not file.is_file():
            yield (_REPORT, str(file), MISSING, "")
        elif digest(file.read_bytes()) != sha256:
            yield (_REPORT, str(file), ALTERED, "与出报告时不同")


def _version(campaign: Path, period: str) -> int | None:
    record = read_freeze(campaign, period)
    return None if record is None else record.version
