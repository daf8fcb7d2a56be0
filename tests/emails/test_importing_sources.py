"""What counts as a message on disk."""

import os
from pathlib import Path

import pytest

from emails.importing import count, messages

ONE, TWO = b"From: a@x\n\none\n", b"From: b@x\n\ntwo\n"
MARK = b"From a@x Tue Nov  3 09:58:00 2026\n"


def check(path: Path, expected: list[bytes]) -> None:
    assert list(messages(path)) == expected
    assert count(path) == len(expected)


def test_it_takes_a_single_file(tmp_path: Path) -> None:
    file = tmp_path / "any.name"
    file.write_bytes(ONE)
    check(file, [ONE])


def test_it_takes_a_message_with_a_postmark_as_one(tmp_path: Path) -> None:
    file = tmp_path / "one.eml"
    file.write_bytes(MARK + ONE + b"\nFrom here on it is text.\n\nFrom Monday on, too.\n")
    check(file, [file.read_bytes()])


@pytest.mark.parametrize("name", ["mail.mbox", "Inbox"])
def test_it_takes_an_mbox_whatever_its_name(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    body = b"From: a@x\n\n>From the start\n>>From here\nFrom now\n\nFrom me\n"
    file.write_bytes(MARK + body + b"\n" + MARK.replace(b"\n", b"\r\n") + TWO)
    check(file, [b"From: a@x\n\nFrom the start\n>From here\nFrom now\n\nFrom me\n", TWO])


def test_it_passes_nothing_over_in_an_mbox(tmp_path: Path) -> None:
    file = tmp_path / "odd.mbox"
    file.write_bytes(ONE + b"\n" + MARK + b"\n" + MARK + TWO)
    assert list(messages(file)) == [ONE, b"\n", TWO]


def test_it_takes_postmarks_without_a_date(tmp_path: Path) -> None:
    file = tmp_path / "old.mbox"
    file.write_bytes(b"From a@x\n" + ONE + b"\nFrom b@x\n" + TWO)
    check(file, [ONE, TWO])


def test_it_reads_an_mbox_in_a_stream(tmp_path: Path) -> None:
    file = tmp_path / "large.mbox"
    with file.open("wb") as stream:
        for _ in range(3):
            stream.write(MARK + b"From: a@x\n\n" + b"x" * 3_000_000 + b"\n\n")
    assert [len(raw) for raw in messages(file)] == [3_000_012] * 3


def test_it_takes_a_folder_in_order_with_hidden_files_and_mailboxes(tmp_path: Path) -> None:
    for name, raw in {"b": TWO, "a.eml": ONE, ".hidden": b"three", "sub/z.txt": b"four"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(raw)
    (tmp_path / "c.mbox").write_bytes(MARK + ONE + b"\n" + MARK + TWO)
    check(tmp_path, [b"three", ONE, TWO, ONE, TWO, b"four"])


def test_it_takes_a_maildir(tmp_path: Path) -> None:
    for name, raw in {"cur/1:2,S": ONE, "new/2": TWO, "tmp/3": b"half", ".Sent/cur/4": b"sent"}.items():
        for folder in ("cur", "new"):
            ((tmp_path / name).parent.parent / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(raw)
    (tmp_path / "dovecot-uidlist").write_bytes(b"index")
    check(tmp_path, [b"sent", ONE, TWO])


def test_it_goes_on_after_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "nowhere")
    (tmp_path / "b").write_bytes(ONE)
    os.mkfifo(tmp_path / "c")  # on which reading would wait for ever
    failures: list[OSError] = []
    assert list(messages(tmp_path, failures.append)) == [ONE]
    assert [Path(error.filename).name for error in failures] == ["a"]


def test_it_says_that_a_path_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(messages(tmp_path / "nowhere"))


def test_it_splits_only_where_a_message_can_begin(tmp_path: Path) -> None:
    """As mboxcl2 leaves it, where a body's lines are not escaped."""
    file = tmp_path / "cl2.mbox"
    body = (
        b"From: a@x\nContent-Length: 60\n\ntext\n\nFrom Ada on Tue, Nov 3 at 09:58 came this:\nHello, you.\n"
    )
    file.write_bytes(MARK + body + b"\n" + MARK + TWO)
    check(file, [body, TWO])


def test_it_does_not_let_a_length_swallow_the_next_messages(tmp_path: Path) -> None:
    file = tmp_path / "hiding.mbox"
    rest = b"\n" + MARK + TWO + b"\n" + MARK + ONE
    greedy = b"From: eve@x\nContent-Length: %d\n\n" % (len(rest) - len(MARK + ONE))
    file.write_bytes(MARK + greedy + rest)
    check(file, [greedy, TWO, ONE])


def test_it_unescapes_only_at_the_beginning_of_a_line(tmp_path: Path) -> None:
    file = tmp_path / "long.mbox"
    long = b"From: a@x\n\n" + b"x" * (1024 * 1024 - 1) + b">From here\n>From there\n"
    file.write_bytes(MARK + long.replace(b"\n>From", b"\n>>From"))
    check(file, [long])
