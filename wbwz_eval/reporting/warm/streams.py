"""Standard output and error of a kernel, with what is written past Python."""

from __future__ import annotations

import codecs
import os
import select
import threading
from typing import Any

from ipykernel import iostream

_MOST = 1 << 16
_STREAM: Any = iostream.OutStream  # its types do not hold


class CapturedStream(_STREAM):  # type: ignore[misc]
    """ipykernel's stream, whose file descriptor is read in order with what Python writes.

    ipykernel reads it in a thread of its own: what C code or a program wrote can come after a picture
    that was shown later, or in the next cell. Here it is taken up before anything else is written or
    shown; the thread only sees to it that the pipe never fills.
    """

    def __init__(self, session: Any, thread: Any, name: str) -> None:
        """Take the place of the descriptor of ``name``, ``stdout`` or ``stderr``."""
        super().__init__(session, thread, name, watchfd=False)
        descriptor = {"stdout": 1, "stderr": 2}[name]
        self._reading, writing = os.pipe()
        os.set_blocking(self._reading, False)
        # what fileno() gives, as in ipykernel: past the notebook
        self._original_stdstream_copy = os.dup(descriptor)
        os.dup2(writing, descriptor)
        os.close(writing)
        self._decode = codecs.getincrementaldecoder("utf-8")(errors="replace").decode
        self._taking = threading.RLock()

    def write(self, string: str) -> Any:
        """Write a text, after what came before it."""
        self.take()
        return super().write(string)

    def flush(self) -> None:
        """Send what was written."""
        self.take()
        super().flush()

    def take(self) -> None:
        """Take up what was written past Python."""
        if not self._is_master_process():  # a forked child's bytes come through the same pipe
            return
        with self._taking:
            while True:
                try:
                    data = os.read(self._reading, _MOST)
                except BlockingIOError:
                    return
                if not data:
                    return
                super().write(self._decode(data))

    def reading_end(self) -> int:
        """Return the descriptor that is readable when something was written past Python."""
        return self._reading


def capture(session: Any, thread: Any) -> tuple[CapturedStream, CapturedStream]:
    """Return the two streams, each in the place of its descriptor, watched while the process lives."""
    streams = CapturedStream(session, thread, "stdout"), CapturedStream(session, thread, "stderr")
    threading.Thread(target=_watch, args=streams, daemon=True).start()
    return streams


def _watch(*streams: CapturedStream) -> None:
    # one thread for both, so that errors do not overtake what was put out before
    by_end = {stream.reading_end(): stream for stream in streams}
    while True:
        ready, _, _ = select.select(list(by_end), [], [])
        for end, stream in by_end.items():
            if end in ready:
                stream.take()
