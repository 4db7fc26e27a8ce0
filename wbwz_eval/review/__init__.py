"""The methodology under test; nothing is here yet."""
