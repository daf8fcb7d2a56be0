"""A run in a template: its wording, and how often to ask for it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import template
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from mailai.postgres import clock
from mailai.runs.models import TaskRun
from mailai.runs.notifications.awaited import expected_by
from mailai.runs.usual import usual_time
from mailai.runs.wording import brief, error_of, grouped, kind_name, message_of, text_of

register = template.Library()
register.filter(grouped)


@register.filter
def doing(run: TaskRun) -> str:
    return message_of(run)


@register.filter
def in_words(kind: str) -> str:
    return kind_name(kind)


@register.filter
def reason(run: TaskRun) -> str:
    return error_of(run) or ""


@register.filter("brief")
def brief_reason(run: TaskRun) -> str:
    """Without the advice: what the program is about to do by itself."""
    return brief(run.error_code)


@register.filter
def meaning(code: str) -> str:
    """Of an error code that stands elsewhere than on a run."""
    return text_of(code)


@register.filter
def poll_trigger(run: TaskRun) -> str:
    """When to ask next: at once while young, seldom once it has lasted."""
    age = clock.now() - run.created_at
    if age < dt.timedelta(seconds=3):
        return "load delay:250ms, every 1s"
    return "every 1s" if age < dt.timedelta(seconds=60) else "every 3s"


@register.filter
def usual(run: TaskRun) -> dt.timedelta | None:
    return usual_time(run)


@register.inclusion_tag("runs/_notifications.html", takes_context=True)
def notifications(context: Context) -> dict[str, Any]:
    """For the logged-in user; a page says with it at once what came of their runs meanwhile."""
    return expected_by(context["request"]) | {"csrf_token": context["csrf_token"]}


@register.filter
def seconds(duration: dt.timedelta) -> int:
    return round(duration.total_seconds())


@register.filter
def wait(run: TaskRun) -> int:
    """Seconds until the next try."""
    return max(0, round((run.run_at - clock.now()).total_seconds()))


@register.filter
def countdown(run: TaskRun) -> SafeString:
    """Until the next try, as a clock that ticks (page.js)."""
    left = wait(run)
    if left <= 90:
        return format_html('<span data-count="down">{}</span> s', left)
    return format_html('<span data-count="down">{}:{:02}</span> min', left // 60, left % 60)


@register.filter
def span(duration: dt.timedelta) -> str:
    """How long something took, in its largest fitting unit."""
    length = round(duration.total_seconds())
    if length < 120:
        return gettext("%(n)s s") % {"n": length}
    if length < 7200:
        return gettext("%(n)s min") % {"n": round(length / 60)}
    return gettext("%(n)s h") % {"n": round(length / 3600)}
