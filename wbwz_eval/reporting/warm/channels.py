"""What the two sides of a kernel agree on, light enough for either."""

SHELL, IOPUB = "shell", "iopub"
"""The channels of a kernel that a front which gives no input needs: replies, and what is shown."""
KEY = b"forked"
"""Signs messages, as the protocol has it; nobody else can write to the connection."""
