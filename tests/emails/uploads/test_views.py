"""The page for mail from files: what it takes, what it refuses, and that a request stores no message itself."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.test import Client

from emails.models import Email
from emails.uploads.models import Upload, UploadFile, UploadPiece
from mailai.runs.models import TaskRun
from tests.accounts.letters import letter
from tests.contract.asking import HTMX, PAGE
from tests.emails.uploads.conftest import carried_out, kept, mbox
from tests.factories import make_run

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n..."


def told(client: Client, answer: Any) -> str:
    """What the page says that the form leads back to."""
    assert answer.status_code == 302, answer.content.decode()
    assert answer.url.startswith("/mail/upload")
    return html.unescape(client.get(answer.url).content.decode())


def test_it_shows_the_form(logged_in: Client) -> None:
    page = logged_in.get("/mail/upload").content.decode()

    assert 'enctype="multipart/form-data"' in page
    assert "100\xa0MB together" in page
    assert 'http-equiv="refresh"' not in page


def test_it_keeps_the_files_and_starts_a_run(logged_in: Client, post: Any, user: User) -> None:
    large = mbox(300, size=3_000)
    answer = post({"one.eml": letter(1), "folder.mbox": large})
    run = TaskRun.objects.get()

    assert (run.user, run.kind, run.status) == (user, "import", "queued")
    assert run.params == {"files": ["one.eml", "folder.mbox"]}
    assert f"import-{run.pk}" in told(logged_in, answer)
    assert Email.objects.count() == 0
    upload = Upload.objects.get()
    assert (upload.run, upload.size) == (run, len(letter(1)) + len(large))
    assert [(file.name, file.open().read()) for file in upload.files.all()] == [
        ("one.eml", letter(1)),
        ("folder.mbox", large),
    ]
    assert UploadPiece.objects.count() > 3


def test_its_page_asks_on_without_javascript_while_something_runs(logged_in: Client, user: User) -> None:
    run = kept(user, one_eml=letter(1))
    assert 'http-equiv="refresh"' in logged_in.get("/mail/upload").content.decode()

    carried_out(run)
    page = logged_in.get("/mail/upload").content.decode()
    assert 'http-equiv="refresh"' not in page
    assert "1 message was stored." in page


def test_it_answers_each_in_their_own_form(logged_in: Client) -> None:
    def ask(**headers: str) -> Any:
        return logged_in.post("/mail/upload", {"files": ContentFile(letter(1), "a.eml")}, headers=headers)

    as_program = ask()
    assert as_program.status_code == 202
    assert as_program.json()["status"] == "queued"
    assert b'id="import-' in ask(**HTMX).content
    assert ask(**PAGE).url.startswith("/mail/upload#import-")


def test_it_takes_what_is_mail_and_names_what_is_not(logged_in: Client, post: Any) -> None:
    page = told(logged_in, post({"one.eml": letter(1), "contract.pdf": PDF, "nothing.eml": b""}))

    assert "“contract.pdf”, “nothing.eml” are not mail and were not taken." in page
    assert [file.name for file in UploadFile.objects.all()] == ["one.eml"]


def test_it_takes_nothing_where_nothing_is_mail(logged_in: Client, post: Any) -> None:
    assert "“contract.pdf” is not mail and was not taken." in told(logged_in, post({"contract.pdf": PDF}))
    assert "No file is selected." in told(logged_in, post({}))
    assert not TaskRun.objects.exists()
    assert not Upload.objects.exists()


def test_it_refuses_what_is_too_large(logged_in: Client, post: Any, settings: Any) -> None:
    settings.MAILAI_UPLOAD_MAX_BYTES = 200_000
    fits, too_large = mbox(300), mbox(300, size=1_000)
    assert len(fits) < 200_000 < len(too_large)

    assert "These files are too large together" in told(logged_in, post({"a.mbox": too_large}))
    assert "These files are too large together" in told(
        logged_in, post({f"{n}.mbox": fits for n in range(3)})
    )
    assert not Upload.objects.exists()
    assert not TaskRun.objects.exists()
    assert logged_in.post("/mail/upload", {"files": ContentFile(too_large, "a.mbox")}).status_code == 413

    post({"a.mbox": fits})
    assert Upload.objects.get().size == len(fits)


def test_it_refuses_too_many_files(logged_in: Client, post: Any, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FILES = 3
    answer = post({f"{n}.eml": letter(n) for n in range(4)})

    assert answer.status_code == 400
    assert "At most 3 files can be uploaded at once." in answer.content.decode()
    assert not Upload.objects.exists()


def test_it_limits_what_a_user_may_have_waiting(
    logged_in: Client, post: Any, settings: Any, user: User, stranger: User
) -> None:
    content = mbox(10)
    settings.MAILAI_UPLOAD_WAITING_BYTES = 2 * len(content)
    kept(stranger, his_mbox=content)
    first = kept(user, a_mbox=content)
    kept(user, b_mbox=content)

    assert "of your uploads are still waiting" in told(logged_in, post({"c.mbox": content}))
    assert Upload.objects.of(user).count() == 2

    first.status, first.finished_at = "cancelled", first.created_at
    first.save()
    post({"c.mbox": content})
    assert [upload.run.status for upload in Upload.objects.of(user)] == ["queued", "queued"]


def test_it_counts_presses_and_keeps_nothing_of_a_refused_one(post: Any, settings: Any) -> None:
    settings.MAILAI_RATES = settings.MAILAI_RATES | {"import": "2/h"}
    for number in range(3):
        answer = post({f"{number}.eml": letter(number)})

    assert answer.status_code == 302
    assert Upload.objects.count() == TaskRun.objects.count() == 2


def test_it_checks_the_form_and_the_login(user: User, enter: Callable[[User], Client], post: Any) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(user)
    assert post({"a.eml": letter(1)}, strict).status_code == 403

    anonymous = Client()
    assert post({"a.eml": letter(1)}, anonymous).url.startswith("/login/")
    assert anonymous.get("/mail/upload", headers=PAGE).url.startswith("/login/")
    assert enter(user).put("/mail/upload").status_code == 405
    assert not Upload.objects.exists()


def test_a_stranger_sees_nothing_of_it(intruder: Client, user: User) -> None:
    run = kept(user, secret_eml=letter(1))

    assert intruder.get(f"/tasks/{run.pk}/status").status_code == 404
    assert intruder.post(f"/tasks/{run.pk}/cancel").status_code == 404
    assert "secret" not in intruder.get("/mail/upload").content.decode()
    run.refresh_from_db()
    assert run.status == "queued"


def test_its_run_is_among_all_runs(logged_in: Client, user: User) -> None:
    run = kept(user, one_eml=letter(1))
    page = logged_in.get("/activity/?kind=import").content.decode()

    assert f'href="/mail/upload#import-{run.pk}"' in page
    assert "one_eml" in page.split('class="run-name"')[1].split("</p>")[0]


def test_it_takes_few_queries(logged_in: Client, user: User, django_assert_max_num_queries: Any) -> None:
    for number in range(4):
        kept(user, one_eml=letter(number))
    with django_assert_max_num_queries(5):
        logged_in.get("/mail/upload")


def test_it_groups_large_numbers_as_the_language_has_it(logged_in: Client, user: User) -> None:
    counts = {"stored": 12_345, "duplicates": 1_000, "unreadable": 0}
    make_run(user, "import", "succeeded", params={"files": ["a.mbox"]}, result={"status": "success"} | counts)
    going = {"message": "importing", "done": 1_204, "total": 20_000}
    make_run(user, "import", "running", params={"files": ["b.mbox"]}, **going)

    german = logged_in.get("/mail/upload", headers={"Accept-Language": "de"}).content.decode()
    assert "12.345 Nachrichten wurden gespeichert. 1.000 waren schon da." in german
    assert "1.204 von 20.000 Nachrichten" in german
    english = logged_in.get("/mail/upload", headers={"Accept-Language": "en"}).content.decode()
    assert "12,345 messages were stored. 1,000 were there already." in english
