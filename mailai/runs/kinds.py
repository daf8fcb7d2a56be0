"""The registry of kinds: what a run of each kind does and how a page shows it, by dotted names.

This is the only place that ties the run layer to the features above it, so that nothing here imports them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.module_loading import import_string
from django_htmx.http import retarget

from mailai.runs.lanes import DEFAULT

Save = Callable[[], dict[str, Any]]
"""Saves what a run found, inside the transaction that finishes it, and returns the run's `result`."""


@dataclass(frozen=True)
class Kind:
    name: str
    work: str
    """Dotted name of `(TaskRun, Report) -> Save`: reads and asks, but changes nothing. Raises AIError.

    Work that acts on the world outside notes that under its fence, and tells by `irrevocable` that it may have.
    """
    template: str
    """The partial that shows a run of this kind: on its page, after the press and at every poll."""
    subject: str
    """Dotted name of `(HttpRequest, TaskRun) -> object`: what the run is about, fetched through its owner."""
    context: str
    """Dotted name of `(HttpRequest, object, TaskRun | None) -> dict`: the partial's context, given the subject."""
    page: str
    """Dotted name of `(TaskRun) -> str`: the address of the page that the run belongs to."""
    progress: str = "runs/_active.html"
    """What of the partial changes while the run is active, if not all of it: the rest need not be made at each poll."""
    reports_steadily: bool = False
    """Whether its work tells of its progress all the time: then the lease is short, and renewed by each report."""
    restarts: bool = True
    """Whether an operator may start an ended one anew: not where what it is about goes with its end."""
    for_operators: bool = False
    """Whether operators alone start one, so that nobody else need be told of the kind."""
    repeats: bool = False
    """Whether an ended run may be started anew as it was, from the page of all runs."""
    repeat_check: str = ""
    """Dotted name of `(HttpRequest, TaskRun) -> None`: what a press checks beside the token. Raises Refused."""

    @property
    def soft_limit(self) -> int:
        """Seconds that the call to a model may take in all."""
        return settings.MAILAI_SOFT_LIMITS[self.name]

    @property
    def hard_limit(self) -> int:
        """Seconds after which django-q2 ends the task."""
        return settings.MAILAI_HARD_LIMITS[self.name]

    @property
    def lease(self) -> int:
        """Seconds of silence after which its worker counts as lost."""
        return settings.MAILAI_FETCH_LEASE if self.reports_steadily else self.hard_limit

    @property
    def backoff(self) -> int:
        """Seconds before the first retry; each further one waits twice as long."""
        return settings.MAILAI_BACKOFFS[self.name]

    @property
    def queue(self) -> str:
        """The queue that its rings go to; a worker may be told to serve some queues only."""
        return settings.MAILAI_QUEUES.get(self.name, DEFAULT)

    @property
    def rate(self) -> str:
        return settings.MAILAI_RATES[self.name]

    def find_work(self) -> Callable[..., Save]:
        return import_string(self.work)

    def context_of(self, request: HttpRequest, subject: Any, run: Any) -> dict[str, Any]:
        return import_string(self.context)(request, subject, run)

    def show(self, request: HttpRequest, run: Any, subject: Any = None) -> HttpResponse:
        """The partial. Who has fetched the subject already, through its owner, brings it along."""
        subject = subject or import_string(self.subject)(request, run)
        return render(request, self.template, self.context_of(request, subject, run) | {"fragment": True})

    def show_progress(self, request: HttpRequest, run: Any) -> HttpResponse:
        """Instead of what asked for it, on a page that shows the run as active."""
        if not self.progress:
            return self.show(request, run)
        return retarget(render(request, self.progress, {"run": run}), "this")

    def page_of(self, run: Any) -> str:
        return import_string(self.page)(run)

    def check(self, request: HttpRequest, run: Any) -> None:
        """That an ended run may be started anew. Raises Refused."""
        if self.repeat_check:
            import_string(self.repeat_check)(request, run)


_ABOUT_ACCOUNT: dict[str, Any] = {
    "template": "emails/_account.html",
    "subject": "emails.accounts.card.account_of",
    "context": "emails.accounts.card.context",
    "page": "emails.accounts.card.page",
}

_ABOUT_EMAIL: dict[str, Any] = {"subject": "emails.panels.email_of", "page": "emails.panels.page"}

KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "base",
            work="emails.analyse.base",
            template="emails/_base.html",
            context="emails.panels.base",
            repeats=True,
            **_ABOUT_EMAIL,
        ),
        Kind(
            "optimize",
            work="emails.analyse.optimize",
            template="emails/_optimize.html",
            context="emails.panels.optimize",
            repeats=True,
            repeat_check="emails.panels.needs_base",
            **_ABOUT_EMAIL,
        ),
        Kind(
            "reply",
            work="replies.drafting.reply",
            template="replies/_reply.html",
            context="replies.panels.reply",
            repeats=True,
            **_ABOUT_EMAIL,
        ),
        Kind(
            "send",
            work="replies.sending.send",
            template="replies/_sending.html",
            progress="",
            context="replies.panels.sending",
            **_ABOUT_EMAIL,
        ),
        Kind(
            "save_draft",
            work="replies.drafts_folder.save_draft",
            template="replies/_saving.html",
            context="replies.panels.saving",
            **_ABOUT_EMAIL,
        ),
        Kind(
            "token_test",
            work="mailai.ai.trial.work",
            template="ai/_token.html",
            subject="mailai.ai.views.token_of",
            context="mailai.ai.views.token_context",
            page="mailai.ai.views.page",
            repeats=True,
        ),
        Kind("fetch", work="emails.accounts.fetching.work", reports_steadily=True, **_ABOUT_ACCOUNT),
        Kind("account_test", work="emails.accounts.trial.work", **_ABOUT_ACCOUNT),
        Kind(
            "import",
            work="emails.uploads.storing.work",
            template="emails/_import.html",
            subject="emails.uploads.card.subject",
            context="emails.uploads.card.context",
            page="emails.uploads.card.page",
            reports_steadily=True,
            restarts=False,
        ),
        Kind(
            "delete_user",
            work="mailai.users.deleting.work",
            template="users/_deletion.html",
            subject="mailai.users.card.subject",
            context="mailai.users.card.context",
            page="mailai.users.card.page",
            reports_steadily=True,
            for_operators=True,
        ),
    )
}
