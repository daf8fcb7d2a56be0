"""Who may see a thread: real messages into a mailbox, a press, and what the provider was sent."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from emails.importing import store
from emails.models import Email
from emails.threads import letters_of
from mailai.runs.models import TaskRun
from mailai.runs.perform import perform
from replies.models import Draft
from tests.factories import make_account, make_analysis

ALEX, ADA, EVE = "alex@firm.test", "ada@example.com", "eve@evil.test"
PRIVATE = "The price is secret"
OURS = "mx.firm.test"
KINDS = ("reply", "optimize")


def raw(sender: str, to: str, text: str, name: str, *answers: str, **fields: str) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, "Re: The offer"
    message["Date"], message["Message-ID"] = "Mon, 05 May 2031 09:00:00 +0000", f"<{name}@x.test>"
    if answers:
        message["References"] = " ".join(f"<{each}@x.test>" for each in answers)
        message["In-Reply-To"] = f"<{answers[-1]}@x.test>"
    for field, value in fields.items():
        message[field.replace("_", "-")] = value
    message.set_content(text)
    return bytes(message)


def keep(user: Any, *message: str, **fields: str) -> Email:
    return store(user, raw(*message, **fields)).email


@pytest.fixture
def at_work(user: Any) -> Any:
    """The user writes from a mail account; the login has another address."""
    user.email = "alex.kranich@private.test"
    user.save()
    make_account(user, address=ALEX)
    return user


@pytest.fixture
def known(at_work: Any) -> Any:
    """Ada asked, and the user answered her: whoever reads both knows something of the two."""
    keep(at_work, ADA, ALEX, f"{PRIVATE}: 4000.", "first")
    keep(at_work, ALEX, ADA, f"{PRIVATE}: 3000.", "second", "first")
    return at_work


@pytest.fixture
def sent(token: Any, fake: Any) -> Any:
    """Presses, does the work, and gives all that the provider was sent for it."""

    def press(email: Email, kind: str) -> str:
        fake.requests.clear()
        if kind == "optimize":
            make_analysis(email)
        run, _created = TaskRun.objects.start(email.user, kind, email, token)
        perform(str(run.pk))
        run.refresh_from_db()
        assert (run.status, run.error_code) == ("succeeded", "")
        return "\n".join(str(request.body["messages"]) for request in fake.requests)

    return press


def asks(user: Any, sender: str = EVE, to: str = ALEX, *answers: str, **fields: str) -> Email:
    return keep(
        user, sender, to, "What was the price again?", "question", *(answers or ("first", "second")), **fields
    )


OUTSIDERS = {
    "a stranger": {},
    "a participant in To": {"to": f"{ALEX}, {ADA}"},
    "a participant in Cc": {"Cc": ADA},
    "the other address of the user in Cc": {"Cc": "alex.kranich@private.test"},
    "a participant forged, replies elsewhere": {"sender": ADA, "Reply_To": EVE},
    "a participant forged, replies to both": {"sender": ADA, "Reply_To": f"{ADA}, {EVE}"},
    "a participant as one of two writers": {"sender": f"{ADA}, {EVE}"},
    "a name that is a participant's address": {"sender": f'"{ADA}" <{EVE}>'},
    "another address of the house, replies elsewhere": {"sender": "sales@example.com", "Reply_To": EVE},
    "a house that reads alike": {"sender": "ada@exämple.com"},
    "the house's name under another ending": {"sender": "ada@example.com.evil.test"},
    "the user's own house": {"sender": "boss@firm.test"},
    "the user's own address, replies to a stranger": {"sender": ALEX, "to": EVE},
    "no address at all": {"sender": "Ada"},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fields", OUTSIDERS.values(), ids=OUTSIDERS)
def test_no_outsider_is_told_of_a_thread_by_naming_it(known, sent, kind, fields):
    question = asks(known, **fields)

    told = sent(question, kind)

    assert "What was the price again?" in told
    assert PRIVATE not in told
    result = Draft.objects.get() if kind == "reply" else question.analyses.filter(kind="optimize").get()
    assert result.read_ids == [question.pk]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ada@posteo.de", "eve@posteo.de"),
        ("ada@mailbox.org", "eve@mailbox.org"),
        ("ada@hotmail.co.uk", "eve@hotmail.co.uk"),
        ("ada@gmx.ch", "eve@gmx.ch"),
        ("ada@one.co.za", "eve@two.co.za"),
        ("ada@one.com.mx", "eve@two.com.mx"),
        ("ada@one.github.io", "eve@two.github.io"),
        ("ada@one.onmicrosoft.com", "eve@two.onmicrosoft.com"),
        ("ada@[192.0.2.7]", "eve@[192.0.2.7]"),
        ("ada@strasse.test", "eve@straße.test"),
    ],
)
def test_strangers_who_share_a_domain_are_no_house(at_work, sent, one, other):
    keep(at_work, one, ALEX, PRIVATE, "first")

    assert PRIVATE not in sent(asks(at_work, other, ALEX, "first"), "reply")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("login", ["", "someone@else.test"])
@pytest.mark.parametrize("sender", [EVE, "eve@firm.test"])
def test_a_user_of_no_known_address_connects_nobody(user, sent, kind, login, sender):
    user.email = login
    user.save()
    keep(user, ADA, ALEX, PRIVATE, "first")
    keep(user, ALEX, ADA, PRIVATE, "second", "first")

    assert PRIVATE not in sent(asks(user, sender, f"{ALEX}, {ADA}"), kind)


class TestOwnWordsFirst:
    """Whoever writes into a thread before they ask has no part in it by that, and makes nobody else take part."""

    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize(
        "planted",
        [
            (EVE, ALEX),
            (EVE, f"{ALEX}, {ADA}, {EVE}"),
            (ADA, f"{ALEX}, {EVE}"),
            (ALEX, f"{ADA}, {EVE}"),
            (EVE, "eve@example.com"),
        ],
        ids=["theirs", "theirs to all", "a forged participant's", "the user's, forged", "to the house"],
    )
    def test_an_outsider_who_wrote_before(self, known, sent, kind, planted):
        keep(known, *planted, "Dear all.", "planted", "first", "second")

        assert PRIVATE not in sent(asks(known, EVE, ALEX, "first", "second", "planted"), kind)

    @pytest.mark.parametrize("kind", KINDS)
    def test_a_correspondent_who_ties_two_threads_together(self, known, sent, kind):
        keep(known, EVE, ALEX, "Our own matter.", "theirs")
        keep(known, ALEX, EVE, "My answer to Eve.", "mine", "theirs")

        told = sent(asks(known, EVE, ALEX, "theirs", "mine", "first", "second"), kind)

        assert "My answer to Eve." in told
        assert PRIVATE not in told

    def test_an_answer_to_an_outsider_opens_nothing(self, known, sent):
        keep(known, EVE, ALEX, "Hello.", "planted", "first", "second")
        keep(known, ALEX, EVE, "Who are you?", "answer", "first", "second", "planted")

        told = sent(asks(known, EVE, ALEX, "first", "second", "planted", "answer"), "reply")

        assert "Who are you?" in told
        assert PRIVATE not in told

    def test_nor_is_an_outsider_read_to_a_participant(self, known, sent):
        keep(known, EVE, f"{ALEX}, {ADA}", "New bank details!", "planted", "first", "second")

        told = sent(asks(known, ADA), "reply")

        assert PRIVATE in told
        assert "New bank details!" not in told

    def test_nor_is_a_forged_participant(self, known, sent, settings):
        settings.MAILAI_AUTHSERV_IDS = [OURS]
        forged = f"{OURS}; dmarc=fail header.from=example.com"
        keep(known, ADA, ALEX, "New bank details!", "planted", "second", Authentication_Results=forged)

        assert "New bank details!" not in sent(asks(known, ADA), "reply")


BELONGING = {
    "the same address": {"sender": ADA},
    "in other letters, with a name": {"sender": "Ada <ADA@Example.COM>"},
    "replies to the same address": {"sender": ADA, "Reply_To": ADA},
    "somebody of the same house": {"sender": "sales@example.com"},
    "a machine of the same house": {"sender": "support@mail.example.com"},
    "replies within the house": {"sender": ADA, "Reply_To": "sales@example.com"},
    "with others in copy": {"sender": ADA, "Cc": EVE},
    "the user": {"sender": ALEX, "to": ADA},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fields", BELONGING.values(), ids=BELONGING)
def test_who_belongs_is_told(known, sent, kind, fields):
    told = sent(asks(known, **fields), kind)

    assert f"{PRIVATE}: 4000." in told
    assert f"{PRIVATE}: 3000." in told


def test_whom_a_participant_brought_in_is_told_what_went_to_them(known, sent):
    keep(known, ADA, ALEX, "Bob takes part from now on.", "third", "second", Cc="bob@partner.test")
    keep(known, "bob@partner.test", f"{ALEX}, {ADA}", "Hello, I am Bob.", "fourth", "third")

    to_bob = sent(asks(known, "bob@partner.test", ALEX, "third", "fourth"), "reply")
    Email.objects.get(message_id="question@x.test").delete()
    to_ada = sent(asks(known, ADA, ALEX, "third", "fourth"), "reply")

    assert "Bob takes part from now on." in to_bob
    assert PRIVATE not in to_bob
    assert PRIVATE in to_ada
    assert "Hello, I am Bob." in to_ada


def test_two_strangers_at_a_provider_are_two_and_one_is_one(at_work, sent):
    keep(at_work, "ada@posteo.de", ALEX, PRIVATE, "first")

    assert PRIVATE in sent(asks(at_work, "Ada@posteo.de", ALEX, "first"), "reply")


def test_a_former_address_of_the_user_connects_nobody(at_work, sent):
    account = make_account(at_work, address="alex@former.test")
    keep(at_work, ADA, "alex@former.test", PRIVATE, "first")
    keep(at_work, "alex@former.test", ADA, PRIVATE, "second", "first")
    account.delete()

    assert PRIVATE not in sent(asks(at_work, "eve@former.test"), "reply")


def test_the_work_does_not_grow_with_the_thread(known, sent):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert len(letters_of(question)) > 2
        return len(captured)

    question = asks(known, ADA)
    few = queries()
    for number in range(3, 12):
        keep(known, ADA, ALEX, "And again.", f"m{number}", "first", "second")

    assert queries() == few <= 8


class TestVerdict:
    """What the user's own server noted of DMARC counts; what anybody else noted does not."""

    @pytest.mark.parametrize("verdict", ["fail", "softfail", "permerror", "temperror", "quarantine"])
    def test_who_did_not_pass_is_an_outsider(self, known, sent, settings, verdict):
        settings.MAILAI_AUTHSERV_IDS = [OURS]
        results = f"{OURS}; spf=pass smtp.mailfrom=evil.test; dmarc={verdict} header.from=example.com"

        assert PRIVATE not in sent(asks(known, ADA, Authentication_Results=results), "reply")

    @pytest.mark.parametrize(
        "results",
        [
            f"{OURS}; dmarc=pass header.from=example.com",
            f"{OURS}; dmarc=none header.from=example.com",
            f"{OURS}; spf=fail smtp.mailfrom=list.test",
            "mx.other.test; dmarc=fail header.from=example.com",
        ],
        ids=["passed", "no policy", "nothing of DMARC", "by a server that nobody trusts"],
    )
    def test_who_passed_or_was_not_judged_is_told(self, known, sent, settings, results):
        settings.MAILAI_AUTHSERV_IDS = [OURS]

        assert PRIVATE in sent(asks(known, ADA, Authentication_Results=results), "reply")

    def test_it_does_not_excuse_an_answer_that_goes_elsewhere(self, known, sent, settings):
        settings.MAILAI_AUTHSERV_IDS = [OURS]
        passed = {"Authentication_Results": f"{OURS}; dmarc=pass header.from=example.com"}

        assert PRIVATE not in sent(asks(known, ADA, Reply_To=EVE, **passed), "reply")
