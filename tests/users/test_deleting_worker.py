"""A user with much mail, deleted by a worker that is killed in the middle of it."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from emails.models import Analysis, Attachment, Email, MailAccount
from mailai.ai.models import AiCall
from mailai.runs.models import TaskRun
from tests.factories import make_user
from tests.processes import wait_until, worker
from tests.users.everything import make_everything, rows_of
from tests.users.test_deleting import MARK, OTHER, ids_of, nothing_left, snapshot

pytestmark = pytest.mark.django_db(transaction=True)
MESSAGES = 2000


def make_much(user):
    """So many messages, each with an attachment and an analysis."""
    first = Email.objects.of(user).order_by("pk").first()
    emails = [Email(**copy_of(first, number)) for number in range(MESSAGES)]
    Email.objects.bulk_create(emails, batch_size=500)
    attachment, analysis = columns(first.attachments.get()), columns(first.analyses.get()) | {"run_id": None}
    Attachment.objects.bulk_create([Attachment(**attachment | {"email_id": email.pk}) for email in emails])
    Analysis.objects.bulk_create([Analysis(**analysis | {"email_id": email.pk}) for email in emails])


def columns(row):
    fields = row._meta.concrete_fields
    return {
        each.attname: getattr(row, each.attname)
        for each in fields
        if not (each.primary_key or each.generated)
    }


def copy_of(email, number):
    mark = f"{number:064d}"
    return columns(email) | {"dedupe_key": mark, "content_hash": mark, "analysis_id": None}


def test_it_goes_on_after_a_kill_and_leaves_nothing(tmp_path):
    root = make_user("root", is_staff=True, is_superuser=True)
    user, bystander = make_everything(MARK), make_everything(OTHER)
    TaskRun.objects.exclude(kind="reply").delete()  # the worker would take them on
    MailAccount.objects.update(next_fetch_at=None)
    make_much(user)
    owned, runs, pk = rows_of(user), ids_of(user), user.pk
    assert len(owned["emails_email"]) == MESSAGES + 2
    before, calls = snapshot(bystander), AiCall.objects.filter(user=user).count()
    quick = {"MAILAI_FETCH_LEASE": "2", "MAILAI_LEASE_MARGIN": "1", "MAILAI_DELETE_USER_BACKOFF": "1"}

    with worker(tmp_path / "log", MAILAI_WORKERS="1", **quick) as started:
        run, _created = TaskRun.objects.start(root, "delete_user", params={"users": [pk]})
        wait_until(TaskRun.objects.filter(pk=run.pk, done__gt=300).exists, 60)
        started.below_sentinel()[0].kill()
        assert User.objects.filter(pk=pk).exists()
        wait_until(TaskRun.objects.filter(pk=run.pk, status__in=("succeeded", "failed")).exists, 120)

    run.refresh_from_db()
    assert (run.status, run.attempt) == ("succeeded", 2)
    nothing_left(pk, owned, runs)
    assert AiCall.objects.filter(user=None).count() == calls
    assert snapshot(bystander) == before
