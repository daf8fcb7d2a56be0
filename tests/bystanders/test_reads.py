"""What a page shows, offers and counts is the user's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from emails.models import Batch
from emails.onboarding.steps import Steps, steps_of
from mailai.ai.choice import tokens_of
from mailai.runs.models import TaskRun
from tests.bystanders.conftest import Scene
from tests.bystanders.test_posts import argument, routes
from tests.contract.asking import PAGE, as_json
from tests.factories import make_user

TAKES_ONLY_POSTS = 405


def pages(scene: Scene) -> list[tuple[str, dict[str, Any]]]:
    """Every address that a page can have, with what it is about."""
    found = []
    for route in routes():
        if route.name and route.name not in ("login", "logout", "styleguide"):
            found.append(
                (route.name, {name: argument(scene.mine, name) for name in route.pattern.converters})
            )
    return found


def test_no_page_shows_anything_of_a_strangers(scene: Scene):
    shown = {}
    for name, args in pages(scene):
        answer = scene.client.get(reverse(name, kwargs=args), headers=PAGE)
        if answer.status_code == TAKES_ONLY_POSTS:
            continue
        assert answer.status_code in (200, 204, 302), (name, answer.status_code)
        shown[name] = b"".join(answer) if answer.streaming else answer.content

    assert len(shown) > 25
    told = [name for name, content in shown.items() if b"mallory" in content.lower()]
    assert not told, told


def test_a_strangers_page_is_not_there(scene: Scene):
    found = {}
    for name, args in pages(scene):
        if args:
            theirs = {each: argument(scene.theirs, each) for each in args}
            found[name] = scene.client.get(reverse(name, kwargs=theirs), headers=PAGE).status_code

    assert len(found) > 25
    assert set(found.values()) <= {404, TAKES_ONLY_POSTS}, found


def test_the_default_is_the_newest_token_of_the_users(scene: Scene):
    assert [token.pk for token in tokens_of(scene.mine.user, "reply")] == [
        scene.beside.token.pk,
        scene.mine.token.pk,
        scene.mine.rules.pk,
    ]

    answer = as_json(scene.client, reverse("generate-reply", args=[scene.mine.email.pk]))

    assert TaskRun.objects.get(pk=answer.json()["task_id"]).token_id == scene.beside.token.pk


def test_the_bar_in_the_inbox_is_the_users(scene: Scene):
    assert scene.client.get("/").context["batch"].pk == scene.beside.batch.pk

    Batch.objects.filter(user=scene.mine.user).delete()

    assert scene.client.get("/").context["batch"] is None


def test_who_is_new_has_all_first_steps_before_them(scene: Scene, enter: Callable[[User], Client]):
    newcomer = make_user("newcomer")

    assert steps_of(newcomer) == Steps(False, False, False, False)
    page = enter(newcomer).get("/")
    assert page.context["steps"] == Steps(False, False, False, False)
    assert not page.context["any_mail"]
