"""A little mail server on loopback that keeps what it is given, and can be told to behave badly."""

from __future__ import annotations

import base64
import contextlib
import socketserver
import ssl
import threading
from dataclasses import dataclass, field
from pathlib import Path

PEM = Path(__file__).with_name("loopback.pem")
"""A certificate for localhost, 2020 to 2120, with its key: for these tests alone."""


@dataclass
class Got:
    """One message as it came over the wire."""

    sender: str
    recipients: list[str]
    data: bytes
    encrypted: bool
    login: str


@dataclass
class Manners:
    """How the server behaves."""

    tls: bool = False
    implicit: bool = False
    """It speaks TLS before a word is said."""

    login: bool = False
    refuses: set[str] = field(default_factory=set)
    hangs_up_on: set[str] = field(default_factory=set)
    """Addresses after whose message it hangs up without an answer, having kept it."""

    refuses_text: bool = False


class SmtpDesk(socketserver.ThreadingTCPServer):
    """Use :func:`open_desk`."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, manners: Manners) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.manners = manners
        self.got: list[Got] = []
        self.said: list[bytes] = []
        self.calls = 0

    @property
    def address(self) -> str:
        return f"localhost:{self.server_address[1]}"

    def handle_error(self, request, client_address) -> None:
        """Say nothing: who hangs up in the middle is part of the tests."""


class _Talk(socketserver.StreamRequestHandler):
    server: SmtpDesk

    def handle(self) -> None:
        self.server.calls += 1
        self.encrypted, self.login, self.sender, self.recipients = False, "", "", []
        with contextlib.suppress(OSError):
            if self.server.manners.implicit:
                self._encrypt()
            self._say("220 desk")
            while line := self.rfile.readline():
                self.server.said.append(line)
                verb = line.split(b" ")[0].strip().upper().decode()
                if not getattr(self, f"_{verb.lower()}", self._unknown)(line.decode().strip()):
                    return

    def _say(self, *lines: str) -> bool:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())
        self.wfile.flush()
        return True

    def _unknown(self, line: str) -> bool:
        return self._say("502 what")

    def _ehlo(self, line: str) -> bool:
        manners = self.server.manners
        offers = ["SIZE 50000000"]
        offers += ["STARTTLS"] if manners.tls and not self.encrypted else []
        offers += ["AUTH PLAIN"] if manners.login else []
        return self._say(*(f"250-{offer}" for offer in offers[:-1]), f"250 {offers[-1]}")

    def _starttls(self, line: str) -> bool:
        self._say("220 go")
        self._encrypt()
        return True

    def _encrypt(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(PEM)
        plain = self.request
        try:
            self.request = context.wrap_socket(plain, server_side=True)
        finally:
            plain.close()
        self.connection = self.request
        self.rfile.close()
        self.wfile.close()
        self.rfile = self.request.makefile("rb")
        self.wfile = self.request.makefile("wb")
        self.encrypted = True

    def _auth(self, line: str) -> bool:
        _, user, password = base64.b64decode(line.split(" ")[2]).decode().split("\0")
        if password != "right":
            return self._say("535 no")
        self.login = user
        return self._say("235 yes")

    def _mail(self, line: str) -> bool:
        self.sender, self.recipients = line.partition("<")[2].partition(">")[0], []
        return self._say("250 yes")

    def _rcpt(self, line: str) -> bool:
        address = line.partition("<")[2].partition(">")[0]
        if address in self.server.manners.refuses:
            return self._say("550 no such box")
        self.recipients.append(address)
        return self._say("250 yes")

    def _data(self, line: str) -> bool:
        self._say("354 go")
        data = b""
        while not data.endswith(b"\r\n.\r\n"):
            part = self.rfile.readline()
            if not part:
                return False
            data += part
        if self.server.manners.refuses_text:
            return self._say("552 too large")
        self.server.got.append(
            Got(
                self.sender,
                self.recipients,
                data[:-3].replace(b"\r\n..", b"\r\n."),
                self.encrypted,
                self.login,
            )
        )
        if set(self.recipients) & self.server.manners.hangs_up_on:
            return False
        return self._say("250 kept")

    def _quit(self, line: str) -> bool:
        self._say("221 bye")
        return False

    def finish(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            super().finish()
        self.request.close()


@contextlib.contextmanager
def open_desk(**manners):
    """Serve on loopback; ended with the block."""
    desk = SmtpDesk(Manners(**manners))
    thread = threading.Thread(target=desk.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield desk
    finally:
        desk.shutdown()
        thread.join()
        desk.server_close()
