"""The sample mailbox: brought in by the same way as any upload, and taken out again with all that came of it."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.files.base import ContentFile
from django.db import transaction
from django.http import HttpRequest

from emails.models import Email, EmailQuerySet
from emails.samples import SAMPLE
from emails.uploads.accepting import accept
from mailai.runs.models import TaskRun, TaskRunQuerySet
from mailai.runs.transitions import cancel_all


def bring(request: HttpRequest) -> TaskRun:
    """Its import; the one that is under way if there is one. Raises Refused as an upload does."""
    under_way = imports(request.user).active().first()
    if under_way is not None:
        return under_way
    files = [ContentFile(path.read_bytes(), path.name) for path in sorted(SAMPLE.iterdir())]
    return accept(request, files, {"sample": True})


def remove(user: AbstractBaseUser | AnonymousUser) -> int:
    """Only what came with it: a message that was there before stays. Returns how many are gone."""
    with transaction.atomic():
        cancel_all(imports(user))
        return here(user).delete()[1].get("emails.Email", 0)


def here(user: AbstractBaseUser | AnonymousUser) -> EmailQuerySet:
    return Email.objects.of(user).filter(sample=True).light()


def imports(user: AbstractBaseUser | AnonymousUser) -> TaskRunQuerySet:
    return TaskRun.objects.of(user).filter(kind="import", params__sample=True)
