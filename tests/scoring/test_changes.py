"""A what-if is a small delta on the methodology, scored by the engine on the same road."""

from __future__ import annotations

import pytest

from wbwz_eval import evaluate, open_campaign
from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.yaml_edit import REMOVE
from wbwz_eval.scoring.methodology_file import changed_text, load_methodology
from wbwz_eval.scoring.new_version import write_version
from wbwz_eval.scoring.reweighting import reweighted

VERSION = "2023-inferred"


def test_changes_give_what_the_edited_file_gives(panjin_copy):
    """The other road is a person's: edit the file, score."""
    changes = {"levels.district.tree.satisfied.points": 40, "levels.district.tree.closed.points": 10}
    trial = evaluate(panjin_copy, "term", "district", changes=changes)
    path = panjin_copy / "methodology" / f"{VERSION}.yaml"
    text = path.read_text(encoding="utf-8")
    old, new = ("{value: 30, ", "{value: 20, "), ("{value: 40, ", "{value: 10, ")
    for before, after in zip(old, new, strict=True):
        assert text.count(before) == 1
        text = text.replace(before, after)
    path.write_text(text, encoding="utf-8")
    edited = evaluate(panjin_copy, "term", "district")
    for name, table in edited.tables().items():
        assert trial.tables()[name].equals(table), name


def test_a_trial_says_so_and_changes_nothing_on_the_disk(panjin):
    before = {path: path.read_bytes() for path in panjin.path.rglob("*.yaml")}
    trial = evaluate(panjin, "term", "district", changes={"display": 2})
    assert trial.header["mark"] == "试算，未批准"
    assert trial.header["methodology_version"] == f"{VERSION}（试改 1 处）"
    assert {path: path.read_bytes() for path in panjin.path.rglob("*.yaml")} == before


def test_a_change_is_checked_like_the_file(panjin):
    with pytest.raises(CampaignError, match="合计"):
        evaluate(panjin, "term", "district", changes={"levels.district.tree.satisfied.points": 50})
    with pytest.raises(CampaignError, match=r"没有 levels\.distric；最接近的是 district"):
        evaluate(panjin, "term", "district", changes={"levels.distric.full": 50})
    with pytest.raises(CampaignError, match="不认识的键"):
        evaluate(panjin, "term", "district", changes={"levels.district.ful": 50})
    method = load_methodology(panjin.version_path(VERSION), panjin)
    with pytest.raises(CampaignError, match="只能给一个"):
        evaluate(panjin, "term", "district", methodology=method, changes={"display": 2})


def test_an_indicator_can_be_taken_out(panjin):
    path = panjin.version_path(VERSION)
    removed = {"indicators.closed": REMOVE, "levels.district.tree.closed": REMOVE}
    more = {"levels.district.tree.satisfied.points": 50}
    trial = evaluate(panjin, "term", "district", changes=removed | more)
    assert "closed" not in set(trial.nodes["node"])
    assert "closed" not in changed_text(path, panjin, removed).split("levels:")[1]


def test_reweighted_keeps_the_siblings_proportions(sample):
    """F from 20 to 30 leaves 70 of the other 80: J 10·70/80 = 8.75, Y 40·70/80 = 35, C and Z 13.125."""
    method = load_methodology(sample.version_path("2011-v1"), sample)
    assert reweighted(method, "unit", {"F": 30}) == {
        "levels.unit.tree.J.weight": 8.75,
        "levels.unit.tree.Y.weight": 35.0,
        "levels.unit.tree.C.weight": 13.125,
        "levels.unit.tree.F.weight": 30.0,
        "levels.unit.tree.Z.weight": 13.125,
    }
    # thirds are rounded to four decimals, and still sum to 100
    odd = reweighted(method, "member", {"Z1": 36})
    assert odd == {
        "levels.member.tree.Z.children.Z1": 36.0,
        "levels.member.tree.Z.children.Z7": pytest.approx(64 * 40 / 65, abs=1e-4),
        "levels.member.tree.Z.children.Z8": pytest.approx(64 * 25 / 65, abs=1e-4),
    }
    assert sum(odd.values()) == pytest.approx(100, abs=1e-12)


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ({"Q": 10}, "没有这个节点"),
        ({"F": -1}, "权重不能为负"),
        ({"F": 60, "Y": 50}, "Y 50、F 60 合计超过同级的 100"),
        ({"J": 10, "Y": 10, "C": 10, "F": 10, "Z": 10}, "没有别的同级来分其余的 50"),
    ],
)
def test_weights_that_cannot_be(sample, weights, said):
    method = load_methodology(sample.version_path("2011-v1"), sample)
    with pytest.raises(CampaignError, match=said):
        reweighted(method, "unit", weights)


def test_reweighting_goes_into_the_engine(sample):
    """U01's total from its dimension scores by hand: Σ weight × score, as none is missing."""
    method = load_methodology(sample.version_path("2011-v1"), sample)
    trial = evaluate(sample, "2012-Q3", "unit", changes=reweighted(method, "unit", {"F": 30}))
    row = trial.scores.set_index("entity_id").loc["U01"]
    weights = {"J": 8.75, "Y": 35, "C": 13.125, "F": 30, "Z": 13.125}
    assert row["base"] == pytest.approx(sum(w * row[d] for d, w in weights.items()) / 100, abs=0.005 + 1e-9)


def test_who_is_excused_may_be_so_in_another_version(sample_copy):
    """U20 is excused from F8, which the second version has no more; F9 is in no version."""
    write_version(open_campaign(sample_copy), "2011-v1", "2012-v9", {
        "indicators.F8": REMOVE, "levels.unit.tree.F.children.F8": REMOVE, "levels.unit.tree.F.children.F7": 15,
    })  # fmt: skip
    path = sample_copy / "campaign.yaml"
    text = path.read_text(encoding="utf-8")
    listed = "  - {version: 2011-v1, effective_from: 2011-07-01}\n"
    assert listed in text
    later = "  - {version: 2012-v9, effective_from: 2012-10-01}\n"
    path.write_text(text.replace(listed, listed + later), encoding="utf-8")
    campaign = open_campaign(sample_copy)
    assert evaluate(campaign, "2012-Q4", "unit").header["methodology_version"] == "2012-v9"
    excused = sample_copy / "not_applicable.csv"
    excused.write_text(excused.read_text(encoding="utf-8").replace("U20,F8", "U20,F9"), encoding="utf-8")
    with pytest.raises(CampaignError, match="没有指标 F9"):
        evaluate(open_campaign(sample_copy), "2012-Q4", "unit")
