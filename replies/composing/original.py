"""What is known of the message that is answered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from emails.parsing.addresses import Address


@dataclass(frozen=True)
class Original:
    message_id: str = ""
    """Without < >, as are in_reply_to and references, which are oldest first."""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    subject: str = ""
    sender: Address = field(default_factory=lambda: ["", ""])
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    date: dt.datetime = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    """In the time zone in which it is to be told."""
    text: str = ""
    language: str = ""
    """ISO 639-1, or empty."""
    mine: bool = False
    """Written by the user: a reply to it goes to those whom it went to."""
