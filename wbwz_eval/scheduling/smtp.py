"""One message to one address by SMTP, in steps that tell for certain how far it came."""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wbwz_eval.reporting.errors import ReportError

if TYPE_CHECKING:
    from collections.abc import Iterator

_IMPLICIT_TLS = 465
_HIGHEST = 65535
_TOLD = 300
_ACCEPTED = 250


class MailError(Exception):
    """The server did not take a message, for certain."""


class UnreachableError(MailError):
    """There is no talking with the server at all: the other messages would fare the same."""


class UnclearError(Exception):
    """The connection broke after the text was handed over: nobody knows whether the server took it."""


@dataclass(frozen=True)
class Server:
    """Where messages are handed in.

    Attributes:
        host, port: Where; port 465 speaks TLS from the start, any other when the server offers it.
        user, password: To log in with, only over TLS; empty for none.
        needs_tls: Whether to send nothing in clear.
        name: How we call ourselves; never the name of this computer.
        timeout: Seconds that the server may take to answer.
    """

    host: str
    port: int
    user: str = ""
    password: str = ""
    needs_tls: bool = False
    name: str = "localhost"
    timeout: float = 30.0

    def __repr__(self) -> str:
        """Return it without the password."""
        return f"Server({self.host}:{self.port})"


def parse_server(text: str) -> tuple[str, int]:
    """Read ``HOST:PORT``; an IPv6 address stands in brackets.

    Raises:
        ReportError: It is none.
    """
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]") if host.startswith("[") else host
    right = host and (":" not in host or text.startswith("[")) and port.isascii() and port.isdigit()
    if not right or not 0 < int(port) <= _HIGHEST or any(sign.isspace() for sign in host):
        msg = f"邮件服务器 “{text}” 不对；应为 主机:端口，如 smtp.example.org:587"
        raise ReportError(msg)
    return host, int(port)


@contextlib.contextmanager
def connected(server: Server) -> Iterator[smtplib.SMTP]:
    """Connect, encrypt where that is offered, and log in where that is wanted.

    Raises:
        UnreachableError: One of these did not work.
    """
    try:
        client = _connect(server)
    except (OSError, smtplib.SMTPException, ValueError) as error:
        raise UnreachableError(told(error)) from None
    try:
        try:
            _secure(client, server)
        except (OSError, smtplib.SMTPException) as error:
            raise UnreachableError(told(error)) from None
        except UnicodeError:
            raise UnreachableError("登录名和密码只能用 ASCII 字符") from None
        yield client
        # what it says on leaving changes nothing
        with contextlib.suppress(OSError, smtplib.SMTPException):
            client.quit()
    finally:
        client.close()


def _connect(server: Server) -> smtplib.SMTP:
    if server.port == _IMPLICIT_TLS:
        return smtplib.SMTP_SSL(
            server.host,
            server.port,
            local_hostname=server.name,
            timeout=server.timeout,
            context=ssl.create_default_context(),
        )
    return smtplib.SMTP(server.host, server.port, local_hostname=server.name, timeout=server.timeout)


def _secure(client: smtplib.SMTP, server: Server) -> None:
    client.ehlo_or_helo_if_needed()
    encrypted = isinstance(client, smtplib.SMTP_SSL)
    if not encrypted and client.has_extn("starttls"):
        client.starttls(context=ssl.create_default_context())
        client.ehlo()
        encrypted = True
    if not encrypted and server.needs_tls:
        raise UnreachableError("服务器不支持加密，按要求没有发送")
    if server.user and not encrypted:
        raise UnreachableError("服务器不支持加密，密码不能明文发送")
    if server.user:
        client.login(server.user, server.password)


def offer(client: smtplib.SMTP, sender: str, address: str, size: int) -> None:
    """Ask whether the server takes a message from somebody for one address.

    Raises:
        MailError: It does not.
    """
    options = [f"size={size}"] if client.has_extn("size") else []
    try:
        for code, answer in (client.mail(sender, options), client.rcpt(address)):
            if code // 10 != _ACCEPTED // 10:
                raise MailError(told(smtplib.SMTPResponseException(code, answer)))
    except (OSError, smtplib.SMTPException) as error:
        raise MailError(told(error)) from None


def hand_over(client: smtplib.SMTP, message: bytes) -> None:
    """Hand over the text of a message that the server has agreed to take.

    Raises:
        MailError: The server refused it.
        UnclearError: The connection broke before it answered.
    """
    try:
        code, answer = client.data(message)
    except smtplib.SMTPDataError as error:
        raise MailError(told(error)) from None
    except (OSError, smtplib.SMTPException) as error:
        raise UnclearError(told(error)) from None
    if code != _ACCEPTED:
        raise MailError(told(smtplib.SMTPResponseException(code, answer)))


def told(error: BaseException) -> str:
    """Return in one line what went wrong."""
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error.decode(errors="replace") if isinstance(error.smtp_error, bytes) else ""
        text = f"服务器答复 {error.smtp_code} {said}"
    elif isinstance(error, ssl.SSLCertVerificationError):
        text = f"服务器的证书不可信：{error.verify_message}"
    else:
        text = str(error) or type(error).__name__
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return line[:_TOLD]
