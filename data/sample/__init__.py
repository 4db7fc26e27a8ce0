"""The synthetic sample campaign: who is in it, and what its ledgers say."""
