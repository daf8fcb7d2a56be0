"""Which of the first steps a user has done, in one query."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Exists, OuterRef, Q
from django.db.models.expressions import Combinable
from django.utils.module_loading import import_string

from emails.models import Email, MailAccount
from mailai.ai.models import LOCAL, ServiceToken

STEPS = {
    "look": "emails.onboarding.steps.has_looked",
    "mail": "emails.onboarding.steps.has_mail",
    "model": "emails.onboarding.steps.has_model",
    "words": "replies.onboarding.has_profile",
}
"""Dotted names of `() -> condition` on a row of the user: replies know emails, never the reverse."""


@dataclass(frozen=True)
class Steps:
    """Whether each is done."""

    look: bool
    mail: bool
    model: bool
    words: bool

    @property
    def count(self) -> int:
        return sum(vars(self).values())

    @property
    def of(self) -> int:
        return len(vars(self))


def steps_of(user: AbstractBaseUser | AnonymousUser) -> Steps | None:
    """None where there is nothing to tell any more: all is done, or the user has put it away."""
    mine = get_user_model().objects.filter(pk=user.pk or 0, onboarding__dismissed_at=None)
    found = mine.annotate(**{name: import_string(path)() for name, path in STEPS.items()})
    done = found.values(*STEPS).first()
    return Steps(**done) if done is not None and not all(done.values()) else None


def has_looked() -> Combinable | Q:
    return Q(Q(onboarding__looked_at__isnull=False) | Exists(Email.objects.filter(user=OuterRef("pk"))))


def has_mail() -> Combinable | Q:
    own = Email.objects.filter(user=OuterRef("pk"), sample=False)
    return Q(Exists(MailAccount.objects.filter(user=OuterRef("pk"))) | Exists(own))


def has_model() -> Combinable | Q:
    tokens = ServiceToken.objects.filter(user=OuterRef("pk")).exclude(provider=LOCAL)
    return Q(Q(onboarding__local_at__isnull=False) | Exists(tokens))
