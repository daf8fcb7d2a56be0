"""Users who press and look at their runs without a pause, and count what went wrong."""

from __future__ import annotations

import http.client
import threading
import time
from itertools import cycle
from typing import Any

from tests.stage.visitor import Visitor

ENDED = {"SUCCESS", "FAILURE", "REVOKED"}
PATIENCE = 120  # seconds for a run


class Load:
    def __init__(self, visitors: dict[str, Visitor], made: dict[str, Any]) -> None:
        self.presses, self.polls = 0, 0
        self.failed: list[str] = []
        self.runs: dict[str, str] = {}
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._use, args=(visitor, made[name]))
            for name, visitor in visitors.items()
        ]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _use(self, visitor: Visitor, own: dict[str, Any]) -> None:
        for email in cycle(own["emails"]):
            if self._stop.is_set():
                return
            try:
                pressed = visitor.press(email, own["quick"])
                self._count(press=True, problem="" if pressed.status == 202 else f"press {pressed.status}")
                if pressed.status == 202:
                    self._follow(visitor, pressed.json["task_id"])
            except (OSError, http.client.HTTPException) as error:
                self._count(problem=repr(error))

    def _follow(self, visitor: Visitor, run: str) -> None:
        give_up_at = time.monotonic() + PATIENCE
        status, seen = "", ""
        with self._lock:
            self.runs[run] = "unknown"
        while status not in ENDED and time.monotonic() < give_up_at:
            answer = visitor.ask("GET", f"/tasks/{run}/status")
            status = answer.json["status"] if answer.status == 200 else ""
            self._count(problem="" if status else f"poll {answer.status}")
            page = visitor.ask("GET", f"/tasks/{run}/status?seen={seen or 'x'}", **{"HX-Request": "true"})
            self._count(problem="" if page.status in (200, 204, 286) else f"htmx {page.status}")
            time.sleep(0.1)  # noqa: TID251 - as a page does between two questions
        with self._lock:
            self.runs[run] = status or "unknown"

    def _count(self, problem: str = "", press: bool = False) -> None:
        with self._lock:
            self.presses += press
            self.polls += not press
            if problem:
                self.failed.append(problem)
