"""Raw mail into the database: never lost, never twice, and the same thread whatever the order."""

import datetime as dt
import random
import threading
from collections import Counter
from pathlib import Path

import pytest
from django.conf import LazySettings, settings
from django.contrib.auth.models import User
from django.db import connection
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from emails.importing import Arrival, Outcome, count, messages, store, store_all, storing
from emails.models import Email
from emails.parsing.contained import idle

CORPUS = Path(settings.BASE_DIR).parent / "shared" / "corpus"
SAMPLE = Path(settings.BASE_DIR) / "emails" / "sample"
DATE = "Tue, 3 Nov 2026 09:58:00 +0100"


def mail(
    message_id: str = "",
    text: str = "Text.",
    references: str = "",
    in_reply_to: str = "",
    sender: str = "ada@example.com",
) -> bytes:
    fields = {"Message-ID": message_id, "References": references, "In-Reply-To": in_reply_to}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
    return f"From: {sender}\r\nSubject: Hello\r\nDate: {DATE}\r\n{head}\r\n{text}\r\n".encode()


def test_it_stores_all_that_the_message_says(user: User) -> None:
    part = b"--b\r\nContent-Type: application/pdf; name=a.pdf\r\n\r\nPDF\r\n--b--\r\n"
    raw = (
        mail("<one@x>").split(b"\r\n\r\n")[0]
        + b"\r\nTo: Alex <alex@example.org>\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        + b"--b\r\nContent-Type: text/html\r\n\r\n<p>Hi<script>x</script></p>\r\n"
        + part
    )
    outcome, stored = store(user, raw)
    email = Email.objects.get(pk=stored.pk)
    assert outcome is Outcome.IMPORTED
    assert bytes(email.raw) == raw
    assert (email.size, email.message_id, email.subject) == (len(raw), "one@x", "Hello")
    assert (email.text, email.html, email.to) == ("Hi", "<p>Hi</p>", [["Alex", "alex@example.org"]])
    [attachment] = email.attachments.all()
    assert (attachment.name, bytes(attachment.content), attachment.size) == ("a.pdf", b"PDF", 3)


def test_it_knows_a_message_that_came_on_another_way(user: User, stranger: User) -> None:
    raw = mail("<one@x>")
    _, first = store(user, raw)
    again = b"Received: by relay; Tue, 3 Nov 2026 10:00:00 +0100\r\n" + raw.replace(b"\r\n", b"\n")
    assert store(user, again) == (Outcome.DUPLICATE, first)
    assert store(stranger, raw)[0] is Outcome.IMPORTED
    assert Email.objects.of(user).count() == 1


@pytest.mark.parametrize(
    "other",
    [
        mail("<one@x>", text="Another text."),
        mail("<one@x>", sender="eve@example.com"),
        mail("<one@x>").replace(b"Hello", b"Help"),
        mail("<one@x>").replace(b"09:58", b"09:59"),
        mail("<one@x>", text="<b>Text.</b>").replace(b"\r\n\r\n", b"\r\nContent-Type: text/html\r\n\r\n"),
    ],
)
def test_it_does_not_swallow_a_message_that_claims_a_known_id(user: User, other: bytes) -> None:
    store(user, mail("<one@x>"))
    assert store(user, other)[0] is Outcome.IMPORTED


def test_it_compares_messages_without_an_id_by_their_bytes(user: User) -> None:
    store(user, mail())
    assert store(user, mail().replace(b"\r\n", b"\n"))[0] is Outcome.DUPLICATE
    assert store(user, mail() + b"P.S.")[0] is Outcome.IMPORTED


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1)])
def test_it_makes_one_thread_in_any_order(user: User, order: tuple[int, ...]) -> None:
    thread = [
        mail("<root@x>"),
        mail("<second@x>", references="<root@x>", in_reply_to="<root@x>"),
        mail("<third@x>", in_reply_to="<second@x>"),
        mail("<fourth@x>", references="<third@x>"),
    ]
    for number in order:
        store(user, thread[number])
    store(user, mail("<other@x>"))
    assert sorted(Counter(Email.objects.values_list("thread_key", flat=True)).values()) == [1, 4]


def test_it_keeps_threads_of_users_apart(user: User, stranger: User) -> None:
    store(stranger, mail("<second@x>", references="<root@x>"))
    _, mine = store(user, mail("<third@x>", in_reply_to="<second@x>"))
    assert mine.thread_key != Email.objects.of(stranger).get().thread_key


def test_it_knows_the_users_own_mail(user: User) -> None:
    assert not store(user, mail("<one@x>", sender=""))[1].mine
    user.email = "Alex@Example.org"
    assert store(user, mail("<two@x>", sender="ALEX@example.org"))[1].mine
    assert not store(user, mail("<three@x>"))[1].mine


def test_it_stores_raw_what_is_no_message(user: User) -> None:
    raw = b"\x00\x01\xff rubbish \x00"
    outcome, email = store(user, raw)
    assert (outcome, email.unreadable, bytes(email.raw)) == (Outcome.UNREADABLE, True, raw)
    assert store(user, raw)[0] is Outcome.DUPLICATE


def test_it_keeps_a_message_that_is_too_large(user: User, settings: LazySettings) -> None:
    settings.MAILAI_MAX_MESSAGE_BYTES = 1000
    raw = mail("<big@x>", text="x" * 1000)
    outcome, email = store(user, raw)
    assert (outcome, email.subject, bytes(email.raw)) == (Outcome.UNREADABLE, "Hello", raw)
    assert (email.trouble, email.message_id) == ("too_large", "big@x")
    assert email.text == raw.decode()


def test_it_stores_raw_what_its_reader_does_not_survive(user: User, settings: LazySettings) -> None:
    settings.MAILAI_READ_MEMORY = 48 * 1024**2
    raw = mail("<big@x>", text="x" * 9_000_000)
    outcome, stored = store(user, raw)
    email = Email.objects.get(pk=stored.pk)
    assert (outcome, email.unreadable, email.trouble) == (Outcome.UNREADABLE, True, "memory")
    assert (email.subject, email.message_id, bytes(email.raw)) == ("Hello", "big@x", raw)
    assert store(user, raw) == (Outcome.DUPLICATE, email)


def test_it_does_not_read_what_it_knows_byte_for_byte(user: User) -> None:
    _, first = store(user, mail("<one@x>"))
    idle.end_all()
    assert store(user, mail("<one@x>")) == (Outcome.DUPLICATE, first)
    assert not idle._idle  # nobody was asked


def test_it_stores_many_in_their_order(user: User) -> None:
    _, there = store(user, mail("<3@x>"))
    raws = [mail(f"<{number % 250}@x>") for number in range(300)]
    stored = list(store_all(user, raws))
    assert [email.message_id for _, email in stored] == [f"{number % 250}@x" for number in range(300)]
    assert [number for number, (outcome, _) in enumerate(stored) if outcome is Outcome.DUPLICATE] == [
        3,
        *range(250, 300),
    ]
    assert stored[3].email == there
    assert stored[253].email == there
    assert stored[250].email == stored[0].email
    assert Email.objects.count() == 250


def test_it_takes_what_the_way_it_came_knows_better(user: User) -> None:
    moment = dt.datetime(2026, 11, 4, 8, tzinfo=dt.UTC)
    _, email = store(user, mail("<one@x>"), received_at=moment, mine=True)
    email.refresh_from_db()
    assert (email.received_at, email.mine) == (moment, True)


def test_it_stores_the_neighbours_of_a_row_that_is_refused(user: User) -> None:
    arrivals = [Arrival(mail(f"<{number}@x>")) for number in range(5)]
    arrivals[2].origin = {"subject": "x" * 2000}
    outcomes = [outcome for outcome, _ in store_all(user, arrivals)]
    assert outcomes == [Outcome.IMPORTED] * 2 + [Outcome.UNREADABLE] + [Outcome.IMPORTED] * 2
    refused = Email.objects.get(unreadable=True)
    assert (refused.trouble, bytes(refused.raw)) == ("unstorable", arrivals[2].raw)
    assert Email.objects.filter(subject="Hello").count() == 4


@pytest.mark.parametrize("size", [1, 3, 200])
@pytest.mark.parametrize("seed", range(4))
def test_it_makes_one_thread_in_batches_of_any_size(
    user: User, monkeypatch: pytest.MonkeyPatch, size: int, seed: int
) -> None:
    monkeypatch.setattr(storing, "BATCH", size)
    thread = [mail("<0@x>")] + [
        mail(f"<{n}@x>", in_reply_to=f"<{(n - 1) // 2}@x>", references=f"<{(n - 1) // 2}@x>")
        for n in range(1, 12)
    ]
    raws = [*thread, mail("<other@x>"), mail("<another@x>", in_reply_to="<other@x>")]
    random.Random(seed).shuffle(raws)
    list(store_all(user, raws))
    assert sorted(Counter(Email.objects.values_list("thread_key", flat=True)).values()) == [2, 12]


@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.binary(max_size=400), st.text(alphabet='<>@,;"\\=?\x00\ud800éa ', max_size=60))
def test_it_stores_any_bytes(user: User, body: bytes, odd: str) -> None:
    header = odd.encode("utf-8", "surrogatepass").replace(b"\r", b"").replace(b"\n", b"")
    store(user, body)
    _, email = store(
        user, b"From: " + header + b"\nSubject: " + header + b"\nMessage-ID: <" + header + b">\n\n" + body
    )
    email.refresh_from_db()
    assert not email.unreadable


@pytest.mark.django_db(transaction=True)
def test_it_stores_a_message_once_when_two_import_at_the_same_time(user: User) -> None:
    raws = [mail(f"<{number}@x>", references="<root@x>") for number in range(15)]
    together, outcomes = threading.Barrier(2), Counter[str]()
    failures: list[BaseException] = []

    def run() -> None:
        try:
            for raw in raws:
                together.wait(30)
                outcomes[store(user, raw)[0]] += 1
        except BaseException as error:
            failures.append(error)
            together.abort()
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures
    assert outcomes == {Outcome.IMPORTED: 15, Outcome.DUPLICATE: 15}
    assert Email.objects.count() == 15
    assert Email.objects.values("thread_key").distinct().count() == 1


@pytest.mark.skipif(not CORPUS.is_dir(), reason=f"the corpus of real mail is not at {CORPUS}")
def test_it_imports_real_and_odd_mail(user: User) -> None:
    files = sum(path.is_file() for path in CORPUS.rglob("*"))
    first = Counter(outcome for outcome, _ in store_all(user, messages(CORPUS)))
    assert count(CORPUS) == files == first.total()
    assert first[Outcome.UNREADABLE] <= 1  # a file that holds two empty lines
    assert Email.objects.count() == files - first[Outcome.DUPLICATE]
    again = Counter(outcome for outcome, _ in store_all(user, messages(CORPUS)))
    assert again == {Outcome.DUPLICATE: files}


def test_it_imports_the_sample_mailbox(user: User) -> None:
    files = sorted(SAMPLE.rglob("*.eml"))
    assert len(files) > 50
    outcomes = [store(user, raw)[0] for file in files for raw in messages(file)]
    assert outcomes == [Outcome.IMPORTED] * len(files)
    assert not Email.objects.filter(text="").exists()
