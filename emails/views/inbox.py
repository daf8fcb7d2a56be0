"""The inbox: the list, what is new on it, and what is done to the messages that were picked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from emails.inbox import marks
from emails.inbox.chips import chips_of, flag_labels
from emails.inbox.filters import Filters, filters_of
from emails.inbox.listing import EPOCH, order_of, page_of, rows_of
from emails.inbox.matrix import matrix_of
from emails.inbox.models import Batch
from emails.inbox.neighbours import Listed
from emails.inbox.selection import bounded_count, numbers_of, selected
from emails.models import Category, Email, MailAccount
from emails.onboarding.steps import steps_of
from emails.uploads.card import recent
from mailai.ai.choice import tokens_for
from mailai.http import Refused, contract, owner_id, read_text

MOST_NEW = 99


@require_safe
@login_required
@never_cache
def inbox(request: HttpRequest) -> HttpResponse:
    filters = filters_of(request.GET)
    if any(value == "" for value in request.GET.values()):  # what a form sends of its empty fields
        return redirect(reverse("inbox") + filters.query())
    matching = filters.of(Email.objects.all(), request.user)
    page = page_of(matching, filters, request.GET.get("before", ""))
    accounts = list(MailAccount.objects.filter(user_id=owner_id(request)).only("pk", "name"))
    matrix = matrix_of(request.user, filters) if filters.view == "matrix" else None
    whole = page.first and not page.before
    any_mail = bool(page.rows) or Email.objects.of(request.user).exists()
    imports = [] if any_mail else recent(request.user)[:1]
    most = settings.MAILAI_BATCH_MAX
    context = {
        "page": page,
        "filters": filters,
        "chips": chips_of(filters, accounts),
        "accounts": accounts,
        "categories": Category.choices,
        "flags": [(name, label, getattr(filters, name)) for name, label in flag_labels().items()],
        "matrix": matrix,
        "ranked": any(cell.count for line in matrix or () for cell in line),
        "count": len(page.rows) if whole else bounded_count(matching.order_by(*order_of(filters)), most),
        "most": most,
        "any_mail": any_mail,
        "imports": imports,
        "importing": any(run.is_active for run in imports),
        "older": filters.query(before=page.before) if page.before else "",
        "listed": Listed(filters, "" if page.first else request.GET.get("before", "")),
        "news": news_address(filters, page.shown, page.newest, 0),
        "batch": Batch.objects.of(request.user).filter(closed_at=None).counted().order_by("-pk").first(),
        "toast": _toast(request),
        "steps": steps_of(request.user) if page.first and not filters.narrow else None,
        "links": {
            "newest": filters.query(sort="date"),
            "priority": filters.query(sort="priority"),
            "list": filters.query(view="list", urgency=None, importance=None),
            "matrix": filters.query(view="matrix"),
            "done": "" if filters.done else filters.query(done=True),
            "all": Filters(sort=filters.sort, view=filters.view).query(),
        },
    }
    return render(request, "emails/inbox.html", context)


@contract("GET")
def news(request: HttpRequest) -> HttpResponse:
    """How many new messages match since the page was made, and the rows whose runs went on. 204: nothing changed."""
    filters = filters_of(request.GET)
    claimed = dict(name.partition("-")[::2] for name in request.GET.get("rows", "").split("."))
    rows = {row.email.pk: row for row in rows_of(request.user, numbers_of(list(claimed)))}
    changed = [row for pk, row in rows.items() if claimed.get(str(pk)) != row.version]
    since, told = (max([0, *numbers_of([request.GET.get(name, "")])]) for name in ("after", "new"))
    count = bounded_count(filters.of(Email.objects.filter(pk__gt=since), request.user), MOST_NEW)
    if not changed and count == told:
        return HttpResponse(status=204)
    shown = ".".join(f"{pk}-{rows[int(pk)].version}" for pk in claimed if pk.isdigit() and int(pk) in rows)
    context = {
        "news": news_address(filters, shown, since, count),
        "new": count,
        "most_new": MOST_NEW,
        "again": filters.query(),
        "changed": changed,
    }
    return render(request, "emails/_news.html", context)


def news_address(filters: Filters, rows: str, after: int, new: int) -> str:
    return reverse("inbox-news") + filters.query(rows=rows, after=after, new=new)


@contract("POST")
def act(request: HttpRequest) -> HttpResponse:
    """One action on all that is selected."""
    action = request.POST.get("action", "")
    emails = selected(request.user, request.POST)
    if action == "analyse":
        return _ask_before_analysing(request, emails)
    if action == "done":
        return redirect(back(request, undo=stamp_of(marks.put_away(emails))))
    if action in ("tag", "untag"):
        name = read_text(request.POST.dict(), "tag", 40)
        if not name:
            raise Refused(400, "tag_missing", _("Which tag? Write its name beside the button."))
        count = marks.tag(emails, name) if action == "tag" else marks.untag(emails, name)
    elif action in MARKS:
        count = MARKS[action](emails)
    else:
        raise Refused(400, "malformed", _("There is no such action."))
    said = ngettext("%(n)s message changed.", "%(n)s messages changed.", count) % {"n": count}
    messages.success(request, said)
    return redirect(back(request))


MARKS: dict[str, Callable[[QuerySet[Email]], int]] = {
    "undone": marks.bring_back,
    "read": marks.see,
    "unread": marks.unsee,
}


@contract("POST")
def undo(request: HttpRequest) -> HttpResponse:
    """Bring back what was put away at one moment."""
    moment = moment_of(request.POST.get("at", ""))
    count = marks.bring_back(marks.put_away_at(request.user, moment)) if moment else 0
    said = ngettext("%(n)s message is back.", "%(n)s messages are back.", count) % {"n": count}
    messages.success(request, said)
    return redirect(back(request))


def back(request: HttpRequest, **more: Any) -> str:
    """The list that the form was on."""
    values = QueryDict(request.POST.get("query", "").lstrip("?"))
    kept = {"before": values["before"]} if values.get("before") else {}
    return reverse("inbox") + filters_of(values).query(**kept, **more)


def stamp_of(moment: dt.datetime) -> int:
    return (moment - EPOCH) // dt.timedelta(microseconds=1)


def moment_of(text: str) -> dt.datetime | None:
    numbers = numbers_of([text])
    return EPOCH + dt.timedelta(microseconds=numbers[0]) if numbers else None


def toast(user: Any, moment: dt.datetime, query: str) -> dict[str, Any] | None:
    count = marks.put_away_at(user, moment).count()
    return {"count": count, "at": stamp_of(moment), "query": query} if count else None


def _toast(request: HttpRequest) -> dict[str, Any] | None:
    moment = moment_of(request.GET.get("undo", ""))
    return toast(request.user, moment, filters_of(request.GET).query()) if moment else None


def _ask_before_analysing(request: HttpRequest, emails: QuerySet[Email]) -> HttpResponse:
    most = settings.MAILAI_BATCH_MAX
    ids = list(emails.order_by("-received_at", "-pk").values_list("pk", flat=True)[: most + 1])
    context = {
        "ids": ".".join(str(pk) for pk in ids[:most]),
        "count": len(ids[:most]),
        "more": len(ids) > most,
        "tokens": tokens_for(request, "base"),
        "query": request.POST.get("query", ""),
        "back": back(request),
    }
    return render(request, "emails/analyse_many.html", context)
