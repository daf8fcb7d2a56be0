"""Rows beside the ones that a test is about: another user's, and the user's own second ones, none of which may change.

A row that is fetched through its owner is guarded; the statement behind it is only seen to be if there is another row
that it must not hit.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.db.models import Model
from django.utils import timezone
from django_q.models import OrmQ

from emails.models import Batch, Correction, Folder, ServerCopy, ShownSender
from emails.onboarding.models import Onboarding
from emails.uploads.accepting import keep_pieces
from emails.uploads.models import Upload, UploadFile
from mailai.ai.models import AiCall, ServiceToken
from mailai.appearance.models import Appearance
from mailai.runs.models import TaskRun
from replies.models import WritingProfile
from tests.accounts.letters import letter
from tests.factories import (
    make_account,
    make_analysis,
    make_attachment,
    make_draft,
    make_email,
    make_run,
    make_sending,
    make_token,
)

PUT_AWAY = dt.datetime(2026, 1, 6, 9, 30, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
# Django's own, and what every request writes of its session and its counts.
PASSED_OVER = {"contenttypes.ContentType", "auth.Permission", "sessions.Session", "postgres.CacheEntry"}

Rows = dict[tuple[str, Any], dict[str, Any]]


class Belongings:
    """One row of everything a user can have, and of runs one in every state.

    Those with the same `number` have the same messages, whoever they belong to. `email` has nothing under way; `busy`
    has what is active.
    """

    def __init__(self, user: User, number: int = 1, **servers: Any) -> None:
        self.user, self.number = user, number
        self._mail()
        self._account(servers)
        self.token = make_token(
            user, name=f"Token of {user.username} {number}", key=f"sk-{user.username}-{number}-0123456789"
        )
        self.sender = ShownSender.objects.create(user=user, address=f"ada{number}@example.com")
        self.call = AiCall.objects.create(
            user=user, token=self.token, kind="base", provider="openai", model="m"
        )
        self._runs()
        self._drafts()
        self._upload()
        if number == 1:  # of these, nobody can have two
            self.rules = ServiceToken.objects.ensure_local(user)
            self.profile = WritingProfile.objects.create(
                user=user, name=user.username, signature="Kind regards"
            )
            self.onboarding = Onboarding.objects.create(user=user)
            self.appearance = Appearance.objects.create(user=user, theme="dark")
        self.rings = list(OrmQ.objects.filter(pk__in=[run.queue_id for run in self.runs if run.queue_id]))

    @property
    def runs(self) -> list[TaskRun]:
        return [value for value in vars(self).values() if isinstance(value, TaskRun)]

    @property
    def keys(self) -> set[tuple[str, Any]]:
        """Of all its rows, as `rows` names them."""
        return {key for name in vars(self) for key in self.keys_of(name)}

    def keys_of(self, name: str) -> set[tuple[str, Any]]:
        value = getattr(self, name)
        return {
            key_of(each)
            for each in (value if isinstance(value, list) else [value])
            if isinstance(each, Model)
        }

    def _mail(self) -> None:
        raw = letter(self.number)
        mark = hashlib.sha256(raw).hexdigest()
        shared: dict[str, Any] = {
            "raw": raw,
            "size": len(raw),
            "content_hash": mark,
            "message_id": f"letter-{self.number}@example.com",
            "subject": f"Letter {self.number}",
            "sender_address": f"ada{self.number}@example.com",
            "text": f"Dear {self.user.username},\n\ncan you send me the contract {self.number} by 2031-04-02?",
            "thread_key": mark,
        }
        self.email = make_email(self.user, dedupe_key=f"quiet{mark[5:]}", seen_at=PUT_AWAY, **shared)
        self.email.user_tags = ["contract", f"{self.user.username}s"]
        self.email.save(update_fields=["user_tags"])
        self.attachment = make_attachment(self.email, name=f"{self.user.username}.pdf")
        self.analysis = make_analysis(self.email, summary=f"{self.user.username} is asked for the contract.")
        self.correction = Correction.objects.create(email=self.email, urgency=3)
        done_at = PUT_AWAY + (self.number - 1) * HOUR
        shared["message_id"] = f"busy-{self.number}@example.com"
        self.busy = make_email(self.user, dedupe_key=f"busy{mark[4:]}", done_at=done_at, **shared)
        self.sample = make_email(self.user, sample=self.number == 1)

    def _account(self, servers: dict[str, Any]) -> None:
        fields = {
            "name": f"Work of {self.user.username} {self.number}",
            "address": f"{self.user.username}{self.number}@example.org",
        }
        fields |= {"standing": "works", "fetch_minutes": 15, "next_fetch_at": timezone.now() + HOUR}
        fields |= {"smtp_host": "127.0.0.1", "may_write": True} | servers
        self.account = make_account(self.user, servers.pop("password", "app-password"), **fields)
        self.folder = Folder.objects.create(account=self.account, name="INBOX", uidvalidity=7, last_uid=1)
        self.copy = ServerCopy.objects.create(email=self.email, folder=self.folder, uidvalidity=7, uid=1)

    def _runs(self) -> None:
        """A batch with one that waits and one that failed; beside it all that can be under way."""
        self.batch = Batch.objects.create(
            user=self.user, kind="base", total=2, params={"token": self.token.pk}
        )
        self.queued = started(self.user, "base", email=self.busy, token=self.token)
        self.queued.batch = self.batch
        self.queued.save(update_fields=["batch"])
        self.failed = make_run(
            self.user, "base", "failed", email=self.email, token=self.token, batch=self.batch, awaited=True
        )
        self.running = make_run(
            self.user, "optimize", "running", email=self.busy, token=self.token, partial="It"
        )
        self.ended = make_run(
            self.user, "base", "succeeded", email=self.email, token=self.token, awaited=True
        )
        self.tested = make_run(self.user, "token_test", "failed", token=self.token)

    def _drafts(self) -> None:
        """A draft that is being edited, a prepared reply, and a confirmed one whose first try failed."""
        self.draft = make_draft(
            self.email, edited=True, text=f"Dear Ada,\n\nhere it is.\n\n{self.user.username}"
        )
        self.prepared = make_sending(self.draft, account=self.account)
        self.older = make_draft(self.busy, edited=True, frozen_at=timezone.now())
        self.waiting = make_run(self.user, "send", "retrying", email=self.busy, run_at=timezone.now() + HOUR)
        TaskRun.objects.filter(pk=self.waiting.pk).update(queue_id=self.waiting.ring(3600))
        self.waiting.refresh_from_db()
        self.confirmed = make_sending(
            self.older, account=self.account, run=self.waiting, created_at=timezone.now() - 2 * HOUR
        )

    def _upload(self) -> None:
        self.importing = started(self.user, "import", params={"files": ["a.mbox"]})
        self.upload = Upload.objects.create(run=self.importing, size=100)
        self.file = UploadFile.objects.create(upload=self.upload, position=0, name="a.mbox", size=100)
        keep_pieces(self.file, ContentFile(b"From x\n\n" + letter(40 + self.number).replace(b"\r\n", b"\n")))
        self.pieces = list(self.file.pieces.all())


def started(user: User, kind: str, **about: Any) -> TaskRun:
    """A run as a press leaves it, with its ring."""
    run, created = TaskRun.objects.start(user, kind, **about)
    assert created
    run.refresh_from_db()
    return run


def key_of(row: Model) -> tuple[str, Any]:
    return row._meta.label, row.pk


def rows() -> Rows:
    """Every column of every row of every table."""
    return {
        (model._meta.label, values[model._meta.pk.attname]): values
        for model in models()
        for values in map(readable, model._default_manager.order_by().values())
    }


def models() -> Iterator[Any]:
    for model in apps.get_models():
        if model._meta.label not in PASSED_OVER and not model._meta.proxy:
            yield model


def readable(values: dict[str, Any]) -> dict[str, Any]:
    return {name: bytes(value) if isinstance(value, memoryview) else value for name, value in values.items()}


def changes(before: Rows, after: Rows) -> dict[tuple[str, Any], Any]:
    """What became of each row that was there: the columns that have changed, or that it is gone; and what is new."""
    changed: dict[tuple[str, Any], Any] = {}
    for key, values in before.items():
        if key not in after:
            changed[key] = "gone"
        elif differing := {
            name: (value, after[key][name]) for name, value in values.items() if after[key][name] != value
        }:
            changed[key] = differing
    return changed | dict.fromkeys(after.keys() - before.keys(), "new")


def owner_of(label: str, pk: Any) -> Any:
    """The id of the user whom a row belongs to, by whatever way; None for a row of nobody's."""
    model = apps.get_model(label)
    way = WAYS.get(label) or way_to_user(model)
    WAYS[label] = way
    return model._default_manager.filter(pk=pk).values_list(way, flat=True).first() if way else None


WAYS: dict[str, str] = {"auth.User": "pk"}


def way_to_user(model: Any) -> str:
    """The shortest chain of keys from a model to the user."""
    ways = [(model, "")]
    seen = {model}
    for at, way in ways:
        for field in at._meta.fields:
            if field.related_model is None or field.related_model in seen:
                continue
            longer = f"{way}__{field.name}".lstrip("_")
            if field.related_model is User:
                return longer
            seen.add(field.related_model)
            ways.append((field.related_model, longer))
    return ""
