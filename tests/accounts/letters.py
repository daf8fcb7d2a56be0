"""Messages for mailboxes: small, all different, and told apart by their subject."""

from __future__ import annotations

from collections.abc import Iterator

TEXT = "Dear Alex,\r\n\r\nplease have a look at item {n} and tell me what you think of it.\r\n"


def letter(n: int, size: int = 0, received: str = "Mon, 05 Jan 2026 10:00:00 +0000", **headers: str) -> bytes:
    lines = [
        f"Received: from mx.example.org by mail.example.com with ESMTPS id q{n}; {received}",
        "From: Ada <ada@example.com>",
        "To: Alex <alex@example.org>",
        f"Subject: Letter {n}",
        f"Date: {received}",
        f"Message-ID: <letter-{n}@example.com>",
        *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
    ]
    text = TEXT.format(n=n)
    filling = "A line of sixty characters that says nothing of importance.\r\n"
    text += filling * max(0, -(-(size - len(text)) // len(filling)))
    return ("\r\n".join(lines) + "\r\n\r\n" + text).encode()


def letters(count: int, first: int = 1, size: int = 0) -> Iterator[bytes]:
    return (letter(n, size) for n in range(first, first + count))
