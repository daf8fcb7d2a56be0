"""The buttons of an email's page: base analysis, second opinion."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from emails.access import get_panel_email
from emails.analyse import latest
from mailai.ai.choice import named_token
from mailai.http import Refused, body_of, contract
from mailai.runs.press import press


@contract("POST")
def reprocess(request: HttpRequest, email_id: int) -> HttpResponse:
    email = get_panel_email(request, email_id)
    token = named_token(request, body_of(request), "base")
    return press(request, "base", _("The base analysis has been queued."), email, token)


@contract("POST")
def optimize(request: HttpRequest, email_id: int) -> HttpResponse:
    email = get_panel_email(request, email_id)
    token = named_token(request, body_of(request), "optimize")
    if latest(email, "base") is None:
        raise Refused(409, "no_base", _("Run the base analysis first; the second opinion builds on it."))
    return press(request, "optimize", _("The second opinion has been queued."), email, token)
