"""Whether a frozen period still is what was published: every digest, and everything derived again."""

from __future__ import annotations

from importlib.metadata import version as installed
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.folder import Campaign, open_campaign
from wbwz_eval.campaign.frozen import (
    INPUTS,
    RECORD,
    RESULTS,
    NoSuchVersionError,
    as_frozen,
    read_freeze,
    version_folder,
)
from wbwz_eval.campaign.receipts import SUBMISSIONS, Inbox, Receipt
from wbwz_eval.campaign.whole_files import digest, digest_of, file_digest
from wbwz_eval.scoring.results import engine_digest, result_portions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wbwz_eval.campaign.frozen import Freeze

SAME, ALTERED, MISSING, DIFFERENT = "一致", "被改动", "缺失", "重算不一致"

COLUMNS = ("kind", "file", "state", "note")


def verify(
    campaign: Campaign | Path | str,
    period: str,
    version: int | None = None,
    advance: Callable[[str], None] = lambda _: None,
) -> pd.DataFrame:
    """Check a frozen version and derive all its results again from the originals, without the cache.

    Returns:
        One row per file: ``kind`` (冻结记录, 输入, 回执, 原件, 结果, 重算), ``file``, relative to the
        campaign, ``state`` (一致, 被改动, 缺失 or 重算不一致), ``note``. All is well where every
        state is 一致.

    Raises:
        CampaignError: The period is not frozen, or has no such version.
    """
    opened = campaign if isinstance(campaign, Campaign) else open_campaign(campaign)
    span = opened.period(period)
    try:
        record = read_freeze(opened.path, span.id, version)
    except NoSuchVersionError:
        raise
    except CampaignError as error:
        # a record that was altered is a finding, not a reason to look at nothing
        return _table([("冻结记录", "", ALTERED, str(error))])
    if record is None:
        message = f"{span.id} 还没有冻结：先用 wbwz freeze"
        raise CampaignError(message)
    return _table(list(_Verification(opened.path, record, advance).all()))


def is_intact(found: pd.DataFrame) -> bool:
    """Return whether everything is as it was published."""
    return bool((found["state"] == SAME).all())


_Line = tuple[str, str, str, str]


def _table(lines: list[_Line]) -> pd.DataFrame:
    return pd.DataFrame(lines, columns=list(COLUMNS))


class _Verification:
    """One version under verification."""

    def __init__(self, folder: Path, record: Freeze, advance: Callable[[str], None]) -> None:
        self.folder, self.record, self.advance = folder, record, advance
        self.place = version_folder(folder, record.period, record.version)

    def all(self) -> Iterator[_Line]:
        yield self._record()
        lines = [*self._files("输入", INPUTS, self.record.inputs)]
        self.advance("回执与原件")
        lines += self._submissions()
        yield from lines
        yield from self._files("结果", RESULTS, self.record.results)
        if any(state != SAME for _, _, state, _ in lines):
            yield ("重算", "", DIFFERENT, "输入已不是冻结时的样子，不能重算")
        else:
            yield from self._derived()

    def _record(self) -> _Line:
        name = (self.place / RECORD).relative_to(self.folder).as_posix()
        if self.record.version > 1:
            before = version_folder(self.folder, self.record.period, self.record.version - 1) / RECORD
            if not before.is_file() or digest(before.read_bytes()) != self.record.previous:
                return ("冻结记录", before.relative_to(self.folder).as_posix(), ALTERED, "前一版的记录")
        return ("冻结记录", name, SAME, f"封签 {self.record.seal}")

    def _files(self, kind: str, part: str, digests: dict[str, str]) -> Iterator[_Line]:
        for name, sha256 in digests.items():
            yield self._file(kind, self.place / part / name, sha256)

    def _file(self, kind: str, path: Path, sha256: str, note: str = "") -> _Line:
        name = path.relative_to(self.folder).as_posix()
        if not path.is_file():
            return (kind, name, MISSING, note)
        return (kind, name, SAME if file_digest(path) == sha256 else ALTERED, note)

    def _submissions(self) -> Iterator[_Line]:
        """Go through the receipts from the last to the first: each one vouches for the one before."""
        inbox = Inbox(self.folder / SUBMISSIONS)
        admitted = self.record.admitted_sha256
        wanted = {**admitted, self.record.through: self.record.head} if self.record.through else admitted
        last = max([self.record.through, *admitted], default=0)
        receipts: dict[int, Receipt] = {}
        following = ""
        for number in range(last, 0, -1):
            path = inbox.receipts / f"{number:06d}.json"
            name = path.relative_to(self.folder).as_posix()
            if not path.is_file():
                yield ("回执", name, MISSING, "")
                following = ""
                continue
            data = path.read_bytes()
            found = digest(data)
            # of receipts after the last one that was frozen, only those that vouch for each other count
            altered = found != wanted.get(number, following or found)
            yield ("回执", name, ALTERED if altered else SAME, "")
            try:
                receipt = Receipt.model_validate_json(data)
            except ValueError:
                following = ""
                continue
            following = "" if altered else receipt.previous
            if number <= self.record.through or number in admitted:
                receipts[number] = receipt
        for number, receipt in sorted(receipts.items()):
            path = inbox.originals / receipt.original
            yield self._file("原件", path, receipt.sha256, f"回执 {number} {receipt.file}")

    def _derived(self) -> Iterator[_Line]:
        note = ""
        if self.record.package_version != installed("wbwz_eval") or self.record.engine != engine_digest():
            note = f"计分程序与冻结时不同(冻结时 {self.record.package_version})"
        try:
            campaign = as_frozen(self.folder, self.record, cached=False)
            derived = {
                name: digest_of(portions)
                for name, portions in result_portions(campaign, self.record.period, self.advance)
            }
        except CampaignError as error:
            yield ("重算", "", DIFFERENT, str(error))
            return
        for name, sha256 in self.record.results.items():
            same = derived.get(name) == sha256
            yield ("重算", name, SAME if same else DIFFERENT, note)
