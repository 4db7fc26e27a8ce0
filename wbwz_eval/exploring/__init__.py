"""What evaluators ask a campaign in a notebook, a line a question; it reads, and writes nothing unasked."""
