"""The public site as files: the same bytes again, only public texts, only where it may stand."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import zipfile
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from planted import HOSTILE, WHO, make, same, secrets

from wbwz_eval import open_campaign, open_results
from wbwz_eval.campaign.whole_files import digest
from wbwz_eval.reporting.errors import ReportError
from wbwz_eval.reporting.site import MANIFEST, site_files, write_site

UNTIL, EARLY = dt.date(2012, 12, 31), dt.date(2012, 10, 31)


def parts(data: bytes) -> list[bytes]:
    """Return a file's bytes, and what is packed in it."""
    if not zipfile.is_zipfile(io.BytesIO(data)):
        return [data]
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [data, *(archive.read(name) for name in archive.namelist())]


def test_no_byte_of_the_site_holds_a_planted_text_or_a_person(tmp_path):
    campaign = make(tmp_path, same)
    files = site_files(campaign, EARLY)
    hidden = [text.encode() for text in secrets(campaign, "internal", "restricted", "personal")]
    assert len(hidden) > 100
    for path, data in files.items():
        for part in parts(data):
            assert [text.decode() for text in hidden if text in part] == [], path
            assert f"{WHO['member']}".encode() not in part or path.endswith((".woff", ".pdf")), path
    # one entity a level is a site as well
    assert {"entities/U05.html", "entities/P07.html"} <= set(files)


def test_hostile_texts_stay_texts(tmp_path):
    campaign = make(tmp_path, lambda ledger, code: f"{HOSTILE}{ledger}{code}", "<b>$x$</b>**名**")
    for path, data in site_files(campaign, EARLY).items():
        if path.endswith(".html"):
            text = data.decode()
            assert "<script" not in text
            assert "<b>$" not in text
            assert (
                "<b>$x$</b>**名**" in BeautifulSoup(text, "html.parser").get_text() or "entities/" not in path
            )


def test_the_same_campaign_gives_the_same_bytes_and_the_manifest_vouches_for_them(small_campaign):
    campaign = open_campaign(small_campaign())
    files = site_files(campaign, UNTIL)
    assert site_files(open_campaign(campaign.path), UNTIL) == files
    made = json.loads(files[MANIFEST])["files"]
    assert made == {path: digest(data) for path, data in files.items() if path != MANIFEST}


def test_the_scores_to_take_away_are_those_published(small_campaign):
    campaign = open_campaign(small_campaign())
    text = site_files(campaign, UNTIL)["downloads/2012-Q1-unit.csv"].decode("utf-8-sig")
    rows = {row["编号"]: row for row in csv.DictReader(io.StringIO(text))}
    table = open_results(campaign, "2012-Q1", "unit").scores.set_index("entity_id")
    assert {entity: float(row["总分"]) for entity, row in rows.items()} == table["total"].round(1).to_dict()


def test_only_periods_that_were_over_are_shown(small_campaign):
    files = site_files(open_campaign(small_campaign()), dt.date(2012, 4, 1))
    assert [path for path in files if path.startswith("periods/")] == ["periods/2012-Q1-unit.html"]


def test_a_campaign_without_results_has_no_site(small_campaign):
    with pytest.raises(ReportError, match="没有可以公开的结果"):
        site_files(open_campaign(small_campaign()), dt.date(2012, 2, 1))


def test_it_replaces_itself_and_nothing_else(small_campaign, tmp_path):
    campaign, out = small_campaign(), tmp_path / "out"
    page = write_site(campaign, out, until=dt.date(2012, 4, 1))
    assert page.is_file()
    write_site(campaign, out, until=UNTIL)
    assert (out / "periods" / "2012-Q2-unit.html").is_file()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    other = tmp_path / "other"
    other.mkdir()
    (other / "thesis.txt").write_text("x", encoding="utf-8")
    with pytest.raises(ReportError, match="不是 wbwz site 写的站点"):
        write_site(campaign, other, until=UNTIL)
    assert [path.name for path in Path(other).iterdir()] == ["thesis.txt"]
