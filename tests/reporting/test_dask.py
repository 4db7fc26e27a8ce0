"""A batch on a Dask cluster: real workers in processes of their own, seen and unseen folders, lost workers."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess

import pytest
from dask_hosts import Cluster, cluster
from test_batch import ORDERS, break_profile_of, whole

from wbwz_eval.reporting import batch
from wbwz_eval.reporting.batch import run_batch
from wbwz_eval.reporting.errors import ReportError


def pages(out):
    return {path.name: path.read_bytes() for path in out.glob("*.html")}


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """A cluster of two workers."""
    with cluster(tmp_path_factory.mktemp("dask") / "two", 2) as made:
        yield made


def test_a_cluster_makes_the_same_pages_as_this_computer(two, panjin_copy, tmp_path):
    there = run_batch(panjin_copy, ORDERS[:3], out=tmp_path / "there", dask=two.address)
    here = run_batch(panjin_copy, ORDERS[:3], out=tmp_path / "here")
    assert [outcome.error for outcome in (*there, *here)] == [""] * 6
    assert pages(tmp_path / "there") == pages(tmp_path / "here")
    again = run_batch(panjin_copy, ORDERS[:3], out=tmp_path / "there", dask=two.address)
    assert [outcome.kept for outcome in again] == [True] * 3


def test_what_fails_there_fails_alone_and_is_told_here(two, panjin_copy, tmp_path, monkeypatch):
    break_profile_of("D2", tmp_path, monkeypatch)
    outcomes = run_batch(panjin_copy, [ORDERS[1], ORDERS[0]], out=tmp_path / "out", dask=two.address)
    assert "RuntimeError: no D2" in outcomes[0].error
    assert (tmp_path / "out" / "entity_profile-D2-internal.failed.ipynb").is_file()
    assert whole(tmp_path / "out") == {"entity_profile-D1-internal"}


def test_a_worker_killed_in_mid_batch_loses_nothing(panjin_copy, tmp_path, monkeypatch):
    out = tmp_path / "out"
    made_times = []
    real = batch._outcome  # noqa: SLF001 - the moment after a report
    with cluster(tmp_path / "cluster", 2) as made:

        def kill_once(order, *others):
            outcome = real(order, *others)
            made_times.append(order)
            if len(made_times) == 1:
                os.kill(made.workers[0].pid, signal.SIGKILL)
            return outcome

        monkeypatch.setattr(batch, "_outcome", kill_once)
        outcomes = run_batch(panjin_copy, ORDERS, out=out, dask=made.address)
        assert made.workers[0].wait(10) == -signal.SIGKILL
    assert [outcome.error for outcome in outcomes] == [""] * len(ORDERS)
    assert sorted(made_times, key=lambda order: order.subject) == ORDERS
    assert len(whole(out)) == len(ORDERS)


@pytest.mark.parametrize(
    ("address", "words"), [("tcp://127.0.0.1:1", "连不上"), ("nonsense://x", "连不上"), ("", "连不上")]
)
def test_a_cluster_that_is_not_there_is_told(panjin_copy, tmp_path, monkeypatch, address, words):
    monkeypatch.setattr("wbwz_eval.reporting.executors._TO_CONNECT", 1.0)
    with pytest.raises(ReportError, match=words):
        run_batch(panjin_copy, ORDERS[:1], out=tmp_path / "out", dask=address)
    assert not (tmp_path / "out").exists()


def test_a_cluster_without_workers_is_told(panjin_copy, tmp_path):
    with cluster(tmp_path / "none", 0) as made, pytest.raises(ReportError, match="没有工作进程"):
        run_batch(panjin_copy, ORDERS[:1], out=tmp_path / "out", dask=made.address)


def _allowed(*command: str) -> bool:
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


@pytest.fixture
def other_host():
    """A network namespace with a wire to this one; skips where the machine does not allow it."""
    name = f"wbwz{os.getpid()}"
    if not shutil.which("ip") or not _allowed("ip", "netns", "add", name):
        pytest.skip("no network namespaces here")
    ours, theirs = f"wa{os.getpid()}", f"wb{os.getpid()}"
    wired = (
        ("ip", "link", "add", ours, "type", "veth", "peer", "name", theirs, "netns", name),
        ("ip", "addr", "add", "10.203.0.1/24", "dev", ours),
        ("ip", "link", "set", ours, "up"),
        ("ip", "-n", name, "addr", "add", "10.203.0.2/24", "dev", theirs),
        ("ip", "-n", name, "link", "set", theirs, "up"),
        ("ip", "-n", name, "link", "set", "lo", "up"),
    )
    try:
        if not all(_allowed(*command) for command in wired):
            pytest.skip("no wires between network namespaces here")
        yield name
    finally:
        _allowed("ip", "netns", "del", name)


def test_a_folder_that_another_host_does_not_see_travels_to_it(other_host, panjin_copy, tmp_path):
    folder = tmp_path / "hosts"
    folder.mkdir()
    made = Cluster(folder, host="10.203.0.1")
    # the other host has its own network, and an empty folder where the campaign lies
    hide = f'mount -t tmpfs none {panjin_copy} && exec "$@"'
    try:
        made.add_worker(
            "there",
            host="10.203.0.2",
            within=["ip", "netns", "exec", other_host, "unshare", "--mount", "sh", "-c", hide, "sh"],
        )
        made.wait_for(1)
        there = run_batch(panjin_copy, ORDERS[:2], out=tmp_path / "there", dask=made.address)
    finally:
        made.close()
    here = run_batch(panjin_copy, ORDERS[:2], out=tmp_path / "here")
    assert [outcome.error for outcome in (*there, *here)] == [""] * 4
    assert pages(tmp_path / "there") == pages(tmp_path / "here")
    # the notebooks, too, name the folder as it is called here
    for path in (tmp_path / "there").glob("*.ipynb"):
        text = path.read_text(encoding="utf-8")
        assert str(panjin_copy) in text
        assert "wbwz-campaign-" not in text
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(folder)
