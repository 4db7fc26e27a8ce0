"""Names that have everything that some system takes for its own."""

AWKWARD = "考核 100% %d '甲' \"乙\" $HOME \\% <&> #;x"

AWKWARD_PROGRAM = "解释器 100% %d $HOME <&> #;x"
"""Without quotes and backslashes, which systemd takes in no program's path."""
