"""The finished reports of a period: those whose manifest holds for every byte; and why others are none."""

from __future__ import annotations

import json
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.frozen import read_freeze
from wbwz_eval.campaign.whole_files import digest
from wbwz_eval.reporting.catalogue import check_place, find_report
from wbwz_eval.reporting.errors import ReportError
from wbwz_eval.reporting.place import FORMS, MANIFEST, report_place
from wbwz_eval.scheduling.receivers import Piece

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from wbwz_eval.campaign.folder import Campaign
    from wbwz_eval.campaign.periods import Period

_FAILED = ".failed.ipynb"


@dataclass(frozen=True)
class Finished:
    """A report as it may be handed on.

    Attributes:
        piece: What it is.
        folder: Where its files are.
        files: SHA-256 by file name: the page and other forms, never the notebook, which names the place
            of the campaign on this computer.
    """

    piece: Piece
    folder: Path
    files: Mapping[str, str]


@dataclass(frozen=True)
class Refused:
    """What is not handed on: a report, or all that somebody was to get; and why."""

    name: str
    reason: str


def finished_reports(
    campaign: Campaign, period: Period, folder: Path
) -> tuple[list[Finished], list[Refused]]:
    """Return the finished reports of a period in a folder, and what else of reports is in it.

    Raises:
        ReportError: There is no such folder.
    """
    if not folder.is_dir():
        msg = f"没有报告文件夹 {folder}；先用 wbwz report-set 或 wbwz run-due 出报告"
        raise ReportError(msg)
    finished, refused = [], []
    frozen = read_freeze(campaign.path, period.id)
    version = None if frozen is None else frozen.version
    manifests = sorted(folder.glob(f"*{MANIFEST}"))
    for path in manifests:
        try:
            finished.append(_finished(campaign, period, path, version))
        except (ReportError, CampaignError) as error:
            refused.append(Refused(path.name.removesuffix(MANIFEST), str(error)))
    stems = {path.name.removesuffix(MANIFEST) for path in manifests}
    failed = {path.name.removesuffix(_FAILED) for path in folder.glob(f"*{_FAILED}")}
    endings = {".html", *(f".{form}" for form in FORMS)}
    pages = {path.stem for path in folder.iterdir() if path.suffix in endings}
    refused += [Refused(stem, "没有出成，只留下失败的笔记本") for stem in sorted(failed - stems)]
    refused += [Refused(stem, "没有清单，不是出完的报告") for stem in sorted(pages - stems - failed)]
    return finished, refused


def read_unaltered(path: Path, sha256: str) -> bytes:
    """Return what is in a file of a report, read once.

    Raises:
        ReportError: It is not there, not a file of its own, or not what the manifest says.
    """
    try:
        is_file = stat.S_ISREG(path.lstat().st_mode)
        data = path.read_bytes() if is_file else b""
    except FileNotFoundError:
        msg = f"缺少 {path.name}"
        raise ReportError(msg) from None
    if not is_file:
        msg = f"{path.name} 不是文件，或是指向别处的链接"
        raise ReportError(msg)
    if digest(data) != sha256:
        msg = f"{path.name} 与出报告时不同"
        raise ReportError(msg)
    return data


def _finished(campaign: Campaign, period: Period, path: Path, version: int | None) -> Finished:
    made = _read(path)
    values, files = made["parameters"], made["files"]
    report = find_report(str(made["report"]))
    report.check({"campaign": "", **values})
    if values["period"] != period.id:
        msg = f"清单说是 {values['period']} 的报告，不是 {period.id} 的"
        raise ReportError(msg)
    # as the campaign is now: it may have become one of persons, which have no public edition
    check_place(report, campaign, period.id, values["level"], values["edition"])
    place = report_place(path.parent, values, report)
    allowed = {place.page.name, *(place.form(form).name for form in FORMS)}
    if place.manifest.name != path.name or place.page.name not in files or not set(files) <= allowed:
        # who renames an internal edition does not make it a public one
        msg = "清单与文件名不符"
        raise ReportError(msg)
    if made["frozen_version"] != version:
        now = "没有冻结" if version is None else f"已冻结为第 {version} 版"
        msg = f"{period.id} 现在{now}，报告不是凭它出的；请重新出报告"
        raise ReportError(msg)
    for name, sha256 in sorted(files.items()):
        read_unaltered(path.with_name(name), sha256)
    subject = str(values[report.each]) if report.each else ""
    return Finished(Piece(report.name, values["level"], values["edition"], subject), path.parent, files)


def _read(path: Path) -> dict[str, Any]:
    try:
        made = json.loads(path.read_text(encoding="utf-8"))
        sound = isinstance(made["parameters"], dict) and isinstance(made["files"], dict)
        sound = sound and {"report", "frozen_version"} <= set(made)
        sound = sound and "campaign" not in made["parameters"]
        sound = sound and all(isinstance(text, str) for pair in made["files"].items() for text in pair)
    except (OSError, ValueError, KeyError, TypeError):
        sound = False
    if not sound:
        raise ReportError("清单读不出来")
    return made
