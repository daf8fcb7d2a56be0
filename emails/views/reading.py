"""What a message holds, shown so that nothing in it can act: its HTML in a frame, its attachments, its source."""

from __future__ import annotations

import codecs
import re

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from emails.access import HEAD, get_attachment, get_email, get_email_source
from emails.parsing.filenames import safe
from emails.parsing.headers import line
from emails.parsing.inline_images import content_ids, embed
from emails.parsing.mime import split
from emails.reading import attachments_of, folded_page, text_context
from emails.showing.dangers import danger_in
from emails.showing.images import without_remote
from emails.showing.links import marked

FRAME_POLICY = (
    "default-src 'none'; img-src {images}; style-src 'unsafe-inline'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)
FILE_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"
# Those that no browser runs; all else is bytes.
PASSED_TYPES = frozenset(
    {"image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "text/plain"}
)
SOURCE = 2 * 1024 * 1024  # bytes that a browser shows
LETTER = 20_000  # characters of a message that is unfolded among others
FIELDS, FIELD = 300, 2000  # fields of a header, and characters of each
CAPITALS = {"Id": "ID", "Mime": "MIME", "Dkim": "DKIM", "Arc": "ARC", "Spf": "SPF"}  # in a field's name
HEADER_ENDS = re.compile(rb"\r?\n\r?\n")
COLOURED = re.compile(r"""bgcolor=|<font[^>]{0,200}color=|style="[^"]*(?:color|background)\s*:""", re.I)


@login_required
@require_safe
@xframe_options_sameorigin
def frame(request: HttpRequest, email_id: int) -> HttpResponse:
    """The message's HTML in a document of its own. With ?images=1 it may fetch the images that it refers to."""
    email = get_email(request, email_id)
    parts = email.attachments.filter(content_id__in=content_ids(email.html), inline=True)
    images = {part.content_id: (part.content_type, bytes(part.content)) for part in parts}
    # A page that brings its own colours was made for a light background.
    schemes = "light" if COLOURED.search(email.html) else "light dark"
    with_images = request.GET.get("images") == "1"
    shown = folded_page(email) if with_images else without_remote(folded_page(email))
    html = embed(marked(shown, lambda host: _("leads to %(host)s") % {"host": host}), images)
    page = render_to_string("emails/frame.html", {"html": html, "schemes": schemes})
    return inert(
        HttpResponse(page), FRAME_POLICY.format(images="data: https: http:" if with_images else "data:")
    )


@login_required
@require_safe
@never_cache
def attachment(request: HttpRequest, email_id: int, position: int) -> HttpResponse:
    """An attachment to save; never shown in place, whatever it claims to be.

    What may do harm when it is opened is given with ?anyway=1 alone; before, a page says what it is.
    """
    part = get_attachment(request, email_id, position)
    content = bytes(part.content)
    found = danger_in(part.name, content)
    if found and request.GET.get("anyway") != "1":
        context = {"email_id": email_id, "attachment": part, "name": safe(part.name), "found": found}
        return render(request, "emails/attachment.html", context)
    passed = part.content_type in PASSED_TYPES and not found
    response = inert(
        HttpResponse(content, content_type=part.content_type if passed else "application/octet-stream"),
        FILE_POLICY,
    )
    response["Content-Disposition"] = content_disposition_header(True, safe(part.name))
    return response


@login_required
@require_safe
@never_cache
def text(request: HttpRequest, email_id: int) -> HttpResponse:
    """A fragment: what a message of the thread says, for a reader who unfolds it."""
    email = get_email(request, email_id)
    context = {"email": email, "attachments": attachments_of(email)}
    return render(request, "emails/_letter.html", context | text_context(email, LETTER))


@login_required
@require_safe
def source(request: HttpRequest, email_id: int) -> HttpResponse:
    """The message as it came: its beginning as text, or with ?whole=1 all of it, to save."""
    if request.GET.get("whole") == "1":
        raw = bytes(get_email_source(request, email_id).source)  # type: ignore[attr-defined]
        response = inert(HttpResponse(raw, content_type="application/octet-stream"), FILE_POLICY)
        response["Content-Disposition"] = content_disposition_header(True, f"message-{email_id}.eml")
        return response
    email = get_email_source(request, email_id, SOURCE)
    raw = bytes(email.source)  # type: ignore[attr-defined]
    try:
        shown, _read = codecs.utf_8_decode(
            raw, "strict", email.size <= SOURCE
        )  # which a cut may end in a character
    except UnicodeDecodeError:
        shown = raw.decode("latin-1")  # which shows every byte as one character
    if email.size > SOURCE:
        told = _("[Cut here: %(shown)d of %(size)d bytes. All of it, to save: %(address)s]")
        address = f"{reverse('email-source', args=[email_id])}?whole=1"
        shown += "\n\n" + told % {"shown": SOURCE, "size": email.size, "address": address}
    return inert(HttpResponse(shown, content_type="text/plain; charset=utf-8"), FILE_POLICY)


@login_required
@require_safe
@never_cache
def headers(request: HttpRequest, email_id: int) -> HttpResponse:
    """The header, field by field."""
    email = get_email_source(request, email_id, HEAD)
    raw = bytes(email.source)  # type: ignore[attr-defined]
    found = split(raw).headers.fields
    fields = [(spelled(name), line(value, FIELD)) for name, value in found[:FIELDS]]
    cut = len(found) > FIELDS or (len(raw) == HEAD and not HEADER_ENDS.search(raw))
    return render(request, "emails/headers.html", {"email": email, "fields": fields, "cut": cut})


def inert(response: HttpResponse, policy: str) -> HttpResponse:
    """Private, as what it says it is, and under a policy of its own: django-csp adds none where one is set."""
    response["Content-Security-Policy"] = policy
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response


def spelled(name: str) -> str:
    """A field's name as it is usually written: the header is read in lower case."""
    return "-".join(CAPITALS.get(part, part) for part in name.title().split("-"))
