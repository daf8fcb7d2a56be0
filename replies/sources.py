"""What else was read for the text that goes out, and who of its recipients had no part in that."""

from __future__ import annotations

from dataclasses import dataclass

from emails.belonging import COLUMNS, People
from emails.models import Email
from emails.own import same
from replies.models import Sending


@dataclass(frozen=True)
class Sources:
    others: list[Email]
    """The messages that a model read for the draft beside the one that is answered, newest first."""
    gone: int
    """So many more were read, and are gone by now."""
    strangers: list[str]
    """Recipients who had no part in one of them, as emails.belonging judges it."""


def sources_of(sending: Sending) -> Sources:
    ids = sending.draft.read_ids[1:]
    if not ids:
        return Sources([], 0, [])
    others = list(Email.objects.filter(user_id=sending.user_id, pk__in=ids).only(*COLUMNS, "subject"))
    people = People(sending.user, [sending.email, *others])
    recipients = {same(address): address for address in sending.recipients}
    strangers = {each for other in others for each in people.without(other, recipients)}
    return Sources(
        others, len(ids) - len(others), [recipients[each] for each in recipients if each in strangers]
    )
