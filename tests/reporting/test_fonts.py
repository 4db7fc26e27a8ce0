"""The font of the install: found without being imported, complete, subset the same way each time."""

from __future__ import annotations

import base64
import subprocess
import sys
from io import BytesIO

import pytest
from fontTools.ttLib import TTFont

from wbwz_eval.reporting import fonts
from wbwz_eval.reporting.errors import ReportError


def test_the_font_is_found_without_running_its_package():
    code = "import sys; from wbwz_eval.reporting import fonts; print(fonts.font_path().is_file(), 'zhplot' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False"]


def test_every_character_of_gb2312_has_a_glyph():
    pairs = (bytes([high, low]) for high in range(0xA1, 0xF8) for low in range(0xA1, 0xFF))
    assert fonts.missing(pair.decode("gb2312", "ignore") for pair in pairs) == ""


def test_a_character_without_a_glyph_is_named():
    with pytest.raises(ReportError, match=r"“𠮷”\(U\+20BB7\)"):
        fonts.subset_woff("吉𠮷")


def test_the_subset_covers_its_text_and_is_the_same_each_time():
    data = fonts.subset_woff("甲乙丙 99.5")
    assert data == fonts.subset_woff("丙乙甲 99.5")
    font = TTFont(BytesIO(base64.b64decode(data)))
    assert {ord(character) for character in "甲乙丙 99.5"} <= set(font.getBestCmap())
    assert len(data) < 20_000
