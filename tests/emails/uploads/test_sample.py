"""The sample mailbox: brought in once, in its owner's eyes, and taken out again without touching anything else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from emails.importing import store
from emails.models import Analysis, Email
from emails.samples import READER
from emails.uploads.models import Upload
from mailai.runs.models import TaskRun
from tests.contract.asking import PAGE
from tests.emails.uploads.conftest import carried_out
from tests.factories import make_analysis, make_draft, make_email, make_run

pytestmark = pytest.mark.django_db
FILES = sorted((Path(settings.BASE_DIR) / "emails" / "sample").iterdir())


def bring(client: Client) -> TaskRun:
    assert client.post("/mail/sample").status_code == 202
    return carried_out(TaskRun.objects.latest("created_at"))


def test_it_comes_as_an_upload_does(logged_in: Client, user: User) -> None:
    answer = logged_in.post("/mail/sample", headers=PAGE)
    run = TaskRun.objects.get()
    assert answer.url == f"/mail/upload#import-{run.pk}"
    assert Email.objects.count() == 0
    assert "Sample mailbox" in logged_in.get("/mail/upload").content.decode()

    carried_out(run)
    assert run.result is not None
    assert run.result["stored"] == len(FILES)
    emails = Email.objects.of(user)
    assert emails.filter(sample=True).count() == len(FILES)
    assert set(emails.values_list("language", flat=True)) >= {"de", "en"}
    written = emails.filter(mine=True)
    assert {email.sender_address for email in written} == {READER}
    assert written.count() == 6


def test_it_comes_once(logged_in: Client, user: User) -> None:
    tasks = [logged_in.post("/mail/sample").json()["task_id"] for _press in range(2)]
    assert tasks[0] == tasks[1]
    carried_out(TaskRun.objects.get())

    run = bring(logged_in)
    assert run.result is not None
    assert (run.result["stored"], run.result["duplicates"]) == (0, len(FILES))
    assert Email.objects.of(user).count() == len(FILES)


def test_it_goes_with_what_came_of_it_and_takes_nothing_else(
    logged_in: Client, user: User, stranger: User, enter: Any
) -> None:
    bring(enter(stranger))
    store(user, FILES[0].read_bytes())  # the user's own, before the sample came
    own = make_email(user)
    make_draft(own)
    bring(logged_in)
    letter = Email.objects.of(user).filter(sample=True)[0]
    make_analysis(letter)
    make_draft(letter)
    make_run(user, "base", "queued", email=letter)
    page = logged_in.get("/mail/upload").content.decode()
    assert f"{len(FILES) - 1} messages of the sample mailbox are in your inbox." in page

    answer = logged_in.post("/mail/sample/remove", headers=PAGE)

    assert answer.url == "/mail/upload"
    assert (
        f"The sample mailbox is removed: {len(FILES) - 1} messages."
        in logged_in.get(answer.url).content.decode()
    )
    assert Email.objects.of(user).count() == 2
    assert own.drafts.count() == 1
    assert not Analysis.objects.exists()
    assert not TaskRun.objects.of(user).filter(kind="base").exists()
    assert Email.objects.of(stranger).count() == len(FILES)
    assert "Look at the sample mailbox" in logged_in.get("/mail/upload").content.decode()


def test_removing_it_ends_its_import(logged_in: Client, user: User) -> None:
    logged_in.post("/mail/sample")
    logged_in.post("/mail/sample/remove")
    run = carried_out(TaskRun.objects.get())

    assert run.status == "cancelled"
    assert Email.objects.of(user).count() == 0


def test_nobody_else_can(intruder: Client, logged_in: Client, user: User) -> None:
    bring(logged_in)

    assert intruder.post("/mail/sample/remove").status_code == 302
    assert Client().post("/mail/sample/remove").status_code == 401
    assert Client().post("/mail/sample").status_code == 401
    assert logged_in.get("/mail/sample").status_code == 405
    assert Email.objects.of(user).count() == len(FILES)
    assert not Upload.objects.exists()
