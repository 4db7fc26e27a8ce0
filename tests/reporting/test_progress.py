"""Long work says where it is; short work says nothing."""

from __future__ import annotations

import io
import time

import pytest

from wbwz_eval.reporting import progress
from wbwz_eval.reporting.progress import steps


def test_short_work_says_nothing(capfd):
    with steps("计分") as advance:
        advance("单位")
    assert capfd.readouterr() == ("", "")


def test_long_work_writes_plain_lines_to_a_log(capfd, monkeypatch):
    monkeypatch.setattr(progress, "QUIET_SECONDS", 0.05)
    with steps("计分", 2) as advance:
        advance("单位")
        time.sleep(0.3)
        advance("党员")
    out, err = capfd.readouterr()
    assert out == ""
    assert err.splitlines()[:2] == ["计分 1/2：单位", "计分 2/2：党员"]
    assert err.splitlines()[2].startswith("计分：完成，用时 0.")
    assert "\x1b" not in err
    assert "\r" not in err


def test_work_that_breaks_off_says_so(capfd, monkeypatch):
    monkeypatch.setattr(progress, "QUIET_SECONDS", 0.01)

    def work():
        with steps("计分") as advance:
            advance("单位")
            time.sleep(0.2)
            raise KeyError

    with pytest.raises(KeyError):
        work()
    assert "计分：中断" in capfd.readouterr().err


def test_a_terminal_gets_a_bar_that_goes_away(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(progress, "QUIET_SECONDS", 0.01)
    with steps("计分", 2) as advance:
        advance("单位")
        time.sleep(0.4)
        advance("党员")
    assert "1/2" in screen.getvalue() or "0/2" in screen.getvalue()
    assert "\x1b" in screen.getvalue()
