"""What makes reports side by side: processes of this computer, or the workers of a Dask cluster.

Both are a :class:`concurrent.futures.Executor`. Wherever it is, each report is made in a process of its
own, forked from one that has imported everything; see :mod:`wbwz_eval.reporting.warm`.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import sys
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wbwz_eval.campaign.whole_files import digest
from wbwz_eval.reporting.carrying import packed, unpacked
from wbwz_eval.reporting.errors import ReportError
from wbwz_eval.reporting.making import Plan, UnfinishedError, attempt
from wbwz_eval.reporting.unchanged import code_digest, stands_on
from wbwz_eval.reporting.warm.choice import ENGINE, runs_warm
from wbwz_eval.reporting.warm.pool import WarmPool, call

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeAlias

    Made: TypeAlias = dict[str, bytes] | UnfinishedError
    Begin: TypeAlias = Callable[[Plan], Future[Made]]

_TO_CONNECT = 10.0


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


@contextmanager
def on_this_computer(folder: Path, workers: int) -> Iterator[Begin]:
    """Yield what begins a report of the campaign in a folder, ``workers`` at a time."""
    with processes(workers) as pool:
        yield in_pool(folder, pool)


def in_pool(folder: Path, pool: Executor) -> Begin:
    """Return what begins a report of the campaign in a folder, in processes that are there."""
    return lambda planned: pool.submit(attempt, planned, folder)


def processes(workers: int) -> Executor:
    """Return processes of this computer, ``workers`` at a time, that have imported what reports need."""
    if runs_warm():
        return WarmPool(workers)
    # said once, not once in every process
    os.environ[ENGINE] = "stock"
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))


@contextmanager
def on_cluster(folder: Path, address: str, sample: Plan) -> Iterator[Begin]:
    """Yield what begins a report on a Dask cluster, as many at a time as its workers have threads.

    Where every worker sees the campaign's folder at the same path, as it is here, it is read there;
    else the folder travels, once to each worker.

    Args:
        folder: The campaign's folder.
        address: The scheduler's.
        sample: One of the reports, by which the folders are compared.

    Raises:
        ReportError: Dask is not installed, or the cluster cannot be reached or has no workers.
    """
    try:
        import distributed  # noqa: PLC0415 - an optional part
    except ImportError:
        msg = "在 Dask 集群上出报告要先安装 distributed：pip install 'wbwz_eval[dask]'"
        raise ReportError(msg) from None
    logging.getLogger("distributed").setLevel(logging.ERROR)
    connect: Any = distributed.Client  # its types do not hold
    try:
        client = connect(address, timeout=_TO_CONNECT, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        msg = f"连不上 Dask 集群 {address}：{error}"
        raise ReportError(msg) from None
    place = folder.resolve()
    with client:
        workers = client.scheduler_info(n_workers=-1)["workers"]
        if not workers:
            msg = f"Dask 集群 {address} 没有工作进程"
            raise ReportError(msg)
        asked = [client.submit(_sees, place, sample, workers=[worker], pure=False) for worker in workers]
        archive: Any = None
        key = ""
        if not all(client.gather(asked)):
            data = packed(place)
            archive, key = client.scatter(data), digest(data)
        with client.get_executor(pure=False) as pool:
            yield lambda planned: pool.submit(_make_there, planned, place, archive, key, code_digest())


def _sees(folder: Path, sample: Plan) -> bool:
    return stands_on(folder, sample.parameters, sample.source, sample.state)


def _make_there(planned: Plan, folder: Path, archive: bytes | None, key: str, code: str) -> Made:
    """Make a report in a worker: of the folder, or of the archive of that digest."""
    if code_digest() != code:
        worker = multiprocessing.current_process().name
        msg = f"工作进程 {worker} 的 wbwz_eval 与这里的不是同一版，请装成一样的"
        raise ReportError(msg)
    place = folder if archive is None else unpacked(archive, key) / folder.name
    return call(attempt, planned, place) if runs_warm() else attempt(planned, place)
