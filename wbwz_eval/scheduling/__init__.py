"""It runs itself: what is owed, made once and whole, whoever calls and however often."""
