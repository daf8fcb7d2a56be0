"""The words for what a person should know before a reply goes out."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from replies.composing.caution import cautions
from replies.models import Sending
from replies.outgoing import original_of
from replies.sources import Sources

WORDS: dict[str, Promise] = {
    "no_reply": _("%(about)s says that nobody reads what is sent there."),
    "bounce": _("The message is a notice of a mail server: an answer to it reaches nobody."),
    "automatic": _("The message was sent by a program: an answer to it may reach nobody."),
    "list": _("%(about)s is a mailing list: everybody on it gets your reply."),
    "elsewhere": _("Replies to this message go to %(about)s, and not to the address that sent it."),
    "gap": _("There is still a gap in your text: %(about)s"),
    "many": _("It goes to %(about)s recipients."),
    "no_part": _(
        "%(about)s did not get every message that was read for this draft. "
        "Make sure that the text tells nothing of the others."
    ),
}
MOST_STRANGERS = 5  # who are named one by one


def cautions_of(sending: Sending, sources: Sources) -> list[str]:
    found = cautions(original_of(sending.email), sending.recipients, sending.draft.text)
    found += [("no_part", address) for address in sources.strangers[:MOST_STRANGERS]]
    return [str(WORDS[code]) % {"about": about} for code, about in found]
