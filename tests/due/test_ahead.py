"""Some entities' reports made before the run that makes the rest: by several at once, and marked by none."""

from __future__ import annotations

import json

import pytest
from little import Maker, campaign, day, options
from typer.testing import CliRunner

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.cli import app
from wbwz_eval.scheduling.ahead import make_ahead
from wbwz_eval.scheduling.lease import only_one
from wbwz_eval.scheduling.marks import read_marks
from wbwz_eval.scheduling.owed import Asked
from wbwz_eval.scheduling.records import records
from wbwz_eval.scheduling.run_due import run_due

PROFILES = Asked(("entity_profile",))
DAY = day("2011-10-20")


@pytest.fixture
def where(tmp_path):
    # the third quarter, of which the campaign has September
    return campaign(tmp_path, due_since="2011-09-30")


def there(where) -> list[str]:
    return sorted(path.name.split("-")[1] for path in where.of_period("2011-Q3").glob("*.html"))


def test_they_are_made_and_the_next_run_marks_them(where):
    first, second = Maker(), Maker()
    assert make_ahead(where, DAY, options(first, PROFILES), ["U03"]).made == 1
    ahead = make_ahead(where, DAY, options(second, PROFILES), ["U02", "U03"])
    assert (ahead.made, ahead.kept, ahead.failed, ahead.exit_code) == (1, 1, (), 0)
    assert there(where) == ["U02", "U03"]
    assert read_marks(where.of_period("2011-Q3")) == {}
    assert records(where.runs) == []
    ended = run_due(where, DAY, options(Maker(), PROFILES))
    (one,) = ended.record.sets
    units = [each for each in there(where) if each.startswith("U")]
    assert (one.kept, one.made) == (2, len(units) - 2)
    assert len(units) == 28


def test_a_run_that_is_on_keeps_nobody_from_it(where):
    with only_one(where.work, where.campaign, "another", "now"):
        assert make_ahead(where, DAY, options(Maker(), PROFILES), ["U01"]).made == 1


def test_what_fails_is_told_with_the_command_that_makes_it(where):
    ahead = make_ahead(where, DAY, options(Maker(fail=["entity_profile"]), PROFILES), ["U01"])
    (failed,) = ahead.failed
    assert (failed.subject, failed.cell, ahead.made, ahead.exit_code) == ("U01", 7, 0, 1)
    assert failed.command.endswith(
        f"entity_profile {where.campaign} 2011-Q3 --level unit --edition internal --entity U01"
    )
    assert there(where) == []


def test_an_entity_that_there_is_not_is_told_before_anything_is_made(where):
    with pytest.raises(CampaignError, match=r"“U999”.*\n.*“V1”"):
        make_ahead(where, DAY, options(Maker(), PROFILES), ["U999", "U01", "V1"])
    assert not where.reports.exists()


def test_what_is_about_no_entity_is_left_alone(where):
    everything = Asked(("entity_profile", "quarterly_bulletin"))
    assert make_ahead(where, DAY, options(Maker(), everything), ["U01"]).made == 1
    assert [path.name for path in where.of_period("2011-Q3").glob("*.html")] == [
        "entity_profile-U01-internal.html"
    ]


def test_the_command_lists_each_entity_and_makes_one(where):
    told = ["--date", "2011-10-20", "--only", "entity_profile", "--out", str(where.reports)]
    listed = CliRunner().invoke(app, ["due", str(where.campaign), *told, "--each", "--format", "json"])
    items = json.loads(listed.stdout)
    items = [item for item in items if item["state"] != "waiting"]
    assert {(item["report"], item["period"]) for item in items} == {("entity_profile", "2011-Q3")}
    assert {"U01", "U28"} <= {item["entity"] for item in items}
    refused = CliRunner().invoke(app, ["due", str(where.campaign), *told, "--each"])
    assert refused.exit_code != 0
    made = CliRunner().invoke(app, ["run-due", str(where.campaign), *told, "--entity", "U01"])
    assert made.exit_code == 0, made.output
    assert "新出 1 份" in made.stdout
    assert there(where) == ["U01"]
