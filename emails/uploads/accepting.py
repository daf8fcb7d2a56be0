"""From the files of a request to an upload with its run: all in one transaction, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.files import File
from django.db import transaction
from django.db.models import Sum
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from emails.importing.copying import copy
from emails.uploads.models import PIECE, Upload, UploadFile, UploadPiece
from emails.uploads.recognising import BEGINNING, is_mail
from emails.uploads.sweeping import sweep
from mailai.http import Refused, owner_id
from mailai.runs.models import TaskRun
from mailai.runs.press import begin

AT_ONCE = 16  # pieces
NAME = 255  # characters


@transaction.atomic
def accept(request: HttpRequest, files: Sequence[File[Any]], params: dict[str, Any]) -> TaskRun:
    """Keep the files for a run of their own. Raises Refused 429: too many presses, or too much waits already.

    The run is begun first: a press that is refused has written nothing.
    """
    get_user_model().objects.select_for_update(no_key=True).only("pk").get(pk=owner_id(request))
    size = sum(file.size for file in files)
    check_room(request, size)
    run = begin(request, "import", params=params)
    upload = Upload.objects.create(run=run, size=size)
    for position, file in enumerate(files):
        kept = UploadFile.objects.create(upload=upload, position=position, name=name_of(file), size=file.size)
        keep_pieces(kept, file)
    return run


def check_room(request: HttpRequest, size: int) -> None:
    """What a user may have waiting is limited: nobody fills the database with files that no worker takes."""
    sweep(Upload.objects.of(request.user))
    waiting = Upload.objects.of(request.user).aggregate(size=Sum("size"))["size"] or 0
    most = settings.MAILAI_UPLOAD_WAITING_BYTES
    if waiting + size > most:
        error = _(
            "%(waiting)s of your uploads are still waiting to be stored, and %(most)s may wait at a time. "
            "Upload these files once those are done."
        )
        raise Refused(
            429, "uploads_waiting", error % {"waiting": filesizeformat(waiting), "most": filesizeformat(most)}
        )


def sorted_out(files: Sequence[File[Any]]) -> tuple[list[File[Any]], list[str]]:
    """The files that are mail, and the names of those that are not."""
    mail, others = [], []
    for file in files:
        file.seek(0)
        if is_mail(file.read(BEGINNING)):
            mail.append(file)
        else:
            others.append(name_of(file))
    return mail, others


def name_of(file: File[Any]) -> str:
    return (file.name or "?").replace("\x00", "")[:NAME]


def keep_pieces(kept: UploadFile, file: File[Any]) -> None:
    file.seek(0)
    few: list[UploadPiece] = []
    for number, content in enumerate(iter(lambda: file.read(PIECE), b"")):
        few.append(UploadPiece(file=kept, number=number, content=content))
        if len(few) == AT_ONCE:
            copy(few)
            few = []
    copy(few)
