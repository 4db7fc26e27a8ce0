"""How things stand at the end of a period, read off the ledgers: nothing here is scored."""
