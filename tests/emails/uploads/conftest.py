from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.test import Client

from emails.uploads.accepting import keep_pieces
from emails.uploads.models import Upload, UploadFile
from mailai.runs.models import TaskRun
from mailai.runs.perform import perform
from tests.accounts.letters import letters
from tests.contract.asking import PAGE

MARK = b"From ada@example.com Mon Jan  5 10:00:00 2026\n"


def mbox(count: int, first: int = 1, size: int = 0) -> bytes:
    return b"".join(
        MARK + letter.replace(b"\r\n", b"\n") + b"\n" for letter in letters(count, first=first, size=size)
    )


def kept(user: User, **files: bytes) -> TaskRun:
    """An upload as a press leaves it behind; `x_mbox` is a file x.mbox."""
    run, _created = TaskRun.objects.start(user, "import", params={"files": list(files)})
    upload = Upload.objects.create(run=run, size=sum(map(len, files.values())))
    for position, (name, content) in enumerate(files.items()):
        name = name.replace("_", ".")
        file = UploadFile.objects.create(upload=upload, position=position, name=name, size=len(content))
        keep_pieces(file, ContentFile(content))
    return run


def carried_out(run: TaskRun) -> TaskRun:
    """As a worker would, in this process."""
    perform(str(run.pk))
    run.refresh_from_db()
    return run


Post = Callable[..., object]


@pytest.fixture
def post(logged_in: Client) -> Callable[..., object]:
    """The upload as a browser's plain form sends it: files by their names."""

    def send(files: dict[str, bytes], client: Client = logged_in, **options: object) -> object:
        body = [ContentFile(content, name) for name, content in files.items()]
        data = {"back": "/mail/upload", "files": body}
        return client.post("/mail/upload", data, headers=PAGE, **options)

    return send
