"""A message's text in a template."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from emails.showing.links import marked
from emails.showing.words import with_breaks

register = template.Library()

URLIZED = (
    'rel="nofollow"'  # Django's mark of a link that it made; what the sender wrote has no plain quotes here
)
OUTWARD = 'rel="nofollow noopener noreferrer" target="_blank"'


@register.filter
def outward(html: SafeString) -> SafeString:
    """Behind `urlize`: links open beside mailai, tell nobody where they were followed, and say where they lead.

    Long words get places at which they may break.
    """
    links = marked(html.replace(URLIZED, OUTWARD), lambda host: _("leads to %(host)s") % {"host": host})
    return mark_safe(with_breaks(links))  # noqa: S308 - escaped by urlize before
