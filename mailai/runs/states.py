"""The states of a run, and what it is doing in the one that lasts."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

ACTIVE = ("queued", "running", "retrying")
TERMINAL = ("succeeded", "failed", "cancelled")


class Status(models.TextChoices):
    QUEUED = "queued", _("waiting")
    RUNNING = "running", _("running")
    RETRYING = "retrying", _("trying again")
    SUCCEEDED = "succeeded", _("done")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")


class Stage(models.TextChoices):
    """What a run is doing. A stage is written when it begins, so it is always true."""

    QUEUED = "queued", _("Waiting for its turn")
    READING = "reading", _("Reading the message")
    ASKING = "asking", _("Waiting for the model")
    RECEIVING = "receiving", _("Receiving the answer")
    CONNECTING = "connecting", _("Connecting to the mail server")
    FETCHING = "fetching", _("Fetching mail")
    IMPORTING = "importing", _("Storing messages")
    DELETING = "deleting", _("Deleting")
    SENDING = "sending", _("Handing it to the mail server")
    SAVING = "saving", _("Saving the result")
    BACKOFF = "backoff", _("Waiting before the next try")
    DONE = "done", _("Done")


WIRE = {
    "queued": "PENDING",
    "retrying": "RETRY",
    "succeeded": "SUCCESS",
    "failed": "FAILURE",
    "cancelled": "REVOKED",
}
