"""A user with rows of every kind, each text of theirs with a mark in it that stands nowhere else."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.utils import timezone

from emails.inbox.models import Batch
from emails.models import Attachment, Correction, Folder, Onboarding, ServerCopy, ShownSender
from emails.uploads.models import Upload, UploadFile, UploadPiece
from mailai.ai.models import AiCall
from mailai.appearance.models import Appearance
from mailai.runs.models import TaskRun
from replies.models import WritingProfile
from tests.factories import (
    make_account,
    make_analysis,
    make_draft,
    make_email,
    make_run,
    make_sending,
    make_token,
    make_user,
)


def make_everything(mark: str, messages: int = 2, **fields: Any) -> User:
    """The user, whose name and address are the mark's as well."""
    user = make_user(mark, email=f"{mark}@example.org", first_name=mark, last_name=mark, **fields)
    user.groups.add(Group.objects.get_or_create(name="Everybody")[0])
    user.user_permissions.add(Permission.objects.order_by("pk").first())
    token = make_token(user, name=f"Key of {mark}")
    account = make_account(
        user,
        name=f"Mail of {mark}",
        address=f"{mark}@example.org",
        imap_user=mark,
        smtp_host="127.0.0.1",
        folders=[f"In/{mark}"],
        sent_folder=f"Sent/{mark}",
        next_fetch_at=timezone.now() - dt.timedelta(minutes=1),
        standing="works",
    )
    folder = Folder.objects.create(account=account, name=f"In/{mark}", uidvalidity=1)
    batch = Batch.objects.create(user=user, kind="base", total=1, params={"token": token.pk})
    for number in range(messages):
        fill_message(user, account, folder, batch, token, mark, number)
    Appearance.objects.create(user=user, theme="dark")
    Onboarding.objects.create(user=user)
    ShownSender.objects.create(user=user, address=f"{mark}@example.net")
    WritingProfile.objects.create(
        user=user, name=mark, about=mark, signature=mark, greeting=mark, closing=mark, preferences=mark
    )
    uploaded, _created = TaskRun.objects.start(user, "import", params={"files": [f"{mark}.mbox"]})
    upload = Upload.objects.create(run=uploaded, size=1)
    file = UploadFile.objects.create(upload=upload, position=0, name=f"{mark}.mbox", size=1)
    UploadPiece.objects.create(file=file, number=0, content=mark.encode())
    TaskRun.objects.start(user, "fetch", account=account)
    TaskRun.objects.start(user, "token_test", token=token)
    session_of(user)
    logged(user, user, mark)
    return user


def fill_message(
    user: User, account: Any, folder: Folder, batch: Batch, token: Any, mark: str, number: int
) -> None:
    email = make_email(
        user,
        account=account,
        raw=f"Subject: {mark}\r\n\r\n{mark}".encode(),
        subject=f"{mark} offers",
        sender_name=mark,
        sender_address=f"{mark}@example.com",
        to=[[mark, f"{mark}@example.org"]],
        cc=[[mark, f"{mark}@example.org"]],
        reply_to=[[mark, f"{mark}@example.org"]],
        message_id=f"{mark}.{number}@example.com",
        in_reply_to=f"{mark}@example.com",
        references=[f"{mark}@example.com"],
        headers={"x-mark": mark},
        invitation={"summary": mark},
        text=f"{mark} writes",
        html=f"<p>{mark}</p>",
        user_tags=[mark],
    )
    ServerCopy.objects.create(email=email, folder=folder, uidvalidity=1, uid=number)
    Attachment.objects.create(
        email=email,
        position=0,
        name=f"{mark}.pdf",
        content_type="application/pdf",
        content_id=f"{mark}@cid",
        size=9,
        content=mark.encode(),
    )
    run = make_run(
        user,
        "reply",
        "succeeded",
        email=email,
        token=token,
        batch=batch,
        partial=mark,
        params={"instructions": mark},
        result={"draft": mark},
    )
    TaskRun.objects.start(user, "base", email, token)
    make_analysis(
        email,
        run=run,
        summary=mark,
        reasoning=mark,
        tags=[mark],
        questions=[mark],
        suggestions=[mark],
        deadlines=[{"date": "2031-01-01", "words": mark}],
    )
    Correction.objects.create(email=email, urgency=3)
    draft = make_draft(email, run=run, text=mark, instructions=mark)
    make_sending(
        draft,
        run=run,
        account=account,
        message_id=f"{mark}.{number}@example.org",
        sender=f"{mark}@example.org",
        to=[[mark, f"{mark}@example.com"]],
        cc=[[mark, f"{mark}@example.com"]],
        raw=mark.encode(),
        answer=f"250 2.1.5 <{mark}@example.com> ok",
        refused=[[f"{mark}@example.com", f"550 {mark}"]],
    )
    AiCall.objects.create(
        user=user,
        token=token,
        run=run,
        kind="reply",
        provider="openai",
        model="fake",
        prompt_version="1",
        started_at=timezone.now(),
        duration_ms=1,
        input_tokens=7,
    )


def session_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def logged(by: User, about: Any, words: str) -> LogEntry:
    """As the admin would have, in a version that named things by what stands in them."""
    return LogEntry.objects.create(
        user=by,
        content_type=ContentType.objects.get_for_model(about),
        object_id=str(about.pk),
        object_repr=words,
        action_flag=CHANGE,
        change_message=words,
    )


def references() -> list[tuple[str, str, str]]:
    """Every foreign key of the database: (table, column, the table that it names a row of)."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT con.conrelid::regclass::text, col.attname, con.confrelid::regclass::text
            FROM pg_constraint con JOIN pg_attribute col ON col.attrelid = con.conrelid AND col.attnum = con.conkey[1]
            WHERE con.contype = 'f'
            """
        )
        return cursor.fetchall()


def rows_of(user: User) -> dict[str, set[Any]]:
    """By table, the keys of all rows that lead to the user by foreign keys; an empty set where there are none."""
    rows: dict[str, set[Any]] = {"auth_user": {user.pk}}
    before = None
    while before != (before := {table: len(keys) for table, keys in rows.items()}):
        for table, column, named in references():
            if named in rows:
                rows.setdefault(table, set()).update(keys_where(table, column, rows[named]))
    return rows


def keys_where(table: str, column: str, values: set[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        key = connection.introspection.get_primary_key_column(cursor, table)
        cursor.execute(f"SELECT {key} FROM {table} WHERE {column} = ANY(%s)", [list(values)])
        return [row[0] for row in cursor.fetchall()]


def tables_with(*words: str) -> dict[str, int]:
    """The tables that have any of the words in any column, bytes included, with how many rows."""
    patterns = [each for word in words for each in (f"%{word}%", f"%{word.encode().hex()}%")]
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT count(*) FROM {table} AS t WHERE t::text ILIKE ANY(%s)", [patterns])
            if count := cursor.fetchone()[0]:
                found[table] = count
    return found
