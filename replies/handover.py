"""A message handed over to an SMTP server (RFC 5321), with the one moment marked after which it may have been taken."""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from dataclasses import dataclass, field

from emails.parsing.headers import one_line

LONGEST_ANSWER = 300


@dataclass(frozen=True)
class Taken:
    answer: str
    """The server's, with its code."""
    refused: list[tuple[str, str]] = field(default_factory=list)
    """The recipients that it did not take, each with its answer."""


class NotTaken(Exception):
    """The server said no, so certainly nothing went out. `lasting`: another try would hear the same."""

    def __init__(self, code: int, answer: str, refused: list[tuple[str, str]] | None = None) -> None:
        super().__init__(answer)
        self.code, self.answer, self.refused = code, answer, refused or []

    @property
    def lasting(self) -> bool:
        return self.code >= 500


def hand_over(
    server: smtplib.SMTP,
    sender: str,
    recipients: list[str],
    raw: bytes,
    point_of_no_return: Callable[[], None],
) -> Taken:
    """Calls `point_of_no_return` when all has been sent but the final dot: before it, a lost connection lost the
    message too (RFC 5321 4.1.1.4). If it raises, the connection must be closed, not ended by QUIT.

    Raises NotTaken, and whatever the connection raises.
    """
    size = [f"size={len(raw)}"] if server.has_extn("size") else []
    expect(server.mail(sender, size), 250)
    refused = []
    codes = []
    for address in recipients:
        code, words = server.rcpt(address)
        if code not in (250, 251):
            codes.append(code)
            refused.append((address, told(code, words)))
    if len(refused) == len(recipients):
        # One that may be taken later is worth another try; none was taken, so none gets it twice.
        raise NotTaken(min(codes), refused[codes.index(min(codes))][1], refused)
    expect(server.docmd("DATA"), 354)
    server.send(stuffed(raw))
    point_of_no_return()
    server.send(b".\r\n")
    code, words = server.getreply()
    if 200 <= code < 300:
        return Taken(told(code, words), refused)
    if code < 400:  # neither yes nor no (RFC 5321 4.2.1)
        raise smtplib.SMTPResponseException(code, words)
    raise NotTaken(code, told(code, words))


def expect(reply: tuple[int, bytes], wanted: int) -> str:
    code, words = reply
    if code != wanted:
        raise NotTaken(code, told(code, words))
    return told(code, words)


def told(code: int, words: bytes) -> str:
    """What a server said, fit to be shown: one line of plain characters."""
    return one_line(f"{code} {words.decode('utf-8', 'replace')}", LONGEST_ANSWER)


def stuffed(raw: bytes) -> bytes:
    """RFC 5321 4.5.2: a dot more before each line that begins with one."""
    lines = raw if raw.endswith(b"\r\n") else raw + b"\r\n"
    lines = lines.replace(b"\r\n.", b"\r\n..")
    return b"." + lines if lines.startswith(b".") else lines
