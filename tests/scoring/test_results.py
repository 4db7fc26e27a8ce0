"""Results on disk: the same bytes from the same inputs, and never stale."""

from __future__ import annotations

import datetime as dt
import hashlib
import json

import pandas as pd
import pytest
from support import take_in

from wbwz_eval import CampaignError, evaluate, open_results, write_results


def _bytes(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.*"))}


def test_rerunning_gives_the_same_bytes(sample_copy):
    first = _bytes(write_results(sample_copy, "2012-Q3"))
    second = _bytes(write_results(sample_copy, "2012-Q3"))
    assert first == second
    assert {
        f"{level}/{table}.csv" for level in ("unit", "party_org", "member") for table in ("scores", "nodes")
    } <= set(first)
    assert sorted(p.name for p in (sample_copy / "results").iterdir()) == ["2012-Q3"]  # nothing left beside


def test_the_manifest_holds_the_digests_of_inputs_and_tables(panjin_copy):
    folder = write_results(panjin_copy, "term")
    manifest = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    for name, digest in manifest["tables"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    state = manifest["state"]
    for name, digest in (state["inputs"] | state["methodology"]).items():
        assert hashlib.sha256((panjin_copy / name).read_bytes()).hexdigest() == digest
    assert {
        "campaign.yaml",
        "entities.csv",
        "ledgers.yaml",
        "submissions/receipts/000001.json",
    } == set(state["inputs"])


@pytest.mark.parametrize("level", ["unit", "member"])
def test_what_is_opened_is_what_was_evaluated(sample, level):
    opened, computed = open_results(sample, "2012-Q3", level), evaluate(sample, "2012-Q3", level)
    assert opened.header == json.loads(json.dumps(computed.header))
    for name, table in computed.tables().items():
        pd.testing.assert_frame_equal(opened.tables()[name], table, check_dtype=False)


def test_a_changed_input_makes_results_stale(panjin_copy):
    assert open_results(panjin_copy, "term", "district").scores["total"].max() == 100.0
    take_in(panjin_copy, {"hotline": "行号,办结率\nH5,90\n"}, received_on=dt.date(2023, 6, 9))
    # D5's 办结率 is 90 now: 100 − 0.20 × 10 = 98.0
    scores = open_results(panjin_copy, "term", "district").scores.set_index("entity_id")
    assert scores.loc["D5", "total"] == 98.0


def test_a_table_that_was_tampered_with_is_derived_again(panjin_copy):
    folder = write_results(panjin_copy, "term")
    path = folder / "district" / "scores.csv"
    good = path.read_bytes()
    path.write_bytes(good.replace(b"99.3", b"99.9"))
    open_results(panjin_copy, "term", "district")
    assert path.read_bytes() == good


def test_half_written_results_are_derived_again(panjin_copy):
    folder = write_results(panjin_copy, "term")
    good = _bytes(folder)
    (folder / "run.json").write_text('{"tables": {', encoding="utf-8")
    (folder / "district" / "nodes.csv").unlink()
    open_results(panjin_copy, "term", "district")
    assert _bytes(folder) == good


def test_a_failed_evaluation_leaves_the_old_results(panjin_copy):
    good = _bytes(write_results(panjin_copy, "term"))
    method = panjin_copy / "methodology" / "2023-inferred.yaml"
    method.write_text(
        method.read_text(encoding="utf-8").replace("target: 100", "target: -1", 1), encoding="utf-8"
    )
    with pytest.raises(CampaignError):
        write_results(panjin_copy, "term")
    assert _bytes(panjin_copy / "results" / "term") == good


def test_an_unknown_level_is_told_before_anything_is_written(panjin_copy):
    with pytest.raises(CampaignError, match="districts"):
        open_results(panjin_copy, "term", "districts")
    assert not (panjin_copy / "results").exists()
