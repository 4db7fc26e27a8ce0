"""Arguments that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

CampaignArgument = Annotated[Path, typer.Argument(metavar="CAMPAIGN", help="活动文件夹，如 data/wbwz-2011")]
PeriodArgument = Annotated[
    str, typer.Argument(metavar="PERIOD", help="期：2011-W37、2011-09、2011-Q3、2011-H2、2011 或 term")
]


class Format(StrEnum):
    """How tables are printed."""

    table = "table"
    csv = "csv"
    json = "json"
