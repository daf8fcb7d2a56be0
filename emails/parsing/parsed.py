"""What was read from one message: all that the models hold, as plain values within the models' lengths."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from emails.parsing.addresses import Address

PARSER_VERSION = 5
"""Raised with every change that reads stored mail differently; `manage.py reparse_mail` follows it."""


class Trouble(StrEnum):
    """Why a message is stored raw. The words for a person stand in the message's template."""

    NO_MESSAGE = "no_message"  # nothing in it looks like mail
    TOO_LARGE = "too_large"
    CUT = "cut"  # fetched no further than the limit; the whole message lies on the mail server
    TIMEOUT = "timeout"
    MEMORY = "memory"
    CRASH = "crash"
    UNSTORABLE = "unstorable"  # the database refused what was read


@dataclass(frozen=True)
class ParsedAttachment:
    position: int
    name: str
    """Safe to show and to save under, at most 255 characters."""
    content_type: str
    content_id: str
    """Without < >; empty if the part has none."""
    inline: bool
    size: int
    """Bytes of `content`, which is decoded."""
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Parsed:
    message_id: str = ""
    """Without < >, as are in_reply_to and references; at most 998 bytes each in UTF-8."""
    in_reply_to: str = ""
    references: list[str] = field(default_factory=list)
    """Oldest first, the thread's root always among them."""
    subject: str = ""
    sender_name: str = ""
    sender_address: str = ""
    reply_to: list[Address] = field(default_factory=list)
    """Where replies are asked to go, or all writers where there are several; empty if that is the sender."""
    to: list[Address] = field(default_factory=list)
    cc: list[Address] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    sent_at: dt.datetime | None = None
    received_at: dt.datetime | None = None
    """None where neither a Received nor a Date header can be believed."""
    text: str = ""
    html: str = ""
    """Sanitised; empty if the message has no HTML to show."""
    attachments: list[ParsedAttachment] = field(default_factory=list)
    language: str = ""
    """ISO 639-1 code of the new text, empty if nothing tells."""
    invitation: dict[str, Any] | None = None
    """See `emails.parsing.calendar.invitation`."""
    trouble: str = ""
    """A Trouble, if this is not all that a message of this kind should say."""

    @property
    def unreadable(self) -> bool:
        return bool(self.trouble)
