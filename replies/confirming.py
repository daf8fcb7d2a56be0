"""A prepared message confirmed: to the run that sends it, after the time in which it can be undone."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils.translation import gettext as _

from mailai.http import Refused
from mailai.postgres import clock
from mailai.runs.models import TaskRun
from mailai.runs.press import begin
from replies.models import Draft, Sending
from replies.outgoing import KEPT

State = Sending.State


def confirm(request: HttpRequest, sending: Sending, again: bool) -> TaskRun:
    """`again`: the user knows that it may have been sent before. Raises Refused.

    Of all presses in all tabs one starts a run, because an email has one active run of a kind. So what is looked at
    after that stands still: nobody else can be handing over a reply to this message.
    """
    with transaction.atomic():
        params = {"sending": str(sending.pk), "press": uuid.uuid4().hex}
        delay = settings.MAILAI_UNDO_SECONDS
        run = begin(request, "send", email=sending.email, params=params, delay=delay)
        if run.params != params:
            if run.params.get("sending") == str(sending.pk):
                return run
            raise Refused(
                409, "under_way", _("Another reply to this message is on its way. Wait for it, or undo it.")
            )
        sending.refresh_from_db(fields=["state", "run"])
        check(sending, again)
        Draft.objects.filter(pk=sending.draft_id, frozen_at=None).update(frozen_at=Now())
        if not Draft.objects.filter(pk=sending.draft_id, revision=sending.revision).exists():
            raise Refused(409, "changed", _("The text has changed since you checked it. Check it once more."))
        Sending.objects.filter(pk=sending.pk).update(run=run, state=State.WAITING, answer="", refused=[])
    return run


def check(sending: Sending, again: bool) -> None:
    sent = Sending.objects.filter(draft_id=sending.draft_id, state=State.SENT)
    if sent.exists():
        raise Refused(
            409, "already_sent", _("This version was sent already. Write on, and a new version begins.")
        )
    unknown = Sending.objects.filter(draft_id=sending.draft_id, state__in=(State.UNKNOWN, State.HANDING_OVER))
    if unknown.exists():
        if not again:
            raise Refused(
                409,
                "send_unknown",
                _("This version may have been sent already. Look into your folder of sent mail first."),
            )
        unknown.update(state=State.UNKNOWN)
    if sending.outcome == "prepared" and sending.created_at < clock.now() - KEPT:
        raise Refused(409, "stale", _("This was prepared a while ago. Check it once more."))
