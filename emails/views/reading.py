"""What a message holds, shown so that nothing in it can act: its HTML in a frame, its attachments, its source."""

from __future__ import annotations

import re

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.http import content_disposition_header
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from emails.access import get_attachment, get_email
from emails.parsing.filenames import safe
from emails.parsing.inline_images import content_ids, embed

FRAME_POLICY = (
    "default-src 'none'; img-src {images}; style-src 'unsafe-inline'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)
FILE_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"
# Those that no browser runs; all else is bytes.
PASSED_TYPES = frozenset(
    {"image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "text/plain"}
)
COLOURED = re.compile(r"""bgcolor=|<font[^>]{0,200}color=|style="[^"]*(?:color|background)\s*:""", re.I)


@login_required
@require_safe
@xframe_options_sameorigin
def frame(request: HttpRequest, email_id: int) -> HttpResponse:
    """The message's HTML in a document of its own. With ?images=1 it may fetch the images that it refers to."""
    email = get_email(request, email_id)
    parts = email.attachments.filter(content_id__in=content_ids(email.html))
    images = {part.content_id: (part.content_type, bytes(part.content)) for part in parts}
    # A page that brings its own colours was made for a light background.
    schemes = "light" if COLOURED.search(email.html) else "light dark"
    page = render_to_string("emails/frame.html", {"html": embed(email.html, images), "schemes": schemes})
    allowed = "data: https: http:" if request.GET.get("images") == "1" else "data:"
    return inert(HttpResponse(page), FRAME_POLICY.format(images=allowed))


@login_required
@require_safe
def attachment(request: HttpRequest, email_id: int, position: int) -> HttpResponse:
    """An attachment to save; never shown in place, whatever it claims to be."""
    part = get_attachment(request, email_id, position)
    kind = part.content_type if part.content_type in PASSED_TYPES else "application/octet-stream"
    response = inert(HttpResponse(bytes(part.content), content_type=kind), FILE_POLICY)
    response["Content-Disposition"] = content_disposition_header(True, safe(part.name))
    return response


@login_required
@require_safe
def source(request: HttpRequest, email_id: int) -> HttpResponse:
    """The message as it came, as text."""
    raw = bytes(get_email(request, email_id).raw)
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("latin-1")  # which shows every byte as one character
    return inert(HttpResponse(text, content_type="text/plain; charset=utf-8"), FILE_POLICY)


def inert(response: HttpResponse, policy: str) -> HttpResponse:
    """Private, as what it says it is, and under a policy of its own: django-csp adds none where one is set."""
    response["Content-Security-Policy"] = policy
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response
