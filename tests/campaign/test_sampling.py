"""The list for verification on site: who draws again, draws the same."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from pathlib import Path

import openpyxl
import pytest
from support import bare_copy, hand_in, take_in

from wbwz_eval import Campaign, open_campaign
from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.sampling import Drawing, draw
from wbwz_eval.campaign.templates import check_template

ISSUED = dt.datetime(2011, 10, 8, tzinfo=dt.UTC)


def rows(entity: str, count: int) -> str:
    lines = (f"{entity}-{n},{entity},研讨,2011-9-1,2011-9-{n % 28 + 1},30,{n}" for n in range(count))
    return "\n".join(lines) + "\n"


@pytest.fixture
def campaign(tmp_path: Path) -> Campaign:
    """Five, fifteen and twenty-five rows of three units."""
    folder = bare_copy("wbwz-2011", tmp_path)
    header = "行号,被评对象,活动类型,计划日期,完成日期,应到人数,实到人数\n"
    table = header + rows("U01", 5) + rows("U02", 15) + rows("U03", 25)
    take_in(folder, {"activities": table}, received_on=dt.date(2011, 9, 28))
    return open_campaign(folder)


def drawn(campaign: Campaign, share: float = 0.1, seed: int = 1) -> dict[str, list[str]]:
    table = draw(campaign, campaign.period("2011-09"), Drawing(share, seed))
    return {str(entity): part["row_id"].tolist() for entity, part in table.groupby("entity_id")}


def test_each_entity_gives_its_share_rounded_half_up_and_one_at_least(campaign: Campaign) -> None:
    # a tenth of 5, 15 and 25: 0.5, 1.5 and 2.5
    assert {entity: len(ids) for entity, ids in drawn(campaign).items()} == {"U01": 1, "U02": 2, "U03": 3}
    # 4 % of 5 is 0.2: one all the same
    assert len(drawn(campaign, 0.04)["U01"]) == 1
    assert {entity: len(ids) for entity, ids in drawn(campaign, 1).items()} == {
        "U01": 5,
        "U02": 15,
        "U03": 25,
    }


def test_anybody_can_draw_it_again(campaign: Campaign) -> None:
    # the rule, written out: the first ones in the order of SHA-256 of seed/ledger/row
    def order(row: str) -> str:
        return hashlib.sha256(f"7/activities/{row}".encode()).hexdigest()

    assert drawn(campaign, seed=7)["U03"] == sorted((f"U03-{n}" for n in range(25)), key=order)[:3]
    assert drawn(campaign, seed=7) != drawn(campaign, seed=8)


def test_rows_of_other_periods_and_withdrawn_rows_are_not_drawn(campaign: Campaign) -> None:
    take_in(
        campaign.path,
        {"activities": "行号,被评对象,活动类型,计划日期\nN1,U04,研讨,2011-10-12\n"},
        received_on=dt.date(2011, 10, 20),
    )
    take_in(
        campaign.path,
        {"activities": "行号,被评对象,状态\n" + "".join(f"U01-{n},U01,撤回\n" for n in range(5))},
        received_on=dt.date(2011, 9, 29),
    )
    again = open_campaign(campaign.path)
    assert set(drawn(again)) == {"U02", "U03"}
    later = draw(again, again.period("2011-10"), Drawing(1, 1))
    assert later["row_id"].tolist() == ["N1"]


@pytest.mark.parametrize("share", [0, -0.1, 1.01])
def test_a_share_that_is_none_is_told(campaign: Campaign, share: float) -> None:
    with pytest.raises(CampaignError, match="抽取比例"):
        drawn(campaign, share)


def test_nothing_to_draw_from_is_told(campaign: Campaign) -> None:
    with pytest.raises(CampaignError, match="2012-05 没有可抽"):
        draw(campaign, campaign.period("2012-05"), Drawing(0.1, 1))


def test_the_list_goes_out_and_comes_back_as_verified_values(campaign: Campaign) -> None:
    period = campaign.period("2011-09")
    book = openpyxl.load_workbook(io.BytesIO(check_template(campaign, period, Drawing(0.1, 1), ISSUED)))
    told = [cell.value for row in book["填表说明"].iter_rows() for cell in row if cell.value]
    # 5 + 15 + 25 rows, of which 1 + 2 + 3
    assert any("45 行中抽 6 行" in str(text) for text in told)
    assert any(str(text).startswith("1(") for text in told)
    sheet = book["月检查核查台账"]
    column = {cell.value.split("(")[0].rstrip("*"): cell.column for cell in sheet[1]}
    assert sheet.max_row == 7
    for place in range(2, 8):
        reported = sheet.cell(place, column["自报值"]).value
        wrong = place == 2
        sheet.cell(place, column["核实值"], reported - 1 if wrong else reported)
        sheet.cell(place, column["是否一致"], "否" if wrong else "是")
        sheet.cell(place, column["核查日期"], dt.date(2011, 10, 10))
    saved = io.BytesIO()
    book.save(saved)
    receipt = hand_in(campaign.path, {"x": saved.getvalue()}, received_on=dt.date(2011, 10, 10))[0]
    assert receipt.status == "accepted", receipt.faults
    ledger = open_campaign(campaign.path).ledger("verification").rows
    assert sorted(ledger["entity_id"]) == ["U01", "U02", "U02", "U03", "U03", "U03"]
    assert (ledger["agreed"] == "否").sum() == 1
    assert (ledger["reported_value"] - ledger["verified_value"]).sum() == 1
