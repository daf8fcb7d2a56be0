"""A stored invitation as its page shows it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Invitation:
    """See emails.parsing.calendar.invitation. A time without offset is that of the place that `zone` names."""

    method: str
    summary: str
    location: str
    organizer: str
    zone: str
    repeats: bool
    start: dt.date | None
    end: dt.date | None

    @classmethod
    def of(cls, stored: dict[str, Any]) -> Invitation:
        texts = {
            name: str(stored.get(name, "")) for name in ("method", "summary", "location", "organizer", "zone")
        }
        start, end = (_moment(str(stored.get(name, ""))) for name in ("start", "end"))
        return cls(**texts, repeats=bool(stored.get("repeats")), start=start, end=end)

    @property
    def timed(self) -> bool:
        return isinstance(self.start, dt.datetime)

    @property
    def ends_that_day(self) -> bool:
        return bool(self.start and self.end and self.start.isoformat()[:10] == self.end.isoformat()[:10])


def _moment(text: str) -> dt.date | None:
    if not text:
        return None
    return dt.datetime.fromisoformat(text) if "T" in text else dt.date.fromisoformat(text)
