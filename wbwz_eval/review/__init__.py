"""The methodology under test."""
