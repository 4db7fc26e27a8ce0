"""Pairs and slopes: sharp, the same each time, no name lost and none over the edge."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from wbwz_eval.reporting import paired_charts
from wbwz_eval.reporting.errors import ReportError
from wbwz_eval.reporting.paired_charts import Pair, Slope, pairs, slopes

LONG = "市公路管理局直属机关第一党支部和第二党支部"  # 21 characters: two lines of 12
PAIRS = [
    Pair("比境界", 10.0, 17.4, "10.0→17.4"),
    Pair(LONG, 40.0, 26.9, "40.0→26.9", strong=True),
    Pair("甲$x$站", 0.0, 0.0, "0.0→0.0"),
]
SLOPES = [
    Slope("甲$x$站", 1, 2),
    Slope("乙站", 2, 1),
    Slope(LONG, 3, 3),
    Slope("丁站", 3, 5),
    Slope("戊站", 5, 4),
]
NAMES = ("2011-v1", "2012-v2")
RED = "#9c1c1c"


def drawn_pairs():
    return pairs(PAIRS, ("名义", "实际"), (0, 42))


def drawn_slopes():
    return slopes(SLOPES, NAMES)


@pytest.fixture
def figures(monkeypatch):
    """The figures that are drawn meanwhile, laid out as they are saved."""
    kept = []
    whole = paired_charts.svg

    def keep(figure):
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        kept.append((figure, canvas.get_renderer()))
        return whole(figure)

    monkeypatch.setattr(paired_charts, "svg", keep)
    return kept


def texts(figure):
    return [each for each in figure.findobj(Text) if each.get_text() and each.get_visible()]


@pytest.mark.parametrize("draw", [drawn_pairs, drawn_slopes])
def test_a_picture_is_svg_without_fonts_and_the_same_each_time(draw):
    svg = draw()
    assert svg == draw()
    root = ET.fromstring(svg)
    assert root.tag.endswith("svg")
    assert not root.findall(".//{http://www.w3.org/2000/svg}text")
    assert b"nan" not in svg


@pytest.mark.parametrize("draw", [drawn_pairs, drawn_slopes])
def test_no_text_is_cut_off_by_the_edge(figures, draw):
    draw()
    ((figure, renderer),) = figures
    width, height = figure.bbox.size
    for each in texts(figure):
        box = each.get_window_extent(renderer)
        assert box.x0 >= 0, each.get_text()
        assert box.x1 <= width, each.get_text()
        assert box.y0 >= 0, each.get_text()
        assert box.y1 <= height, each.get_text()


@pytest.mark.parametrize("draw", [drawn_pairs, drawn_slopes])
def test_no_text_lies_over_another(figures, draw):
    draw()
    ((figure, renderer),) = figures
    boxes = [(each.get_text(), each.get_window_extent(renderer)) for each in texts(figure)]
    for at, (text, box) in enumerate(boxes):
        for other, its in boxes[at + 1 :]:
            assert not box.overlaps(its), (text, other)


def words(figure):
    return [each.get_text().replace("\n", "") for each in texts(figure)]


def test_every_name_is_there_in_full_with_its_place_on_either_side(figures):
    drawn_slopes()
    said = words(figures[0][0])
    for item in SLOPES:
        assert f"{item.label} {item.before:g}" in said
        assert f"{item.after:g} {item.label}" in said
    assert set(NAMES) <= set(said)


def test_pairs_name_each_and_say_its_values(figures):
    drawn_pairs()
    said = words(figures[0][0])
    for item in PAIRS:
        assert item.label in said
        assert item.text in said
    assert "○ 名义　● 实际" in said


def lines_of(figure):
    (axes,) = figure.axes
    return [(line.get_xdata(), line.get_ydata(), line.get_color()) for line in axes.lines]


def test_a_line_for_each_that_rises_upwards_and_is_red_where_somebody_moves(figures):
    drawn_slopes()
    figure = figures[0][0]
    (axes,) = figure.axes
    assert axes.yaxis_inverted()  # the first place on top
    found = lines_of(figure)
    assert len(found) == len(SLOPES)
    for item, (x, y, colour) in zip(SLOPES, found, strict=True):
        assert list(x) == [0, 1]
        assert (colour == RED) == (item.before != item.after)
        assert np.sign(y[1] - y[0]) in {np.sign(item.after - item.before), 0}
    # two share the third place: they stand on lines of their own, and the one that moves not starts first
    starts = [y[0] for _, y, _ in found]
    assert starts == [0, 1, 2, 3, 4]
    assert [y[1] for _, y, _ in found] == [1, 0, 2, 4, 3]


def test_marks_stand_at_their_values(figures):
    drawn_pairs()
    lines = lines_of(figures[0][0])
    # for each a guide, the line, the hollow and the full mark
    assert len(lines) == 4 * len(PAIRS)
    for item, (_, line, first, second) in zip(
        PAIRS, [lines[at : at + 4] for at in range(0, len(lines), 4)], strict=True
    ):
        assert list(line[0]) == [item.first, item.second]
        assert (first[0][0], second[0][0]) == (item.first, item.second)
        assert (line[2] == RED) == item.strong


def test_places_in_between_and_many_are_told(figures):
    items = [Slope(f"第{at}站", at + 0.5, 30 - at) for at in range(1, 21)]
    slopes(items, NAMES)
    said = words(figures[0][0])
    assert "第1站 1.5" in said
    assert "29 第1站" in said


def test_a_long_name_of_a_version_is_shortened(figures):
    slopes(SLOPES, ("v" * 60, "2012-v2"))
    assert any(text.startswith("vvvv") and text.endswith("…") for text in words(figures[0][0]))


def test_markup_is_text(figures):
    pairs([Pair("<b>甲</b>", 1, 2, "$1$")], ("名义", "实际"), (0, 3))
    assert {"<b>甲</b>", "$1$"} <= set(words(figures[0][0]))


@pytest.mark.parametrize(
    "draw",
    [
        lambda: pairs([Pair("𠮷", 1, 2, "1")], ("名义", "实际"), (0, 3)),
        lambda: slopes([Slope("𠮷", 1, 2)], NAMES),
    ],
    ids=["pairs", "slopes"],
)
def test_a_missing_glyph_is_an_error(draw):
    with pytest.raises(ReportError, match="字体"):
        draw()


def test_drawing_leaves_matplotlib_as_it_was():
    before = dict(mpl.rcParams)
    drawn_pairs()
    drawn_slopes()
    assert dict(mpl.rcParams) == before


def test_the_height_grows_with_the_rows():
    heights = [
        float(re.search(rb'height="([0-9.]+)pt"', slopes(SLOPES[:count], NAMES)).group(1)) for count in (2, 4)
    ]
    assert heights[1] > heights[0]
