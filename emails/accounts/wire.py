"""A connection to a mail server that cannot hold us up: to a checked address, under TLS, against a deadline."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable

from django.conf import settings

from emails.accounts.errors import MailError, as_mail_error
from emails.accounts.hosts import look_up
from emails.accounts.models import Security
from mailai.network import is_public

PIECE = 64 * 1024  # bytes read or sent at once


class Wire:
    """A socket with a buffer. Each read and write ends within MAILAI_MAIL_TIMEOUT and, in all, by the deadline.

    `heard` is called whenever something came in, and before each address is tried. All methods raise MailError.
    """

    def __init__(
        self, host: str, port: int, security: str, seconds: float, heard: Callable[[], None] = lambda: None
    ) -> None:
        self.host, self.port = host, port
        self.deadline = time.monotonic() + seconds
        self.heard = heard
        self._buffer = bytearray()
        self.sock: socket.socket = self._dial(port, security)
        if security == Security.TLS:
            self.encrypt()

    def encrypt(self) -> None:
        """TLS from here on, with the certificate and its name verified.

        Raises mail_protocol if the server has already sent what would then count as encrypted.
        """
        if self._buffer:
            raise MailError("mail_protocol")
        self.patience()
        try:
            self.sock = trusted().wrap_socket(self.sock, server_hostname=self.host)
        except OSError as error:
            self.close()
            raise as_mail_error(error) from None

    def readline(self, longest: int) -> bytes:
        """A line with its end. Raises mail_protocol if it is longer, mail_dropped if the server ends before."""
        searched = 0
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            if searched > longest:
                raise MailError("mail_protocol")
            self._fill()
        if end >= longest:
            raise MailError("mail_protocol")
        return self._take(end + 1)

    def read(self, size: int) -> bytes:
        pieces = [self._take(min(size, len(self._buffer)))]
        missing = size - len(pieces[0])
        while missing:
            self._fill()
            pieces.append(self._take(min(missing, len(self._buffer))))
            missing -= len(pieces[-1])
        return b"".join(pieces)

    def send(self, data: bytes) -> None:
        view = memoryview(data)
        for start in range(0, len(view), PIECE):  # patience is for a piece, however long a message takes
            self.patience()
            try:
                self.sock.sendall(view[start : start + PIECE])
            except OSError as error:
                raise as_mail_error(error) from None

    def patience(self) -> None:
        """Let the next call of the socket last as long as it may. Raises mail_timeout when the deadline is over."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise MailError("mail_timeout")
        self.sock.settimeout(min(left, settings.MAILAI_MAIL_TIMEOUT))

    def close(self) -> None:
        self.sock.close()

    def _dial(self, port: int, security: str) -> socket.socket:
        places = look_up(self.host, port, settings.MAILAI_MAIL_TIMEOUT)
        if security == Security.NONE and any(is_public(place[0]) for _family, place in places):
            raise MailError("mail_unencrypted")
        failure: MailError | None = None
        for family, place in places:
            self.sock = socket.socket(family, socket.SOCK_STREAM)
            self.heard()
            try:
                self.patience()
                self.sock.connect(place)
            except (OSError, MailError) as error:
                self.close()
                failure = failure or (error if isinstance(error, MailError) else as_mail_error(error))
            else:
                return self.sock
        raise failure or MailError("mail_host")

    def _fill(self) -> None:
        self.patience()
        try:
            piece = self.sock.recv(PIECE)
        except OSError as error:
            raise as_mail_error(error) from None
        if not piece:
            raise MailError("mail_dropped")
        self._buffer += piece
        self.heard()

    def _take(self, size: int) -> bytes:
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken


def trusted() -> ssl.SSLContext:
    """The system's authorities, and the operator's own where there are any."""
    context = ssl.create_default_context()
    if settings.MAILAI_MAIL_CA_FILE:
        context.load_verify_locations(settings.MAILAI_MAIL_CA_FILE)
    return context
