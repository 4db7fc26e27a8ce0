"""What evaluators ask a campaign in a notebook, a line a question; it reads, and writes nothing unasked."""

CAMPAIGN = "WBWZ_CAMPAIGN"
"""The variable by which an exploration learns of the campaign."""
