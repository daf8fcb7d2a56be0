"""What a worker tells of its progress while it works: true stages, and the text so far."""

from __future__ import annotations

import time

from django.db import InterfaceError, OperationalError, connection

from mailai.runs.models import Stage, TaskRun
from mailai.runs.transitions import advance

EVERY = 0.4  # seconds between writes of streamed text


class Report:
    """Every method raises `Lost` when the run was cancelled or taken over; let it pass, so that the work stops."""

    def __init__(self, run: TaskRun) -> None:
        self.run = run
        self._pieces: list[str] = []
        self._characters = 0
        self._told_at = 0.0

    def asking(self) -> None:
        self._pieces.clear()
        self._characters = 0
        self._told_at = 0.0
        advance(self.run, Stage.ASKING, 10, partial="")

    def received(self, piece: str) -> None:
        self._pieces.append(piece)
        self._characters += len(piece)
        if time.monotonic() - self._told_at >= EVERY:
            self._told_at = time.monotonic()
            try:
                advance(self.run, Stage.RECEIVING, self._received_progress(), partial="".join(self._pieces))
            except (OperationalError, InterfaceError):
                connection.close()  # progress may be missed; the answer that is coming in may not

    def saving(self) -> None:
        advance(self.run, Stage.SAVING, 95, partial="".join(self._pieces))

    def _received_progress(self) -> int:
        """Nobody knows how long an answer gets: from 20 towards 90, half of what is left every 1,000 characters."""
        return round(90 - 70 * 0.5 ** (self._characters / 1000))
