"""What a worker tells of its progress while it works: true stages, and the text so far."""

from __future__ import annotations

import time

from django.db import InterfaceError, OperationalError, connection

from mailai.runs.models import Stage, TaskRun
from mailai.runs.owners import WANTED
from mailai.runs.transitions import Lost, advance

EVERY = 0.4  # seconds between writes of streamed text
STEADILY = 5.0  # seconds between signs of life


class Report:
    """Every method raises `Lost` when the run was cancelled or taken over, or its user was deactivated; let it pass, so
    that the work stops."""

    def __init__(self, run: TaskRun) -> None:
        self.run = run
        self._pieces: list[str] = []
        self._characters = 0
        self._told_at = 0.0
        self._counted: tuple[str, int, int, str] = (Stage.READING, 0, 0, "")

    def asking(self) -> None:
        self._pieces.clear()
        self._characters = 0
        self._told_at = 0.0
        self._advance(Stage.ASKING, 10, partial="")

    def received(self, piece: str) -> None:
        self._pieces.append(piece)
        self._characters += len(piece)
        if time.monotonic() - self._told_at >= EVERY:
            self._told_at = time.monotonic()
            try:
                self._advance(Stage.RECEIVING, self._received_progress(), partial="".join(self._pieces))
            except (OperationalError, InterfaceError):
                connection.close()  # progress may be missed; the answer that is coming in may not

    def counted(self, stage: str, done: int = 0, total: int = 0, where: str = "") -> None:
        """So many of so many, for work that can be counted."""
        self._counted = (stage, done, total, where)
        self._tell_counts()

    def alive(self) -> None:
        """For work that waits for others: to be called often, it writes seldom."""
        if time.monotonic() - self._told_at >= STEADILY:
            try:
                self._tell_counts()
            except (OperationalError, InterfaceError):
                connection.close()  # the next one, or the work itself, connects anew

    def check(self) -> None:
        """For work that waits for others and has nothing to tell."""
        try:
            if not TaskRun.objects.fenced(self.run).filter(WANTED).exists():
                raise Lost
        except (OperationalError, InterfaceError):
            connection.close()

    def saving(self) -> None:
        self._advance(Stage.SAVING, 95, partial="".join(self._pieces))

    def _tell_counts(self) -> None:
        stage, done, total, where = self._counted
        self._told_at = time.monotonic()
        progress = 5 + 90 * done // total if total else 5
        self._advance(stage, min(progress, 95), where, done=done, total=total)

    def _advance(self, stage: str, progress: int, partial: str | None = None, **counts: int) -> None:
        """No disk is waited for: after a crash of the database the run goes on, or begins again, without it."""
        advance(self.run, stage, progress, partial, durable=False, **counts)

    def _received_progress(self) -> int:
        """Nobody knows how long an answer gets: from 20 towards 90, half of what is left every 1,000 characters."""
        return round(90 - 70 * 0.5 ** (self._characters / 1000))
