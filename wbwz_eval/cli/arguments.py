"""Arguments that several commands share."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

CampaignArgument = Annotated[Path, typer.Argument(metavar="CAMPAIGN", help="活动文件夹，如 data/wbwz-2011")]
PeriodArgument = Annotated[
    str, typer.Argument(metavar="PERIOD", help="期：2011-W37、2011-09、2011-Q3、2011-H2、2011 或 term")
]
VersionArgument = Annotated[str, typer.Argument(metavar="VERSION", help="评价办法的版本，如 2011-v1")]
LevelOption = Annotated[str, typer.Option(help="层级")]
DayOption = Annotated[dt.datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="哪一天；默认今天")]


def day_of(given: dt.datetime | None) -> dt.date:
    """Return the day that was given, or today."""
    return given.date() if given else dt.datetime.now().astimezone().date()


class Format(StrEnum):
    """How tables are printed."""

    table = "table"
    csv = "csv"
    json = "json"
