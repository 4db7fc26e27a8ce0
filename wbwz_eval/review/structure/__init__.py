"""Whether the indicators hang together, weigh what they seem to, and cover the document."""
