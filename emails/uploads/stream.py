"""A file that lies in pieces, read as one stream: memory holds a piece at a time."""

from __future__ import annotations

import io
from collections.abc import Callable


class Pieces(io.RawIOBase):
    """`piece(n)` gives the n-th piece, and nothing behind the last."""

    def __init__(self, piece: Callable[[int], bytes]) -> None:
        self._piece = piece
        self._number = 0
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:  # type: ignore[no-untyped-def] # whatever can be written to
        if not self._rest:
            self._rest = memoryview(self._piece(self._number))
            self._number += 1
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count
