"""What goes out as an mbox comes in again, byte for byte."""

import mailbox
import os
import stat
from collections import Counter
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from emails.exporting import export
from emails.importing import Outcome, messages, store, store_all
from emails.models import Email
from tests.factories import make_email

CORPUS = Path(settings.BASE_DIR).parent / "shared" / "corpus"
SAMPLE = Path(settings.BASE_DIR) / "emails" / "sample"
ODD = [
    b"",
    b"\n",
    b"\r\n",
    b"text",
    b"text\r",
    b"Subject: x\r\n\r\n\r",
    b"Subject: x\n\nFrom me\n>From you\n>>From them\n\nFrom mailai Tue Nov  3 09:58:00 2026\nSubject: y\n\n",
    b"From a@x Tue Nov  3 09:58:00 2026\nSubject: x\n\n",
    b"Subject: long\n\n" + b"x" * (1024 * 1024) + b">From the middle of a line\n" + b"y" * 3_000_000,
    b"\n\n\nFrom\n\nFrom ",
    b"Subject: x\r\n\r\nFrom here\r\n\r\n\r\n",
]


def exported(user: User, path: Path) -> list[bytes]:
    for _ in export(user, path):
        pass
    return list(messages(path))


def raws_of(user: User) -> list[bytes]:
    emails = Email.objects.of(user).order_by("received_at", "pk")
    return [bytes(raw) for raw in emails.values_list("raw", flat=True)]


def test_it_takes_out_the_sample_and_brings_it_in_again(user: User, stranger: User, tmp_path: Path) -> None:
    list(store_all(user, messages(SAMPLE)))
    path = tmp_path / "mail.mbox"
    raws = exported(user, path)
    assert raws == raws_of(user)
    assert {outcome for outcome, _ in store_all(stranger, raws)} == {Outcome.IMPORTED}
    assert Counter(raws_of(stranger)) == Counter(raws)
    assert {outcome for outcome, _ in store_all(user, raws)} == {Outcome.DUPLICATE}
    assert len(mailbox.mbox(path)) == len(raws)  # other programs see as many


@pytest.mark.skipif(not CORPUS.is_dir(), reason=f"the corpus of real mail is not at {CORPUS}")
def test_it_takes_out_real_and_odd_mail(user: User, tmp_path: Path) -> None:
    list(store_all(user, messages(CORPUS)))
    assert exported(user, tmp_path / "mail.mbox") == raws_of(user)


def test_it_keeps_odd_bytes(user: User, tmp_path: Path) -> None:
    for raw in ODD:
        make_email(user, raw=raw)
    assert exported(user, tmp_path / "any.name") == ODD


@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.lists(st.sampled_from([b"From ", b">", b"\n", b"\r", b"x: y", b"From mailai Tue Nov  3 09:58"]))
        .map(b"".join)
        .filter(bool),
        max_size=4,
    )
)
def test_it_keeps_any_bytes(user: User, tmp_path: Path, raws: list[bytes]) -> None:
    Email.objects.all().delete()
    for raw in raws:
        make_email(user, raw=raw)
    assert exported(user, tmp_path / "any.mbox") == raws


def test_it_replaces_a_file_only_when_all_is_written(user: User, tmp_path: Path) -> None:
    store(user, b"Subject: x\n\ntext")
    path = tmp_path / "mail.mbox"
    path.write_bytes(b"before")
    writing = export(user, path)
    next(writing)
    assert path.read_bytes() == b"before"
    writing.close()  # as an interruption does
    assert os.listdir(tmp_path) == ["mail.mbox"]
    assert path.read_bytes() == b"before"
    assert len(exported(user, path)) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_it_takes_only_the_users_own(user: User, stranger: User, tmp_path: Path) -> None:
    store(stranger, b"Subject: secret\n\ntext")
    assert exported(user, tmp_path / "mail.mbox") == []


def test_the_command_says_what_it_did(user: User, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store(user, b"Subject: x\n\ntext")
    path = tmp_path / "mail.mbox"
    call_command("export_mail", str(path), "--user", user.username)
    assert capsys.readouterr().out == f"exported 1 messages to {path}\n"


@pytest.mark.parametrize(
    ("path", "name", "words"),
    [
        ("x", "nobody", "There is no user"),
        ("", "alex", "is a folder"),
        ("no/x", "alex", "could not be written"),
    ],
)
def test_the_command_says_what_is_wrong(user: User, tmp_path: Path, path: str, name: str, words: str) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("export_mail", str(tmp_path / path), "--user", name)
