"""A Dask cluster of real processes, on loopback or on two hosts made of network and mount namespaces."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from distributed import Client

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

WAIT = 120


class Cluster:
    """A scheduler and its workers, ended by their process ids."""

    def __init__(self, folder: Path, host: str = "127.0.0.1") -> None:
        """Start a scheduler."""
        self.file, self.folder = folder / "scheduler.json", folder
        self.processes: list[subprocess.Popen[bytes]] = []
        self.workers: list[subprocess.Popen[bytes]] = []
        self._start("dask_scheduler", "--host", host, "--port", "0", "--no-dashboard", "--no-show")
        until = time.monotonic() + WAIT
        while not (self.file.exists() and self.file.read_text().rstrip().endswith("}")):
            assert time.monotonic() < until
            time.sleep(0.05)
        self.address = json.loads(self.file.read_text())["address"]

    def add_worker(self, name: str, *, host: str = "127.0.0.1", within: Sequence[str] = ()) -> None:
        """Start a worker of one thread, by a command that gives it its place."""
        options = ["--host", host, "--name", name, "--nthreads", "1", "--no-dashboard", "--no-nanny"]
        options += ["--local-directory", str(self.folder / name), "--memory-limit", "0"]
        self.workers.append(self._start("dask_worker", *options, within=within))

    def wait_for(self, count: int) -> None:
        """Wait until as many workers have come."""
        with Client(self.address, set_as_default=False) as client:
            if count:
                client.wait_for_workers(count, timeout=WAIT)

    def close(self) -> None:
        """End all."""
        for process in reversed(self.processes):
            process.kill()
            process.wait()

    def _start(self, module: str, *options: str, within: Sequence[str] = ()) -> subprocess.Popen[bytes]:
        command = [*within, sys.executable, "-m", f"distributed.cli.{module}"]
        log = (self.folder / f"{module}-{len(self.processes)}.log").open("wb")
        process = subprocess.Popen(
            [*command, "--scheduler-file", str(self.file), *options], stdout=log, stderr=subprocess.STDOUT
        )
        log.close()
        self.processes.append(process)
        return process


@contextlib.contextmanager
def cluster(folder: Path, workers: int) -> Iterator[Cluster]:
    """Yield a cluster on loopback."""
    folder.mkdir()
    made = Cluster(folder)
    try:
        for i in range(workers):
            made.add_worker(f"w{i}")
        made.wait_for(workers)
        yield made
    finally:
        made.close()
