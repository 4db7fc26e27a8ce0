"""The Chromium that all browser tests share."""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import sync_playwright

from wbwz_eval.reporting.fonts import font_path

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


FONTS = """\
<?xml version="1.0"?>
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>{wheel}</dir>
  <cachedir>{cache}</cachedir>
</fontconfig>
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """Debian's Chromium, without a window and without a call to anybody.

    It has the Chinese font that the install brings, as a reader's own computer has one.
    """
    folder = tmp_path_factory.mktemp("fonts")
    settings = folder / "fonts.conf"
    settings.write_text(FONTS.format(wheel=font_path().parent, cache=folder), encoding="utf-8")
    own = {**os.environ, "FONTCONFIG_FILE": str(settings)}
    with sync_playwright() as play:
        running = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS, env=own)
        yield running
        running.close()
