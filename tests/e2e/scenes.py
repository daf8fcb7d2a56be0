"""What the pages are looked at with: each function makes a state for a user and names the page that shows it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.db.models.functions import Now
from django.utils import timezone

from emails.importing import messages, store
from emails.models import Batch, Correction, Email, ShownSender
from emails.onboarding.models import Onboarding
from emails.views.inbox import stamp_of
from mailai.ai.models import AiCall, ServiceToken
from replies.models import Draft, Sending
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

SAMPLE = Path(__file__).parents[2] / "emails" / "sample"
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
    make_run(person, "base", "running", email=Email.objects.of(person)[13], message="asking")
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
    stored = {"status": "success", "done": 1204, "stored": 1183, "duplicates": 21, "unreadable": 3}
    make_run(person, "import", "failed", error_code="import_time", params={"files": ["a.eml", "b.eml"]})
    make_run(person, "import", "succeeded", params={"files": [name]}, result=stored)
    counts = {"message": "importing", "done": 310, "total": 1204, "progress": 26}
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
    Draft.objects.filter(pk=sending.draft_id).update(frozen_at=Now())
    return f"/email/{sending.email_id}/"


def sent(person: User) -> str:
    refused = [["grace@example.org", "550 5.1.1 No such user here"]]
    sending = prepared(person, state="sent", sent_at=timezone.now(), refused=refused)
    sending.run = make_run(person, "send", "succeeded", email=sending.email)
    sending.save()
    Draft.objects.filter(pk=sending.draft_id).update(frozen_at=Now(), sent_at=Now())
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
    counts = {"message": "fetching", "done": 1240, "total": 3400, "progress": 36, "partial": "INBOX"}
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
    counts = {"message": "importing", "progress": 36, "done": 1240, "total": 3400}
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
    imported = {"files": ["2019-2024 Correspondence with the tax office.mbox", "b.eml", "c.eml"]}
    make_run(person, "import", "succeeded", params=imported)
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
