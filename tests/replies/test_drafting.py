"""The reply run: what a model is told, and what is kept of its answer."""

from __future__ import annotations

import pytest

from mailai.runs.models import TaskRun
from mailai.runs.perform import perform
from replies.models import Draft, Style, WritingProfile
from replies.prompt import STYLES
from tests.factories import make_draft, make_email, make_token


def reply_to(email, token, style="professional", instructions=""):
    params = {"style": style, "instructions": instructions}
    run, created = TaskRun.objects.start(email.user, "reply", email, token, params)
    assert created
    perform(str(run.pk))
    run.refresh_from_db()
    return run


def prompt_of(request):
    return "\n".join(message["content"] for message in request.body["messages"])


def test_it_keeps_the_answer_as_the_next_version(email, token, fake):
    make_draft(email, version=1, text="mine", edited=True)

    run = reply_to(email, token, "friendly", "Say yes.")

    draft = Draft.objects.get(version=2)
    assert run.status == "succeeded"
    assert run.result["draft"] == draft.text
    assert "The contract" in draft.text
    assert (draft.user, draft.email, draft.run) == (email.user, email, run)
    assert (draft.style, draft.instructions, draft.edited) == ("friendly", "Say yes.", False)
    assert (draft.provider, draft.model) == ("openai", "fake")
    assert Draft.objects.get(version=1).text == "mine"


def test_it_tells_the_model_how_the_user_writes_and_what_they_want(email, token, fake):
    WritingProfile.objects.create(
        user=email.user,
        name="Alex Kranich",
        about="I run a small IT company.",
        signature="Kranich IT",
        greeting="Moin",
        closing="Beste Grüße",
        preferences="Never use exclamation marks.",
    )

    reply_to(email, token, "decline", "Offer a date in May.")

    prompt = prompt_of(fake.requests[0])
    for told in (
        "Alex Kranich",
        "I run a small IT company.",
        "Kranich IT",
        "Moin",
        "Beste Grüße",
        "Never use exclamation marks.",
        "Offer a date in May.",
        STYLES["decline"],
        "language of the message",
        "please send the signed contract",
    ):
        assert told in prompt
    assert "response_format" not in fake.requests[0].body


def test_it_knows_at_least_the_users_name(email, token, fake):
    reply_to(email, token)

    assert "Name: Alex Kranich" in prompt_of(fake.requests[0])


def test_it_reads_the_users_own_thread_newest_first_and_nobody_elses(user, stranger, token, fake):
    thread = {"thread_key": "t" * 64}
    email = make_email(user, **thread)
    older = make_email(user, text="the older one", mine=True, received_at="2031-01-01T12:00Z", **thread)
    newer = make_email(user, text="the newer one", received_at="2031-01-02T12:00Z", **thread)
    make_email(stranger, text="private of another", **thread)
    make_email(user, text="another matter")

    reply_to(email, token)

    prompt = prompt_of(fake.requests[0])
    places = [prompt.index(text) for text in ("signed contract", "the newer one", "the older one")]
    assert places == sorted(places)
    assert "(this is the user)" in prompt
    assert "private of another" not in prompt
    assert "another matter" not in prompt
    assert Draft.objects.get().read_ids == [email.pk, newer.pk, older.pk]


@pytest.mark.parametrize("style", Style.values)
def test_it_writes_in_every_style_by_the_built_in_rules(email, rules, style):
    run = reply_to(email, rules, style)

    draft = Draft.objects.get()
    assert run.status == "succeeded"
    assert (draft.style, draft.provider) == (style, "local")
    assert len(draft.text) > 20


def test_it_has_a_wording_for_every_style():
    assert set(STYLES) == set(Style.values)


def test_it_answers_in_the_messages_language(user, rules):
    german = make_email(
        user,
        text="Sehr geehrter Herr Kranich,\n\nkönnen Sie uns bitte das Angebot bis Freitag schicken?\n\nViele Grüße",
    )

    reply_to(german, rules)

    assert "Grüße" in Draft.objects.get().text


def test_it_keeps_what_streamed_in_as_a_draft_alone(email, user, fake):
    run = reply_to(email, make_token(user, "fake:drip=0.03"))

    assert (run.partial, run.result["draft"]) == ("", Draft.objects.get().text)


@pytest.mark.parametrize(
    ("model", "code"),
    [
        ("fake:status=503", "overloaded"),
        ("fake:torn", "unreachable"),
        ("fake:length", "truncated"),
        ("fake:empty", "invalid_output"),
    ],
)
def test_it_leaves_no_draft_of_a_failure(email, user, fake, model, code):
    run = reply_to(email, make_token(user, model))

    assert run.error_code == code
    assert not Draft.objects.exists()


def test_it_takes_no_recipient_from_a_model(email, token, fake):
    reply_to(email, token)

    columns = {field.name for field in Draft._meta.get_fields()}
    assert not columns & {"to", "cc", "bcc", "recipients", "subject"}
