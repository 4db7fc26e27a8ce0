"""The fold of submissions into a ledger: what stands after which receipt, on which day."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbwz_eval.campaign.fields import Field
from wbwz_eval.campaign.ledgers import ADDED
from wbwz_eval.campaign.versions import Block, Versions

FIELDS = {
    "row_id": Field(label="行号", type="text", required=True),
    "entity_id": Field(label="被评对象", type="entity", required=True),
    "status": Field(label="状态", type="choice", allowed=("有效", "撤回")),
    "due_on": Field(label="时限", type="date"),
    "share": Field(label="比例", type="number"),
    "verified_by": Field(label="核实人", type="text"),
}
KINDS = {"due_on": "datetime64[s]", "share": "float64"}


def day(text: str) -> dt.date:
    """Return a day of the autumn of 2011, from 10-08."""
    return dt.date.fromisoformat(f"2011-{text}")


def block(receipt: int, received: str, sender: str = "office", **columns: list[object]) -> Block:
    """Return what counts of a file with these columns; the owner's is always there, maybe empty."""
    count = len(columns["row_id"])
    columns = {"entity_id": [""] * count, **columns}
    content = {
        code: np.array([cell if cell is not None else "NaT" for cell in cells], dtype="datetime64[s]")
        if code == "due_on"
        else np.array(
            [np.nan if code == "share" and cell is None else cell for cell in cells],
            dtype=KINDS.get(code, "object"),
        )
        for code, cells in columns.items()
    }
    return Block(content, np.arange(count) + 2, f"f{receipt}.xlsx", sender, receipt, day(received))


def ledger(*blocks: Block) -> Versions:
    return Versions.of(FIELDS, blocks)


def table(frame: pd.DataFrame, columns: str) -> list[tuple[object, ...]]:
    """Return columns as rows of plain values: days as 10-08, nothing as None."""
    shown = []
    for code in columns.split():
        cells = frame[code]
        if cells.dtype.kind == "M":
            cells = [None if pd.isna(cell) else f"{cell:%m-%d}" for cell in cells]
        else:
            cells = [None if isinstance(cell, float) and np.isnan(cell) else cell for cell in cells]
        shown.append(cells)
    return list(zip(*shown, strict=True))


FIRST = block(
    1,
    "10-08",
    row_id=["A", "B"],
    entity_id=["U1", "U2"],
    status=["有效", "有效"],
    due_on=["2011-12-01", "2011-12-02"],
    share=[10.0, 20.0],
)


def test_one_file_stands_as_it_came_in() -> None:
    frame = ledger(FIRST).standing()
    assert frame.columns.tolist() == [*FIELDS, *ADDED]
    assert table(frame, "row_id entity_id status due_on share verified_by reported_on receipt source source_row") == [
        ("A", "U1", "有效", "12-01", 10, "", "10-08", 1, "f1.xlsx", 2),
        ("B", "U2", "有效", "12-02", 20, "", "10-08", 1, "f1.xlsx", 3),
    ]  # fmt: skip
    assert {code: str(kind) for code, kind in frame.dtypes.items()} == {
        "row_id": "object",
        "entity_id": "object",
        "status": "object",
        "due_on": "datetime64[s]",
        "share": "float64",
        "verified_by": "object",
        "reported_on": "datetime64[s]",
        "version": "int64",
        "receipt": "int64",
        "source": "object",
        "source_row": "int64",
    }


def test_a_correction_replaces_the_row_of_its_number_alone() -> None:
    correction = block(
        2,
        "10-10",
        row_id=["C", "B"],
        entity_id=["U1", "U2"],
        status=["有效", "有效"],
        due_on=["2011-12-03", "2011-12-20"],
        share=[30.0, None],
    )
    # B keeps its place and its first day; where it stands is in the second file. Its share was
    # there and is empty now.
    frame = ledger(FIRST, correction).standing()
    assert table(frame, "row_id entity_id due_on share reported_on receipt source source_row") == [
        ("A", "U1", "12-01", 10, "10-08", 1, "f1.xlsx", 2),
        ("B", "U2", "12-20", None, "10-08", 2, "f2.xlsx", 3),
        ("C", "U1", "12-03", 30, "10-10", 2, "f2.xlsx", 2),
    ]


def test_a_file_of_some_columns_leaves_the_others_as_they_were() -> None:
    verified = block(2, "10-09", row_id=["B", "A"], verified_by=["甲", ""])
    shares = block(3, "10-10", row_id=["A"], share=[15.0])
    days = block(4, "10-11", row_id=["B"], due_on=[None])
    frame = ledger(FIRST, verified, shares, days).standing()
    # The last file empties B's day, for it has the column.
    assert table(frame, "row_id entity_id status due_on share verified_by receipt") == [
        ("A", "U1", "有效", "12-01", 15, "", 3),
        ("B", "U2", "有效", None, 20, "甲", 4),
    ]


def test_a_column_that_comes_with_a_later_file_is_empty_before() -> None:
    versions = ledger(
        block(1, "10-08", row_id=["A"]), block(2, "10-09", row_id=["B"], share=[5.0], due_on=["2011-12-01"])
    )
    assert table(versions.standing(), "row_id status due_on share") == [
        ("A", "", None, None),
        ("B", "", "12-01", 5),
    ]
    assert table(versions.standing(day("10-08")), "row_id due_on share") == [("A", None, None)]


def test_a_new_row_without_owner_is_the_senders_and_stays_so() -> None:
    own = block(1, "10-08", "U1", row_id=["A", "B"], entity_id=["", "U2"])
    from_office = block(2, "10-09", "office", row_id=["A", "B"], share=[1.0, 2.0])
    moved = block(3, "10-10", "office", row_id=["B"], entity_id=["U3"])
    versions = ledger(own, from_office, moved)
    assert table(versions.standing(through=2), "row_id entity_id share") == [("A", "U1", 1), ("B", "U2", 2)]
    assert table(versions.standing(), "row_id entity_id share") == [("A", "U1", 1), ("B", "U3", 2)]


def test_a_withdrawn_row_stays_and_says_so_and_may_come_back() -> None:
    withdrawn = block(2, "10-09", row_id=["A"], status=["撤回"])
    again = block(3, "10-10", row_id=["A"], status=["有效"])
    versions = ledger(FIRST, withdrawn, again)
    columns = "row_id status share reported_on receipt"
    assert table(versions.standing(day("10-09")), columns) == [
        ("A", "撤回", 10, "10-08", 2),
        ("B", "有效", 20, "10-08", 1),
    ]
    assert table(versions.standing(), columns) == [
        ("A", "有效", 10, "10-08", 3),
        ("B", "有效", 20, "10-08", 1),
    ]


# A in time and twice late; B late by its first file and then corrected; C in time only.
LATE = (
    block(1, "10-08", row_id=["A", "C"], share=[1.0, 3.0], verified_by=["", ""]),
    block(2, "10-11", row_id=["A"], share=[1.1]),
    block(3, "10-13", row_id=["B", "A"], share=[2.0, 1.2]),
    block(4, "10-14", row_id=["B"], verified_by=["甲"]),
)


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        ("10-07", []),
        ("10-08", [("A", 1.0, "", "10-08", 1), ("C", 3.0, "", "10-08", 1)]),
        ("10-10", [("A", 1.0, "", "10-08", 1), ("C", 3.0, "", "10-08", 1)]),
        ("10-12", [("A", 1.1, "", "10-08", 2), ("C", 3.0, "", "10-08", 1)]),
        ("10-13", [("A", 1.2, "", "10-08", 3), ("C", 3.0, "", "10-08", 1), ("B", 2.0, "", "10-13", 3)]),
        ("10-14", [("A", 1.2, "", "10-08", 3), ("C", 3.0, "", "10-08", 1), ("B", 2.0, "甲", "10-13", 4)]),
    ],
)
def test_a_day_knows_what_was_received_by_its_end(until: str, expected: list[tuple[object, ...]]) -> None:
    frame = ledger(*LATE).standing(day(until))
    assert table(frame, "row_id share verified_by reported_on receipt") == expected


def test_late_rows_stand_beside_as_they_are_by_now() -> None:
    # By the 11th A has 1.1; what came later of it does not count, while B, which came in later
    # altogether, is shown as it is, with the day on which it first came.
    frame = ledger(*LATE).standing(day("10-11"), late_too=True)
    assert table(frame, "row_id share verified_by reported_on receipt") == [
        ("A", 1.1, "", "10-08", 2),
        ("C", 3.0, "", "10-08", 1),
        ("B", 2.0, "甲", "10-13", 4),
    ]
    everything = ledger(*LATE).standing(day("10-07"), late_too=True)
    pd.testing.assert_frame_equal(everything, ledger(*LATE).standing())


def test_an_admitted_receipt_counts_as_of_the_day() -> None:
    # Receipt 3 is let in: A's 1.2 counts, B came in on the very day. Receipt 4 stays late.
    frame = ledger(*LATE).standing(day("10-11"), admitted=[3], late_too=True)
    assert table(frame, "row_id share verified_by reported_on receipt") == [
        ("A", 1.2, "", "10-08", 3),
        ("C", 3.0, "", "10-08", 1),
        ("B", 2.0, "", "10-11", 3),
    ]
    # A correction alone, of a row that is late otherwise, is the row's only version in time.
    frame = ledger(*LATE).standing(day("10-11"), admitted=(4,))
    assert table(frame, "row_id share verified_by reported_on receipt") == [
        ("A", 1.1, "", "10-08", 2),
        ("C", 3.0, "", "10-08", 1),
        ("B", None, "甲", "10-11", 4),
    ]
    # What came in time anyway keeps its day.
    before = ledger(*LATE).standing(day("10-12"))
    pd.testing.assert_frame_equal(ledger(*LATE).standing(day("10-12"), admitted=[1, 2]), before)


def test_only_receipts_up_to_a_number_are_known() -> None:
    versions = ledger(*LATE)
    assert table(versions.standing(through=2), "row_id share receipt") == [("A", 1.1, 2), ("C", 3.0, 1)]
    assert versions.known(2).tolist() == [True, True, True, False, False, False]
    assert versions.known(None).all()
    # Together with a day: what is late is late among the known ones.
    frame = versions.standing(day("10-10"), through=3, late_too=True)
    assert table(frame, "row_id share verified_by reported_on receipt") == [
        ("A", 1.0, "", "10-08", 1),
        ("C", 3.0, "", "10-08", 1),
        ("B", 2.0, "", "10-13", 3),
    ]
    assert len(versions.standing(through=0)) == 0


def test_a_backdated_receipt_counts_from_its_day_and_is_the_later_word() -> None:
    # The second came in on the 12th. The third, handed in by post on the 9th, was registered last.
    versions = ledger(
        block(1, "10-08", row_id=["A", "B"], share=[1.0, 2.0], verified_by=["", ""]),
        block(2, "10-12", row_id=["A", "C"], share=[1.2, 3.2]),
        block(3, "10-09", row_id=["A", "C", "D"], share=[1.3, 3.3, 4.3]),
    )
    columns = "row_id share reported_on receipt"
    # At the end of the 10th the third counts and the second does not.
    assert table(versions.standing(day("10-10")), columns) == [
        ("A", 1.3, "10-08", 3),
        ("B", 2.0, "10-08", 1),
        ("C", 3.3, "10-09", 3),
        ("D", 4.3, "10-09", 3),
    ]
    # From the 12th on both count, in the order of registration.
    assert table(versions.standing(day("10-12")), "row_id share receipt") == [
        ("A", 1.3, 3),
        ("B", 2.0, 1),
        ("C", 3.3, 3),
        ("D", 4.3, 3),
    ]
    # Before it was registered nobody knew.
    assert table(versions.standing(day("10-10"), through=2), columns) == [
        ("A", 1.0, "10-08", 1),
        ("B", 2.0, "10-08", 1),
    ]


def test_versions_may_be_put_together_in_any_portions() -> None:
    parts = [block(k + 1, "10-12", row_id=["B", "Z"], verified_by=["甲", f"{k}"]) for k in range(1, 4)]
    at_once = ledger(FIRST, *parts)
    grown = ledger().then(ledger(FIRST)).then(ledger()).then(ledger(*parts[:1])).then(ledger(*parts[1:]))
    assert len(grown) == len(at_once) == 8
    for until in (None, day("10-08"), day("10-12")):
        pd.testing.assert_frame_equal(grown.standing(until), at_once.standing(until))
    assert table(grown.standing(), "row_id share verified_by receipt") == [
        ("A", 10, "", 1),
        ("B", 20, "甲", 4),
        ("Z", None, "3", 4),
    ]


def test_the_history_of_a_row_is_each_file_as_it_was() -> None:
    columns = "row_id share verified_by reported_on receipt source source_row"
    assert table(ledger(*LATE).history("A"), columns) == [
        ("A", 1.0, "", "10-08", 1, "f1.xlsx", 2),
        ("A", 1.1, "", "10-11", 2, "f2.xlsx", 2),
        ("A", 1.2, "", "10-13", 3, "f3.xlsx", 3),
    ]
    assert len(ledger(*LATE).history("X")) == 0


def test_nothing_has_all_columns() -> None:
    frame = ledger().standing(day("10-08"), late_too=True, admitted=[1])
    assert len(frame) == 0
    assert frame.columns.tolist() == [*FIELDS, *ADDED]
    assert frame.dtypes.tolist() == ledger(FIRST).standing().dtypes.tolist()


# --- against a plain fold, row by row


@st.composite
def files(draw: st.DrawFn) -> list[Block]:
    made = []
    for receipt in range(1, draw(st.integers(0, 6)) + 1):
        row_id = draw(st.lists(st.sampled_from("ABCD"), unique=True, max_size=4))
        columns: dict[str, list[object]] = {"row_id": row_id}
        cells = {
            "entity_id": st.sampled_from(["", "U1", "U2"]),
            "share": st.sampled_from([None, 1.0, 2.0, 3.0]),
            "verified_by": st.sampled_from(["", "甲", "乙"]),
            "due_on": st.sampled_from([None, "2011-12-01", "2011-12-02"]),
        }
        for code in draw(st.sets(st.sampled_from(sorted(cells)))):
            columns[code] = [draw(cells[code]) for _ in row_id]
        received = draw(st.sampled_from(["10-08", "10-09", "10-10", "10-11"]))
        made.append(block(receipt, received, draw(st.sampled_from(["office", "U3"])), **columns))
    return made


def plain_fold(
    blocks: list[Block], until: dt.date | None, through: int, admitted: set[int], *, late_too: bool
) -> list[tuple[object, ...]]:
    rows: dict[str, dict[str, object]] = {}
    late: dict[str, dict[str, object]] = {}
    order: dict[str, int] = {}
    for one in blocks:
        if one.receipt > through and one.receipt not in admitted:
            continue
        received = min(one.received_on, until) if until and one.receipt in admitted else one.received_on
        into = rows if until is None or received <= until else late
        for place, row_id in enumerate(one.content["row_id"]):
            row = into.setdefault(row_id, {"entity_id": one.sender, "share": None, "verified_by": "", "due_on": None, "reported_on": f"{received:%m-%d}", "first": (one.receipt, place)})  # fmt: skip
            row["receipt"] = one.receipt
            row["reported_on"] = min(str(row["reported_on"]), f"{received:%m-%d}")
            if one.content["entity_id"][place]:
                row["entity_id"] = one.content["entity_id"][place]
            if "share" in one.content:
                share = one.content["share"][place]
                row["share"] = None if np.isnan(share) else share
            if "verified_by" in one.content:
                row["verified_by"] = one.content["verified_by"][place]
            if "due_on" in one.content:
                due = one.content["due_on"][place]
                row["due_on"] = None if np.isnat(due) else str(due)[5:10]
    standing = ({**late, **rows} if late_too else rows).items()
    order = {row_id: row["first"] for row_id, row in standing}
    return [
        (row_id, *(row[code] for code in ("entity_id", "due_on", "share", "verified_by", "reported_on", "receipt")))
        for row_id, row in sorted(standing, key=lambda item: order[item[0]])
    ]  # fmt: skip


@given(
    blocks=files(),
    until=st.sampled_from([None, "10-07", "10-08", "10-09", "10-10"]),
    through=st.integers(0, 6),
    admitted=st.sets(st.integers(1, 6), max_size=2),
    late_too=st.booleans(),
    cut=st.integers(0, 6),
)
def test_the_fold_is_that_of_a_plain_loop(
    blocks: list[Block], until: str | None, through: int, admitted: set[int], late_too: bool, cut: int  # noqa: FBT001
) -> None:  # fmt: skip
    end = None if until is None else day(until)
    versions = ledger(*blocks[:cut]).then(ledger(*blocks[cut:]))
    frame = versions.standing(end, through=through, admitted=admitted, late_too=late_too)
    found = table(frame, "row_id entity_id due_on share verified_by reported_on receipt")
    assert found == plain_fold(blocks, end, through, admitted, late_too=late_too)
