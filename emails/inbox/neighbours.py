"""From a message to the next one of the list that it was opened from, wherever that list goes on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import F, QuerySet, Value
from django.http import QueryDict

from emails.inbox.filters import Filters, filters_of
from emails.inbox.listing import PAGE, Behind, columns_of, ids_of, order_of, write_key
from emails.models import Email


@dataclass(frozen=True)
class Listed:
    """A page of the list, as the address of a message names it."""

    filters: Filters
    before: str

    @classmethod
    def read(cls, text: str) -> Listed:
        """What makes no sense there is as if it were not there."""
        values = QueryDict(text.removeprefix("?"))
        return cls(filters_of(values), values.get("before", "")[:100])

    @property
    def query(self) -> str:
        """The page's own, "" or beginning with "?"."""
        return self.filters.query(before=self.before) if self.before else self.filters.query()

    @property
    def way(self) -> str:
        """What the address of a message takes along."""
        return f"?{urlencode({'list': self.query[1:]})}" if self.query else ""


class Ahead(Behind):
    sign = ">"


def next_of(
    user: AbstractBaseUser | AnonymousUser, email: Email, listed: Listed
) -> tuple[Email, Listed] | None:
    """The one behind `email`, and the page that shows it. By the place of `email`, which may be in the list no more."""
    matching = listed.filters.of(Email.objects.all(), user)
    found = matching.filter(_beyond(Behind, email, listed.filters)).order_by(*order_of(listed.filters))
    return _shown(found.first(), matching, listed, write_key(email, listed.filters))


def previous_of(
    user: AbstractBaseUser | AnonymousUser, email: Email, listed: Listed
) -> tuple[Email, Listed] | None:
    """The one before `email`, and the page that shows it."""
    matching = listed.filters.of(Email.objects.all(), user)
    ascending = [F(name).asc() for name in columns_of(listed.filters)]
    found = list(matching.filter(_beyond(Ahead, email, listed.filters)).order_by(*ascending)[: PAGE + 1])
    # A page that ends with it.
    key = write_key(found[PAGE], listed.filters) if len(found) > PAGE else ""
    return _shown(found[0] if found else None, matching, listed, key)


def _beyond(compared: type[Behind], email: Email, filters: Filters) -> Behind:
    names = columns_of(filters)
    return compared(*names, *(Value(getattr(email, name)) for name in names))


def _shown(
    email: Email | None, matching: QuerySet[Email], listed: Listed, key: str
) -> tuple[Email, Listed] | None:
    """With the page of `listed` as long as that shows it, else with the one behind the key."""
    if email is None:
        return None
    page = list(ids_of(matching, listed.filters, listed.before)[:PAGE].values_list("pk", flat=True))
    return email, listed if email.pk in page else replace(listed, before=key)
