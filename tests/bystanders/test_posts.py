"""Every route that takes a POST changes what it is about, and nothing beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from emails.models import Email, MailAccount, ShownSender
from emails.views.inbox import stamp_of
from tests.accounts.letters import letter
from tests.bystanders.belongings import PUT_AWAY, Belongings
from tests.bystanders.conftest import Scene
from tests.contract.asking import PAGE

Of = Callable[[Belongings], Any]


@dataclass
class Case:
    """A POST to `route` about `about`, a name of Belongings or nothing; `also`: what of `beside` it is about too."""

    route: str
    about: str = ""
    body: Of = lambda mine: {}
    also: tuple[str, ...] = ()
    args: Of | None = None
    before: Callable[[Belongings], None] = lambda mine: None
    something: bool = True
    label: str = ""
    headers: dict[str, str] = field(default_factory=lambda: PAGE)

    def path(self, of: Belongings) -> str:
        args = self.args(of) if self.args else [getattr(of, self.about).pk] if self.about else []
        return reverse(self.route, args=args)


def ids(mine: Belongings) -> list[int]:
    """Of the user's message, and of a stranger's of which they know the id."""
    return [mine.email.pk, *strangers()]


def strangers() -> list[int]:
    return list(Email.objects.exclude(user__username="alex").values_list("pk", flat=True))


def act(action: str, **more: Any) -> Of:
    return lambda mine: {"action": action, "id": ids(mine), **more}


def reply_of(mine: Belongings) -> dict[str, Any]:
    return {
        "text": "Dear Ada,\n\nhere it is, once more.",
        "draft_id": mine.draft.pk,
        "revision": 0,
        "to": "ada@example.com",
        "account": mine.account.pk,
        "quote": "on",
    }


def account_of(mine: Belongings) -> dict[str, Any]:
    here = mine.account
    names = ("address", "imap_host", "imap_port", "imap_security", "imap_user", "smtp_host", "smtp_port")
    values = {name: getattr(here, name) for name in names}
    return values | {
        "name": "Renamed",
        "folders": "INBOX",
        "smtp_security": "tls",
        "imap_password": "another",
    }


ACTIVE = ("queued", "running", "waiting", "importing")
CASES = [
    Case("inbox-act", body=act("done"), label="done"),
    Case(
        "inbox-act",
        body=lambda mine: {"action": "undone", "id": [mine.busy.pk, *strangers()]},
        label="undone",
    ),
    Case("inbox-act", body=act("unread"), label="unread"),
    Case("inbox-act", body=lambda mine: {"action": "read", "id": [mine.busy.pk, *strangers()]}, label="read"),
    Case("inbox-act", body=act("tag", tag="urgent"), label="tag"),
    Case("inbox-act", body=act("untag", tag="contract"), label="untag"),
    Case("inbox-act", body=act("analyse"), label="asking before it analyses", something=False),
    Case(
        "inbox-act",
        body=lambda mine: {"action": "done", "all": "1", "query": "?sender=ada1@example.com"},
        label="all that match",
    ),
    Case("inbox-undo", body=lambda mine: {"at": stamp_of(PUT_AWAY)}),
    Case(
        "inbox-analyse",
        body=lambda mine: {"ids": ".".join(map(str, ids(mine))), "service_token_id": mine.token.pk},
        also=("batch",),  # its bar is closed: one at a time
    ),
    Case("batch-retry", "batch"),
    Case("batch-cancel", "batch"),
    Case("batch-close", "batch"),
    Case("email-done", "email"),
    Case("email-undone", "busy"),
    Case("email-unread", "email"),
    Case("email-correct", "email", body=lambda mine: {"urgency": 1, "category": "info_only"}),
    Case("email-reprocess", "email", body=lambda mine: {"service_token_id": mine.token.pk}),
    Case("email-optimize", "email", body=lambda mine: {"service_token_id": mine.token.pk}),
    Case("email-images", "email", body=lambda mine: {"show": "no"}, label="no"),
    Case(
        "email-images",
        "email",
        body=lambda mine: {"show": "yes"},
        label="yes",
        before=lambda mine: forgotten(mine),
    ),
    Case("shown-sender-forget", "sender"),
    Case("accounts", body=lambda mine: account_of(mine)),
    Case("account-edit", "account", body=account_of),
    Case("account-test", "account"),
    Case("account-keep", "account", before=lambda mine: set_account(mine, standing="untested")),
    Case("account-fetch", "account"),
    Case("account-schedule", "account"),
    Case("account-remove", "account"),
    Case("start-dismiss"),
    Case("start-local"),
    Case("upload", body=lambda mine: {"files": [ContentFile(letter(77), "one.eml")]}),
    Case("sample"),
    Case("sample-remove"),
    Case("generate-reply", "email", body=lambda mine: {"service_token_id": mine.token.pk, "style": "brief"}),
    Case(
        "draft", "email", body=lambda mine: {"text": "Otherwise.", "draft_id": mine.draft.pk, "revision": 0}
    ),
    Case("draft", "email", body=lambda mine: {"text": "Anew."}, label="a new one"),
    Case("recipients", "email", body=lambda mine: reply_of(mine) | {"mode": "all"}),
    Case("prepare-reply", "email", body=reply_of),
    Case("save-to-server", "email", body=reply_of),
    Case("send", "prepared"),
    Case("profile", body=lambda mine: {"name": "Alex", "greeting": "Dear"}),
    Case(
        "tokens",
        body=lambda mine: {
            "name": "New",
            "provider": "openai",
            "model": "m",
            "key": "sk-0123456789abcdef",
            "purposes": ["base"],
            "expires": "30",
        },
    ),
    Case("token-test", "token"),
    Case("token-revoke", "token"),
    Case("run-cancel", "waiting"),
    Case("run-retry", "waiting"),
    Case("run-again", "failed"),
    Case("notifications-seen", body=lambda mine: {"key": [mine.ended.pk.hex]}, label="a run"),
    Case("notifications-seen", body=lambda mine: {"key": [f"batch-{mine.batch.pk}"]}, label="a batch"),
    Case("activity-again"),
    Case("activity-cancel", body=lambda mine: {"kind": "import"}, also=("importing",), label="of one kind"),
    Case("activity-cancel", also=ACTIVE),
    Case("language", body=lambda mine: {"language": "de"}),
    Case("theme", body=lambda mine: {"theme": "light"}),
    Case("logout", something=False),
]
ELSEWHERE = {
    "login": "nobody is logged in yet: tests/test_auth.py",
    "styleguide": "shows, whatever is sent",
}
NAMES = [f"{case.route}, {case.label}".strip(", ") for case in CASES]


def forgotten(mine: Belongings) -> None:
    ShownSender.objects.filter(pk=mine.sender.pk).delete()


def set_account(mine: Belongings, **values: Any) -> None:
    MailAccount.objects.filter(pk=mine.account.pk).update(**values)


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_it_changes_what_it_is_about_and_nothing_else(scene: Scene, case: Case):
    case.before(scene.mine)

    with scene.watched(*case.also, something=case.something):
        answer = scene.client.post(case.path(scene.mine), case.body(scene.mine), headers=case.headers)

    assert answer.status_code < 400, answer.content


def test_a_strangers_rows_are_not_there(scene: Scene):
    answers = {}
    with scene.watched(something=False):
        for name, case in zip(NAMES, CASES, strict=True):
            if case.about:
                path, body = case.path(scene.theirs), case.body(scene.mine)
                answers[name] = scene.client.post(path, body, headers=case.headers).status_code

    assert len(answers) > 25
    assert set(answers.values()) == {404}, answers


def routes(resolver: URLResolver | None = None) -> Iterator[URLPattern]:
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLPattern):
            yield entry
        elif entry.namespace != "admin":
            yield from routes(entry)


def test_every_route_that_takes_posts_has_its_case(scene: Scene):
    known = {case.route for case in CASES} | ELSEWHERE.keys()
    without = [route for route in routes() if route.name not in known]
    for route in without:
        if route.name is None:
            assert str(route.pattern).startswith("admin/")  # for operators, with tests of their own
            continue
        args = {name: argument(scene.mine, name) for name in route.pattern.converters}
        answer = scene.client.post(reverse(route.name, kwargs=args), headers={"Accept": "application/json"})
        assert answer.status_code == 405, f"{route.name} takes POSTs, and no case here says what it changes"


def argument(mine: Belongings, name: str) -> Any:
    return {
        "email_id": mine.email.pk,
        "batch_id": mine.batch.pk,
        "account_id": mine.account.pk,
        "token_id": mine.token.pk,
        "sender_id": mine.sender.pk,
        "position": 0,
        "sending_id": mine.prepared.pk,
        "task_id": str(mine.queued.pk),
        "key": mine.ended.pk.hex,
    }[name]
