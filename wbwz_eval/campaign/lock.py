"""One command at a time writes to a campaign."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from wbwz_eval.campaign.faults import CampaignError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOCK = ".lock"
WAIT_SECONDS = 60.0


@contextlib.contextmanager
def writing(folder: Path, wait: float = WAIT_SECONDS) -> Iterator[None]:
    """Hold the campaign's lock; it falls with the process, however that ends.

    Raises:
        CampaignError: Another command has held it for ``wait`` seconds.
    """
    try:
        with FileLock(folder / LOCK, timeout=wait):
            yield
    except Timeout as error:
        message = f"另一个命令正在写 {folder.name}(等了 {wait:.0f} 秒): 等它结束后再运行"
        raise CampaignError(message) from error
