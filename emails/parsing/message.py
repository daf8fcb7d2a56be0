"""One raw message (RFC 5322) to everything that mailai keeps of it. Takes any bytes and never raises."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from itertools import islice
from typing import Any

from emails.parsing import dates
from emails.parsing.addresses import addresses
from emails.parsing.body import MAX_TEXT, body_of
from emails.parsing.calendar import invitation
from emails.parsing.charsets import decode
from emails.parsing.filenames import safe
from emails.parsing.headers import Headers, one_line
from emails.parsing.mime import MAX_HEADER_BYTES, Part, split
from emails.parsing.names import names
from emails.parsing.parsed import Parsed, ParsedAttachment, Trouble
from emails.parsing.quoting import new_text
from mailai.ai.language import UNDETERMINED, detect

MAX_REFERENCES = 100
MAX_FORWARDS = 3  # a message in a message in a message
MAX_DIGEST = 50  # messages beside each other
MAX_RAW_TEXT = 100_000  # characters shown of what could not be read
KEPT_HEADERS = names(
    """
    list-unsubscribe list-unsubscribe-post list-id list-post precedence auto-submitted feedback-id
    x-campaign x-auto-response-suppress x-autoreply x-priority x-msmail-priority importance priority
    sensitivity sender return-path reply-to authentication-results received-spf dkim-signature
    x-spam-flag x-spam-status x-spam-score x-spam-level content-type content-language x-mailer
    user-agent disposition-notification-to
    """
)
MAX_HEADER = 1000
MAX_WRITERS = 20
# A file in which none of these stands is no message, whatever its first lines look like.
TELLING = names(
    """
    from to cc subject date sender reply-to received return-path delivered-to message-id in-reply-to
    references mime-version content-type content-transfer-encoding content-disposition resent-from
    resent-to apparently-to x-mailer envelope-to
    """
)
LANGUAGE_SAMPLE = 20_000  # characters, of which the detector takes the first some thousand that are new
MAX_CALENDAR = 400_000  # bytes
CALENDARS = frozenset({"text/calendar", "application/ics"})
MESSAGES = frozenset({"message/rfc822", "message/global"})
BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
MESSAGE_ID = re.compile(r"<([^<>]{1,2000})>")


def parse(raw: bytes) -> Parsed:
    """What `raw` says. If it is no message, `unreadable` is set and `text` is what can be seen in it."""
    return read(raw, MAX_FORWARDS)


def parse_headers(raw: bytes) -> Parsed:
    """Only what the header block says: for a message that is too large to be taken apart."""
    return of_headers(split(raw[:MAX_HEADER_BYTES]).headers)


def read(raw: bytes, forwards: int) -> Parsed:
    root = split(raw)
    if TELLING.isdisjoint(name for name, _ in root.headers.fields):
        return without_header(raw)
    if not all(value.isascii() for _name, value in root.headers.fields):
        root.headers.charset = first_charset(root)
    body = body_of(root)
    attachments = [titled(item) if item.content_type in MESSAGES else item for item in body.attachments]
    text = body.text
    if not text and not body.html and forwards:
        inner = (item.content for item in attachments if item.content_type in MESSAGES)
        text = "\n\n".join(forwarded(content, forwards - 1) for content in islice(inner, MAX_DIGEST))
    said = of_headers(root.headers)
    return replace(
        said,
        text=text[:MAX_TEXT],
        html=body.html,
        attachments=attachments,
        language=language(said.subject, text),
        invitation=next(filter(None, map(invited, islice(attachments, MAX_DIGEST))), None),
    )


def first_charset(part: Part) -> str:
    """The charset that the first text of a message declares, which raw bytes in its header probably have, too."""
    while part.children:
        part = part.children[0]
    return part.headers.parameter("content-type", "charset")


def language(subject: str, text: str) -> str:
    found = detect(f"{subject}\n{new_text(text[:LANGUAGE_SAMPLE])}")
    return "" if found == UNDETERMINED else found


def invited(item: ParsedAttachment) -> dict[str, Any] | None:
    return invitation(decode(item.content[:MAX_CALENDAR])) if item.content_type in CALENDARS else None


def without_header(raw: bytes) -> Parsed:
    """A file without any field of a message: its text where it is clean text, else unreadable."""
    text = decode(raw[: 4 * MAX_RAW_TEXT]).strip()[:MAX_RAW_TEXT]
    unreadable = not text or BINARY.search(raw)
    return Parsed(text=text, trouble=Trouble.NO_MESSAGE if unreadable else "")


def of_headers(headers: Headers) -> Parsed:
    now = dt.datetime.now(dt.UTC)
    writers = addresses(headers.decoded("from")) or addresses(headers.decoded("sender")) or [["", ""]]
    sender = writers[0]
    sent_at = dates.date(headers.text("date", 200))
    received = dates.received(headers.text("received", 4000))
    ids = message_ids(headers.text("in-reply-to", 4000))
    references = message_ids(headers.text("references", 64_000))
    return Parsed(
        message_id=next(iter(message_ids(headers.text("message-id", 4000))), ""),
        in_reply_to=ids[0] if ids else "",
        references=references[:1] + references[1:][1 - MAX_REFERENCES :],
        subject=headers.text("subject", 998),
        sender_name=sender[0],
        sender_address=sender[1],
        # A reply goes to all who wrote it, where nothing else is asked for (RFC 5322 3.6.3).
        reply_to=addresses(headers.decoded("reply-to")) or writers[: len(writers) > 1 and MAX_WRITERS],
        to=addresses(headers.decoded("to")),
        cc=addresses(headers.decoded("cc")),
        headers={name: text for name in sorted(KEPT_HEADERS) if (text := headers.text(name, MAX_HEADER))},
        sent_at=sent_at,
        received_at=dates.sane(received, now) or dates.sane(sent_at, now),
    )


def message_ids(field: str) -> list[str]:
    """The ids of a Message-ID or References value; senders forget the brackets, or fold inside."""
    found = MESSAGE_ID.findall(field) or [word for word in field.split() if "@" in word]
    if not found and field and " " not in field:
        found = [field]
    ids = ("".join(one.split()).strip("<>").encode()[:998].decode("utf-8", "ignore") for one in found)
    return [one for one in dict.fromkeys(ids) if one]


def titled(item: ParsedAttachment) -> ParsedAttachment:
    """An attached message is called by its subject, where it has no name."""
    subject = of_headers(split(item.content[:MAX_HEADER_BYTES]).headers).subject
    return (
        replace(item, name=safe(f"{subject[:200]}.eml"))
        if subject and item.name.startswith("part-")
        else item
    )


def forwarded(raw: bytes, forwards: int) -> str:
    inner = read(raw, forwards)
    sender = f"{inner.sender_name} <{inner.sender_address}>" if inner.sender_name else inner.sender_address
    head = {
        "From": sender,
        "Date": f"{inner.sent_at:%Y-%m-%d %H:%M %Z}" if inner.sent_at else "",
        "Subject": inner.subject,
        "To": ", ".join(address for _, address in inner.to[:20]),
    }
    lines = ["---------- Forwarded message ----------"]
    lines += [f"{name}: {one_line(value, 998)}" for name, value in head.items() if value]
    return "\n".join([*lines, "", inner.text])
