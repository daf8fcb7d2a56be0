"""Who works: a row for every supervisor that runs, seen every few seconds by the database's clock."""

from __future__ import annotations

import datetime as dt
import os
import socket
import uuid
from collections.abc import Iterable

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django_q.conf import Conf

from mailai import __version__
from mailai.postgres.defaults import Model

# Since it was last seen: several rounds of the reaper may fail before it counts as gone.
ALIVE = dt.timedelta(seconds=60)
FORGOTTEN = dt.timedelta(days=1)


class WorkerHostQuerySet(models.QuerySet["WorkerHost"]):
    def alive(self) -> WorkerHostQuerySet:
        return self.filter(seen_at__gt=Now() - ALIVE)

    def gone(self) -> WorkerHostQuerySet:
        """Seen for the last time a while ago, and not deregistered."""
        return self.filter(seen_at__lte=Now() - ALIVE)

    def forgotten(self) -> WorkerHostQuerySet:
        return self.filter(seen_at__lt=Now() - FORGOTTEN)


class WorkerHost(Model):
    """One `manage.py worker`: a host may have several."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("host"), max_length=255)
    pid = models.PositiveIntegerField(_("process"))
    slots = models.PositiveSmallIntegerField(_("slots"))  # runs that it works on at a time
    queues = ArrayField(models.CharField(max_length=50), default=list, verbose_name=_("queues"))  # none: all
    version = models.CharField(_("version"), max_length=40)
    started_at = models.DateTimeField(_("started"), db_default=Now())
    seen_at = models.DateTimeField(_("last seen"), db_default=Now())

    objects = WorkerHostQuerySet.as_manager()

    class Meta:
        ordering = ["name", "started_at"]
        verbose_name = _("worker")
        verbose_name_plural = _("workers")

    def __str__(self) -> str:
        return f"{self.name} {self.pid}"


class Presence:
    """That this process is there, told by its reaper."""

    def __init__(self, queues: Iterable[str] = ()) -> None:
        self.id = uuid.uuid4()
        self.queues = list(queues)

    def tell(self) -> None:
        row = WorkerHost.objects.filter(pk=self.id)
        if not row.update(seen_at=Now()):
            WorkerHost.objects.create(
                id=self.id,
                name=socket.gethostname()[:255],
                pid=os.getpid(),
                slots=Conf.WORKERS,
                queues=self.queues,
                version=__version__,
            )

    def withdraw(self) -> None:
        WorkerHost.objects.filter(pk=self.id).delete()
