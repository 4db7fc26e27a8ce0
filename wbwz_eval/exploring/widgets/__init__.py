"""Pickers, sliders and trees for notebooks and the page: they ask :mod:`wbwz_eval.exploring` and show."""

from wbwz_eval.exploring.widgets.page import Page
from wbwz_eval.exploring.widgets.panel import WhatIfPanel
from wbwz_eval.exploring.widgets.pickers import Pickers
from wbwz_eval.exploring.widgets.score_tree import ScoreTree

__all__ = ["Page", "Pickers", "ScoreTree", "WhatIfPanel"]
