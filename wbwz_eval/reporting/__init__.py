"""Scores to pages: sections that notebooks show, and the way from a notebook to a report."""
