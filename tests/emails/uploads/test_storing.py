"""An upload into the mailbox: every message once, counted truly, and nothing left behind whatever happens."""

from __future__ import annotations

import datetime as dt
import tracemalloc
from multiprocessing.sharedctypes import RawValue
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from emails.importing import messages_in, store, storing
from emails.models import Email
from emails.uploads import storing as uploads
from emails.uploads.models import Upload, UploadPiece
from emails.uploads.sweeping import sweep
from mailai.runs import stopping
from mailai.runs.models import TaskRun
from mailai.runs.transitions import hurry
from mailai.runs.wording import message_of
from tests.accounts.letters import letter
from tests.emails.uploads.conftest import carried_out, kept, mbox

pytestmark = pytest.mark.django_db


def result(run: TaskRun) -> tuple[int, int, int, int]:
    assert run.status == "succeeded", run.error_code
    assert run.result is not None
    names = ("done", "stored", "duplicates", "unreadable")
    return tuple(run.result[name] for name in names)  # type: ignore[return-value]


def test_it_stores_every_message_of_every_file_and_removes_the_upload(user: User) -> None:
    store(user, letter(2))
    odd = b"Subject: odd\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n" * 20_000
    run = carried_out(kept(user, a_eml=letter(1), b_mbox=mbox(3), c_eml=b"", d_eml=odd))

    assert result(run)[0] == 6
    assert Email.objects.of(user).filter(subject__startswith="Letter").count() == 3
    assert result(run)[2] == 2  # of the mbox, one was in the mailbox and one in the first file
    assert result(run)[1] == Email.objects.count() - 1
    assert result(run)[3] == Email.objects.filter(unreadable=True).count() > 0
    assert not Upload.objects.exists()
    assert not UploadPiece.objects.exists()


def test_a_second_upload_adds_nothing(user: User) -> None:
    assert result(carried_out(kept(user, a_mbox=mbox(250)))) == (250, 250, 0, 0)
    assert result(carried_out(kept(user, b_mbox=mbox(250)))) == (250, 0, 250, 0)
    assert Email.objects.of(user).count() == 250


def test_it_takes_an_mbox_whatever_its_name(user: User) -> None:
    assert result(carried_out(kept(user, Inbox=mbox(5)))) == (5, 5, 0, 0)


def test_what_it_stores_is_of_no_account_and_no_sample(user: User) -> None:
    carried_out(kept(user, a_eml=letter(1)))
    email = Email.objects.get()
    assert (email.user, email.account, email.sample) == (user, None, False)


def test_it_tells_how_far_it_is(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, int, str, int]] = []
    monkeypatch.setattr(storing, "BATCH", 40)
    counted = uploads.Report.counted

    def listen(report: Any, stage: str, done: int = 0, total: int = 0, where: str = "") -> None:
        counted(report, stage, done, total, where)
        run = TaskRun.objects.get()
        told.append((run.done, run.total, message_of(run), run.progress))

    monkeypatch.setattr(uploads.Report, "counted", listen)
    carried_out(kept(user, a_mbox=mbox(100)))

    assert [(done, total) for done, total, _words, _progress in told] == [
        (0, 0),
        (0, 100),
        (40, 100),
        (80, 100),
        (100, 100),
    ]
    assert [words for _done, _total, words, _progress in told[1:3]] == [
        "Storing: 0 of 100 messages",
        "Storing: 40 of 100 messages",
    ]
    progress = [progress for _done, _total, _words, progress in told]
    assert progress == sorted(progress)
    assert progress[-1] == 95


def test_a_try_that_was_cut_short_is_gone_on_with(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the first try stored is neither stored nor read again, and is told as stored in the end."""
    monkeypatch.setattr(storing, "BATCH", 40)
    run = kept(user, a_mbox=mbox(100))
    passed: list[int] = []
    note = uploads.Import.note

    def break_down(job: Any, batch: Any) -> None:
        passed.extend(email.pk for _outcome, email in batch)
        note(job, batch)
        if len(passed) == 80:
            raise MemoryError

    monkeypatch.setattr(uploads.Import, "note", break_down)
    run = carried_out(run)
    assert (run.status, run.error_code) == ("failed", "internal")
    assert Email.objects.count() == 40
    assert Upload.objects.get().done == 40

    monkeypatch.setattr(uploads.Import, "note", note)
    TaskRun.objects.filter(pk=run.pk).update(status="queued", finished_at=None)
    assert result(carried_out(run)) == (100, 100, 0, 0)
    assert Email.objects.count() == 100


def test_it_ends_in_time_and_goes_on_with_the_next_try(user: User, settings: Any) -> None:
    run = kept(user, a_mbox=mbox(50))
    settings.MAILAI_SOFT_LIMITS = settings.MAILAI_SOFT_LIMITS | {"import": 0}
    run = carried_out(run)
    assert (run.status, run.error_code, Email.objects.count()) == ("retrying", "import_time", 0)

    settings.MAILAI_SOFT_LIMITS = settings.MAILAI_SOFT_LIMITS | {"import": 60}
    assert hurry(run)
    assert result(carried_out(run)) == (50, 50, 0, 0)


@pytest.mark.parametrize(("tries", "status", "stored"), [(4, "retrying", 0), (1, "succeeded", 50)])
def test_it_ends_when_its_worker_is_to_stop_and_another_try_can_go_on(
    user: User, monkeypatch: pytest.MonkeyPatch, tries: int, status: str, stored: int
) -> None:
    run = kept(user, a_mbox=mbox(50))
    TaskRun.objects.filter(pk=run.pk).update(max_attempts=tries)
    monkeypatch.setattr(stopping, "_asked", RawValue("b", 0))  # it would stay so for all that follow
    stopping.ask()

    assert carried_out(run).status == status
    assert Email.objects.count() == stored


@pytest.mark.parametrize("change", [{"status": "cancelled", "lease_until": None}, {"attempt": 2}])
def test_it_stores_nothing_more_once_the_run_is_not_its_own(
    user: User, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    """Cancelled, or taken over because its worker was taken for lost."""
    monkeypatch.setattr(storing, "BATCH", 40)
    run = kept(user, a_mbox=mbox(100))
    counted = uploads.Report.counted

    def meanwhile(report: Any, stage: str, done: int = 0, total: int = 0, where: str = "") -> None:
        counted(report, stage, done, total, where)
        if done == 40:
            ended = {"finished_at": timezone.now()} if "status" in change else {}
            TaskRun.objects.filter(pk=run.pk).update(**change, **ended)

    monkeypatch.setattr(uploads.Report, "counted", meanwhile)
    run = carried_out(run)

    assert run.status == change.get("status", "running")
    assert Email.objects.count() == 40
    assert Upload.objects.get().done == 40


def test_it_reads_an_upload_with_flat_memory(user: User) -> None:
    kept(user, a_mbox=mbox(3_000, size=3_000))
    upload = Upload.objects.get()
    assert upload.size > 9_000_000

    tracemalloc.start()
    count = sum(1 for file in upload.files.all() for _raw in messages_in(file))
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert count == 3_000
    assert peak < 2_000_000


def test_it_says_when_the_upload_is_gone(user: User) -> None:
    run = kept(user, a_eml=letter(1))
    Upload.objects.all().delete()
    run = carried_out(run)

    assert (run.status, run.error_code) == ("failed", "import_gone")


@pytest.mark.parametrize("status", ["cancelled", "failed"])
def test_the_upload_goes_with_the_end_of_its_run(user: User, status: str) -> None:
    ended, waiting = kept(user, a_mbox=mbox(5)), kept(user, b_mbox=mbox(5))
    TaskRun.objects.filter(pk=ended.pk).update(
        status=status, finished_at=timezone.now(), error_code="expired" if status == "failed" else ""
    )

    assert sweep() == 1
    assert Upload.objects.get().run == waiting
    assert UploadPiece.objects.get().file.name == "b.mbox"
    assert sweep() == 0


def test_the_upload_goes_when_no_worker_came(user: User, logged_in: Any) -> None:
    run = kept(user, a_eml=letter(1))
    TaskRun.objects.filter(pk=run.pk).update(deadline_at=timezone.now() - dt.timedelta(seconds=1))
    logged_in.get(f"/tasks/{run.pk}/status")

    run.refresh_from_db()
    assert (run.status, run.error_code) == ("failed", "expired")
    assert sweep() == 1
