"""Every page and every fragment that a test was answered with, one of each shape, kept to be checked."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from pathlib import Path

from django.http import HttpRequest, HttpResponse

FOLDER = "MAILAI_TEST_ANSWERS"
MAIL = "email-frame"  # mail as it came is as it is
VARYING = re.compile(r"(?<=>)[^<]+|\d+|(?<=csrfmiddlewaretoken\" value=\")\w+|(?<=X-CSRFToken\": \")\w+")
ITEM = re.compile(r"<li [^>]*hx-swap-oob=.*?</li>", re.DOTALL)  # comes alone, and htmx puts it into its list
FORM, FORM_ID = re.compile(r' form="([^"]+)"'), re.compile(r'<form[^>]* id="([^"]+)"')
DOCUMENT = '<!doctype html>\n<html lang="{}">\n<head><title>A fragment</title></head>\n<body>\n{}\n</body>\n</html>\n'


class Keep:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.folder = Path(os.environ[FOLDER])

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        name = request.resolver_match.url_name if request.resolver_match else "nowhere"
        if response.get("Content-Type", "").startswith("text/html") and response.content and name != MAIL:
            html = response.content.decode()
            shape = hashlib.sha256(VARYING.sub("", html).encode()).hexdigest()[:12]
            if not html.lstrip().lower().startswith("<!doctype"):
                html = as_document(html, response.get("Content-Language", "en"))
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / f"{name}-{response.status_code}-{shape}.html").write_text(html)
        return response


def as_document(fragment: str, language: str) -> str:
    """With what it refers to on the page that it goes to."""
    forms = set(FORM.findall(fragment)) - set(FORM_ID.findall(fragment))
    elsewhere = "".join(f'<form id="{form}"></form>' for form in sorted(forms))
    return DOCUMENT.format(language, ITEM.sub(r"<ul>\g<0></ul>", fragment) + elsewhere)
