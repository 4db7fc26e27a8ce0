"""Generated pages are as their sources are, and links in docs lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wbwz_eval.scoring.codebook_page import codebook_page

ROOT = Path(__file__).parents[2]
DOCS = sorted((ROOT / "docs").glob("*.md"))


def test_the_page_of_ledgers_is_that_of_the_codebook(sample):
    written = (ROOT / "docs" / "ledgers.md").read_text(encoding="utf-8")
    assert written == codebook_page(sample), "wbwz codebook data/wbwz-2011 > docs/ledgers.md"


def test_the_page_names_every_field_with_its_label_and_disclosure(sample):
    text = (ROOT / "docs" / "ledgers.md").read_text(encoding="utf-8")
    words = {"public": "公开", "internal": "内部", "restricted": "限阅", "personal": "个人"}
    for schema in sample.codebook.ledgers.values():
        for code, spec in schema.fields.items():
            assert re.search(rf"\\| {spec.label} \\| `{code}` \\|.*\\| {words[spec.disclosure]} \\|", text), (
                code
            )


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        assert (page.parent / link).exists(), link
    anchors = set(re.findall(r'<a id="([^"]+)">', text))
    for anchor in re.findall(r"\]\(#([^)]+)\)", text):
        assert anchor in anchors, anchor


def test_the_what_ifs_of_the_review_run(monkeypatch):
    """Each block of Python runs as it stands, from the project's folder."""
    monkeypatch.chdir(ROOT)
    blocks = re.findall(
        r"```python\n(.*?)```", (ROOT / "docs" / "review.md").read_text(encoding="utf-8"), re.DOTALL
    )
    assert blocks
    for block in blocks:
        exec(block, {})
