"""Every page, in every state that it knows: readable on every screen, in light and in dark, in both languages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models.functions import Now
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from emails.importing import messages, store
from emails.models import Batch, Correction, Email, ShownSender
from emails.onboarding.models import Onboarding
from emails.views.inbox import stamp_of
from mailai.ai.models import AiCall, ServiceToken
from replies.models import Sending
from tests.e2e import axe
from tests.factories import (
    make_account,
    make_analysis,
    make_attachment,
    make_draft,
    make_email,
    make_run,
    make_sending,
    make_token,
)

pytestmark = pytest.mark.browser

SAMPLE = Path(__file__).parents[2] / "emails" / "sample"
LOOKS = (Path(__file__).parent / "looks.js").read_text()
# Each with what axe-core looks for: all of it in either theme, and the colours where only the theme is another.
SCREENS = [
    (1360, "light", axe.ALL),
    (1360, "dark", axe.COLOURS),
    (360, "light", axe.COLOURS),
    (360, "dark", axe.ALL),
]
WIDE = (2560, "light", axe.COLOURS)  # once, in the language of the longer words
SAYS = {
    "urgency": 3,
    "importance": 2,
    "category": "action_required",
    "summary": "Ada asks for the signed contract by 2 April 2031 and wants to know whether that can be done.",
    "reasoning": "She names a date and asks a question that only Alex can answer.\nNothing suggests a mass mailing.",
    "tags": ["contract", "signature", "deadline"],
    "questions": ["Can you do that?"],
    "deadlines": [{"date": "2031-04-02", "words": "by 2031-04-02"}],
}
MODEL = {"provider": "openai", "model": "gpt-5.4-mini", "input_tokens": 812, "output_tokens": 214}


def inbox(person: User) -> str:
    for raw in list(messages(SAMPLE))[:24]:
        store(person, raw)
    for letter, urgency in zip(
        Email.objects.of(person)[:12], [3, 1, 2, 3, 1, 1, 2, 1, 3, 2, 1, 1], strict=True
    ):
        category = {3: "action_required", 2: "needs_attention", 1: "info_only"}[urgency]
        questions = ["When does it suit you?"] * (urgency - 1)
        days = [{"date": "2026-12-04", "words": "bis 4.12."}] if urgency == 2 else []
        says = {"urgency": urgency, "category": category, "is_spam": letter.pk % 5 == 0}
        make_analysis(letter, questions=questions, deadlines=days, **says)
    Email.objects.filter(pk__in=[letter.pk for letter in Email.objects.of(person)[2:6]]).update(seen_at=Now())
    Email.objects.filter(pk=Email.objects.of(person)[3].pk).update(answered_at=Now())
    make_run(person, "base", "running", email=Email.objects.of(person)[13])
    return "/"


def searched(person: User) -> str:
    inbox(person)
    Email.objects.of(person).update(user_tags=["accounting", "2026"])
    return "/?q=vertrag&unread=1&tag=accounting&sort=priority"


def matrix(person: User) -> str:
    inbox(person)
    return "/?view=matrix&urgency=2&importance=2"


def batch(person: User) -> str:
    """Of many analyses some have failed, and some messages have just been put away."""
    inbox(person)
    letters = Email.objects.of(person)
    begun = Batch.objects.create(user=person, kind="base", total=12)
    for letter in letters[14:16]:
        make_run(person, "base", "failed", email=letter, batch=begun)
    make_run(person, "base", "running", email=letters[16], batch=begun)
    moment = timezone.now()
    Email.objects.filter(pk__in=[letter.pk for letter in letters[18:20]]).update(done_at=moment)
    return f"/?undo={stamp_of(moment)}"


def asked(person: User) -> str:
    """Nothing is found."""
    make_email(person)
    return "/?q=unicorn&draft=1"


def new_user(person: User) -> str:
    return "/"


def half_way(person: User) -> str:
    """Some of the first steps are done, and the sample mailbox is there."""
    inbox(person)
    Email.objects.of(person).update(sample=True)
    Onboarding.objects.note(person, "local_at")
    return "/"


def uploads(person: User) -> str:
    name = "2019-2024 Correspondence with the tax office, exported from Thunderbird.mbox"
    stored = {"status": "success", "done": 1204, "stored": 1180, "duplicates": 21, "unreadable": 3}
    make_run(person, "import", "failed", error_code="import_time", params={"files": ["a.eml", "b.eml"]})
    make_run(person, "import", "succeeded", params={"files": [name]}, result=stored)
    counts = {"message": "importing", "done": 310, "total": 1204, "progress": 28}
    make_run(person, "import", "running", params={"files": [name]}, **counts)
    make_email(person, sample=True)
    return "/mail/upload"


def letter_of(person: User) -> Email:
    subject = "The contract for the hall in Harbour Lane, third version, with the changes of last week"
    letter = make_email(person, subject=subject, cc=[["Grace", "grace@example.org"]])
    make_attachment(letter, name="contract-third-version-signed-by-ada.pdf")
    make_email(person, thread_key=letter.thread_key, subject="Re: The contract")
    return letter


def idle(person: User) -> str:
    return f"/email/{letter_of(person).pk}/"


def running(person: User) -> str:
    letter = letter_of(person)
    make_run(person, "base", "running", email=letter, message="asking", progress=10)
    text = "Dear Ada,\n\nthank you for the third version. I have read it, and"
    make_run(person, "reply", "running", email=letter, message="receiving", progress=60, partial=text)
    return f"/email/{letter.pk}/"


def done(person: User) -> str:
    letter = letter_of(person)
    make_analysis(letter, **(SAYS | {"urgency": 2}))
    suggestions = ["Sign the contract and send it to Ada before 2 April.", "Ask Grace to read clause 4."]
    make_analysis(letter, "optimize", suggestions=suggestions, **SAYS, **MODEL)
    make_run(person, "optimize", "succeeded", email=letter)
    run = make_run(person, "reply", "succeeded", email=letter, params={"style": "brief"})
    make_draft(letter, run=run, **{"provider": "openai", "model": "gpt-5.4-mini"})
    make_draft(letter, version=2, edited=True, text="Dear Ada,\n\nhere it is, signed.\n\nBest regards\nAlex")
    return f"/email/{letter.pk}/"


def failed(person: User) -> str:
    letter = letter_of(person)
    make_analysis(letter, **SAYS)
    make_run(person, "base", "failed", email=letter, error_code="auth")
    make_run(person, "optimize", "retrying", email=letter, error_code="rate_limited")
    make_run(person, "reply", "cancelled", email=letter)
    return f"/email/{letter.pk}/"


def prepared(person: User, **fields: Any) -> Sending:
    """An answer to a message that came to two, from an account that can send."""
    letter = letter_of(person)
    account = make_account(person, imap_host="imap.example.org", smtp_host="smtp.example.org", may_write=True)
    draft = make_draft(letter, edited=True, text="Dear Ada,\n\nhere it is, signed.\n\nBest regards\nAlex")
    cc = [["Grace", "grace@example.org"]]
    head = "From: Alex <alex@example.org>\r\nTo: ada@example.com\r\nCc: Grace <grace@example.org>\r\n"
    raw = f"{head}Subject: Re: {letter.subject}\r\n\r\n{draft.text}"
    return make_sending(draft, account=account, cc=cc, raw=raw.encode(), **fields)


def ready_to_send(person: User) -> str:
    return f"/email/{prepared(person).email_id}/"


def confirming(person: User) -> str:
    return f"/sendings/{prepared(person).pk}/"


def going_out(person: User) -> str:
    sending = prepared(person)
    later = timezone.now() + dt.timedelta(minutes=5)
    sending.run = make_run(person, "send", "queued", email=sending.email, run_at=later)
    sending.save()
    return f"/email/{sending.email_id}/"


def sent(person: User) -> str:
    refused = [["grace@example.org", "550 5.1.1 No such user here"]]
    sending = prepared(person, state="sent", sent_at=timezone.now(), refused=refused)
    sending.run = make_run(person, "send", "succeeded", email=sending.email)
    sending.save()
    Email.objects.filter(pk=sending.email_id).update(answered_at=Now())
    return f"/email/{sending.email_id}/"


def corrected(person: User) -> str:
    letter = letter_of(person)
    make_analysis(letter, **SAYS)
    Correction.objects.create(email=letter, urgency=1, category="info_only", is_spam=False)
    return f"/email/{letter.pk}/"


def long_mail(person: User) -> str:
    _outcome, letter = store(person, (SAMPLE / "47-long-framework-agreement.eml").read_bytes())
    return f"/email/{letter.pk}/"


def html_mail(person: User) -> str:
    _outcome, letter = store(person, (SAMPLE / "01-newsletter-backup-weekly.eml").read_bytes())
    return f"/email/{letter.pk}/"


def mail(sender: str, number: int, text: str, *more: str) -> bytes:
    """The message of that number in a conversation with Ada."""
    references = " ".join(f"<{at}@example.com>" for at in range(number))
    fields = [
        f"From: {sender}",
        "To: Alex <alex@example.org>" if "Ada" in sender else "To: Ada <ada@example.com>",
        f"Subject: {'Re: ' if number else ''}The contract for the hall",
        f"Date: Mon, {number + 3} Nov 2025 09:58:00 +0100",
        f"Message-ID: <{number}@example.com>",
        f"References: {references}",
        *more,
    ]
    return ("\n".join(fields) + "\n\n" + text).encode()


ADA, ALEX = "Ada Lovelace-Kranich <ada@example.com>", "Alex <alex@example.org>"


def conversation(person: User) -> str:
    """Six messages, of which the fourth is open; the last analysis read two of the others."""
    person.email = "alex@example.org"
    person.save()
    quote = "\n".join(f"> An older line, number {number}." for number in range(9))
    letters = []
    for number in range(6):
        text = (
            f"Hello,\n\nthis is message {number} of our talk, and what it says is rather long for one line.\n"
        )
        text += f"\nOn Monday, 3 Nov 2025, somebody wrote:\n{quote}\n" if number else ""
        letters.append(store(person, mail(ALEX if number % 2 else ADA, number, text))[1])
    asked = letters[4]
    make_analysis(asked, "optimize", read_ids=[asked.pk, letters[3].pk, letters[2].pk], **SAYS, **MODEL)
    make_analysis(asked, read_ids=[asked.pk], **SAYS)
    return f"/email/{asked.pk}/"


def long_conversation(person: User) -> str:
    letters = [store(person, mail(ADA, number, f"Message {number}."))[1] for number in range(12)]
    return f"/email/{letters[10].pk}/"


def phishing(person: User) -> str:
    """A link that lies, a sender whose domain disowns it, images, and two attachments."""
    page = (
        "<p>Dear customer,</p><p>your account was locked. Please go to "
        '<a href="https://login.evil.example/x?y">https://www.sparkasse.de/login</a> within 24 hours.</p>'
        '<p><img src="https://evil.example/logo.png" width="300" height="80" alt="Logo"></p>'
    )
    raw = mail(
        "Your bank <service@sparkasse.de>",
        0,
        f"--b\nContent-Type: text/html; charset=utf-8\n\n{page}\n"
        "--b\nContent-Type: application/pdf; name=Kontoauszug-November.pdf\n\n%PDF\n"
        '--b\nContent-Type: text/html; name="Formular.html"\nContent-Disposition: attachment\n\n<p>x\n--b--\n',
        "MIME-Version: 1.0",
        "Content-Type: multipart/mixed; boundary=b",
    )
    results = (
        "Authentication-Results: mx.example.org; spf=pass smtp.mailfrom=evil.example;\n"
        " dkim=none; dmarc=fail header.from=sparkasse.de\n"
    )
    _outcome, letter = store(person, results.encode() + raw)
    return f"/email/{letter.pk}/"


def header(person: User) -> str:
    return f"{phishing(person)}headers"


def senders(person: User) -> str:
    for address in ("ada@example.com", "a-newsletter-with-quite-a-long-address@news.shop.example.com"):
        ShownSender.objects.create(user=person, address=address)
    return "/senders/"


def tokens(person: User) -> str:
    ServiceToken.objects.ensure_local(person)
    tested = make_token(person, "gpt-5.4-mini", name="Work")
    failing = make_token(
        person, "a-model-with-a-rather-long-name-2026-11-01", name="Old account", provider="mistral"
    )
    make_token(person, name="Revoked").revoke()
    answer = {"model_used": "gpt-5.4-mini", "duration_ms": 812}
    make_run(person, "token_test", "succeeded", token=tested, result=answer)
    make_run(person, "token_test", "failed", token=failing, error_code="quota")
    return "/tokens/"


def accounts(person: User) -> str:
    fields = {"imap_host": "imap.example.org", "address": "alex@example.org"}
    fetched = make_account(
        person, name="Work", standing="works", fetch_minutes=15, last_fetch_at=timezone.now(), **fields
    )
    result = {"status": "success", "stored": 12, "missing": ["Archive/2024"], "cut": 1}
    make_run(person, "fetch", "succeeded", account=fetched, result=result)
    fetching = make_account(
        person,
        name="Office",
        standing="works",
        smtp_host="a-server-with-a-rather-long-name.example.org",
        **fields,
    )
    counts = {"message": "fetching", "done": 1240, "total": 3400, "progress": 38, "partial": "INBOX"}
    make_run(person, "fetch", "running", account=fetching, **counts)
    failing = make_account(person, name="Association", **fields)
    problems = [
        {"part": "imap", "code": "mail_cert_issuer"},
        {"part": "smtp", "code": "mail_login"},
        {"part": "folder", "code": "mail_folder", "name": "Archive"},
    ]
    test = {"status": "success", "ok": False, "problems": problems, "folders": ["INBOX", "Sent", "Drafts"]}
    make_run(person, "account_test", "succeeded", account=failing, result=test)
    refused = {"standing": "works", "failures": 3, "last_error": "mail_login"}
    make_account(person, name="Old provider", fetch_minutes=15, **refused, **fields)
    return "/accounts/"


def new_account(person: User) -> str:
    return "/accounts/?address=alex@gmail.com"


def edited_account(person: User) -> str:
    account = make_account(person, name="Work", imap_host="imap.example.org", standing="works")
    return f"/accounts/{account.pk}/edit"


def uploaded(person: User) -> str:
    result = {"stored": 12, "duplicates": 3, "unreadable": 1}
    make_run(
        person, "import", "succeeded", params={"files": ["letters.mbox"], "sample": False}, result=result
    )
    files = ["old.mbox", "a-file-with-quite-a-long-name-that-somebody-gave-it.eml"]
    counts = {"message": "importing", "progress": 38, "done": 1240, "total": 3400}
    make_run(person, "import", "running", params={"files": files, "sample": False}, **counts)
    return "/mail/upload"


def profile(person: User) -> str:
    return "/profile/"


def styleguide(person: User) -> str:
    person.is_staff = True
    person.save()
    return "/styleguide/"


def activity(person: User) -> str:
    inbox(person)
    letters = list(Email.objects.of(person)[:9])
    work = make_token(person, "gpt-5.4-mini")
    long = letter_of(person)
    make_run(person, "base", "running", email=letters[1], token=work, message="asking", progress=10)
    make_run(person, "reply", "queued", email=letters[2], token=work)
    make_run(person, "optimize", "retrying", email=long, token=work, attempt=2, error_code="rate_limited")
    make_run(person, "token_test", "failed", token=work, error_code="quota")
    make_run(person, "base", "failed", email=long, token=work, error_code="timeout", attempt=4)
    make_run(person, "base", "cancelled", email=letters[4], token=work)
    make_run(person, "optimize", "failed", email=letters[5], token=work, error_code="overloaded")
    make_run(
        person, "optimize", "succeeded", email=letters[5], token=ServiceToken.objects.ensure_local(person)
    )
    return "/activity/"


def no_activity(person: User) -> str:
    return "/activity/?state=failed"


def figures(person: User) -> str:
    now = timezone.now()
    for number in range(70):
        week = now - dt.timedelta(days=1.1 * number)
        letter = make_email(person, received_at=week)
        if number % 4:
            make_analysis(letter, urgency=1 + number % 3, importance=1 + number % 2)
        kind = ("base", "base", "optimize", "reply")[number % 4]
        status = "failed" if number % 9 == 4 else "cancelled" if number % 13 == 5 else "succeeded"
        code = ("timeout", "rate_limited", "invalid_output")[number % 3] if status == "failed" else ""
        run = make_run(
            person,
            kind,
            status,
            email=letter,
            created_at=week,
            started_at=week + dt.timedelta(seconds=0.05 + number % 7),
            error_code=code,
        )
        if kind == "reply":
            make_draft(letter, run=run, created_at=week, edited=number % 3 == 0)
        model = ("gpt-5.4-mini", "a-model-with-a-rather-long-name-2026-11-01", "rules")[number % 3]
        AiCall.objects.create(
            user=person,
            run=run,
            kind=kind,
            provider="local" if model == "rules" else "openai",
            model=model,
            prompt_version="1",
            started_at=week,
            duration_ms=30 if model == "rules" else 900 + 211 * number,
            input_tokens=None if model == "rules" else 2400 * (1 + number % 5),
            output_tokens=None if model == "rules" else 310,
            error_code=code,
        )
    return "/figures/"


def no_figures(person: User) -> str:
    return "/figures/"


LETTERS = [conversation, long_conversation, long_mail, html_mail, phishing, header]
PAGES = [
    *(
        inbox,
        searched,
        matrix,
        batch,
        asked,
        new_user,
        half_way,
        uploads,
        idle,
        running,
        done,
        failed,
        ready_to_send,
        going_out,
        sent,
        confirming,
        corrected,
        *LETTERS,
        senders,
    ),
    *(tokens, profile, uploaded, accounts, new_account, edited_account),
    *(activity, no_activity, figures, no_figures, styleguide),
]


@pytest.mark.parametrize("made", PAGES, ids=lambda made: made.__name__)
def test_it_can_be_read_on_every_screen(
    page: Page, person: User, results: Path, made: Callable[[User], str], complaints: list[str]
) -> None:
    page.goto(made(person))
    look(page, results, made.__name__)
    complaints[:] = [told for told in complaints if "Content Security Policy" not in told or "script" in told]


@pytest.mark.parametrize(
    "made",
    [batch, searched, ready_to_send, conversation, accounts, tokens, activity, figures, styleguide],
    ids=lambda made: made.__name__,
)
def test_it_holds_at_the_widths_where_layouts_change(
    enter: Callable[..., BrowserContext], person: User, made: Callable[[User], str]
) -> None:
    page = enter(person, locale="de-DE", reduced_motion="reduce").new_page()
    page.goto(made(person))
    told = {}
    for width in (320, 480, 481, 720, 721, 1000, 1001, 1499, 1500, 1799, 1800):
        page.set_viewport_size({"width": width, "height": 900})
        told[width] = page.evaluate(LOOKS)
    assert not any(told.values()), told


@pytest.mark.parametrize(
    ("made", "pressed"),
    [
        (senders, [".user"]),
        (matrix, [".more"]),
        (done, [".versions button"]),
        (batch, ["#pick-all"]),
        (tokens, ["form[data-confirm] button >> nth=0"]),
        (profile, [".user", "[data-shows-keys]"]),
    ],
    ids=["menu", "filters", "versions", "selection", "question", "keys"],
)
def test_what_opens_can_be_read_on_every_screen(
    page: Page,
    person: User,
    results: Path,
    request: pytest.FixtureRequest,
    made: Callable[[User], str],
    pressed: list[str],
) -> None:
    page.goto(made(person))
    look(page, results, request.node.callspec.id.split("-")[-1], *pressed)
    below = "(menu, button) => menu.getBoundingClientRect().top >= button.getBoundingClientRect().bottom"
    for menu in page.locator(":popover-open").all():
        assert menu.evaluate(below, page.locator(pressed[-1]).element_handle())


def test_the_question_before_a_batch_can_be_read_on_every_screen(
    page: Page, person: User, results: Path
) -> None:
    page.goto(inbox(person))
    page.locator("#pick-all").check()
    page.locator("[value=analyse]").click()
    page.wait_for_url("**/inbox/act")
    look(page, results, "analyse_many")


@pytest.mark.parametrize("made", [conversation, html_mail, long_mail], ids=lambda made: made.__name__)
def test_a_message_is_printed_alone_and_whole(
    page: Page, person: User, results: Path, made: Callable[[User], str], complaints: list[str]
) -> None:
    page.goto(made(person))
    page.emulate_media(media="print", color_scheme="dark")
    page.screenshot(path=results / f"{made.__name__}-print.png", full_page=True)

    for around in (".top", ".panels", ".writing", ".way", ".letters", ".mail-frame", "summary", "footer"):
        for element in page.locator(around).all():
            expect(element).to_be_hidden()
    expect(page.locator("h1")).to_be_visible()
    for text in page.locator(".message .mail-text > :not(details), .message .quoted > div").all():
        expect(text).to_be_visible()
    for text in page.locator(".message .mail-text").all():
        assert text.evaluate("(text) => text.scrollHeight <= text.clientHeight + 1")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    complaints[:] = [told for told in complaints if "Content Security Policy" not in told]


def test_the_login_page_can_be_read_on_every_screen(
    enter: Callable[..., BrowserContext], results: Path
) -> None:
    page = enter().new_page()
    page.goto("/")
    page.get_by_label("User name").fill("nobody")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    look(page, results, "login")


def test_the_page_of_a_problem_can_be_read_on_every_screen(
    page: Page, results: Path, complaints: list[str]
) -> None:
    page.goto("/email/999999999/")
    look(page, results, "problem")
    complaints.clear()  # the browser notes the 404


def look(page: Page, results: Path, name: str, *pressed: str) -> None:
    """Leave a picture of the page for every screen, and check what a program can check; pressing `pressed` opens it."""
    told = {}
    page.emulate_media(reduced_motion="reduce")
    for language in ("en", "de"):
        if language != "en":
            page.context.add_cookies([{"name": "django_language", "value": language, "url": page.url}])
            page.reload()
        for button in pressed:
            page.locator(button).click()
        for width, scheme, rules in [*SCREENS, *([WIDE] if language == "de" else [])]:
            page.set_viewport_size({"width": width, "height": 900 if width > 1000 else 740})
            page.emulate_media(color_scheme=scheme)
            for frame in page.locator("iframe").all():
                frame.scroll_into_view_if_needed()  # or it is not painted
            page.screenshot(path=results / f"{name}-{language}-{width}-{scheme}.png", full_page=True)
            told[f"{name} {language} {width} {scheme}"] = page.evaluate(LOOKS) + axe.violations(page, rules)
    assert not any(told.values()), told


@pytest.mark.parametrize(
    "made",
    [inbox, done, tokens, profile, new_account, activity, figures],
    ids=lambda made: made.__name__,
)
def test_the_focus_can_be_seen_at_every_stop(page: Page, person: User, made: Callable[[User], str]) -> None:
    page.goto(made(person))
    stops = 0
    for _press in range(60):
        page.keyboard.press("Tab")
        outline = page.evaluate(
            """() => {
                const at = document.activeElement;
                if (at === document.body) return null;
                const { outlineStyle, outlineWidth } = getComputedStyle(at);
                return [at.outerHTML.slice(0, 120), outlineStyle, parseFloat(outlineWidth)];
            }"""
        )
        if outline is None:
            break
        stops += 1
        assert outline[1] != "none", outline
        assert outline[2] >= 2, outline
    assert stops > 8


def test_it_speaks_german_when_asked_to(page: Page, letter: Email) -> None:
    page.goto(f"/email/{letter.pk}/")
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="Deutsch").click()
    page.wait_for_url(f"**/email/{letter.pk}/")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.get_by_role("link", name="Posteingang").first).to_be_visible()
    page.get_by_role("button", name="Menü").click()
    expect(page.get_by_role("button", name="English")).to_be_visible()


def test_a_correction_counts_at_once_and_after_a_later_run(page: Page, letter: Email) -> None:
    make_analysis(letter, urgency=3, importance=3, summary="The first one.")
    page.goto(f"/email/{letter.pk}/")
    page.get_by_text("I see it differently").click()
    form = page.locator("#correction")
    form.get_by_label("Urgency").select_option("1")
    form.get_by_role("button", name="Save").click()
    expect(page.locator("#verdict")).to_contain_text("urgency low · importance high")
    page.get_by_role("button", name="Run the analysis again").click()
    expect(page.locator("#panel-base .summary")).not_to_have_text("The first one.")
    expect(page.locator("#verdict")).to_contain_text("urgency low")


def test_it_logs_in_and_out(enter: Callable[..., BrowserContext], person: User) -> None:
    person.set_password("a long pass phrase")
    person.save()
    page = enter().new_page()
    page.goto("/tokens/")
    page.get_by_label("User name").fill(person.username)
    page.get_by_label("Password").fill("a long pass phrase")
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/tokens/")
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/login/")
