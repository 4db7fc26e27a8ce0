"""Results on disk: written once, byte for byte the same from the same inputs.

``results/<period>/<level>/<table>.csv`` and ``results/<period>/run.json``,
which holds the digests of what the tables stand on and of the tables
themselves. The folder can be deleted and derived again at any time.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import tempfile
from functools import cache
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.folder import Campaign, open_campaign
from wbwz_eval.campaign.frozen import RESULTS, read_freeze, standing, version_folder
from wbwz_eval.campaign.whole_files import digest, file_digest, replace_folder, write_portions
from wbwz_eval.scoring.assemble import assemble, header_of, tables_of
from wbwz_eval.scoring.csv_tables import csv_bytes, read_csv_table
from wbwz_eval.scoring.methodology_file import load_methodology
from wbwz_eval.scoring.score import NoDataError, scored_with_earlier
from wbwz_eval.scoring.scores import Scores

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd

    from wbwz_eval.scoring.scored import ScoredPeriod

MANIFEST = "run.json"

_Read = TypeVar("_Read")

_ATTEMPTS = 20


def results_folder(campaign: Campaign, period: str) -> Path:
    """Return the folder of a period's results."""
    return campaign.path / RESULTS / period


def evaluate_period(
    campaign: Campaign,
    period: str,
    advance: Callable[[str], None] = lambda _: None,
    *,
    only: str | None = None,
) -> dict[str, Scores]:
    """Score every level (or ``only`` one) that has rules and entities.

    ``advance`` is told the name of each level before it is scored.

    Raises:
        CampaignError: see :func:`wbwz_eval.scoring.score.evaluate`; also where
            no level has any data.
    """
    return {
        level: assemble(current, earlier)
        for level, current, earlier in _scored_levels(campaign, period, advance, only=only)
    }


def _scored_levels(
    campaign: Campaign, period: str, advance: Callable[[str], None], *, only: str | None = None
) -> Iterator[tuple[str, ScoredPeriod, ScoredPeriod | None]]:
    """Yield each level that can be scored, with the period before; see :func:`evaluate_period`."""
    campaign = standing(campaign, period)
    span = campaign.period(period)
    methodology = load_methodology(campaign.methodology_path(span), campaign)
    empty: list[NoDataError] = []
    found = False
    for level, name in campaign.levels.items():
        if only not in (None, level):
            continue
        if level in methodology.levels and len(campaign.entities_at(level, span)):
            advance(name)
            try:
                scored = scored_with_earlier(campaign, span, level)
            except NoDataError as error:
                empty.append(error)
                continue
            found = True
            yield level, *scored
            del scored  # one level at a time
    if not found:
        raise empty[0] if empty else CampaignError(f"{span.id} 没有可以计分的层级")


def write_results(
    campaign: Campaign | Path | str,
    period: str,
    advance: Callable[[str], None] = lambda _: None,
) -> Path:
    """Evaluate all levels of a period and write their tables; returns the folder.

    The tables are written beside the final place and renamed into it, so that
    no reader ever sees half of them.

    Raises:
        CampaignError: see :func:`evaluate_period`.
    """
    opened = campaign if isinstance(campaign, Campaign) else open_campaign(campaign)
    span = opened.period(period)
    published = _published(opened, span.id)
    if published is not None:
        return published
    files = result_portions(opened, span.id, advance)
    first = next(files)  # what cannot be scored leaves no folder behind
    final = results_folder(opened, span.id)
    final.parent.mkdir(exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{span.id}-", dir=final.parent))
    try:
        for name, portions in chain([first], files):
            write_portions(beside / name, portions)
        beside.chmod(0o755)
        replace_folder(beside, final)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return final


def ensure_results(campaign: Campaign, period: str) -> Path:
    """Write the results of a period unless they stand there whole and are of the inputs as they are.

    Raises:
        CampaignError: see :func:`evaluate_period`.
    """
    span = campaign.period(period)
    folder = results_folder(campaign, span.id)
    return folder if _fresh(campaign, span.id, folder) else write_results(campaign, span.id)


def result_files(
    campaign: Campaign, period: str, advance: Callable[[str], None] = lambda _: None
) -> dict[str, bytes]:
    """Evaluate all levels of a period; returns the tables and the manifest as files, by relative path.

    Raises:
        CampaignError: see :func:`evaluate_period`.
    """
    return {name: b"".join(portions) for name, portions in result_portions(campaign, period, advance)}


def result_portions(
    campaign: Campaign, period: str, advance: Callable[[str], None] = lambda _: None
) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yield the files of :func:`result_files` one at a time, each in portions, the manifest last.

    Memory is that of the evidence of one level; each file must be taken whole before the next.

    Raises:
        CampaignError: see :func:`evaluate_period`.
    """
    # before anything is read: what is handed in meanwhile makes the results stale, not fresh
    state = input_state(campaign, period)
    headers: dict[str, dict[str, Any]] = {}
    digests: dict[str, str] = {}

    def followed(name: str, portions: Iterator[bytes]) -> Iterator[bytes]:
        found = hashlib.sha256()
        for data in portions:
            found.update(data)
            yield data
        digests[name] = found.hexdigest()

    for level, current, earlier in _scored_levels(campaign, period, advance):
        headers[level] = header_of(current, earlier)
        for table, portions in tables_of(current, earlier):
            name = f"{level}/{table}.csv"
            yield name, followed(name, csv_bytes(portions))
        del current, earlier, portions  # before the next level is scored
    manifest = {
        "period": period,
        "state": state,
        "headers": headers,
        "tables": digests,
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True)
    yield MANIFEST, iter([f"{text}\n".encode()])


def _published(campaign: Campaign, period: str) -> Path | None:
    """Return the folder of a period's frozen results; None where it is not frozen."""
    record = read_freeze(campaign.path, period)
    if record is None:
        return None
    return version_folder(campaign.path, period, record.version) / RESULTS


def input_state(campaign: Campaign, period: str) -> dict[str, Any]:
    """Return the digests of everything that a period's results depend on."""
    campaign = standing(campaign, period)
    folder = campaign.methodology_path(campaign.period(period)).parent
    # all versions: the movement stands on the one that was in force the period before
    rules = {
        file.relative_to(campaign.configuration).as_posix(): digest(file.read_bytes())
        for file in sorted(folder.glob("*.yaml"))
    }
    return {
        "inputs": campaign.digest_inputs(),
        "methodology": rules,
        "package_version": version("wbwz_eval"),
        "engine": engine_digest(),
    }


@cache
def engine_digest() -> str:
    """Return the SHA-256 of the code that scores, so that no result outlives a change of it."""
    package = Path(__file__).parents[1]
    files = sorted(file for room in ("campaign", "scoring") for file in (package / room).rglob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def open_results(
    campaign: Campaign | Path | str, period: str, level: str, *, version: int | None = None
) -> Scores:
    """Open a level's results of a period; they are derived first if absent or stale.

    Of a frozen period they are those that were frozen: the last ``version``, or an earlier one.

    Raises:
        CampaignError: as :func:`write_results`; also an unknown level, or one
            without results in this period.
    """
    return _opened(campaign, period, level, version, _open)


def open_fresh(campaign: Campaign, period: str, level: str) -> Scores | None:
    """Open results as :func:`open_results` does where they stand there fresh or frozen; nothing is written.

    Raises:
        CampaignError: as :func:`open_results`.
    """
    span = campaign.period(period)
    if read_freeze(campaign.path, span.id) is None:
        folder = results_folder(campaign, span.id)
        if not _fresh(campaign, span.id, folder):
            return None
    return open_results(campaign, span.id, level)


def open_totals(campaign: Campaign | Path | str, period: str, level: str) -> pd.DataFrame:
    """Open the first table of :func:`open_results`, of which many periods are read at once.

    Raises:
        CampaignError: as :func:`open_results`.
    """
    return _opened(campaign, period, level, None, _open_totals)


def _opened(
    campaign: Campaign | Path | str,
    period: str,
    level: str,
    version: int | None,
    read: Callable[[Campaign, str, Path, str], _Read],
) -> _Read:
    opened = campaign if isinstance(campaign, Campaign) else open_campaign(campaign)
    span = opened.period(period)
    opened.entities_at(level, span)  # an unknown level is told before anything is computed
    record = read_freeze(opened.path, span.id, version)
    if record is not None:
        folder = version_folder(opened.path, span.id, record.version) / RESULTS
        for name, sha256 in record.results.items():
            if not (folder / name).is_file() or file_digest(folder / name) != sha256:
                msg = f"{span.id} 第 {record.version} 版冻结的 {name} 被改动过或缺失：用 wbwz verify 查看"
                raise CampaignError(msg)
        return read(opened, span.id, folder, level)
    folder = ensure_results(opened, span.id)
    for _ in range(_ATTEMPTS - 1):
        # another process may be exchanging the folder for one like it at this very moment
        with contextlib.suppress(FileNotFoundError):
            return read(opened, span.id, folder, level)
    return read(opened, span.id, folder, level)


def _open(campaign: Campaign, period: str, folder: Path, level: str) -> Scores:
    header = _header(campaign, period, folder, level)
    names = ("scores", "nodes", "rows", "adjustments", "changes", "quality", "parts", "method")
    tables = {name: read_csv_table(folder / level / f"{name}.csv") for name in names}
    return Scores(header=header, **tables)


def _open_totals(campaign: Campaign, period: str, folder: Path, level: str) -> pd.DataFrame:
    _header(campaign, period, folder, level)
    return read_csv_table(folder / level / "scores.csv")


def _header(campaign: Campaign, period: str, folder: Path, level: str) -> dict[str, Any]:
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    if level not in manifest["headers"]:
        msg = f"{period} 没有“{campaign.levels[level]}”的结果：没有数据、对象或计分办法"
        raise CampaignError(msg)
    return manifest["headers"][level]


def _fresh(campaign: Campaign, period: str, folder: Path) -> bool:
    """Return whether results stand on the inputs as they are, and are whole."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return False
    tables = manifest.get("tables", {})
    return manifest.get("state") == input_state(campaign, period) and all(
        (folder / name).is_file() and file_digest(folder / name) == sha256 for name, sha256 in tables.items()
    )
