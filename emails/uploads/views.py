"""The page for mail from files. The request only keeps them: a run stores the messages that are in them."""

from __future__ import annotations

import re

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from emails.onboarding.models import Onboarding
from emails.uploads import sample
from emails.uploads.accepting import accept, name_of, sorted_out
from emails.uploads.capping import Cap, heard_out
from emails.uploads.card import recent
from mailai.http import Refused, back_of, contract
from mailai.runs.press import answer

NAMES = 100  # of the files of one upload, that its run keeps


@csrf_exempt  # the check reads the whole body, so the limit on it has to be set before: `_take` checks
@heard_out
@contract("GET", "POST")
def upload(request: HttpRequest) -> HttpResponse:
    if request.method == "GET":
        return _shown(request)
    cap = Cap(settings.MAILAI_UPLOAD_MAX_BYTES)
    request.upload_handlers.insert(0, cap)
    try:
        return _take(request, cap)
    except TooManyFilesSent:
        limit = {"n": settings.DATA_UPLOAD_MAX_NUMBER_FILES}
        raise Refused(400, "too_many", _("At most %(n)s files can be uploaded at once.") % limit) from None


@contract("POST")
def bring_sample(request: HttpRequest) -> HttpResponse:
    run = sample.bring(request)
    Onboarding.objects.note(request.user, "looked_at")
    return answer(request, run, _("The sample mailbox is being brought in."))


@contract("POST")
def remove_sample(request: HttpRequest) -> HttpResponse:
    count = sample.remove(request.user)
    said = ngettext(
        "The sample mailbox is removed: %(n)s message.",
        "The sample mailbox is removed: %(n)s messages.",
        count,
    )
    messages.success(request, said % {"n": count})
    return redirect(back_of(request) or "upload")


@csrf_protect
def _take(request: HttpRequest, cap: Cap) -> HttpResponse:
    files = request.FILES.getlist("files")
    if cap.exceeded:
        limit = {"most": _size(settings.MAILAI_UPLOAD_MAX_BYTES)}
        error = _(
            "These files are too large together: %(most)s can be uploaded at once. Nothing was stored. "
            "Upload fewer at a time, or ask the operator to import them."
        )
        raise Refused(413, "too_large", error % limit)
    if not files:
        raise Refused(
            400, "nothing_selected", _("No file is selected. Choose one or more, then upload them.")
        )
    mail, others = sorted_out(files)
    if others:
        told = _not_mail(others)
        if not mail:
            raise Refused(400, "not_mail", told)
        messages.warning(request, told)
    run = accept(request, mail, {"files": [name_of(file) for file in mail[:NAMES]]})
    return answer(request, run, _("The upload is kept and is being stored."))


def _size(size: int) -> str:
    """100 MB, where Django says 100.0 MB."""
    return re.sub(r"[.,]0(?=\s)", "", filesizeformat(size))


def _not_mail(names: list[str]) -> str:
    told = ngettext(
        "%(names)s is not mail and was not taken. Files with messages end in .eml or .mbox; unpack what is packed.",
        "%(names)s are not mail and were not taken. Files with messages end in .eml or .mbox; unpack what is packed.",
        len(names),
    )
    shown = ", ".join(f"“{name}”" for name in names[:5])
    return told % {"names": shown + (" …" if len(names) > 5 else "")}


def _shown(request: HttpRequest) -> HttpResponse:
    runs = recent(request.user)
    context = {
        "runs": runs,
        "active": any(run.is_active for run in runs),
        "most": settings.MAILAI_UPLOAD_MAX_BYTES,
        "most_said": _size(settings.MAILAI_UPLOAD_MAX_BYTES),
        "samples": sample.here(request.user).count(),
    }
    return render(request, "emails/upload.html", context)
