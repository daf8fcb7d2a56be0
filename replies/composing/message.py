"""A message as bytes for the wire (RFC 5322, RFC 2045): ASCII alone, lines of 998 at most.

The header is written here and not by `email.policy`: that one turns an id longer than a line into encoded words, by
which the thread is lost, and has folded a list of addresses into another list (CVE-2025-1795).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from email import quoprimime
from email.charset import QP, Charset
from email.header import Header
from email.utils import format_datetime

from emails.parsing.addresses import Address
from emails.parsing.headers import one_line
from replies.composing.flow import flow
from replies.composing.mailbox import exact

LONGEST_LINE = 998
WIDTH = 76
UTF8 = Charset("utf-8")
UTF8.header_encoding = QP


@dataclass(frozen=True)
class Outgoing:
    message_id: str
    """Without < >, as are in_reply_to and references."""
    date: dt.datetime
    sender: Address
    to: list[Address]
    cc: list[Address]
    subject: str
    text: str
    in_reply_to: str = ""
    references: tuple[str, ...] = ()


def written(message: Outgoing) -> bytes:
    """Raises BadAddress if a recipient or the sender is none."""
    content, encoding = encoded(flow(message.text))
    fields = [
        ("Date", format_datetime(message.date)),
        ("From", mailbox_list([message.sender])),
        ("To", mailbox_list(message.to)),
        ("Cc", mailbox_list(message.cc)),
        ("Subject", words("Subject", message.subject)),
        ("Message-ID", f"<{message.message_id}>"),
        ("In-Reply-To", f"<{message.in_reply_to}>" if message.in_reply_to else ""),
        ("References", "\r\n ".join(f"<{each}>" for each in message.references)),
        ("MIME-Version", "1.0"),
        ("Content-Type", 'text/plain; charset="utf-8"; format=flowed'),
        ("Content-Transfer-Encoding", encoding),
    ]
    head = "".join(f"{name}: {value}\r\n" for name, value in fields if value)
    return f"{head}\r\n{content}".encode("ascii")


def encoded(text: str) -> tuple[str, str]:
    """The body's lines with CRLF, and the name of the encoding that they are in."""
    if text.isascii() and all(len(line) <= LONGEST_LINE for line in text.split("\n")):
        return text.replace("\n", "\r\n"), "7bit"
    quoted = quoprimime.body_encode(text.encode().decode("latin-1"), maxlinelen=WIDTH, eol="\r\n")
    return quoted, "quoted-printable"


def mailbox_list(boxes: list[Address]) -> str:
    """One mailbox a line, so that no fold ever falls into one."""
    return ",\r\n ".join(mailbox(name, address) for name, address in boxes)


def mailbox(name: str, address: str) -> str:
    name = one_line(name, LONGEST_LINE)
    if not name:
        return exact(address)
    return f"{words('To', name) if not name.isascii() else quoted(name)} <{exact(address)}>"


def quoted(name: str) -> str:
    """As a quoted-string, so that nothing in it has a meaning (RFC 5322 3.2.4)."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return words("To", name) if "=?" in name or len(escaped) > 200 else f'"{escaped}"'


def words(field: str, text: str) -> str:
    """Text of a header, on one line before it is folded: as it is, or in encoded words (RFC 2047)."""
    text = one_line(text, LONGEST_LINE)
    plain = text.isascii() and "=?" not in text
    if plain and len(text) <= LONGEST_LINE - len(field) - 2 and field == "Subject":
        return text
    return Header(text, UTF8, maxlinelen=WIDTH, header_name=field).encode(linesep="\r\n")
