"""The forms that a report comes in beside the page, each made of what the notebook holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wbwz_eval.reporting.document import document_of
from wbwz_eval.reporting.docx_form import docx_form
from wbwz_eval.reporting.pdf_form import pdf_form
from wbwz_eval.reporting.xlsx_form import xlsx_form

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from wbwz_eval.scoring.scores import Scores


def form_of(form: str, executed: NotebookNode, scores: Scores | None, *, red_head: bool) -> bytes:
    """Return an executed notebook in another form: pdf, docx or xlsx.

    ``scores``: see :func:`.xlsx_form.xlsx_form`.

    Raises:
        ReportError: The notebook is no report, or the font lacks a character.
    """
    document = document_of(executed)
    if form == "pdf":
        return pdf_form(document, red_head=red_head)
    if form == "docx":
        return docx_form(document, red_head=red_head)
    return xlsx_form(document, scores)
