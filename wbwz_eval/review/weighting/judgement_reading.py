"""Reading the workbooks in which members of the committee say how important each criterion is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wbwz_eval.campaign.faults import FaultList, one_of
from wbwz_eval.campaign.grid import UnreadableError
from wbwz_eval.campaign.received_file import MOST_FILE_BYTES, read_received
from wbwz_eval.review.weighting.judgement_form import BestWorst, JudgementForm
from wbwz_eval.review.weighting.judgement_sheets import GUIDE, pair_label

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from wbwz_eval.scoring.numbers import FloatArray

_ALL_FILES = "判断表"


@dataclass(frozen=True)
class Judgements:
    """What the members said, each as far as they gave it, in the order of the members.

    Attributes:
        title: What was weighted, as the workbooks say.
        criteria: Id → name; arrays are in this order.
        budget: Member → points (criteria,), 100 in all.
        pairwise: Member → (criteria, criteria), how many times as important as the column the row is.
        best_worst: Member → best, worst, best to others, others to worst.
    """

    title: str
    criteria: dict[str, str]
    budget: dict[str, FloatArray]
    pairwise: dict[str, FloatArray]
    best_worst: dict[str, BestWorst]


def read_judgements(paths: Sequence[Path], criteria: Mapping[str, str], members: Sequence[str]) -> Judgements:
    """Read the members' workbooks; whose each is stands in it, whatever the file is called.

    Args:
        paths: The files.
        criteria: Id → name, of the methodology in question.
        members: Who is on the committee.

    Raises:
        CampaignError: With all faults of all files: a file that cannot be read or is no such workbook, a
            member who is unknown, missing or there twice, other criteria than these, a table filled in
            by half, numbers out of range, a total other than 100, a best that others surpass.
    """
    faults = FaultList()
    forms: dict[str, JudgementForm] = {}
    for form in (_open(path, criteria, faults) for path in paths):
        if form is not None and _expected(form, forms, members, faults):
            forms[form.member] = form
    for member in members:
        if member not in forms:
            faults.add(_ALL_FILES, f"没有收到“{member}”的判断表", expected="每位评委一份")
    title = _one_title(forms, faults)
    read = Judgements(title, dict(criteria), {}, {}, {})
    for member in members:
        # one that asks about something else cannot be read on
        if member in forms and forms[member].asked == dict(criteria):
            _take(read, forms[member], faults)
    faults.raise_if_any("判断表有问题，请改正后再定权：")
    return read


def _open(path: Path, criteria: Mapping[str, str], faults: FaultList) -> JudgementForm | None:
    """Return a file where it is somebody's judgement workbook."""
    try:
        with path.open("rb") as stream:
            sheets = read_received(stream.read(MOST_FILE_BYTES + 1))
    except OSError as error:
        faults.add(path.name, f"打不开：{error.strerror}", expected="能打开的 xlsx 文件")
        return None
    except UnreadableError as error:
        faults.add(path.name, error.message, expected=error.expected)
        return None
    form = JudgementForm(path.name, sheets, criteria)
    if not form.member:
        said = f"不是本系统发出的判断表，或“{GUIDE}”工作表被删改"
        faults.add(path.name, said, expected="用发出的判断表填写")
        return None
    if form.asked != dict(criteria):
        found, right = ("、".join(pair_label(*one) for one in had.items()) for had in (form.asked, criteria))
        said = f"“{form.member}”的判断表问的是另一些指标（{found}），可能是另一层级或另一版本的"
        faults.add(path.name, said, expected=right, sheet=GUIDE)
    return form


def _expected(
    form: JudgementForm, forms: Mapping[str, JudgementForm], members: Sequence[str], faults: FaultList
) -> bool:
    """Tell if a workbook is the first one of a member."""
    if form.member not in members:
        right = one_of(members, instead_of=form.member)
        faults.add(form.file, "不是评委", expected=right, sheet=GUIDE, value=form.member)
        return False
    if form.member in forms:
        said = f"是“{form.member}”的第二份判断表，另一份是 {forms[form.member].file}"
        faults.add(form.file, said, expected="每人一份")
        return False
    return True


def _one_title(forms: Mapping[str, JudgementForm], faults: FaultList) -> str:
    titles = {form.title: form.file for form in forms.values()}
    if len(titles) > 1:
        said = "；".join(f"{file} 为“{title}”" for title, file in titles.items())
        faults.add(_ALL_FILES, f"标题不一样，不是同一次发的：{said}", expected="同一次发的判断表")
    return next(iter(titles), "")


def _take(read: Judgements, form: JudgementForm, faults: FaultList) -> None:
    """Put what a member gave where it belongs."""
    points, matrix, ends = form.budget(), form.pairs(), form.best_worst()
    faults.extend(form.faults)
    if points is not None:
        read.budget[form.member] = points
    if matrix is not None:
        read.pairwise[form.member] = matrix
    if ends is not None:
        read.best_worst[form.member] = ends
    if points is None and matrix is None and ends is None and not form.faults:
        faults.add(form.file, f"“{form.member}”三张表都没有填", expected="至少填好一张")
