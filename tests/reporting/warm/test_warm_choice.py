"""Where no process can be forked safely, papermill's own engine runs the notebooks, and that is said once."""

from __future__ import annotations

import os

import papermill  # noqa: F401 - before the engine, which it looks for

from wbwz_eval.reporting.run import run_report
from wbwz_eval.reporting.warm import choice, forking, kept


def test_without_a_safe_fork_reports_are_made_by_papermills_own_engine(
    panjin_copy, tmp_path, monkeypatch, capsys
):
    for module in ("choice", "engine"):
        monkeypatch.setattr(f"wbwz_eval.reporting.warm.{module}.obstacle", lambda: "测试不让分")
    monkeypatch.setattr(kept.KERNELS, "parent", lambda: 1 / 0)
    for edition in ("internal", "public"):
        page = run_report(
            "quarterly_bulletin", panjin_copy, "term", level="district", edition=edition, out=tmp_path
        )
        assert page.is_file()
    assert capsys.readouterr().err.count("改用 papermill 自带的：测试不让分") == 1


def test_the_environment_can_ask_for_it_without_a_word(panjin_copy, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv(choice.ENGINE, "stock")
    monkeypatch.setattr(kept.KERNELS, "parent", lambda: 1 / 0)
    page = run_report("quarterly_bulletin", panjin_copy, "term", level="district", out=tmp_path)
    assert page.is_file()
    assert "papermill" not in capsys.readouterr().err


def test_other_systems_and_old_kernels_are_an_obstacle(monkeypatch):
    assert forking.obstacle() is None
    with monkeypatch.context() as patch:
        patch.setattr(forking.sys, "platform", "darwin")
        assert "Linux" in forking.obstacle()
    monkeypatch.delattr(os, "pidfd_open")
    assert "太旧" in forking.obstacle()
