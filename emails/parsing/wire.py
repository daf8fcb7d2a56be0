"""What goes through the pipe between a reader and who asks it.

A request is a message with its length. A reply is JSON and the attachments' bytes, never a pickle: a reader that a
message has taken over could make its parent run what it likes.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import struct
from collections.abc import Sequence
from typing import Any

from emails.parsing.parsed import Parsed, ParsedAttachment

HELLO = re.compile(
    rb"reader:((?: [A-Za-z]{1,20})*)\n"
)  # once a child has started: the walls that it does without
HELLO_BYTES = 200
REQUEST = struct.Struct(">?Q")  # whether to read it whole, bytes of the message
REPLY = struct.Struct(">QQ")  # bytes of JSON, bytes of attachments
MOMENTS = ("sent_at", "received_at")
TOO_MUCH = 64 * 1024 * 1024  # bytes of a reply beyond twice the message: no honest reader says so much


def hello(missing: Sequence[str]) -> bytes:
    return " ".join(["reader:", *missing]).encode() + b"\n"


def request(raw: bytes, whole: bool) -> list[bytes]:
    return [REQUEST.pack(whole, len(raw)), raw]


def reply(parsed: Parsed, key: str) -> list[bytes]:
    """Raises UnicodeEncodeError on text with surrogates, which no database takes."""
    blobs = [item.content for item in parsed.attachments]
    fields: dict[str, Any] = vars(parsed) | {
        name: moment and moment.isoformat()
        for name, moment in ((name, getattr(parsed, name)) for name in MOMENTS)
    }
    fields["attachments"] = [vars(item) | {"content": None} for item in parsed.attachments]
    return _framed({"parsed": fields, "key": key}, blobs)


def trouble(code: str) -> list[bytes]:
    return _framed({"trouble": code}, [])


def read_reply(said: bytes, blobs: memoryview) -> tuple[Parsed, str] | str:
    """What `reply` or `trouble` was given. Raises ValueError, TypeError or KeyError on anything else."""
    answer = json.loads(said)
    if "trouble" in answer:
        return str(answer["trouble"])
    fields, attachments, at = answer["parsed"], [], 0
    for item in fields["attachments"]:
        end = at + int(item["size"])
        attachments.append(ParsedAttachment(**(item | {"content": bytes(blobs[at:end])})))
        at = end
    if at != len(blobs):
        raise ValueError("attachments that do not add up")
    for name in MOMENTS:
        fields[name] = dt.datetime.fromisoformat(fields[name]) if fields[name] else None
    return Parsed(**(fields | {"attachments": attachments})), str(answer["key"])


def _framed(answer: dict[str, Any], blobs: list[bytes]) -> list[bytes]:
    said = json.dumps(answer, ensure_ascii=False).encode()
    return [REPLY.pack(len(said), sum(map(len, blobs))), said, *blobs]
