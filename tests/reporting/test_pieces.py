"""What a piece shows, and that text stays text."""

from __future__ import annotations

from bs4 import BeautifulSoup

from wbwz_eval.reporting.pieces import Bullets, Cell, Column, Picture, Prose, Stack, Table

EVIL = '<script>alert("x")</script> **粗** $\\alpha$ {{ x }} &amp;'


def table(text: str) -> Table:
    return Table(
        "表一",
        (Column("名称", "wide"), Column("数", "number")),
        ((Cell(text), Cell("1", below=text)),),
        ("注",),
    )


def test_text_that_looks_like_markup_stays_text():
    pieces = Stack((Prose((EVIL,)), Bullets(((EVIL, EVIL),)), table(EVIL), Picture(b"<svg/>", EVIL, EVIL)))
    soup = BeautifulSoup(pieces._repr_html_(), "html.parser")
    assert not soup.find_all("script")
    assert soup.find("td").text == f"1{EVIL}"
    assert soup.find("img")["alt"] == EVIL
    assert soup.find("figcaption").text == EVIL


def test_notebooks_are_told_not_to_read_mathematics():
    assert "tex2jax_ignore" in Prose(("$x$",))._repr_html_()


def test_a_table_has_a_caption_and_scopes_and_scrolls_within_itself():
    soup = BeautifulSoup(table("甲")._repr_html_(), "html.parser")
    assert soup.find("caption").text == "表一"
    assert [th["scope"] for th in soup.find_all("th")] == ["col", "col", "row"]
    assert soup.find("table").parent["class"] == ["scroll"]


def test_a_piece_says_the_same_as_text():
    assert repr(table("甲")) == "表一\n名称\t数\n甲\t1 甲\n注"
