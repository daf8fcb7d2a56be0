"""A pytest plugin: notes what became of each test and how long it took, under coverage also what it ran.

`FAULTS_NOTES` names the file that the notes go to, a line of JSON for each test.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import coverage
import pytest

CURRENT = "FAULTS_TEST"  # in the environment: processes that a test starts count as its own


class Notes:
    def __init__(self, path: str) -> None:
        self._file = open(path, "a", encoding="utf-8")  # noqa: SIM115 - closed with the session
        self._seconds = 0.0
        self._outcome = "passed"

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._seconds, self._outcome = 0.0, "passed"
        os.environ[CURRENT] = item.nodeid
        if measuring := coverage.Coverage.current():
            measuring.switch_context(item.nodeid)
        result = yield
        if measuring:
            measuring.switch_context("")
        note = {"test": item.nodeid, "seconds": round(self._seconds, 3), "outcome": self._outcome}
        self._file.write(json.dumps(note) + "\n")
        self._file.flush()
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._seconds += report.duration
        if report.outcome != "passed":
            self._outcome = report.outcome

    def pytest_unconfigure(self) -> None:
        self._file.close()


def pytest_configure(config: Any) -> None:
    if path := os.environ.get("FAULTS_NOTES"):
        config.pluginmanager.register(Notes(path))
