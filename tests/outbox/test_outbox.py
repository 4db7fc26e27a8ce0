"""Finished reports in a folder for each recipient: the right ones, whole, and only once."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import shutil
import sys
import zipfile
from pathlib import Path

import pytest
from filelock import FileLock
from handing import BULLETIN, CASE, PERIOD, SECRETS, Office, parts, snapshot
from support import approve

from wbwz_eval import open_campaign
from wbwz_eval.campaign.whole_files import digest
from wbwz_eval.reporting.catalogue import find_report
from wbwz_eval.reporting.errors import ReportError
from wbwz_eval.reporting.place import report_place
from wbwz_eval.scheduling import outbox as laying
from wbwz_eval.scheduling.finished import finished_reports
from wbwz_eval.scoring.freezing import freeze

sys.path.insert(0, str(Path(__file__).parents[1] / "faults"))

from interrupted import calls_of, failing_from, killed_at

PUBLIC = ["quarterly_bulletin-party_org-public", "quarterly_bulletin-unit-public"]


@pytest.fixture
def office(tmp_path):
    made = Office(tmp_path)
    made.usual()
    return made


def test_each_finds_what_is_theirs_and_nothing_else(office):
    laid = office.lay()
    assert office.has() == {
        "U01": ["entity_profile-U01-internal", *PUBLIC],
        "U02": ["entity_profile-U02-internal", *PUBLIC],
        "P01": ["entity_profile-P01-internal", *PUBLIC],
        "M001": ["entity_profile-M001-internal", *PUBLIC],
        "M002": ["entity_profile-M002-internal", *PUBLIC],
        "leaders": ["data_quality-unit-internal"]
        + [f"quarterly_bulletin-{level}-internal" for level in ("member", "party_org", "unit")],
        "authority-局党委": ["accountability_annex-unit-局党委-restricted"],
        "site": PUBLIC,
    }
    assert (laid.refused, laid.unclaimed) == ([], [])
    assert {one.state for one in laid.handed} == {"new"}


def test_no_planted_name_is_in_a_folder_that_is_not_its_own(office):
    office.lay(zipped=True)
    homes = {text: {entity} for entity, text in SECRETS.items()} | {
        BULLETIN: {"leaders"},
        CASE: {"authority-局党委"},
    }
    found = {text: set() for text in homes}
    for path in office.root.rglob("*"):
        if path.is_file():
            for part in parts(path.read_bytes()):
                for text in homes:
                    if text.encode() in part:
                        found[text].add(path.relative_to(office.root).parts[0])
    assert found == homes


def test_the_manifest_names_every_file(office):
    office.lay()
    written = json.loads((office.folder("U01") / "MANIFEST.json").read_text("utf-8"))
    assert (written["period"], written["recipient"], written["name"]) == (PERIOD, "U01", "河东站")
    first = written["files"][0]
    page = office.folder("U01") / "entity_profile-U01-internal.html"
    assert first == {
        "file": page.name,
        "sha256": digest(page.read_bytes()),
        "report": "entity_profile",
        "title": "画像",
        "period": PERIOD,
        "level": "unit",
        "edition": "internal",
        "subject": "U01",
    }
    for path in office.root.glob(f"*/{PERIOD}"):
        named = json.loads((path / "MANIFEST.json").read_text("utf-8"))["files"]
        assert {each["file"] for each in named} | {"MANIFEST.json"} == {file.name for file in path.iterdir()}


def alter(office):
    path = office.reports / "quarterly_bulletin-unit-public.html"
    path.write_text("<p>改过</p>", encoding="utf-8")


def lose(office):
    (office.reports / "quarterly_bulletin-unit-public.html").unlink()


def damage(office):
    (office.reports / "quarterly_bulletin-unit-public.report.json").write_text("{", encoding="utf-8")


def link(office):
    path = office.reports / "quarterly_bulletin-unit-public.html"
    path.rename(office.reports.parent / "elsewhere.html")
    path.symlink_to(office.reports.parent / "elsewhere.html")


def change(office, **new):
    path = office.reports / "quarterly_bulletin-unit-public.report.json"
    made = json.loads(path.read_text("utf-8"))
    for key, value in new.items():
        (made["parameters"] if key in made["parameters"] else made)[key] = value
    path.write_text(json.dumps(made), encoding="utf-8")


def pass_off(office):
    """Call the internal edition public."""
    for ending in (".html", ".report.json"):
        shutil.copy(
            office.reports / f"quarterly_bulletin-unit-internal{ending}",
            office.reports / f"quarterly_bulletin-unit-public{ending}",
        )


def lead_out(office):
    change(office, files={"../../wbwz-2011/campaign.yaml": "0" * 64})


def no_manifest(office):
    (office.reports / "quarterly_bulletin-unit-public.report.json").unlink()


def fail(office):
    place = office.report("quarterly_bulletin", "public")
    place.fail(b"{}")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (alter, "与出报告时不同"),
        (lose, "缺少 quarterly_bulletin-unit-public.html"),
        (damage, "清单读不出来"),
        (link, "不是文件，或是指向别处的链接"),
        (lambda office: change(office, period="2012-Q2"), "清单说是 2012-Q2 的报告"),
        (lambda office: change(office, edition="secret"), "secret"),
        (lambda office: change(office, report="bulletin"), "没有报告 “bulletin”"),
        (lambda office: change(office, frozen_version=1), "现在没有冻结"),
        (lambda office: change(office, files="x"), "清单读不出来"),
        (lambda office: change(office, level="member"), "不出公开版"),
        (pass_off, "清单与文件名不符"),
        (lead_out, "清单与文件名不符"),
        (no_manifest, "没有清单，不是出完的报告"),
        (fail, "没有出成"),
    ],
)
def test_what_is_not_a_finished_report_is_refused_and_the_others_go(office, spoil, words):
    spoil(office)
    laid = office.lay()
    assert [one.name for one in laid.refused] == ["quarterly_bulletin-unit-public"]
    assert words in laid.refused[0].reason
    assert office.has()["site"] == PUBLIC[:1]
    assert office.has()["U01"] == ["entity_profile-U01-internal", PUBLIC[0]]


def test_what_was_good_and_is_no_longer_is_taken_away(office):
    office.lay(zipped=True)
    alter(office)
    office.lay(zipped=True)
    assert office.has()["site"] == PUBLIC[:1]
    with zipfile.ZipFile(office.root / "site" / f"{PERIOD}.zip") as archive:
        assert f"{PUBLIC[1]}.html" not in archive.namelist()


def test_a_report_of_before_the_freeze_is_refused(panjin_copy, tmp_path):
    """By hand: a manifest that says it knows of no freeze, of a period that has one."""
    approve(panjin_copy, "2023-inferred", dt.date(2023, 7, 3))
    values = {"period": "term", "level": "district", "edition": "public"}
    place = report_place(tmp_path / "reports", values, find_report("quarterly_bulletin"))
    made = {"report": "quarterly_bulletin", "parameters": values, "red_head": False, "frozen_version": None}
    made |= {"state": "", "files": {place.page.name: digest(b"x")}}
    place.publish({place.page.name: b"x", place.manifest.name: json.dumps(made).encode()})
    campaign = open_campaign(panjin_copy)
    term = campaign.period("term")
    assert finished_reports(campaign, term, tmp_path / "reports")[1] == []
    freeze(panjin_copy, "term", "某人", dt.date(2023, 7, 3))
    finished, (refused,) = finished_reports(open_campaign(panjin_copy), term, tmp_path / "reports")
    assert finished == []
    assert "已冻结为第 1 版" in refused.reason


def test_a_second_run_touches_nothing(office):
    office.lay(zipped=True)
    before = {path: path.stat().st_ino for path in office.root.rglob("*")}
    laid = office.lay(zipped=True)
    assert {one.state for one in laid.handed} == {"kept"}
    assert {path: path.stat().st_ino for path in office.root.rglob("*")} == before


def test_what_was_changed_in_the_outbox_is_put_right(office):
    office.lay()
    whole = snapshot(office.root)
    (office.folder("U01") / f"{PUBLIC[0]}.html").write_text("改", encoding="utf-8")
    (office.folder("U02") / f"{PUBLIC[0]}.html").unlink()
    office.folder("leaders").chmod(0o755)
    states = {one.recipient: one.state for one in office.lay().handed}
    assert [name for name, state in states.items() if state == "changed"] == ["U01", "U02", "leaders"]
    assert snapshot(office.root) == whole


def test_only_what_is_ours_is_taken_away(office):
    office.recipients("{id: U01, kind: entity, editions: [internal, public]}")
    office.lay(zipped=True)
    note = office.folder("U01") / "批注.txt"
    note.write_text("留下", encoding="utf-8")
    assert f"{BULLETIN}unit" in (office.folder("U01") / "quarterly_bulletin-unit-internal.html").read_text(
        "utf-8"
    )
    office.recipients("")
    laid = office.lay()
    assert office.has()["U01"] == ["entity_profile-U01-internal", *PUBLIC, "批注.txt"]
    assert ["批注.txt" in note for one in laid.handed for note in one.notes] == [True]
    # without --zip no zip of before stays that says something else
    assert not (office.root / "U01" / f"{PERIOD}.zip").exists()
    assert (office.root / "U02" / f"{PERIOD}.zip").exists()


def test_who_is_no_longer_a_recipient_keeps_only_what_is_not_ours(office):
    office.recipients("{id: renshi, kind: office}\n{id: ju, kind: leaders}")
    office.lay(zipped=True)
    (office.folder("ju") / "批注.txt").write_text("留下", encoding="utf-8")
    office.recipients("")
    states = {one.recipient: one.state for one in office.lay().handed}
    assert (states["renshi"], states["ju"], states["leaders"]) == ("removed", "removed", "new")
    assert not (office.root / "renshi").exists()
    assert office.has()["ju"] == ["批注.txt"]


def test_what_somebody_else_put_there_is_not_overwritten(office):
    other = office.folder("U01")
    other.mkdir(parents=True)
    (other / "论文.txt").write_text("x", encoding="utf-8")
    office.folder("U02").parent.mkdir()
    office.folder("U02").symlink_to(office.campaign)
    zipped = office.root / "site" / f"{PERIOD}.zip"
    zipped.parent.mkdir()
    zipped.write_bytes(b"no zip")
    laid = office.lay(zipped=True)
    assert [(one.name, one.reason.split("；")[0]) for one in laid.refused] == [
        ("收件人 U01", f"U01/{PERIOD} 里是别的东西，不是 wbwz outbox 放的"),
        ("收件人 U02", f"U02/{PERIOD} 是指向别处的链接"),
    ]
    assert [path.name for path in other.iterdir()] == ["论文.txt"]
    assert zipped.read_bytes() == b"no zip"
    assert [one.notes for one in laid.handed if one.recipient == "site"] == [
        (f"{PERIOD}.zip 不是 wbwz outbox 放的，没有动它",)
    ]


def test_a_file_of_somebody_else_with_a_reports_name_stops_that_recipient(office):
    office.lay()
    new = office.folder("site") / "model_selection-unit-public.html"
    new.write_text("别人的", encoding="utf-8")
    office.report("model_selection", "public")
    laid = office.lay()
    assert [one.name for one in laid.refused] == ["收件人 site"]
    assert new.read_text(encoding="utf-8") == "别人的"
    assert "model_selection-unit-public" in office.has()["U01"]


def test_a_finished_report_that_nobody_may_have_is_told(office):
    office.report("methodology_review")
    office.report("entity_profile", "internal", "unit", "U77")
    assert office.lay().unclaimed == ["entity_profile-U77-internal", "methodology_review-unit-internal"]


def test_a_zip_is_the_folder_and_always_the_same(office, tmp_path, monkeypatch):
    office.lay(zipped=True)
    packed = (office.root / "U01" / f"{PERIOD}.zip").read_bytes()
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        names = archive.namelist()
        assert names == [
            "MANIFEST.json",
            *(f"{name}.html" for name in ["entity_profile-U01-internal", *PUBLIC]),
        ]
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {name: archive.read(name) for name in names} == {
            path.name: path.read_bytes() for path in office.folder("U01").iterdir()
        }
    again = Office(tmp_path / "again")
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    again.usual()
    os.utime(again.reports / f"{PUBLIC[0]}.html", (1, 1))
    again.lay(zipped=True)
    assert (again.root / "U01" / f"{PERIOD}.zip").read_bytes() == packed


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_modes_do_not_depend_on_the_umask(tmp_path, mask):
    before = os.umask(mask)
    try:
        office = Office(tmp_path)
        office.usual()
        office.lay(zipped=True)
    finally:
        os.umask(before)
    modes = {name: mode for name, (_, mode) in snapshot(office.root).items()}
    assert office.root.stat().st_mode & 0o777 == 0o755
    for recipient, folder, file in (("U01", 0o700, 0o600), ("leaders", 0o700, 0o600), ("site", 0o755, 0o644)):
        assert (modes[recipient], modes[f"{recipient}/{PERIOD}"]) == (folder, folder), recipient
        assert modes[f"{recipient}/{PERIOD}.zip"] == file, recipient
        assert modes[f"{recipient}/{PERIOD}/MANIFEST.json"] == file, recipient
    annex = f"authority-局党委/{PERIOD}"
    assert (modes[annex], modes[f"{annex}/accountability_annex-unit-局党委-restricted.html"]) == (
        0o700,
        0o600,
    )
    assert modes[f"U01/{PERIOD}/entity_profile-U01-internal.html"] == 0o600
    assert modes[f"site/{PERIOD}/{PUBLIC[0]}.html"] == 0o644


def small(to):
    """Make an outbox that is to change: one recipient has more, one less, one is gone."""
    office = Office(to, "{id: U01, kind: entity, editions: [internal, public]}\n{id: renshi, kind: office}")
    office.report("quarterly_bulletin", "internal", text="一")
    office.report("quarterly_bulletin", "public", text="一")
    office.report("entity_profile", "internal", "unit", "U01", "一")
    office.lay(zipped=True)
    (office.folder("U01") / "批注.txt").write_text("留下", encoding="utf-8")
    office.recipients("{id: U02, kind: entity, editions: [internal, public]}")
    office.report("quarterly_bulletin", "public", text="二")
    return office


def test_killed_at_any_moment_and_started_again(tmp_path):
    office = small(tmp_path / "first")
    start, spare = office.root, tmp_path / "spare"
    shutil.copytree(start, spare)
    total = calls_of(lambda: office.lay(zipped=True))
    expected = snapshot(office.root)
    assert "renshi" not in expected
    assert total > 100
    for number in range(5, total, total // 24):
        shutil.rmtree(start)
        shutil.copytree(spare, start)
        assert killed_at(number, lambda: office.lay(zipped=True)), number
        for manifest in start.glob(f"[!.]*/{PERIOD}/MANIFEST.json"):
            # whole at any moment, but for what is being taken away
            if manifest.parts[-3] != "renshi":
                named = json.loads(manifest.read_text("utf-8"))["files"]
                for each in named:
                    assert digest((manifest.parent / each["file"]).read_bytes()) == each["sha256"], number
        office.lay(zipped=True)
        assert snapshot(start) == expected, number


def test_killed_between_the_two_renames_what_somebody_else_put_there_is_kept(tmp_path):
    """By hand: the old folder has been put aside, the new one is not there yet."""
    office = small(tmp_path)
    place = office.folder("U01")
    place.rename(place.with_name(f".old-{PERIOD}"))
    place.with_name(f".new-{PERIOD}").mkdir()
    office.lay()
    assert (place / "批注.txt").read_text(encoding="utf-8") == "留下"
    assert [path.name for path in place.parent.iterdir()] == [PERIOD]


def test_a_full_disk_leaves_nothing_half(tmp_path):
    office = small(tmp_path / "first")
    spare = tmp_path / "spare"
    shutil.copytree(office.root, spare)
    total = calls_of(lambda: office.lay(zipped=True))
    expected = snapshot(office.root)
    for number in range(total // 2, total, total // 12):
        shutil.rmtree(office.root)
        shutil.copytree(spare, office.root)
        failing_from(number, lambda: office.lay(zipped=True))
        for path in office.root.glob(f"[!.]*/{PERIOD}"):
            assert (path / "MANIFEST.json").is_file() or path.parent.name == "renshi", number
        office.lay(zipped=True)
        assert snapshot(office.root) == expected, number


def test_another_command_at_the_same_outbox_waits_and_says_so(office, monkeypatch):
    office.root.mkdir()
    monkeypatch.setattr(laying, "_WAIT", 0.1)
    with FileLock(office.root / ".lock"), pytest.raises(ReportError, match="另一个命令正在用发件箱"):
        office.lay()


def test_without_reports_it_says_how_to_get_them(tmp_path):
    with pytest.raises(ReportError, match="wbwz report-set"):
        Office(tmp_path).lay()
