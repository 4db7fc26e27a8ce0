"""Notebooks run in processes forked from one that has already imported what they need."""
