"""The work of an import: the messages of an upload into the mailbox, in batches that are stored as they come.

With each batch it is noted how far the upload is, in the same transaction: killed at any point, the next try goes on
behind the last batch, and what is told in the end counts every message once.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from django.db.models import F

from emails.importing import Arrival, Outcome, Stored, count_in, messages_in, store_all
from emails.models import Email
from emails.samples import READER
from emails.uploads.models import Upload
from mailai.ai.errors import AIError
from mailai.runs import stopping
from mailai.runs.kinds import Save
from mailai.runs.models import Stage, TaskRun
from mailai.runs.report import Report
from mailai.runs.transitions import Lost


def work(run: TaskRun, report: Report) -> Save:
    """Raises AIError: import_gone, or import_time where all has not been stored in one try."""
    upload = Upload.objects.filter(run=run).first()
    if upload is None:
        raise AIError("import_gone")
    Import(upload, run, report).all()

    def save() -> dict[str, Any]:
        counts = Upload.objects.values("stored", "duplicates", "unreadable", "done").get(pk=upload.pk)
        Upload.objects.filter(pk=upload.pk).delete()
        return {"status": "success", **counts}

    return save


class Import:
    """One try's way through the upload."""

    def __init__(self, upload: Upload, run: TaskRun, report: Report) -> None:
        self.upload, self.run, self.report = upload, run, report
        self.until = time.monotonic() + run.definition.soft_limit
        self.origin = {"sample": True} if "sample" in run.params else {}
        self.done = upload.done
        self.is_late = False

    def all(self) -> None:
        total = self.total()
        self.report.counted(Stage.IMPORTING, self.done, total)
        for passed, _stored in enumerate(
            store_all(self.run.user, self.arrivals(), noted=self.note, alive=self.report.alive),
            self.upload.done + 1,
        ):
            if passed == self.done:  # the last of a batch
                self.report.counted(Stage.IMPORTING, self.done, total)
        if self.is_late:
            raise AIError("import_time")

    def total(self) -> int:
        if self.upload.messages is None:
            self.report.counted(Stage.IMPORTING)
            self.upload.messages = sum(count_in(file) for file in self.upload.files.all())
            self.upload.save(update_fields=["messages"])
        return self.upload.messages

    def arrivals(self) -> Iterator[Arrival]:
        """What no try before this one has stored, until this one is over."""
        raws = (raw for file in self.upload.files.all() for raw in messages_in(file))
        for raw in islice(raws, self.upload.done, None):
            if self.is_over:
                self.is_late = True
                return
            yield Arrival(raw, origin=self.origin)

    @property
    def is_over(self) -> bool:
        """Its time is up, or its worker is to stop and another try can go on."""
        stops = stopping.asked() and self.run.attempt < self.run.max_attempts
        return stops or time.monotonic() >= self.until

    def note(self, batch: Sequence[Stored]) -> None:
        """In the transaction that stores the batch. Raises Lost, and then nothing of it is stored."""
        if not TaskRun.objects.fenced(self.run).select_for_update(no_key=True).exists():
            raise Lost
        outcomes = [outcome for outcome, _email in batch]
        Upload.objects.filter(pk=self.upload.pk).update(
            done=F("done") + len(batch),
            stored=F("stored") + len(batch) - outcomes.count(Outcome.DUPLICATE),
            duplicates=F("duplicates") + outcomes.count(Outcome.DUPLICATE),
            unreadable=F("unreadable") + outcomes.count(Outcome.UNREADABLE),
        )
        if self.origin:
            mine = Email.objects.filter(pk__in=[email.pk for _outcome, email in batch], sample=True)
            mine.filter(sender_address=READER).update(mine=True)
        self.done += len(batch)
