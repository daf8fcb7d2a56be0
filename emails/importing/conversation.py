"""Which messages make a thread, whatever the order in which they come."""

from __future__ import annotations

import hashlib
from typing import Any

from emails.models import Email
from emails.parsing import Parsed


class Conversations:
    """The threads of a user's mailbox, as some new messages join them one after the other.

    A message belongs to the thread of the nearest message that it answers and that the user has, else to that of its
    first id. Answers that came before what they answer wait in a thread of its id, and are taken along.
    """

    def __init__(self, user: Any, coming: list[Parsed]) -> None:
        self.user = user
        answered = {message_id for parsed in coming for message_id in answered_by(parsed)}
        # Newest first, so that of several with one id the one that was there first counts.
        known = Email.objects.of(user).filter(message_id__in=answered).order_by("-id") if answered else None
        self.of_id = dict(known.values_list("message_id", "thread_key")) if known is not None else {}
        self.moved: dict[str, str] = {}

    def join(self, parsed: Parsed, otherwise: str) -> str:
        """The thread that a message joins now; `current` tells where it is when all have come."""
        known = next((self.of_id[one] for one in answered_by(parsed) if one in self.of_id), None)
        root = next(iter(parsed.references), "") or parsed.in_reply_to or parsed.message_id
        thread = self.current(known or (thread_of(root) if root else otherwise))
        if parsed.message_id:
            self.of_id.setdefault(parsed.message_id, thread)
            waiting = thread_of(parsed.message_id)
            if waiting != thread and waiting not in self.moved:
                self.moved[waiting] = thread
        return thread

    def current(self, thread: str) -> str:
        while thread in self.moved:
            thread = self.moved[thread]
        return thread

    def settle(self) -> None:
        """Take along what waits in the database."""
        if self.moved:
            waiting = Email.objects.of(self.user).filter(thread_key__in=self.moved).order_by()
            for thread in waiting.values_list("thread_key", flat=True).distinct():
                Email.objects.of(self.user).filter(thread_key=thread).update(thread_key=self.current(thread))


def answered_by(parsed: Parsed) -> list[str]:
    """The ids that a message answers, nearest first."""
    return [one for one in dict.fromkeys([parsed.in_reply_to, *reversed(parsed.references)]) if one]


def thread_of(message_id: str) -> str:
    """The key of the thread that begins with this message."""
    return hashlib.sha256(message_id.encode()).hexdigest()
