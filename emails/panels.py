"""The panels of an email's page: one partial each, shared by the page, the press and every poll."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from emails.access import get_panel_email
from emails.analyse import latest
from emails.conversation import record_of
from emails.effective import compare, effective
from emails.models import Analysis, Email
from mailai.ai.choice import tokens_for
from mailai.http import Refused
from mailai.runs.models import TaskRun
from mailai.runs.press import presses_left


def base(request: HttpRequest, email: Email, run: TaskRun | None) -> dict[str, Any]:
    def second_opinion() -> dict[str, Any]:
        return optimize(request, email, latest_run(email, "optimize"), analysis)

    analysis = latest(email, "base")
    # Functions, so that they cost nothing where the template does not ask for them.
    return panel(request, email, "base", run) | {
        "analysis": analysis,
        "record": lambda: record_of(email, analysis) if analysis else None,
        "second_opinion": second_opinion,
    }


def optimize(
    request: HttpRequest, email: Email, run: TaskRun | None, first: Analysis | None = None
) -> dict[str, Any]:
    first, second = first or latest(email, "base"), latest(email, "optimize")
    context, comparison = panel(request, email, "optimize", run), compare(first, second)
    return context | {
        "base": first,
        "analysis": second,
        "comparison": comparison,
        "agree": bool(comparison) and not any(line.differs for line in comparison),
        "rules_only": all(token.is_local for token in context["tokens"]),
        "record": lambda: record_of(email, second, of_thread=True) if second else None,
        "left": presses_left(request, "optimize") if is_idle(run) else None,
    }


def panel(request: HttpRequest, email: Email, kind: str, run: TaskRun | None) -> dict[str, Any]:
    """What every panel needs; the form only shows while nothing is under way."""
    return {
        "email": email,
        "effective": effective(email),
        "kind": kind,
        "run": run,
        "tokens": tokens_for(request, kind) if is_idle(run) else [],
    }


def is_idle(run: TaskRun | None) -> bool:
    return run is None or not run.is_active


def latest_run(email: Email, kind: str) -> TaskRun | None:
    """The run that a page attaches to when it loads: the active one, or else the last."""
    return TaskRun.objects.filter(email_id=email.pk, kind=kind).order_by("-created_at").first()


def email_of(request: HttpRequest, run: TaskRun) -> Email:
    return get_panel_email(request, run.email_id or 0)


def needs_base(request: HttpRequest, run: TaskRun) -> None:
    """Of a second opinion that is asked for anew. Raises Refused 409."""
    if latest(email_of(request, run), "base") is None:
        raise Refused(409, "no_base", _("Run the base analysis first; the second opinion builds on it."))


def page(run: TaskRun) -> str:
    return reverse("email", args=[run.email_id]) + f"#panel-{run.kind}"
