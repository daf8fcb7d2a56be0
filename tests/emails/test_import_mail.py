"""The command: its one line, its exit codes, and what it leaves behind."""

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from emails.models import Email


@pytest.fixture
def mailbox(tmp_path: Path) -> Path:
    for number in range(3):
        (tmp_path / f"{number}.eml").write_bytes(b"From: a@x\nSubject: %d\n\ntext" % number)
    (tmp_path / "copy.eml").write_bytes(b"From: a@x\nSubject: 1\n\ntext")
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[str, str]:
    call_command("import_mail", *arguments)
    captured = capsys.readouterr()
    return captured.out, captured.err


def test_it_counts_every_message_once(user: User, mailbox: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, err = run(capsys, str(mailbox), "--user", user.username)
    assert out == "imported 3, duplicates 1, unreadable 2\n"
    assert "6/6" in err
    assert "nowhere" in err or "gone" in err
    assert Email.objects.of(user).count() == 4
    assert Email.objects.of(user).filter(unreadable=True).count() == 1


def test_it_adds_nothing_the_second_time(
    user: User, mailbox: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, str(mailbox), "--user", user.username)
    out, _ = run(capsys, str(mailbox), "--user", user.username)
    assert out == "imported 0, duplicates 5, unreadable 1\n"
    assert Email.objects.count() == 4


def test_it_stops_at_the_limit(user: User, mailbox: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, err = run(capsys, str(mailbox), "--user", user.username, "--limit", "2")
    assert out == "imported 2, duplicates 0, unreadable 0\n"
    assert "2/2" in err


@pytest.mark.parametrize(
    ("path", "name", "words"),
    [("nowhere", "alex", "does not exist"), (".", "nobody", "There is no user 'nobody'")],
)
def test_it_says_what_is_wrong(user: User, tmp_path: Path, path: str, name: str, words: str) -> None:
    with pytest.raises(CommandError, match=words) as failure:
        call_command("import_mail", str(tmp_path / path), "--user", name)
    assert failure.value.returncode == 2
    assert "\n" not in str(failure.value)
