"""Rows for tests, made directly: what a click, an import or a run would have left behind."""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
from typing import Any

from django.contrib.auth.models import User
from django.db.models.functions import Now
from django.utils import timezone

from emails.models import Analysis, Attachment, Email, MailAccount
from emails.ranking import rank
from mailai.ai.models import ServiceToken
from mailai.runs.models import TERMINAL, TaskRun
from replies.models import Draft, Sending

KEY = "sk-test-7f3a9c51d2e84b60"
TEXT = "Dear Alex,\n\nplease send the signed contract by 2031-04-02. Can you do that?\n\nBest regards\nAda"
_number = itertools.count(1)


def make_user(name: str, **fields: Any) -> User:
    return User.objects.create(username=name, **fields)


def make_email(user: User, **fields: Any) -> Email:
    """A message from Ada to the user, in a thread of its own unless `thread_key` says otherwise."""
    mark = hashlib.sha256(f"message {next(_number)}".encode()).hexdigest()
    values: dict[str, Any] = {
        "raw": f"Message-ID: <{mark}@example.com>\r\n\r\n{TEXT}".encode(),
        "content_hash": mark,
        "dedupe_key": mark,
        "thread_key": mark,
        "message_id": f"{mark}@example.com",
        "subject": "The contract",
        "sender_name": "Ada",
        "sender_address": "ada@example.com",
        "to": [["Alex", "alex@example.org"]],
        "text": TEXT,
        "received_at": timezone.now() - dt.timedelta(hours=1),
    }
    return Email.objects.create(user=user, **(values | fields))


def make_account(user: User, password: str = "app-password", **fields: Any) -> MailAccount:
    """A mailbox that nobody can reach, unless `fields` say where a server of the test's is."""
    values = {"name": "Work", "address": "alex@example.org", "imap_host": "127.0.0.1", "imap_user": "alex"}
    account = MailAccount(user=user, **(values | fields))
    account.set_imap_password(password)
    account.save()
    return account


def make_attachment(email: Email, **fields: Any) -> Attachment:
    content = fields.pop("content", b"%PDF-1.7 a contract")
    values = {"position": 0, "name": "contract.pdf", "content_type": "application/pdf", "size": len(content)}
    return Attachment.objects.create(email=email, content=content, **(values | fields))


def make_token(user: User, model: str = "fake", key: str = KEY, **fields: Any) -> ServiceToken:
    """A token for OpenAI, which the fixture `fake` leads to a server on this machine."""
    token = ServiceToken(**({"user": user, "name": "Work", "provider": "openai", "model": model} | fields))
    token.set_key(key)
    token.save()
    return token


def make_run(user: User, kind: str = "base", status: str = "queued", **fields: Any) -> TaskRun:
    """A run with whatever its status demands of the other columns."""
    values: dict[str, Any] = {"deadline_at": timezone.now() + dt.timedelta(minutes=30)}
    if status == "running":
        values |= {"attempt": 1, "lease_until": timezone.now() + dt.timedelta(minutes=2), "started_at": Now()}
    if status == "retrying":
        values |= {"attempt": 1, "run_at": timezone.now() + dt.timedelta(minutes=1), "message": "backoff"}
    if status in ("failed", "retrying"):
        values |= {"error_code": "overloaded"}
    if status in TERMINAL:
        values |= {"attempt": 1, "finished_at": Now()}
    if status == "succeeded":
        values |= {"result": {"status": "success"}, "progress": 100, "message": "done"}
    run = TaskRun.objects.create(user=user, kind=kind, status=status, **(values | fields))
    run.refresh_from_db()
    return run


def make_analysis(email: Email, kind: str = "base", **fields: Any) -> Analysis:
    """An analysis that is the message's current one."""
    values: dict[str, Any] = {
        "urgency": 2,
        "importance": 2,
        "category": "needs_attention",
        "summary": "Ada wants the contract.",
        "reasoning": "She names a date.",
        "language": "en",
        "confidence": 0.8,
        "provider": "local",
        "model": "rules",
        "prompt_version": "base-1",
        "duration_ms": 5,
    }
    analysis = Analysis.objects.create(email=email, kind=kind, **(values | fields))
    analysis.refresh_from_db()
    email.analysis = analysis
    email.save(update_fields=["analysis"])
    rank([email.pk])
    return analysis


def make_draft(email: Email, version: int = 1, **fields: Any) -> Draft:
    values = {"user": email.user, "text": "Dear Ada,\n\nhere it is."}
    return Draft.objects.create(email=email, version=version, **(values | fields))


def make_sending(draft: Draft, **fields: Any) -> Sending:
    """A message that was prepared, to Ada."""
    values: dict[str, Any] = {
        "revision": draft.revision,
        "message_id": f"{next(_number)}@example.org",
        "sender": "alex@example.org",
        "to": [["Ada", "ada@example.com"]],
        "raw": f"To: ada@example.com\r\nSubject: Re: The contract\r\n\r\n{draft.text}\r\n".encode(),
    }
    return Sending.objects.create(user=draft.user, email=draft.email, draft=draft, **(values | fields))
