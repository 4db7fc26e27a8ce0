"""Weights: from a committee's judgements, from data, and how far members agree."""
