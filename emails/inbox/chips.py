"""The filters that are on, in words, each with the address without it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from emails.inbox.filters import FLAGS, Filters
from emails.models import Category, Level, MailAccount


@dataclass(frozen=True)
class Chip:
    label: str
    query: str


def flag_labels() -> dict[str, str]:
    return {
        "unread": _("Unread"),
        "asks": _("Needs a reply"),
        "draft": _("Has a draft"),
        "failed": _("Run failed"),
        "spam": _("Spam"),
        "done": _("Done mail"),
    }


def chips_of(filters: Filters, accounts: Sequence[MailAccount]) -> list[Chip]:
    chips = []
    for name, label in _labels(filters, accounts):
        default = Filters.__dataclass_fields__[name].default
        chips.append(Chip(label, filters.query(**{name: default})))
    return chips


def _labels(filters: Filters, accounts: Sequence[MailAccount]) -> list[tuple[str, str]]:
    found = [("q", _("search: %(words)s") % {"words": filters.q})] if filters.q else []
    if filters.urgency is not None:
        found.append(("urgency", _("urgency %(u)s") % {"u": Level(filters.urgency).label}))
    if filters.importance is not None:
        found.append(("importance", _("importance %(i)s") % {"i": Level(filters.importance).label}))
    if filters.category:
        found.append(("category", str(Category(filters.category).label)))
    if filters.sender:
        found.append(("sender", _("from %(sender)s") % {"sender": filters.sender}))
    if filters.account is not None:
        names = {account.pk: account.name for account in accounts}
        found.append(("account", names.get(filters.account, _("unknown account"))))
    if filters.tag:
        found.append(("tag", f"#{filters.tag}"))
    if filters.since:
        found.append(("since", _("since %(day)s") % {"day": date_format(filters.since, "SHORT_DATE_FORMAT")}))
    if filters.until:
        found.append(("until", _("until %(day)s") % {"day": date_format(filters.until, "SHORT_DATE_FORMAT")}))
    labels = flag_labels()
    return found + [(name, labels[name]) for name in FLAGS if getattr(filters, name)]
