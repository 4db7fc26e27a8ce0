"""What nbclient asks of a kernel and its manager, over the connection to a forked one."""

from __future__ import annotations

import asyncio
import signal
from queue import Empty
from typing import TYPE_CHECKING, Any

from jupyter_client.session import Session

from wbwz_eval.reporting.warm.channels import IOPUB, KEY, SHELL

if TYPE_CHECKING:
    from wbwz_eval.reporting.warm.forking import Child


class KernelManager:
    """A kernel that runs already, and is ended by whoever started it."""

    has_kernel = True

    def __init__(self, kernel: Child) -> None:
        """Hold a kernel."""
        self._kernel = kernel

    def interrupt_kernel(self) -> None:
        """Interrupt the cell that runs."""
        self._kernel.kill(signal.SIGINT)


class KernelClient:
    """Sends requests to a kernel, and sorts what comes back by channel."""

    def __init__(self, kernel: Child) -> None:
        """Speak with a kernel; the messages are read in the event loop that asks for the first."""
        self._kernel = kernel
        self._descriptor = kernel.connection.fileno()
        self._session: Any = Session(key=KEY)
        self._reading: asyncio.AbstractEventLoop | None = None
        self.shell_channel, self.iopub_channel = _Channel(self), _Channel(self)
        self._channels = {SHELL: self.shell_channel, IOPUB: self.iopub_channel}

    def execute(self, code: str, *, store_history: bool = True, stop_on_error: bool = True) -> str:
        """Send a cell; returns the id of the request."""
        return self._send(
            "execute_request",
            {
                "code": code,
                "silent": False,
                "store_history": store_history,
                "user_expressions": {},
                "allow_stdin": False,
                "stop_on_error": stop_on_error,
            },
        )

    def kernel_info(self) -> str:
        """Ask what kernel it is; returns the id of the request."""
        return self._send("kernel_info_request", {})

    async def is_alive(self) -> bool:
        """Return whether the kernel runs."""
        return self._kernel.wait(0) is None

    def listen(self) -> None:
        """Read messages in the event loop that runs now."""
        loop = asyncio.get_running_loop()
        if loop is not self._reading:
            self._reading = loop
            loop.add_reader(self._descriptor, self._read)

    def close(self) -> None:
        """Read no more. The loop outlives the connection, whose number comes again with the next one."""
        if self._reading is not None:
            self._reading.remove_reader(self._descriptor)
            self._reading = None

    def _send(self, kind: str, content: dict[str, object]) -> str:
        message = self._session.msg(kind, content)
        self._kernel.connection.send(self._session.serialize(message))
        return message["header"]["msg_id"]

    def _read(self) -> None:
        try:
            channel, frames = self._kernel.connection.recv()
        except (EOFError, OSError):
            # nbclient itself asks each second whether the kernel is alive
            self.close()
            return
        _, parts = self._session.feed_identities(frames)
        self._channels[channel].messages.put_nowait(self._session.deserialize(parts))


class _Channel:
    def __init__(self, client: KernelClient) -> None:
        self._client = client
        self.messages: asyncio.Queue[Any] = asyncio.Queue()

    async def get_msg(self, timeout: float | None = None) -> Any:  # noqa: ASYNC109 - as nbclient calls it
        """Return the next message; raises :class:`queue.Empty` after ``timeout`` seconds."""
        self._client.listen()
        try:
            return await asyncio.wait_for(self.messages.get(), timeout)
        except TimeoutError:
            raise Empty from None
