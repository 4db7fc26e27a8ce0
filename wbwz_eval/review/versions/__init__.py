"""Versions of the methodology compared, and tried on past periods."""
