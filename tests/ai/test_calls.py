"""One call by a token: the ledger gets its row whatever came of it."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from mailai.ai.calls import call
from mailai.ai.errors import AIError
from mailai.ai.models import AiCall
from mailai.ai.schemas import BaseAnswer
from tests.ai.asking import question
from tests.factories import make_run, make_token


class Stop(Exception):
    """What a run raises that was cancelled."""


def ask(token, on_text=lambda text: None, limit=5.0, run=None, attempt=1, schema=BaseAnswer):
    return call(question(schema), token, limit, on_text, run.pk if run else None, attempt)


def test_it_returns_the_answer_and_notes_the_call(user, token, email, fake):
    run = make_run(user, email=email)

    called = ask(token, run=run, attempt=2)

    assert isinstance(called.answer.content, BaseAnswer)
    assert called.provider == "openai"
    row = AiCall.objects.get()
    assert (row.user, row.token, row.run, row.attempt) == (user, token, run, 2)
    assert (row.kind, row.provider, row.model, row.prompt_version) == ("base", "openai", "fake", "test")
    assert row.input_tokens > 0
    assert row.output_tokens > 0
    assert 0 <= row.first_text_ms <= row.duration_ms == called.duration_ms
    assert row.error_code == ""
    token.refresh_from_db()
    assert token.last_used_at is not None
    assert token.last_error == ""


def test_it_measures_the_first_text_and_the_whole(user, fake):
    token = make_token(user, "fake:latency=0.2,drip=0.02")
    pieces = []

    ask(token, on_text=pieces.append)

    row = AiCall.objects.get()
    assert 200 <= row.first_text_ms < row.duration_ms
    assert len(pieces) > 1


@pytest.mark.parametrize(
    ("model", "code"),
    [("fake:status=500", "overloaded"), ("fake:quota", "quota"), ("fake:torn", "unreachable")],
)
def test_it_notes_a_failure_and_raises_it(user, fake, model, code):
    token = make_token(user, model)

    with pytest.raises(AIError) as caught:
        ask(token)

    assert caught.value.code == code
    assert AiCall.objects.get().error_code == code
    token.refresh_from_db()
    assert token.last_error == code


def test_it_lets_what_the_listener_raises_through_and_notes_a_cancellation(token, fake):
    def stop(text):
        raise Stop

    with pytest.raises(Stop):
        ask(token, on_text=stop)

    assert AiCall.objects.get().error_code == "cancelled"
    token.refresh_from_db()
    assert token.last_error == ""


def test_it_ends_within_the_limit(user, fake):
    with pytest.raises(AIError) as caught:
        ask(make_token(user, "fake:silent"), limit=0.2)

    assert caught.value.code == "timeout"
    assert AiCall.objects.get().duration_ms < 2000


def test_it_asks_the_built_in_rules_without_a_network(rules, settings):
    settings.MAILAI_BASE_URLS = {}

    assert ask(rules).answer.model == "rules"
    assert AiCall.objects.get().provider == "local"


@pytest.mark.parametrize(
    ("change", "code"), [("revoked_at", "token_revoked"), ("expires_at", "token_expired")]
)
def test_it_makes_no_call_with_a_token_that_cannot_be_used(user, fake, change, code):
    token = make_token(user, **{change: timezone.now() - dt.timedelta(seconds=1)})

    with pytest.raises(AIError) as caught:
        ask(token)

    assert caught.value.code == code
    assert not fake.requests
    assert not AiCall.objects.exists()


def test_it_says_that_a_provider_is_not_set_up_any_more(user, fake):
    with pytest.raises(AIError) as caught:
        ask(make_token(user, provider="closed-down"))

    assert caught.value.code == "bad_request"


def test_it_keeps_the_ledger_when_run_and_token_go(user, token, email, fake):
    run = make_run(user, email=email)
    ask(token, run=run)

    run.delete()
    token.delete()

    row = AiCall.objects.get()
    assert (row.run, row.token, row.user) == (None, None, user)
