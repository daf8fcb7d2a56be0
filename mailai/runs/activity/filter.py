"""Which runs a page lists: by state and by kind, as the address says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from mailai.runs.kinds import KINDS
from mailai.runs.models import ACTIVE, TaskRunQuerySet

STATES = {
    "active": ACTIVE,
    "failed": ("failed",),
    "succeeded": ("succeeded",),
    "cancelled": ("cancelled",),
}


@dataclass(frozen=True)
class Filter:
    state: str = ""
    kind: str = ""

    @classmethod
    def read(cls, fields: Mapping[str, object]) -> Filter:
        """What makes no sense filters nothing."""
        state, kind = str(fields.get("state", "")), str(fields.get("kind", ""))
        return cls(state if state in STATES else "", kind if kind in KINDS else "")

    def of(self, runs: TaskRunQuerySet) -> TaskRunQuerySet:
        if self.state:
            runs = runs.filter(status__in=STATES[self.state])
        return self.of_kind(runs)

    def of_kind(self, runs: TaskRunQuerySet) -> TaskRunQuerySet:
        return runs.filter(kind=self.kind) if self.kind else runs

    @property
    def is_live(self) -> bool:
        """Whether new runs belong into the list."""
        return self.state in ("", "active")

    def query(self, **changes: str) -> str:
        """As a part of an address, "" for everything."""
        fields = {"state": self.state, "kind": self.kind} | changes
        return urlencode({name: value for name, value in fields.items() if value})
