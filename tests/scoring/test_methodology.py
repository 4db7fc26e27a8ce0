"""Broken methodology files are refused whole: each mistake with its line and what would be right."""

from __future__ import annotations

import importlib
import pkgutil
import re

import pytest
from pydantic import BaseModel
from support import approve

from wbwz_eval import CampaignError, evaluate, open_campaign, scoring
from wbwz_eval.scoring.methodology_file import load_methodology
from wbwz_eval.scoring.number_names import NUMBER_NAMES
from wbwz_eval.scoring.numbers import at_day
from wbwz_eval.scoring.tree import leaves

FILE = "methodology/2023-inferred.yaml"


def _load(folder):
    campaign = open_campaign(folder)
    return load_methodology(folder / FILE, campaign)


def _break(folder, *changes):
    """Replace texts in the methodology; return the line of each change."""
    path = folder / FILE
    text = path.read_text(encoding="utf-8")
    lines = []
    for old, new in changes:
        assert text.count(old) >= 1, old
        lines.append(text[: text.index(old)].count("\n") + 1)
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")
    return lines


CASES = {
    "unknown key": (
        ("    direction: up", "    direktion: up"),
        ("direktion", "direction"),
    ),
    "points that do not sum": (
        ("closed: {points: {value: 20, note: 反推}}", "closed: {points: 21}"),
        ("分值合计 101", "closed 21 + satisfied 30 + callback 25 + feedback 25", "应为 100"),
    ),
    "weights beside points": (
        ("closed: {points: {value: 20, note: 反推}}", "closed: {weight: 20}"),
        ("weight", "points", "同级统一用一种"),
    ),
    "unknown kind of measure": (("kind: latest", "kind: lastest"), ("lastest", "latest")),
    "unknown ledger": (("ledger: hotline", "ledger: hotlines"), ("没有台账 “hotlines”", "hotline")),
    "unknown column": (("value: closed_rate", "value: close_rate"), ("close_rate", "closed_rate")),
    "a column of the wrong type": (("date: as_of", "date: closed_rate"), ("办结率", "number", "date")),
    "unknown rule": (("type: proportional", "type: proportionate"), ("proportionate", "proportional")),
    "a rule's unknown key": (("target: 100}", "target: 100, treshold: 70}"), ("treshold", "threshold")),
    "overlapping bands": (
        (
            "rule: {type: proportional, target: 100}",
            "rule: {type: bands, bands: [{to: 90, points: 0}, {from: 85, points: 20}]}",
        ),
        ("分档重叠", "[-∞, 90)", "[85, ∞)"),
    ),
    "bands with a gap": (
        (
            "rule: {type: proportional, target: 100}",
            "rule: {type: bands, bands: [{to: 80, points: 0}, {from: 85, points: 20}]}",
        ),
        ("没有覆盖全部取值", "otherwise"),
    ),
    "bands that reward being worse": (
        (
            "rule: {type: proportional, target: 100}",
            "rule: {type: bands, bands: [{to: 90, points: 20}, {from: 90, points: 0}]}",
        ),
        ("direction: up 矛盾",),
    ),
    "a direction that contradicts its rule": (
        ("    direction: up", "    direction: down"),
        ("proportional 与 direction: down 矛盾", "direction: up"),
    ),
    "efficacy upside down": (
        (
            "rule: {type: proportional, target: 100}",
            "rule: {type: efficacy, satisfied: 60, unacceptable: 90}",
        ),
        ("满意值", "大于"),
    ),
    "duplicate indicator": (("  satisfied:\n", "  closed:\n"), ("键 “closed” 重复",)),
    "unknown indicator in the tree": (
        ("      feedback: {points", "      feedbak: {points"),
        ("没有指标 “feedbak”", "feedback"),
    ),
    "a cycle": (
        ("    tree:\n", "    tree: &t\n      ring: {name: 环, points: 1, children: *t}\n"),
        ("引用", "包含它自己"),
    ),
    "a number that is none": (("target: 100}", "target: 一百}"), ("不是数", "95 或 0.2")),
    "a version without reason": (
        ("target: 100}", "target: {versions: [{from: 2023-01-01, value: 100}]}}"),
        ("from、value、reason、approver",),
    ),
    "another version than its file": (("version: 2023-inferred", "version: v2"), ("v2", "2023-inferred")),
    "an unknown level": (("  district:\n    full", "  county:\n    full"), ("层级 “county”", "district")),
    "an unknown tie-break": (
        ("method: competition}", "method: competition, tie_break: [closd]}"),
        ("closd", "closed"),
    ),
    "an unknown grade": (
        (
            "method: competition}",
            "method: competition}\n    grades: {order: [优, 良], cutoffs: {优: 90, 中: 80}}",
        ),
        ("等次 “中”", "优、良"),
    ),
    "cut-offs out of order": (
        (
            "method: competition}",
            "method: competition}\n    grades: {order: [优, 良, 差], cutoffs: {优: 80, 良: 90, 差: null}}",
        ),
        ("分数线没有从高到低",),
    ),
    "a condition without a test": (
        ("value: closed_rate}", "value: closed_rate, where: [{field: closed_rate}]}"),
        ("条件须有且只有一个判断",),
    ),
    "a side that the measure has not": (
        ("target: 100}", "target: 100, overrides: [{side: bad_share, below: 1, points: 0}]}"),
        ("bad_share", "附带量"),
    ),
    "pooling without its longer period": (
        ("value: closed_rate}", "value: closed_rate, min_n: 3, below_min_n: pool}"),
        ("pool_to",),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_mistake_is_told_with_its_line(panjin_copy, name):
    change, words = CASES[name]
    line = _break(panjin_copy, change)[0]
    with pytest.raises(CampaignError) as caught:
        _load(panjin_copy)
    text = str(caught.value)
    assert "methodology/2023-inferred.yaml" in text
    for word in words:
        assert word in text, text
    lines = [int(found) for found in re.findall(r"第 (\d+) 行", text)]
    # the fault stands on the changed line, or on the key above that it belongs to
    assert any(line - 7 <= found <= line + 2 for found in lines), (line, text)


def test_all_mistakes_are_told_in_one_pass(panjin_copy):
    _break(
        panjin_copy,
        ("value: closed_rate", "value: close_rate"),
        (
            "ledger: hotline, date: as_of, value: satisfied_rate",
            "ledger: hotlin, date: as_of, value: satisfied_rate",
        ),
        ("satisfied: {points: {value: 30, note: 反推}}", "satisfied: {points: 29}"),
        ("method: competition}", "method: competition, tie_break: [nobody]}"),
    )
    with pytest.raises(CampaignError) as caught:
        _load(panjin_copy)
    text = str(caught.value)
    assert len(caught.value.faults) == 4, text
    for word in ("close_rate", "hotlin", "分值合计 99", "nobody"):
        assert word in text


def test_shape_mistakes_are_told_in_one_pass(panjin_copy):
    _break(
        panjin_copy,
        ("    gloss: share of appeals closed", "    glos: share of appeals closed"),
        ("type: proportional", "type: proportionl"),
        ("display: 1", "display: 一"),
    )
    with pytest.raises(CampaignError) as caught:
        _load(panjin_copy)
    for word in ("glos", "proportionl", "display"):
        assert word in str(caught.value)


def test_a_direction_is_checked_in_each_dated_version(panjin_copy):
    """A threshold above its target from 2023-03-01 on only."""
    versions = "{versions: [{from: 2023-01-01, value: 100, reason: r, approver: a}, {from: 2023-03-01, value: 50, reason: r, approver: a}]}"
    _break(panjin_copy, ("target: 100}", f"target: {versions}, threshold: 70}}"))
    with pytest.raises(CampaignError, match="门槛"):
        _load(panjin_copy)


def test_weights_must_sum_in_each_dated_version(panjin_copy):
    """20 + 30 + 25 + 25 = 100 at first; from 2023-03-01 on 25 + 30 + 25 + 25 = 105."""
    versions = "{versions: [{from: 2023-01-01, value: 20, reason: r, approver: a}, {from: 2023-03-01, value: 25, reason: r, approver: a}]}"
    _break(panjin_copy, ("closed: {points: {value: 20, note: 反推}}", f"closed: {{points: {versions}}}"))
    with pytest.raises(CampaignError, match="分值合计 105") as caught:
        _load(panjin_copy)
    assert len(caught.value.faults) == 1


def test_an_id_is_used_once_in_a_level(panjin_copy):
    item = (
        "    bonus: {items: {closed: {name: 加分, measure: {kind: count, ledger: hotline, date: as_of}}}}\n"
    )
    _break(panjin_copy, ("    rank: {scope: group", item + "    rank: {scope: group"))
    with pytest.raises(CampaignError, match="编号 “closed” 已用于节点或指标"):
        _load(panjin_copy)


def test_a_number_before_its_first_version_is_an_error(panjin_copy):
    versions = "{versions: [{from: 2023-05-01, value: 100, reason: r, approver: a}]}"
    _break(panjin_copy, ("target: 100}", f"target: {versions}}}"))
    with pytest.raises(CampaignError, match="2023-05-01"):
        evaluate(panjin_copy, "term", "district")


def test_numbers_keep_their_clause_and_change_with_the_date(sample):
    method = load_methodology(sample.path / "methodology" / "2011-v1.yaml", sample)
    weight = method.levels["unit"].tree["J"].weight
    assert weight == 10
    assert weight.note == "建议值,待工作小组批准"
    early, late = (
        method.at(sample.period(q)).indicators["F3"].rule.threshold for q in ("2011-Q4", "2012-Q1")
    )
    assert (early, late) == (90, 95)
    assert late.approved == "工作小组(建议)"


def test_resolving_leaves_an_unversioned_model_alone(sample):
    method = load_methodology(sample.path / "methodology" / "2011-v1.yaml", sample)
    rule = method.indicators["J1"].rule
    assert at_day(rule, sample.end) is rule


def test_a_methodology_is_frozen(sample):
    method = load_methodology(sample.path / "methodology" / "2011-v1.yaml", sample)
    with pytest.raises(Exception, match="frozen"):
        method.indicators["J1"].rule.target = 5


def test_only_approval_of_these_very_bytes_counts(panjin_copy):
    method = _load(panjin_copy)
    assert method.status == "proposal"
    approve(panjin_copy, "2023-inferred")
    assert _load(panjin_copy).status == "approved"
    assert evaluate(panjin_copy, "term", "district").header["mark"] == "正式"
    path = panjin_copy / FILE
    path.write_bytes(path.read_bytes() + b"# one byte more\n")
    assert _load(panjin_copy).status == "proposal"


def test_the_sample_method_has_the_forty_indicators(sample):
    """Section 2 of the checklist: 8 per dimension; C6 is a bonus item and C8 a gate."""
    method = load_methodology(sample.path / "methodology" / "2011-v1.yaml", sample)
    codes = {f"{dimension}{k}" for dimension in "JYCFZ" for k in range(1, 9)}
    assert codes - set(method.indicators) == {"C6"}
    assert "C6" in method.levels["unit"].bonus.items
    assert method.levels["unit"].gate_indicators == ["C8"]
    at_units = set(leaves(method.levels["unit"].tree))
    assert at_units == codes - {"C6", "C8", "Y7", "Y8"}
    at_orgs = set(leaves(method.levels["party_org"].tree))
    expected = "J1 J2 J4 J6 J8 Y5 Y6 Y7 Y8 C1 C2 C3 C4 C5 F1 F2 F5 F7 Z5 Z6 Z7"
    assert at_orgs == {*expected.split(), "F7h"}
    at_members = set(leaves(method.levels["member"].tree))
    assert at_members == {"J2", "J8", "Y8a", "Y8b", "C5", "F1", "F2", "F7", "Z1", "Z7", "Z8"}
    for level, weights in {
        "unit": (10, 40, 15, 20, 15),
        "party_org": (15, 35, 15, 20, 15),
        "member": (15, 35, 10, 20, 20),
    }.items():
        assert tuple(float(node.weight) for node in method.levels[level].tree.values()) == weights


def test_every_number_of_a_methodology_has_a_name_for_the_committee():
    keys = set()
    for module in pkgutil.iter_modules(scoring.__path__):
        for model in vars(importlib.import_module(f"{scoring.__name__}.{module.name}")).values():
            if isinstance(model, type) and issubclass(model, BaseModel):
                keys |= {
                    key for key, field in model.model_fields.items() if "Number" in str(field.annotation)
                }
    assert keys
    assert keys == set(NUMBER_NAMES)
    assert not [name for name in NUMBER_NAMES.values() if name.isascii()]
