"""What a message's page tells beside its text: images, links that deceive, who vouches for the sender."""

from __future__ import annotations

from typing import Any

from django.db.models.functions import Substr
from django.utils.translation import gettext as _

from emails.belonging import noted_of
from emails.effective import Effective
from emails.instructed import is_instructing
from emails.models import Attachment, Email, ShownSender
from emails.parsing import remote_images
from emails.showing.dangers import START, Found, danger_in
from emails.showing.folding import fold
from emails.showing.height import NARROW, WIDE, step
from emails.showing.links import deceptive
from emails.showing.quotations import with_quotations_folded

TEXT = 200_000  # characters of a message that its page shows


def reading_context(email: Email, said: Effective | None) -> dict[str, Any]:
    """`email` comes with its `head`; see emails.access."""
    vouched = noted_of(bytes(getattr(email, "head", b"")))
    remote = remote_images(email.html)
    page = folded_page(email)
    doubtful = bool((vouched and vouched.forged) or (said and said.is_spam))
    return {
        "noted": vouched,
        "instructs": is_instructing(email),
        "remote_images": remote,
        "remembered": remote and is_shown(email),
        "withheld": doubtful,
        "deceptive": deceptive(email.html),
        "tall": step(page, WIDE),
        "slim": step(page, NARROW),
        "attachments": attachments_of(email),
        **text_context(email, TEXT),
    }


def folded_page(email: Email) -> str:
    """The message's HTML as its frame shows it, but for links and images."""
    return with_quotations_folded(email.html, _("Quoted"))


def text_context(email: Email, limit: int) -> dict[str, Any]:
    return {"blocks": fold(email.text[:limit]), "shown": limit}


def attachments_of(email: Email) -> list[tuple[Attachment, Found | None]]:
    """Those that the page does not show itself, each with the danger that its name or its beginning tells."""
    files = (
        email.attachments.defer("content").filter(inline=False).annotate(start=Substr("content", 1, START))
    )
    return [(file, danger_in(file.name, bytes(file.start))) for file in files]  # type: ignore[arg-type]


def is_shown(email: Email) -> bool:
    """Whether the user asked for this sender's images once and for all."""
    address = email.sender_address.casefold()
    return bool(address) and ShownSender.objects.filter(user_id=email.user_id, address=address).exists()
