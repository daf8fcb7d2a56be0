"""The tasks of both sides. Each one first notes that it has started."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from mailai.runs.kinds import Save
from mailai.runs.models import TaskRun
from mailai.runs.report import Report
from tests.bench.clock import note
from tests.bench.models import Result


def nothing(key: str) -> str:
    note(key, "started")
    return key


def row(key: str) -> str:
    """Commits a row, as what a user waits for is one."""
    note(key, "started")
    Result(key=key).save(force_insert=True)
    note(key, "stored")
    return key


def run_nothing(run: TaskRun, _report: Report) -> Save:
    """The work of a whole run that neither reads nor asks."""
    key = run.params["key"]
    note(key, "started")

    def save() -> dict[str, Any]:
        transaction.on_commit(lambda: note(key, "stored"))
        return {"status": "success"}

    return save
