"""The sections of a bulletin: results in, pieces out; nothing is scored here."""
