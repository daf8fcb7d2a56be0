"""Upload: the files of one press, in pieces, and how far the run has come that stores their messages.

They lie in the database and on no disk, because the worker that takes the run may be another host.
"""

from __future__ import annotations

import io
from pathlib import PurePath
from typing import BinaryIO, Literal

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models

from emails.uploads.stream import Pieces
from mailai.postgres.defaults import Model

PIECE = 256 * 1024  # bytes


class UploadQuerySet(models.QuerySet["Upload"]):
    def of(self, user: AbstractBaseUser | AnonymousUser) -> UploadQuerySet:
        return self.filter(run__user_id=user.pk)


class Upload(Model):
    """It lives as long as its run: see emails.uploads.sweeping."""

    run = models.OneToOneField("runs.TaskRun", models.CASCADE, related_name="upload")
    size = models.PositiveBigIntegerField()  # bytes of all its files
    messages = models.PositiveIntegerField(null=True)  # in its files; empty until they were counted
    done = models.PositiveIntegerField(default=0)  # so many from the first on are dealt with; of these:
    stored = models.PositiveIntegerField(default=0)
    duplicates = models.PositiveIntegerField(default=0)
    unreadable = models.PositiveIntegerField(default=0)

    objects = UploadQuerySet.as_manager()

    def __str__(self) -> str:
        return f"upload {self.pk}"


class UploadFile(Model):
    upload = models.ForeignKey(Upload, models.CASCADE, related_name="files")
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["upload", "position"], name="one_file_per_position")]

    def __str__(self) -> str:
        return f"file {self.position} of upload {self.upload_id}"

    @property
    def suffix(self) -> str:
        return PurePath(self.name).suffix

    def open(self, mode: Literal["rb"] = "rb") -> BinaryIO:
        return io.BufferedReader(Pieces(self._piece), PIECE)

    def _piece(self, number: int) -> bytes:
        found = self.pieces.filter(number=number).values_list("content", flat=True).first()
        return b"" if found is None else bytes(found)


class UploadPiece(Model):
    file = models.ForeignKey(UploadFile, models.CASCADE, related_name="pieces")
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "number"], name="one_piece_per_number")]

    def __str__(self) -> str:
        return f"piece {self.number}"
