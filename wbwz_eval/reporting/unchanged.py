"""Whether a report that stands there would come out the same if it were made again."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.folder import open_campaign
from wbwz_eval.campaign.whole_files import digest
from wbwz_eval.scoring.results import input_state

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wbwz_eval.campaign.folder import Campaign
    from wbwz_eval.reporting.place import Place

_CODE = frozenset({".py", ".j2", ".css"})


class Inputs:
    """The digests of what the reports of a campaign stand on, each taken once."""

    def __init__(self, campaign: Campaign) -> None:
        """Look at a campaign as it is now."""
        self._campaign = campaign
        self._periods: dict[str, dict[str, Any]] = {}

    def state(self, values: Mapping[str, Any], notebook: bytes) -> str:
        """Return a digest of all that decides what a report looks like.

        Args:
            values: The notebook's parameters.
            notebook: The notebook.

        Raises:
            CampaignError: The campaign's own files are wrong.
        """
        period = values["period"]
        if period not in self._periods:
            self._periods[period] = input_state(self._campaign, period)
        state = [
            self._periods[period],
            {name: value for name, value in values.items() if name != "campaign"},
            code_digest(),
            digest(notebook),
        ]
        return digest(json.dumps(state, sort_keys=True).encode())


def stands_on(folder: Path, values: Mapping[str, Any], notebook: bytes, state: str) -> bool:
    """Return whether a report made from the folder of a campaign would stand on that state."""
    try:
        return Inputs(open_campaign(folder)).state(values, notebook) == state
    except (CampaignError, OSError):
        return False


@cache
def code_digest() -> str:
    """Return a digest of the code that makes reports, as it was when this process first asked."""
    files = sorted(path for path in Path(__file__).parents[1].rglob("*") if path.suffix in _CODE)
    return digest("".join(digest(path.read_bytes()) for path in files).encode())


def is_current(place: Place, state: str, forms: Sequence[str] = (), *, red_head: bool = False) -> bool:
    """Return whether a report stands there whole, in the forms that are wanted, made from that state."""
    try:
        made = json.loads(place.manifest.read_text(encoding="utf-8"))
        wanted = {place.page.name, *(place.form(form).name for form in forms)}
        files = made["files"]
        same = wanted == set(files) and place.notebook.is_file() and made["red_head"] == red_head
        same = same and made["state"] == state
        return bool(
            same and all(digest(place.page.with_name(name).read_bytes()) == files[name] for name in wanted)
        )
    except (OSError, ValueError, KeyError):
        return False
