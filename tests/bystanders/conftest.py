from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from replies.models import Sending
from tests.bystanders.belongings import HOUR, Belongings, changes, owner_of, rows


@dataclass
class Scene:
    """`mine` is what a test is about; `beside` is the same user's, and `theirs` a stranger's."""

    client: Client
    mine: Belongings
    beside: Belongings
    theirs: Belongings

    @contextmanager
    def watched(self, *also: str, something: bool = True) -> Iterator[None]:
        """Nothing changes but rows of `mine`, and of `beside` those that `also` names; but something does."""
        before = rows()
        yield
        changed = changes(before, rows())
        allowed = self.mine.keys | {key for name in also for key in self.beside.keys_of(name)}
        wrong = {key: what for key, what in changed.items() if what != "new" and key not in allowed}
        fresh = [key for key, what in changed.items() if what == "new"]
        strangers = [key for key in fresh if owner_of(*key) == self.theirs.user.pk]
        assert not wrong, wrong
        assert not strangers, strangers
        assert not (led := [key for key in changed if self._leads_to_strangers(*key)]), led
        if something:
            assert changed

    def _leads_to_strangers(self, label: str, pk: Any) -> bool:
        """Whether a row of the user's names one of a stranger's."""
        row = apps.get_model(label)._default_manager.filter(pk=pk).first()
        if row is None or owner_of(label, pk) != self.mine.user.pk:
            return False
        named = [
            (field.related_model._meta.label, getattr(row, field.attname))
            for field in row._meta.fields
            if field.related_model is not None
        ]
        return any(owner_of(*key) == self.theirs.user.pk for key in named if key[1] is not None)


@pytest.fixture
def scene(user: User, stranger: User, logged_in: Client, settings: Any) -> Scene:
    settings.MAILAI_MAIL_PRIVATE_HOSTS = ["127.0.0.0/8"]
    settings.MAILAI_MAIL_PORTS = set(range(1, 65536))
    theirs = Belongings(stranger)
    Sending.objects.filter(pk=theirs.prepared.pk).update(created_at=timezone.now() - 2 * HOUR)
    return Scene(logged_in, Belongings(user), Belongings(user, 2), theirs)
