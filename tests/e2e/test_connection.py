"""A page whose server is out of reach, or that nobody looks at: it says so or rests, and goes on by itself."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import BrowserContext, Page, expect

from emails.models import Email
from mailai.runs.models import TaskRun
from tests.e2e.site import Site, wait_for
from tests.factories import make_run, make_token
from tests.processes import Processes

pytestmark = pytest.mark.browser
HIDE = """hidden => {
    Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
}"""


class Server:
    """A web server of a test's own, on a port that it keeps over a restart."""

    def __init__(self, log: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as found:
            self.port = found.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = log
        self.start()

    def start(self) -> None:
        bind = ("--bind", f"127.0.0.1:{self.port}")
        command = ["-m", "gunicorn", "--config", "gunicorn.conf.py", *bind]
        self.running = Processes(command, self.log, {"WEB_CONCURRENCY": "1"})

    def kill(self) -> None:
        self.running.end()


@pytest.fixture
def server(results: Path) -> Iterator[Server]:
    server = Server(results / "restarted.log")
    yield server
    server.kill()


def polls(page: Page, part: str = "/status") -> list[str]:
    """What the page asks for from now on."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if part in request.url else None)
    return asked


def test_a_lost_connection_is_told_and_the_run_shown_when_it_is_back(
    page: Page, context: BrowserContext, person: User, letter: Email, complaints: list[str]
) -> None:
    make_token(person, "fake:drip=0.1")
    page.goto(f"/email/{letter.pk}/")
    page.get_by_role("button", name="Analyse", exact=True).click()
    expect(page.locator("#panel-base progress")).to_be_visible()
    context.set_offline(True)
    expect(page.get_by_role("alert")).to_contain_text("The server cannot be reached just now.")
    wait_for(page, lambda: letter.analyses.exists(), 30)
    context.set_offline(False)
    expect(page.locator("#panel-base .summary")).to_contain_text("The contract")
    expect(page.locator("#banner")).to_be_hidden()
    complaints.clear()  # the browser notes the requests that failed


def test_without_a_connection_it_asks_ever_more_seldom(
    page: Page, context: BrowserContext, person: User, letter: Email, complaints: list[str]
) -> None:
    make_run(person, "base", "running", email=letter)
    page.clock.install()
    page.goto(f"/email/{letter.pk}/")
    context.set_offline(True)
    asked = polls(page)
    page.clock.run_for(20_000)
    wait_for(page, lambda: asked)
    for _ in range(40):
        page.clock.run_for(1_000)
    assert 2 <= len(asked) <= 8
    complaints.clear()


def test_a_server_that_restarts_in_the_middle_of_a_run(
    enter: Callable[..., BrowserContext],
    site: Site,
    server: Server,
    person: User,
    letter: Email,
    complaints: list[str],
) -> None:
    make_token(person, "fake:drip=0.1")
    context = enter(person, base_url=server.url)
    session = next(cookie for cookie in context.cookies() if cookie["name"] == "sessionid")
    context.add_cookies([{"name": "sessionid", "value": session["value"], "url": server.url}])
    page = context.new_page()
    wait_for(page, lambda: answers(server))
    page.goto(f"/email/{letter.pk}/")
    page.get_by_role("button", name="Draft a reply").click()
    expect(page.locator("#panel-reply progress")).to_be_visible()
    page.get_by_label("Text of the reply").press_sequentially("Dear Ada, ")
    server.kill()
    page.get_by_label("Text of the reply").press_sequentially("typed while it was away")
    expect(page.locator("#banner")).to_be_visible()
    server.start()
    expect(page.locator("#banner")).to_be_hidden(timeout=40_000)
    expect(page.locator("#panel-reply")).to_contain_text("is ready.", timeout=40_000)
    expect(page.get_by_label("Text of the reply")).to_have_value("Dear Ada, typed while it was away")
    wait_for(page, lambda: letter.drafts.filter(text="Dear Ada, typed while it was away").exists())
    complaints.clear()


def answers(server: Server) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", server.port)) == 0


def test_a_page_that_polls_nothing_finds_its_connection_again(
    page: Page, context: BrowserContext, letter: Email, complaints: list[str]
) -> None:
    page.goto(f"/email/{letter.pk}/")
    context.set_offline(True)
    page.locator("#panel-base").get_by_role("button", name="Analyse").click()
    expect(page.locator("#banner")).to_be_visible()
    expect(page.locator("#panel-base").get_by_role("button", name="Analyse")).to_be_enabled()
    context.set_offline(False)
    expect(page.locator("#banner")).to_be_hidden()
    complaints.clear()


def test_a_press_that_fails_stays_told_until_somebody_reads_it(
    page: Page, letter: Email, complaints: list[str]
) -> None:
    page.route("**/reprocess", lambda route: route.fulfill(status=502, body="Bad gateway"))
    page.goto(f"/email/{letter.pk}/")
    with page.expect_response("**/healthz/database"):
        page.locator("#panel-base").get_by_role("button", name="Analyse").click()
    expect(page.locator("#banner")).to_contain_text("The server did not answer as it should.")
    page.locator("#banner").get_by_role("button", name="Close").click()
    expect(page.locator("#banner")).to_be_hidden()
    complaints.clear()


def test_a_hidden_page_rests_and_catches_up_at_once(page: Page, person: User, letter: Email) -> None:
    run = make_run(person, "base", "running", email=letter)
    page.clock.install()
    page.goto(f"/email/{letter.pk}/")
    page.evaluate(HIDE, True)
    page.wait_for_load_state("networkidle")
    asked = polls(page)
    page.clock.fast_forward(3_600_000)
    page.clock.run_for(5_000)
    assert asked == []
    TaskRun.objects.filter(pk=run.pk).update(message="receiving", partial="twelve chars", progress=40)
    page.evaluate(HIDE, False)
    expect(page.locator("#panel-base .run-line")).to_contain_text("Receiving the answer (12 characters)")
    assert len(asked) == 1


def test_a_page_that_the_browser_kept_shows_what_is_now(page: Page, person: User, letter: Email) -> None:
    page.goto(f"/email/{letter.pk}/")
    make_run(person, "base", "running", email=letter)
    expect(page.locator("#panel-base progress")).to_have_count(0)
    page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    expect(page.locator("#panel-base progress")).to_be_visible()


def test_back_leads_to_the_run_under_way(page: Page, person: User, letter: Email) -> None:
    page.goto(f"/email/{letter.pk}/")
    page.get_by_role("link", name="Activity").click()
    make_run(person, "base", "running", email=letter)
    page.go_back()
    expect(page.locator("#panel-base progress")).to_be_visible()
    expect(page.locator("#panel-base [hx-trigger]")).to_have_count(1)


def test_a_slow_network_shows_at_once_that_it_was_pressed_and_takes_one_press(
    page: Page, context: BrowserContext, person: User, letter: Email
) -> None:
    page.goto(f"/email/{letter.pk}/")
    network = context.new_cdp_session(page)
    slow = {"offline": False, "latency": 1_500, "downloadThroughput": 20_000, "uploadThroughput": 20_000}
    network.send("Network.emulateNetworkConditions", slow)
    button = page.locator("#panel-base").get_by_role("button", name="Analyse")
    button.click()
    expect(button).to_be_disabled(timeout=1_000)
    expect(page.locator("#panel-base .summary")).to_be_visible(timeout=30_000)
    assert TaskRun.objects.filter(email=letter).count() == 1
