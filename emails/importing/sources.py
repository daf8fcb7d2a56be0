"""Where mail lies: a message, an mbox, a Maildir, or a folder of any of these. Read lazily."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from emails.importing import mbox

log = logging.getLogger(__name__)

Failed = Callable[[OSError], None]

# One database field holds no more than 1 GB, and on its way there it takes twice its size.
STORABLE = 256 * 1024 * 1024


def warn(error: OSError) -> None:
    log.warning("Skipped %s: %s", error.filename, error.strerror or error)


def messages(path: Path, failed: Failed = warn) -> Iterator[bytes]:
    """Each message at `path`, raw, in the order of names; memory holds one at a time.

    In a folder every file is one message whatever its name, unless it ends in `.mbox`. A file that cannot be read
    is told to `failed`, and the next one follows. Raises FileNotFoundError if `path` does not exist.
    """
    for file, is_mbox in files(path, failed):
        try:
            yield from _messages(file, is_mbox)
        except OSError as error:
            failed(error)


def count(path: Path) -> int:
    """About how many messages there are, for a progress bar. Raises FileNotFoundError as `messages` does."""
    total = 0
    for file, is_mbox in files(path, lambda error: None):
        try:
            total += _count(file, is_mbox)
        except OSError:
            total += 1
    return total


def messages_in(file: mbox.File) -> Iterator[bytes]:
    """Each message of one file, wherever it lies: of an mbox, or the one that it is."""
    return _messages(file, is_mailbox(file))


def count_in(file: mbox.File) -> int:
    """About how many there are."""
    return _count(file, is_mailbox(file))


def files(path: Path, failed: Failed) -> Iterator[tuple[Path, bool]]:
    """The files that hold mail, each with whether it is an mbox."""
    if not path.is_dir():
        path.stat()  # raises FileNotFoundError
        yield path, is_mailbox(path)
        return
    for folder, folders, names in os.walk(path, onerror=failed):
        folders.sort()
        if {"cur", "new"} <= set(
            folders
        ):  # a Maildir: beside its folders lie only indexes, in tmp half a delivery
            folders[:] = [name for name in folders if name != "tmp"]
            continue
        for name in sorted(names):
            file = Path(folder, name)
            if file.is_file() or file.is_symlink():  # not a pipe, on which reading would wait for ever
                yield file, is_named_mailbox(file)


def is_mailbox(file: mbox.File) -> bool:
    return is_named_mailbox(file) or mbox.holds_several(file)


def is_named_mailbox(file: mbox.File) -> bool:
    return file.suffix.lower() == ".mbox"


def _messages(file: mbox.File, is_mbox: bool) -> Iterator[bytes]:
    if is_mbox:
        yield from mbox.messages(file, STORABLE)
    else:
        with file.open("rb") as stream:
            yield stream.read(STORABLE)


def _count(file: mbox.File, is_mbox: bool) -> int:
    return mbox.count(file) if is_mbox else 1
