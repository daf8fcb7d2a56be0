"""A kind of run whose work each test writes itself: `probe.work` does what the test put into `then`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

from emails.models import Analysis
from mailai.runs.kinds import Kind, Save
from mailai.runs.models import TaskRun
from mailai.runs.report import Report
from tests.factories import make_analysis

Work = Callable[[TaskRun, Report], Save]


def work(run: TaskRun, report: Report) -> Save:
    probe.calls += 1
    return probe.then(run, report)


def save_an_analysis(run: TaskRun, report: Report) -> Save:
    report.asking()

    def save() -> dict[str, Any]:
        analysis: Analysis = make_analysis(run.email, run=run)  # type: ignore[arg-type]
        return {"status": "success", "analysis": analysis.pk}

    return save


class Probe:
    def __init__(self) -> None:
        self.then: Work = save_an_analysis
        self.calls = 0


probe = Probe()


def nothing(_request: HttpRequest, *_about: Any) -> dict[str, Any]:
    return {}


KIND = Kind(
    "probe",
    work="tests.runs.probe.work",
    template="emails/_base.html",
    subject="tests.runs.probe.nothing",
    context="tests.runs.probe.nothing",
    page="tests.runs.probe.nothing",
)
