"""What a chat completion sends: server-sent events (WHATWG HTML 9.2), or one JSON value where no stream came.

Servers differ in line ends, blanks, comments, byte order marks and events without data; all of that is passed over.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

DONE = object()
"""The mark with which OpenAI's protocol ends a stream: `data: [DONE]`."""

BLANK = b" \t\r\n\xef\xbb\xbf"


class NoEvents(ValueError):
    """What came is neither a stream of JSON nor a JSON value."""


def values(chunks: Iterable[bytes]) -> Iterator[Any]:
    """Each decoded value in order, and DONE; an `event: error` comes as {"error": …}. Raises NoEvents.

    Raises whatever `chunks` raises.
    """
    source = iter(chunks)
    head = b""
    for chunk in source:
        head = (head + chunk).lstrip(BLANK)
        if head:
            break
    if head[:1] in (b"{", b"["):
        yield decoded(head + b"".join(source))
        return
    name, data = "", []
    for row in lines(head, source):
        field, _, value = row.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"event":
            name = value.decode("utf-8", "replace").strip()
        elif field == b"data":
            data.append(value)
        elif not row:
            yield from event(name, b"\n".join(data).strip())
            name, data = "", []
        elif field[:1] in (b"{", b"<"):
            raise NoEvents("no stream of events")
    yield from event(name, b"\n".join(data).strip())  # the last blank line may be missing


def lines(head: bytes, source: Iterator[bytes]) -> Iterator[bytes]:
    """Lines without their ends: CR LF, LF or CR. Linear, however long a line grows."""
    begun: list[bytes] = []
    carriage = b""  # a CR at the end of a chunk may be half of a line's end
    for chunk in chain([head], source):
        text = carriage + chunk
        carriage = b"\r" if text.endswith(b"\r") else b""
        text = text.removesuffix(b"\r").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        first, *more = text.split(b"\n")
        begun.append(first)
        if more:
            yield b"".join(begun)
            yield from more[:-1]
            begun = more[-1:]
    yield b"".join(begun)


def event(name: str, data: bytes) -> Iterator[Any]:
    if not data:
        return
    if data.startswith(b"[DONE]"):
        yield DONE
    elif name == "error":
        value = decoded(data) if data[:1] in (b"{", b"[") else {"message": data.decode("utf-8", "replace")}
        yield value if isinstance(value, dict) and "error" in value else {"error": value}
    else:
        yield decoded(data)


def decoded(data: bytes) -> Any:
    try:
        return json.loads(data, strict=False)
    except (ValueError, RecursionError):
        raise NoEvents("no JSON") from None
