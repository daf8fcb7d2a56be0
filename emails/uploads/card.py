"""An import's card: one partial for the page, each press and every poll. It is about the run itself."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models.functions import Now
from django.http import HttpRequest
from django.urls import reverse

from mailai.runs.models import TaskRun

RECENT = dt.timedelta(days=1)
MOST = 5


def subject(request: HttpRequest, run: TaskRun) -> TaskRun:
    return run


def context(request: HttpRequest, subject: TaskRun, run: TaskRun | None) -> dict[str, Any]:
    return {"run": run, "files": subject.params.get("files", []), "of_sample": "sample" in subject.params}


def page(run: TaskRun) -> str:
    return reverse("upload") + f"#import-{run.pk}"


def recent(user: AbstractBaseUser | AnonymousUser) -> list[TaskRun]:
    """The user's latest imports, newest first."""
    imports = TaskRun.objects.of(user).filter(kind="import", created_at__gt=Now() - RECENT)
    return list(imports.order_by("-created_at")[:MOST])
