"""A real SMTP server on loopback, with TLS, STARTTLS and a login, which takes mail or misbehaves as a test says."""

from __future__ import annotations

import asyncio
import logging
import ssl
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.accounts.certificates import Authority

logging.getLogger("mail.log").setLevel(logging.ERROR)

USER, PASSWORD = "alex", "a-long-app-password"


@dataclass(frozen=True)
class Received:
    sender: str
    recipients: list[str]
    content: bytes


@dataclass
class Behaviour:
    """What it does other than take everything."""

    answers: dict[str, str] = field(default_factory=dict)
    """By command: MAIL, DATA (before the body), "." (after the final dot)."""
    refused: dict[str, str] = field(default_factory=dict)
    """By recipient."""
    passed_on: dict[str, str] = field(default_factory=dict)
    """By recipient, who is taken all the same."""
    drops: str = ""
    """Where it ends the connection: "DATA" on the command, "." after the final dot, without an answer."""
    hangs: str = ""
    """Where it says nothing any more, until `release`: as for `drops`, or "MAIL"."""
    slow: float = 0
    """Seconds that it thinks before each answer to MAIL, DATA and the final dot."""


class SmtpServer:
    def __init__(self, folder: Path) -> None:
        self.authority = Authority(folder)
        certificate = self.authority.issue("localhost")
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(certificate.cert, certificate.key)
        self._thread = threading.Thread(target=self._serve, name="smtp-server")
        self._ready = threading.Event()
        self.clear()

    def clear(self) -> None:
        """Nothing was received, and nothing is amiss."""
        self.received: list[Received] = []
        self.said: list[str] = []
        self.faults: list[Exception] = []
        self.behaviour = Behaviour()

    def behave(self, **behaviour: Any) -> None:
        self.behaviour = Behaviour(**behaviour)

    def release(self) -> None:
        """What hangs goes on."""
        self.behaviour = Behaviour()
        self._loop.call_soon_threadsafe(self._released.set)

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(10)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(10)

    def _serve(self) -> None:
        asyncio.run(self._run())

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ended, self._released = asyncio.Event(), asyncio.Event()
        over_tls = await self._loop.create_server(
            partial(Protocol, self, None), "127.0.0.1", 0, ssl=self._tls
        )
        plain = await self._loop.create_server(partial(Protocol, self, self._tls), "127.0.0.1", 0)
        self.tls_port, self.port = (each.sockets[0].getsockname()[1] for each in (over_tls, plain))
        self._ready.set()
        await self._ended.wait()
        self._released.set()
        over_tls.close()
        plain.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    async def misbehave(self, protocol: Protocol, where: str) -> bool:
        """Whether the connection is gone."""
        await asyncio.sleep(self.behaviour.slow)
        if self.behaviour.hangs == where:
            self._released.clear()
            await self._released.wait()
        if self.behaviour.drops == where:
            protocol.transport.abort()
            return True
        return False


class Protocol(SMTP):
    def __init__(self, server: SmtpServer, tls: ssl.SSLContext | None) -> None:
        self.server = server
        with warnings.catch_warnings(action="ignore"):  # it takes only STARTTLS to be TLS
            super().__init__(
                Handler(server),
                hostname="localhost",
                tls_context=tls,
                require_starttls=tls is not None,
                auth_required=True,
                auth_require_tls=False,
                authenticator=is_right,
            )

    async def smtp_DATA(self, arg: str) -> None:
        self.server.said.append("DATA")
        if await self.server.misbehave(self, "DATA"):
            return
        if answer := self.server.behaviour.answers.get("DATA"):
            await self.push(answer)
            return
        await super().smtp_DATA(arg)


class Handler:
    def __init__(self, server: SmtpServer) -> None:
        self.server = server

    async def handle_MAIL(
        self, protocol: Protocol, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        await self.server.misbehave(protocol, "MAIL")
        if answer := self.server.behaviour.answers.get("MAIL"):
            return answer
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(
        self, _protocol: Protocol, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if answer := self.server.behaviour.refused.get(address):
            return answer
        envelope.rcpt_tos.append(address)
        return self.server.behaviour.passed_on.get(address, "250 OK")

    async def handle_DATA(self, protocol: Protocol, _session: Session, envelope: Envelope) -> str:
        """A server that takes a message and is gone before it says so has taken it."""
        if answer := self.server.behaviour.answers.get("."):
            return answer
        content = bytes(envelope.original_content or b"")
        self.server.received.append(Received(str(envelope.mail_from), list(envelope.rcpt_tos), content))
        await self.server.misbehave(protocol, ".")
        return "250 OK, queued as 4711"

    async def handle_exception(self, error: Exception) -> str:
        if not isinstance(error, ConnectionError):  # the client is gone, or was shown out
            self.server.faults.append(error)
        return "451 A fault of the test's server"


def is_right(_server: Any, _session: Any, _envelope: Any, _mechanism: str, login: Any) -> AuthResult:
    return AuthResult(success=login == LoginPassword(USER.encode(), PASSWORD.encode()), handled=False)


@contextmanager
def smtp_server(folder: Path) -> Iterator[SmtpServer]:
    server = SmtpServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()
