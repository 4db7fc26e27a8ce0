"""A campaign of five, with finished reports that cost nothing, for what has to do with handing them on."""

from __future__ import annotations

import atexit
import io
import json
import shutil
import tempfile
import zipfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from support import bare_copy

from wbwz_eval import open_campaign
from wbwz_eval.campaign.whole_files import digest
from wbwz_eval.reporting.catalogue import find_report
from wbwz_eval.reporting.place import Place, report_place
from wbwz_eval.scheduling.outbox import Laid, lay_out

if TYPE_CHECKING:
    from collections.abc import Mapping

PERIOD = "2012-Q3"
ENTITIES = """编号,名称,层级,组别,上级
U01,河东站,unit,u-road,
U02,河西站,unit,u-road,
P01,机关党委,party_org,p-committee,
M001,赵甲,member,m-road,P01
M002,钱乙,member,m-road,P01
"""
SECRETS = {
    "U01": "河东职工孙丙丙",
    "U02": "河西职工李丁丁",
    "P01": "支委周戊戊",
    "M001": "本人吴己己",
    "M002": "本人郑庚庚",
}
"""What stands in the profile of each entity and nowhere else."""

BULLETIN, CASE = "内部名单王辛辛", "被问责人冯壬壬"
"""What stands in the internal bulletin, and in the restricted edition."""


@cache
def _made() -> Path:
    to = Path(tempfile.mkdtemp(prefix="wbwz-handing-"))
    atexit.register(shutil.rmtree, to, ignore_errors=True)
    folder = bare_copy("wbwz-2011", to)
    (folder / "not_applicable.csv").unlink()
    (folder / "entities.csv").write_text(ENTITIES, encoding="utf-8")
    return folder


class Office:
    """A campaign, its reports and its outbox, side by side."""

    def __init__(self, to: Path, recipients: str = "") -> None:
        self.campaign, self.reports, self.root = to / "wbwz-2011", to / "reports", to / "outbox"
        shutil.copytree(_made(), self.campaign)
        self._bare = (self.campaign / "campaign.yaml").read_text(encoding="utf-8")
        self.recipients(recipients)

    def recipients(self, lines: str, **changes: str) -> None:
        """Write the section of recipients, one entry a line."""
        text = self._bare
        for old, new in changes.items():
            text = text.replace(f"{old}: ", f"{old}: {new} #", 1)
        listed = "".join(f"  - {line}\n" for line in lines.splitlines())
        text += f"recipients:\n{listed}" if listed else ""
        (self.campaign / "campaign.yaml").write_text(text, encoding="utf-8")

    def report(
        self, name: str, edition: str = "internal", level: str = "unit", subject: str = "", text: str = "页"
    ) -> Place:
        """Put a finished report there."""
        report = find_report(name)
        values = {"period": PERIOD, "level": level, "edition": edition}
        values |= {report.each: subject} if report.each else {}
        place = report_place(self.reports, values, report)
        page = f"<p>{text}</p>".encode()
        manifest = {
            "report": name,
            "parameters": values,
            "red_head": False,
            "files": {place.page.name: digest(page)},
            "frozen_version": None,
            "state": "",
        }
        files = {place.notebook.name: b"{}", place.page.name: page}
        place.publish(files | {place.manifest.name: json.dumps(manifest).encode()})
        return place

    def usual(self) -> None:
        """Put there what a quarter has."""
        levels = {"unit": ("U01", "U02"), "party_org": ("P01",), "member": ("M001", "M002")}
        for level, entities in levels.items():
            self.report("quarterly_bulletin", "internal", level, text=f"{BULLETIN}{level}")
            if level != "member":
                self.report("quarterly_bulletin", "public", level, text=f"公开{level}")
            for entity in entities:
                self.report("entity_profile", "internal", level, entity, SECRETS[entity])
        self.report("data_quality", "internal", "unit", text=BULLETIN)
        self.report("accountability_annex", "restricted", "unit", "局党委", CASE)

    def lay(self, *, zipped: bool = False) -> Laid:
        opened = open_campaign(self.campaign)
        return lay_out(opened, opened.period(PERIOD), self.reports, self.root, zipped=zipped)

    def folder(self, recipient: str) -> Path:
        return self.root / recipient / PERIOD

    def has(self) -> dict[str, list[str]]:
        """Return the files of each recipient, without the manifest and the ending of pages."""
        return {
            path.parent.name: sorted(
                file.name.removesuffix(".html") for file in path.iterdir() if file.name != "MANIFEST.json"
            )
            for path in sorted(self.root.glob(f"*/{PERIOD}"))
        }


def parts(data: bytes) -> list[bytes]:
    """Return a file's bytes, and what is packed in it."""
    if not zipfile.is_zipfile(io.BytesIO(data)):
        return [data]
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [data, *(part for name in archive.namelist() for part in parts(archive.read(name)))]


def snapshot(root: Path) -> Mapping[str, tuple[bytes, int]]:
    """Return every file below a folder with its mode, and every folder, but for the lock."""
    return {
        path.relative_to(root).as_posix(): (
            path.read_bytes() if path.is_file() else b"",
            path.stat().st_mode & 0o777,
        )
        for path in sorted(root.rglob("*"))
        if path.name != ".lock"
    }
