"""A user's mail as an mbox (mboxrd: lines that look like a postmark are escaped), byte for byte as it came."""

from __future__ import annotations

import datetime as dt
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from emails.importing.mbox import OURS
from emails.models import Email

AT_ONCE = 10  # messages fetched together
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LOOKS_LIKE_POSTMARK = re.compile(rb"^(?=>*From )", re.M)


def export(user: Any, path: Path) -> Iterator[int]:
    """Write all of the user's messages, oldest first, and yield how many are written; memory holds a few.

    `path` is there as a whole or not at all: what was there stays until the last message is written. Raises OSError.
    """
    emails = Email.objects.of(user).order_by("received_at", "pk").values_list("raw", "received_at")
    with replacing(path) as stream:
        for number, (raw, received_at) in enumerate(emails.iterator(chunk_size=AT_ONCE), 1):
            stream.write(postmark(received_at))
            stream.write(LOOKS_LIKE_POSTMARK.sub(b">", bytes(raw)))
            stream.write(
                b"\n"
            )  # after a message that ends its last line this makes the empty line of the format
            yield number


def postmark(moment: dt.datetime) -> bytes:
    """RFC 4155's line, in UTC; its names of days and months are English whatever the locale."""
    utc = moment.astimezone(dt.UTC)
    said = f"{DAYS[utc.weekday()]} {MONTHS[utc.month - 1]} {utc.day:2} {utc:%H:%M:%S} {utc.year}"
    return OURS + said.encode() + b"\n"


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """A new file that only its owner may read, which takes the place of `path` once it is on disk."""
    number, name = tempfile.mkstemp(dir=path.resolve().parent, prefix=f".{path.name}.")
    fresh = Path(name)
    try:
        with os.fdopen(number, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        fresh.replace(path.resolve())
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
