"""The reply panel and the draft editor."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from emails.conversation import record_of
from emails.models import Email
from emails.panels import panel
from mailai.runs.models import TaskRun
from replies.models import Draft, Style


def reply(request: HttpRequest, email: Email, run: TaskRun | None) -> dict[str, Any]:
    """The panel of the reply run. The editor beside it is no part of what is polled."""
    ready = Draft.objects.filter(run=run).first() if run else None
    return (
        panel(request, email, "reply", run)
        | editor(request, email, request.GET.get("draft", ""))
        | {
            "ready": ready,
            "record": lambda: record_of(email, ready) if ready else None,
            "styles": Style.choices,
            "style": run.params.get("style", Style.PROFESSIONAL) if run else Style.PROFESSIONAL,
            "instructions": run.params.get("instructions", "") if run else "",
        }
    )


def editor(request: HttpRequest, email: Email, wanted: str = "") -> dict[str, Any]:
    """The editor on the version that is wanted; else on the user's own latest, because they may be at it; else on
    the newest."""
    versions = list(Draft.objects.of(request.user).filter(email=email).order_by("-version"))
    named = [draft for draft in versions if str(draft.version) == wanted]
    edited = [draft for draft in versions if draft.edited]
    return {"email": email, "versions": versions, "draft": next(iter(named + edited + versions), None)}
