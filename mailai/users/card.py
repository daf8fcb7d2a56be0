"""The card of a deletion: it is about the run itself, on the page of all runs of who ordered it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from mailai.runs.models import TaskRun


def subject(request: HttpRequest, run: TaskRun) -> TaskRun:
    return run


def context(request: HttpRequest, subject: TaskRun, run: TaskRun | None) -> dict[str, Any]:
    return {"run": run}


def page(run: TaskRun) -> str:
    return f"{reverse('activity')}#run-{run.pk}"
