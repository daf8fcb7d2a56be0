"""The project's own icons, `{% icon "reply" %}` in any template: 20 × 20, stroked in the colour of the text."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

# Each is one path; a dot is a line of almost no length. Grouped as they are used.
ICONS = {
    # places
    "inbox": "M3 11.5 5.2 4.6A1.5 1.5 0 0 1 6.6 3.5h6.8a1.5 1.5 0 0 1 1.4 1.1L17 11.5v3.5a1.5 1.5 0 0 1-1.5 1.5h-11"
    "A1.5 1.5 0 0 1 3 15zM3 11.5h4a3 3 0 0 0 6 0h4",
    "activity": "M2.5 10.5h3.2L8 4.5l4 11 2.3-5h3.2",
    "figures": "M3 16.5h14M5.5 13.5v-4M10 13.5v-9M14.5 13.5v-6.5",
    "account": "M13 10a3 3 0 1 1-6 0 3 3 0 0 1 6 0zm0-3v4.2a2.15 2.15 0 0 0 4.3 0V10a7.3 7.3 0 1 0-3 5.9",
    "token": "M9.75 13.25a3.25 3.25 0 1 1-6.5 0 3.25 3.25 0 0 1 6.5 0zM8.8 10.95l7.45-7.45M13 6.75 15.25 9",
    "profile": "M3.5 16.5h13M5 13.2l.6-2.9 7.2-7.2 2.4 2.4L8 12.6z",
    "admin": "M10 2.75 16 5v4.5c0 3.7-2.4 6.4-6 7.75-3.6-1.35-6-4.05-6-7.75V5zM7.5 10l1.8 1.8 3.2-3.5",
    "styleguide": "M3.5 3.5h5v5h-5zM11.5 6a2.5 2.5 0 1 0 5 0 2.5 2.5 0 1 0-5 0zM6 11.5l2.9 5H3.1zM11.5 11.5h5v5h-5z",
    "logout": "M8 3.5H5A1.5 1.5 0 0 0 3.5 5v10A1.5 1.5 0 0 0 5 16.5h3M12.5 13.5 16.5 10l-4-3.5M16 10H8",
    "light": "M13 10a3 3 0 1 1-6 0 3 3 0 0 1 6 0zM10 2.5V4m0 12v1.5M2.5 10H4m12 0h1.5M4.7 4.7l1 1m8.6 8.6 1 1"
    "m0-10.6-1 1m-8.6 8.6-1 1",
    "dark": "M16.5 11.8A7 7 0 0 1 8.2 3.5a7 7 0 1 0 8.3 8.3z",
    "system": "M3 4h14v9.5H3zM7.5 16.5h5M10 13.5v3",
    # ways
    "back": "M16 10H4m5-5.5L4 10l5 5.5",
    "up": "m5 12.5 5-5 5 5",
    "down": "m5 7.5 5 5 5-5",
    "outward": "M8 4.5H5A1.5 1.5 0 0 0 3.5 6v9A1.5 1.5 0 0 0 5 16.5h9a1.5 1.5 0 0 0 1.5-1.5v-3"
    "M11.5 3.5h5v5M16 4l-6.5 6.5",
    "matrix": "M3.5 3.5h13v13h-13zM3.5 7.83h13M3.5 12.17h13M7.83 3.5v13M12.17 3.5v13",
    "date": "M3.5 5h13v11.5h-13zM3.5 8.5h13M7 3v3.5M13 3v3.5",
    "priority": "M6 16V4.5M3 7.5l3-3 3 3M11.5 5h5.5M11.5 9.5h4M11.5 14H14",
    "search": "M14 8.75a5.25 5.25 0 1 1-10.5 0 5.25 5.25 0 0 1 10.5 0zM12.6 12.6l4 4",
    "filter": "M3 5h14M5.5 10h9M8.5 15h3",
    "keyboard": "M2.5 5.5h15v9.5h-15zM5.5 8.5v.01M8.5 8.5v.01M11.5 8.5v.01M14.5 8.5v.01M7 12h6",
    # what is done
    "done": "m4 10.5 4 4L16.5 5.5",
    "undo": "M7.5 4.5 3.5 8.5l4 4M4 8.5h7.5a4 4 0 0 1 0 8H8",
    "close": "m5 5 10 10m0-10L5 15",
    "edit": "M4 16l.8-3.6 8.7-8.7a1.5 1.5 0 0 1 2.1 0l.7.7a1.5 1.5 0 0 1 0 2.1L7.6 15.2zM12 5.2 14.8 8",
    "remove": "M3.5 5.5h13M8 5.5v-2h4v2M5 5.5l.8 11h8.4l.8-11M8.5 8.5v5M11.5 8.5v5",
    "reply": "M8 4.5 3 9.5l5 5v-3.2c4 0 6.8 1.2 9 4.2-.4-5-3.5-8-9-8z",
    "send": "M3 4.2 17.5 10 3 15.8 5 10zM5 10h6",
    "upload": "M10 13V4M6 7.5 10 3.5l4 4M3.5 13v3.5h13V13",
    "fetch": "M10 9v7.5M7 13.5l3 3 3-3M6 12.5a3.5 3.5 0 0 1-.3-7A5 5 0 0 1 15 6.5a3 3 0 0 1 0 6h-.5",
    "test": "M7.5 3h5M8.5 3v5L4 15.2a1 1 0 0 0 .9 1.5h10.2a1 1 0 0 0 .9-1.5L11.5 8V3M6.5 12h7",
    # what a message is
    "mail": "M3 4.5h14v11H3zM3.5 5l6.5 5.5L16.5 5",
    "read": "M3 8.5 10 3.5l7 5v8H3zM3.5 9l6.5 4.5L16.5 9",
    "analysis": "M10 2.5l1.7 4.8L16.5 9l-4.8 1.7L10 15.5l-1.7-4.8L3.5 9l4.8-1.7zM16 14v3M14.5 15.5h3",
    "opinion": "M2.5 3.5h10v7H8l-3 2.5v-2.5H2.5zM15 7.5h2.5v7H15V17l-3-2.5H8.5",
    "draft": "M5 2.5h6.5L15 6v4M5 2.5v15h4.5M11 2.5V6.5h4M12 17.5l.5-2.3 4-4 1.8 1.8-4 4z",
    "correction": "M3 6h8M14.5 6H17M3 14h2.5M9 14h8M14.5 6a1.75 1.75 0 1 1-3.5 0 1.75 1.75 0 0 1 3.5 0z"
    "M9 14a1.75 1.75 0 1 1-3.5 0 1.75 1.75 0 0 1 3.5 0z",
    "attachment": "M13.5 6v7.25a3.5 3.5 0 0 1-7 0V5a2.25 2.25 0 0 1 4.5 0v8a1 1 0 0 1-2 0V6",
    "deadline": "M17 10.5a7 7 0 1 1-14 0 7 7 0 0 1 14 0zM10 6.5v4l2.75 1.75M7.5 2h5",
    "image": "M3 4h14v12H3zM3 13.5l4-4 3.5 3.5 2.5-2.5 4 4M13 7.25v.01",
    "source": "m7 5.5-4.5 4.5L7 14.5m6-9 4.5 4.5-4.5 4.5",
    "header": "M3.5 4.5h4M10.5 4.5h6M3.5 10h4M10.5 10h6M3.5 15.5h4M10.5 15.5h6",
    "question": "M17.25 10a7.25 7.25 0 1 1-14.5 0 7.25 7.25 0 0 1 14.5 0zM7.9 8a2.1 2.1 0 1 1 3.1 1.85"
    "c-.7.4-1 .85-1 1.65M10 13.9v.01",
    "archive": "M3 4h14v4H3zM4.5 8v8.5h11V8M8 11h4",
    # news
    "success": "M17.25 10a7.25 7.25 0 1 1-14.5 0 7.25 7.25 0 0 1 14.5 0zM6.75 10.25 9 12.5l4.25-4.75",
    "warning": "M10 3.25 2.75 16.25h14.5zM10 8.25V12M10 14v.01",
    "error": "M7 2.75h6L17.25 7v6L13 17.25H7L2.75 13V7zM10 6.5v4.25M10 13.5v.01",
}


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """With a label it says something of its own; without one it stands beside words that do. Unknown: KeyError."""
    drawing = mark_safe(f'<path d="{ICONS[name]}"/>')  # noqa: S308 - from the table above
    if not label:
        return format_html('<svg class="icon" viewBox="0 0 20 20" aria-hidden="true">{}</svg>', drawing)
    opening = '<svg class="icon" viewBox="0 0 20 20" role="img" aria-label="{}"><title>{}</title>{}</svg>'
    return format_html(opening, label, label, drawing)
