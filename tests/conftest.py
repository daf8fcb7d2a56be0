"""What tests of all packages share: two users who must not meet, a message, two tokens, a client that is logged in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from emails.models import Email
from mailai.ai.models import ServiceToken
from tests.ai.conftest import fake, running_fake  # noqa: F401 - the fake provider, for every package
from tests.factories import make_email, make_token, make_user


@pytest.fixture
def user(db: None) -> User:
    return make_user("alex", first_name="Alex", last_name="Kranich")


@pytest.fixture
def stranger(db: None) -> User:
    return make_user("mallory")


@pytest.fixture
def email(user: User) -> Email:
    return make_email(user)


@pytest.fixture
def rules(user: User) -> ServiceToken:
    """The user's token for the built-in rules: no key, no network."""
    return ServiceToken.objects.ensure_local(user)


@pytest.fixture
def token(user: User) -> ServiceToken:
    """A token for OpenAI; use the fixture `fake` with it."""
    return make_token(user)


@pytest.fixture
def enter(settings: Any) -> Callable[[User], Client]:
    """Makes a client that is logged in."""
    settings.WHITENOISE_USE_FINDERS = False  # or every client reads the folders of static files anew

    def log_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return log_in


@pytest.fixture
def logged_in(enter: Callable[[User], Client], user: User) -> Client:
    """The user's client."""
    return enter(user)


@pytest.fixture
def intruder(enter: Callable[[User], Client], stranger: User) -> Client:
    """The stranger's client."""
    return enter(stranger)
