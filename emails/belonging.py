"""Who may see a thread: the one rule, for whatever reads more of a conversation than the message in question.

Which messages make a thread is what their senders say of them: whoever knows an id can name it. So standing in a
thread gives nobody a right to it. **A message is told only to those who had it**: its sender, and those in its To and
Cc. More exactly, another message M of the thread is told to a question about a message Q if

- everybody who gets the answer had M: Q's sender, by their own address, and all whom a reply to Q would go to by itself
  (Reply-To, several writers; of a message that the user wrote, its To). The user's own addresses do not count, neither
  for nor against: they connect nobody;
- in place of an address its house will do, if that is private: the registrable domain, never a public suffix's or a
  mail provider's (see mailai.domains). A recipient who may be the user stands for no house (see `doubtful`);
- M's own sender is somebody whom the user or Q's sender knows: who brings a message of theirs into a thread is not read
  there, and nobody whom they name takes part by that;
- no server of ours (MAILAI_AUTHSERV_IDS) noted for Q or M that DMARC did not pass. What it noted nothing about, or that
  the domain has no policy (`none`), is judged by the addresses alone: mail within one server and from another mailbox
  has no note, and an answer goes only to addresses that had M, whoever wrote Q.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.db.models.functions import Substr

from emails.access import HEAD
from emails.models import Email
from emails.own import own_addresses, same, written_from
from emails.parsing.headers import line
from emails.parsing.mime import split
from emails.showing.authentication import Noted, noted
from mailai.domains import is_private, organisation

CONSIDERED = 100  # newest messages of a thread that are looked at
RECIPIENTS = (
    200  # of one message that are looked at; whoever comes behind them counts as if they had not had it
)
RESULTS = 4000  # characters of one Authentication-Results field
COLUMNS = (
    "user_id",
    "thread_key",
    "mine",
    "sender_name",
    "sender_address",
    "to",
    "cc",
    "reply_to",
    "received_at",
)


def told_with(email: Email) -> list[Email]:
    """The other messages of the user's thread that may be told to a question about this one, newest first.

    They come with COLUMNS and the headers. The number of queries does not grow with the thread.
    """
    thread = Email.objects.filter(user_id=email.user_id, thread_key=email.thread_key, unreadable=False)
    others = list(
        thread.exclude(pk=email.pk).only(*COLUMNS, "headers").order_by("-received_at", "-id")[:CONSIDERED]
    )
    if not others:
        return []
    head = Email.objects.filter(pk=email.pk).values_list(Substr("raw", 1, HEAD), flat=True).first()
    if disowned(noted_of(bytes(head or b""))):
        return []
    if not (email.mine or same(email.sender_address)):
        return []
    people = People(email.user, [email, *others])
    asking = people.asking(email)
    return [other for other in people.known_to(email, asking, others) if people.had(other, asking)]


class People:
    """Who stands in some messages of one user. Two queries."""

    def __init__(self, user: Any, messages: Sequence[Email]) -> None:
        recipients = {message.pk: recipients_of(message) for message in messages}
        senders = {message.pk: same(message.sender_address) for message in messages}
        everybody = frozenset(senders.values()).union(*recipients.values())
        own = own_addresses(user)
        self.own = own | written_from(user, everybody - own)
        self.senders = senders
        self.people = {pk: (boxes | {senders[pk]}) - self.own - {""} for pk, boxes in recipients.items()}
        # Any recipient may be the user where a message came to no address that is known as the user's own.
        received = [recipients[message.pk] for message in messages if not message.mine]
        self.doubtful = frozenset().union(*(boxes for boxes in received if not boxes & self.own))

    def asking(self, email: Email) -> frozenset[str]:
        """Who wrote it, and whom an answer goes to by itself (RFC 5322 3.6.3); without the user."""
        boxes = email.to if email.mine else [*email.reply_to, ["", email.sender_address]]
        return frozenset(same(address) for _name, address in boxes) - self.own - {""}

    def had(self, message: Email, addresses: Iterable[str]) -> bool:
        """Whether the message went to, or came from, each of them or their house. The user's own had everything."""
        return not self.without(message, addresses)

    def without(self, message: Email, addresses: Iterable[str]) -> frozenset[str]:
        """Those of the addresses that had no part in the message."""
        return self._outside(addresses, self.people[message.pk])

    def known_to(self, email: Email, asking: frozenset[str], others: Sequence[Email]) -> list[Email]:
        """Those by somebody to whom who asks, or the user, wrote, or somebody whom they know in this way."""
        left = [other for other in others if not disowned(noted_in(other))]
        if not asking:  # the answer stays with the user
            return left
        known = asking | self.people[email.pk]
        found: set[int] = set()
        while new := [
            other
            for other in left
            if other.pk not in found and not self._outside([self.senders[other.pk]], known)
        ]:
            found |= {other.pk for other in new}
            known = known.union(*(self.people[other.pk] for other in new))
        return [other for other in left if other.pk in found]

    def _outside(self, addresses: Iterable[str], there: frozenset[str]) -> frozenset[str]:
        houses = {house_of(address) for address in there - self.doubtful} - {""}
        asked = frozenset(addresses) - self.own
        return frozenset(
            each for each in asked - there if organisation(each.rpartition("@")[2]) not in houses
        )


def recipients_of(message: Email) -> frozenset[str]:
    return frozenset(same(address) for _name, address in [*message.to, *message.cc][:RECIPIENTS]) - {""}


def house_of(address: str) -> str:
    """The registrable domain under which an address is one of a house; empty where strangers share it."""
    domain = address.rpartition("@")[2]
    return organisation(domain) if is_private(domain) else ""


def noted_of(head: bytes) -> Noted | None:
    """What the beginning of a message's source says of its sender's authenticity."""
    fields = split(head).headers.fields
    results = [line(value, RESULTS) for name, value in fields if name == "authentication-results"]
    return noted(results, settings.MAILAI_AUTHSERV_IDS)


def noted_in(message: Email) -> Noted | None:
    """As noted_of, from the one field that is kept beside the message: the topmost."""
    return noted([message.headers.get("authentication-results", "")], settings.MAILAI_AUTHSERV_IDS)


def disowned(said: Noted | None) -> bool:
    """Whether a server of ours asked for a DMARC verdict and did not get a good one."""
    return (
        said is not None
        and said.trusted
        and any(check.method == "dmarc" and check.result not in ("pass", "none") for check in said.checks)
    )
