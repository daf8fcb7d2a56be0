"""A user's SMTP server, connected and logged in: for the account's test and for sending."""

from __future__ import annotations

import smtplib
from base64 import b64encode
from contextlib import suppress
from typing import Any

from emails.accounts.errors import MailError
from emails.accounts.models import MailAccount, Security
from emails.accounts.wire import Wire
from mailai.ai import keyring

LINE = 8192  # bytes
LINES = 200  # of one reply
NAME = "[127.0.0.1]"  # in EHLO: this machine's own name is nobody's business


def connect(account: MailAccount, seconds: float = 60) -> smtplib.SMTP:
    """A connection over which the account's mail can be sent; all that is said over it ends in so many seconds.

    Raises MailError. What is raised while sending is smtplib's or a MailError.
    """
    try:
        user, password = account.smtp_login()
    except keyring.Undecryptable:
        raise MailError("mail_password") from None
    server = Connection(account, seconds)
    try:
        server.login(user, password)
    except smtplib.SMTPAuthenticationError:
        server.close()
        raise MailError("mail_login") from None
    except smtplib.SMTPNotSupportedError:  # it asks for no login here, or for one that we do not know
        server.close()
        raise MailError("mail_login") from None
    except (smtplib.SMTPException, ValueError, UnicodeError):
        server.close()
        raise MailError("mail_protocol") from None
    except MailError:
        server.close()
        raise
    return server


class Connection(smtplib.SMTP):
    """smtplib over our own wire: the checked address, no end of patience for a server that talks on and on."""

    def __init__(self, account: MailAccount, seconds: float) -> None:
        super().__init__(local_hostname=NAME)
        self.wire = Wire(account.smtp_host, account.smtp_port, account.smtp_security, seconds)
        self.sock = self.wire.sock
        try:
            self._begin(account.smtp_security)
        except BaseException:
            self.close()
            raise

    def login(self, user: str, password: str, *, initial_response_ok: bool = True) -> tuple[int, bytes]:
        """smtplib's own knows ASCII only; PLAIN takes letters of any script (RFC 4616)."""
        if f"{user}{password}".isascii():
            return super().login(user, password, initial_response_ok=initial_response_ok)
        said = b64encode(f"\0{user}\0{password}".encode()).decode()
        code, words = self.docmd("AUTH", f"PLAIN {said}")
        if code != 235:
            raise smtplib.SMTPAuthenticationError(code, words)
        return code, words

    def getreply(self) -> tuple[int, bytes]:
        """RFC 5321 4.2: code and text of a reply. Raises MailError."""
        said = []
        for _line in range(LINES):
            line = self.wire.readline(LINE)
            said.append(line[4:].strip())
            if not line[:3].isdigit():
                raise MailError("mail_protocol")
            if line[3:4] != b"-":
                return int(line[:3]), b"\n".join(said)
        raise MailError("mail_protocol")

    def send(self, data: Any) -> None:
        self.wire.send(data.encode(self.command_encoding) if isinstance(data, str) else data)

    def __exit__(self, *_error: object) -> None:
        with suppress(MailError, smtplib.SMTPException):  # what was accepted before stays accepted
            self.docmd("QUIT")
        self.close()

    def close(self) -> None:
        super().close()
        self.wire.close()

    def _begin(self, security: str) -> None:
        if self.getreply()[0] != 220:
            raise MailError("mail_unavailable")
        try:
            self.ehlo_or_helo_if_needed()
            if security == Security.STARTTLS:
                self._encrypt()
                self.ehlo_or_helo_if_needed()
        except smtplib.SMTPException:
            raise MailError("mail_protocol") from None

    def _encrypt(self) -> None:
        if not self.has_extn("starttls") or self.docmd("STARTTLS")[0] != 220:
            raise MailError("mail_starttls")
        self.wire.encrypt()
        self.sock = self.wire.sock
        # RFC 3207 4.2: what was learnt before counts no longer.
        self.helo_resp = self.ehlo_resp = None
        self.esmtp_features, self.does_esmtp = {}, False
