"""An upload goes with the end of its run, however that came: done, failed, cancelled, or taken by no worker in time."""

from __future__ import annotations

from emails.uploads.models import Upload, UploadQuerySet
from mailai.runs.models import TERMINAL

BATCH = 20


def sweep(uploads: UploadQuerySet | None = None) -> int:
    """Remove what ended runs have left behind. Safe anywhere at any time; returns how many."""
    left = (Upload.objects.all() if uploads is None else uploads).filter(run__status__in=TERMINAL)
    ended = list(left.values_list("pk", flat=True)[:BATCH])
    if ended:
        Upload.objects.filter(pk__in=ended).delete()
    return len(ended)
