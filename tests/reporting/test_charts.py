"""Pictures: sharp, the same each time, and never with a hole where a glyph should be."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import matplotlib as mpl
import pytest

from wbwz_eval.reporting import charts
from wbwz_eval.reporting.errors import ReportError

DOTS = [charts.Dot("甲$x$站", 90.0, "90.0", 88.0, 92.0), charts.Dot("很长很长的名字" * 6, 80.0, "80.0")]
STRIPS = [charts.Strip("维度", (1.0, 2.0, 9.0), 2.0, "中位 2.0", "1.0 甲", "9.0 乙")]
BARS = [charts.Bar("升", 2.0, "+2.0"), charts.Bar("降", -1.0, "−1.0"), charts.Bar("平", 0.0, "0.0")]


@pytest.mark.parametrize(
    "draw",
    [lambda: charts.dots(DOTS, (70, 100)), lambda: charts.strips(STRIPS, (0, 10)), lambda: charts.bars(BARS)],
    ids=["dots", "strips", "bars"],
)
def test_a_picture_is_svg_without_fonts_and_the_same_each_time(draw):
    svg = draw()
    assert svg == draw()
    root = ET.fromstring(svg)
    assert root.tag.endswith("svg")
    assert not root.findall(".//{http://www.w3.org/2000/svg}text")


def test_a_missing_glyph_is_an_error():
    with pytest.raises(ReportError, match="字体"):
        charts.bars([charts.Bar("𠮷", 1.0, "1")])


def test_drawing_leaves_matplotlib_as_it_was():
    before = dict(mpl.rcParams)
    charts.bars(BARS)
    assert dict(mpl.rcParams) == before
