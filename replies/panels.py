"""The reply panel, the draft editor, and what is below it: whom it goes to, and what became of it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest

from emails.conversation import record_of
from emails.models import Email
from emails.panels import panel
from emails.parsing.addresses import Address
from mailai.runs.models import TaskRun
from replies.composing.mailbox import shown
from replies.forms import SendForm
from replies.models import Draft, Sending, Style
from replies.outgoing import accounts_of, recipients_of, usual_account


def reply(request: HttpRequest, email: Email, run: TaskRun | None) -> dict[str, Any]:
    """The panel of the reply run. The editor beside it is no part of what is polled."""
    newest = None if run and run.is_active else drafts_of(request, email).first()
    ready = newest if newest and run and newest.run_id == run.pk else None
    return panel(request, email, "reply", run) | {
        "newest": newest,
        "ready": ready,
        "record": lambda: record_of(email, ready, of_thread=True) if ready else None,
        "styles": Style.choices,
        "style": run.params.get("style", Style.PROFESSIONAL) if run else Style.PROFESSIONAL,
        "instructions": run.params.get("instructions", "") if run else "",
        "editor": lambda: editor(request, email, request.GET.get("draft", "")),
    }


def editor(request: HttpRequest, email: Email, wanted: str = "") -> dict[str, Any]:
    """The editor on the version that is wanted; else on the user's own latest, because they may be at it; else on
    the newest."""
    versions = list(drafts_of(request, email))
    named = [draft for draft in versions if str(draft.version) == wanted]
    edited = [draft for draft in versions if draft.edited]
    return {"email": email, "versions": versions, "draft": next(iter(named + edited + versions), None)}


def drafts_of(request: HttpRequest, email: Email) -> QuerySet[Draft]:
    return Draft.objects.of(request.user).filter(email=email).order_by("-version")


def sending(request: HttpRequest, email: Email, run: TaskRun | None) -> dict[str, Any]:
    """What becomes of the latest message that was confirmed. The form beside it is no part of what is polled."""

    def recipients() -> dict[str, Any]:
        form = send_form(request, email, request.GET.get("reply", ""))
        sent = last is not None and last.outcome == "sent"
        return form | {"again": sent and not request.GET.get("reply")}

    last = Sending.objects.filter(run=run).defer("raw").select_related("run").first() if run else None
    return {
        "email": email,
        "run": run,
        "sending": last,
        "kind": "send",
        "undo_seconds": settings.MAILAI_UNDO_SECONDS,
        "recipients": recipients,  # a function, so that a poll does not pay for it
    }


def saving(request: HttpRequest, email: Email, run: TaskRun | None) -> dict[str, Any]:
    """What becomes of a draft on its way to the mail server's folder of drafts."""
    return {"email": email, "run": run, "kind": "save_draft"}


def send_form(request: HttpRequest, email: Email, mode: str = "") -> dict[str, Any]:
    """Whom a reply goes to: as the `mode` says ("one", "all"), else as the user had it last, else to the sender."""
    accounts = accounts_of(request.user)
    all_to, all_cc = everybody = recipients_of(email, everybody=True)
    last = None if mode else unsent(request, email)
    if last is not None:
        to, cc, account, quote = last.to, last.cc, last.account, last.quote
    else:
        to, cc = everybody if mode == "all" else recipients_of(email, everybody=False)
        account, quote = usual_account(email, accounts), True
    if addresses(to + cc) == addresses(all_to + all_cc):
        mode = "all"
    initial = {"to": shown(to), "cc": shown(cc), "account": account, "quote": quote}
    return {
        "email": email,
        "accounts": accounts,
        "form": SendForm(request.user, initial=initial),
        "mode": mode,
        "others": bool(all_cc),
    }


def addresses(boxes: list[Address]) -> set[str]:
    return {address.casefold() for _name, address in boxes}


def unsent(request: HttpRequest, email: Email) -> Sending | None:
    """The last message that was prepared, if it did not go out."""
    last = (
        Sending.objects.of(request.user)
        .filter(email=email)
        .defer("raw")
        .select_related("run", "account")
        .first()
    )
    return last if last and last.outcome in ("prepared", "undone", "failed") else None
