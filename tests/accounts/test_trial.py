"""The test of an account: each thing that fails is told by its own code, and only a good test lets mail be fetched."""

from __future__ import annotations

import base64
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from emails.accounts import smtp
from emails.accounts.errors import MailError
from tests.accounts.certificates import Authority
from tests.accounts.dovecot import PASSWORD
from tests.factories import make_account

RIGHT = ("\0alex\0right", "\0alex\0rächt „x“")

pytestmark = pytest.mark.django_db


@pytest.fixture
def untested(account):
    account.standing = "untested"
    account.fetch_minutes = 15
    account.save()
    return account


def problems(run):
    return [(problem["part"], problem["code"]) for problem in run.result["problems"]]


@contextmanager
def speaking(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """The port of a server whose whole manner is one function."""

    def serve() -> None:
        with suppress(OSError):
            while True:
                link, _peer = listener.accept()
                with link, suppress(OSError, ValueError):
                    answer(link)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def mail_server(*, starttls: bool = False, certificate=None) -> Callable[[socket.socket], None]:
    """SMTP as far as a login goes."""

    def answer(link: socket.socket) -> None:
        link.sendall(b"220 ready\r\n")
        lines = link.makefile("rb")
        while line := lines.readline():
            word = line.split()[0].upper()
            if word == b"EHLO":
                link.sendall(
                    b"250-there\r\n" + (b"250-STARTTLS\r\n" if starttls else b"") + b"250 AUTH PLAIN\r\n"
                )
            elif word == b"STARTTLS":
                link.sendall(b"220 go\r\n")
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(certificate.cert, certificate.key)
                link = context.wrap_socket(link, server_side=True)
                lines = link.makefile("rb")
            elif word == b"AUTH":
                right = base64.b64decode(line.split()[-1]).decode() in RIGHT
                link.sendall(b"235 welcome\r\n" if right else b"535 no\r\n")
            else:
                link.sendall(b"221 bye\r\n")
                return

    return answer


def test_it_goes_well_and_lets_mail_be_fetched(untested, tried):
    run = tried(untested)

    assert run.result["ok"]
    assert set(run.result["folders"]) >= {"INBOX", "Sent", "Drafts"}
    assert untested.standing == "works"
    assert untested.next_fetch_at is not None
    assert (untested.sent_folder, untested.drafts_folder) == ("Sent", "Drafts")


def test_it_goes_well_over_starttls(untested, tried, server):
    untested.imap_security, untested.imap_port = "starttls", server.port
    untested.save()

    assert tried(untested).result["ok"]


def test_it_says_that_the_login_was_refused(untested, tried):
    untested.set_imap_password("wrong")
    untested.save()

    assert problems(tried(untested)) == [("imap", "mail_login")]
    assert untested.standing == "untested"
    assert untested.next_fetch_at is None


def test_it_takes_a_password_with_letters_of_any_script(untested, tried, hostile, loopback):
    loopback.MAILAI_MAIL_TIMEOUT = 0.5
    untested.imap_host, untested.imap_port, untested.imap_security = "127.0.0.1", hostile.port, "none"
    untested.set_imap_password("pässwört „x“")
    untested.save()
    hostile.capabilities = b"IMAP4rev1 AUTH=PLAIN"
    hostile.on["AUTHENTICATE"] = lambda say, _tag, _arguments: say(b"+ \r\n")

    tried(untested)

    said = base64.b64decode(hostile.heard[-1]).decode().split("\0")
    assert said == ["", untested.imap_user, "pässwört „x“"]


def test_it_says_which_folder_is_missing_and_which_there_are(untested, tried):
    untested.folders = ["INBOX", "Archive"]
    untested.save()

    run = tried(untested)

    assert run.result["problems"] == [{"part": "folder", "code": "mail_folder", "name": "Archive"}]
    assert "Sent" in run.result["folders"]
    assert untested.standing == "untested"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"imap_host": "nowhere.invalid"}, "mail_host"),
        ({"imap_host": "a" * 70 + ".example"}, "mail_host"),
        ({"imap_security": "tls", "imap_port": "plain"}, "mail_tls"),
        ({"imap_host": "127.0.0.1"}, "mail_cert_host"),
    ],
    ids=str,
)
def test_it_says_what_is_wrong_with_the_server(untested, tried, server, changes, code):
    for name, value in changes.items():
        setattr(untested, name, server.port if value == "plain" else value)
    untested.save()

    assert problems(tried(untested)) == [("imap", code)]


def test_it_says_that_nobody_listens_there(untested, tried):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        untested.imap_port = closed.getsockname()[1]
    untested.save()

    assert problems(tried(untested)) == [("imap", "mail_refused")]


def test_it_says_that_the_server_did_not_answer(untested, tried, loopback):
    loopback.MAILAI_MAIL_TIMEOUT = 0.3
    with socket.create_server(("127.0.0.1", 0)) as silent:
        untested.imap_port = silent.getsockname()[1]
        untested.save()

        assert problems(tried(untested)) == [("imap", "mail_timeout")]


def test_it_says_that_nobody_vouches_for_the_certificate(untested, tried, loopback):
    loopback.MAILAI_MAIL_CA_FILE = ""

    assert problems(tried(untested)) == [("imap", "mail_cert_issuer")]


def test_it_says_that_the_operator_does_not_allow_the_place(untested, tried, loopback):
    loopback.MAILAI_MAIL_PRIVATE_HOSTS = []

    assert problems(tried(untested)) == [("imap", "mail_address")]


def test_it_says_that_the_password_cannot_be_read_any_more(untested, tried):
    untested.imap_secret = "gAAAAAB-of-another-ring"
    untested.save()

    assert problems(tried(untested)) == [("imap", "mail_password")]


@pytest.mark.parametrize(
    ("host", "days", "code"),
    [
        ("localhost", -5, "mail_cert_expired"),
        ("other.example", 30, "mail_cert_host"),
        ("localhost", 30, None),
    ],
)
def test_sending_is_tried_too(user, tmp_path, loopback, host, days, code):
    authority = Authority(tmp_path)
    loopback.MAILAI_MAIL_CA_FILE = str(authority.file)
    with speaking(mail_server(starttls=True, certificate=authority.issue(host, days))) as port:
        account = make_account(
            user, "right", smtp_host="localhost", smtp_port=port, smtp_security="starttls", smtp_user="alex"
        )
        if code:
            with pytest.raises(MailError, match=code):
                smtp.connect(account)
        else:
            smtp.connect(account).close()


@pytest.mark.parametrize(
    ("security", "password", "code"),
    [
        ("none", "right", None),
        ("none", "wrong", "mail_login"),
        ("none", "rächt „x“", None),
        ("none", "fälsch", "mail_login"),
        ("starttls", "right", "mail_starttls"),
        ("tls", "right", "mail_tls"),
    ],
)
def test_it_says_what_keeps_mail_from_being_sent(untested, tried, security, password, code):
    with speaking(mail_server()) as port:
        untested.smtp_host, untested.smtp_port, untested.smtp_security = "127.0.0.1", port, security
        untested.smtp_user = "alex"
        untested.set_smtp_password(password)
        untested.save()

        run = tried(untested)

    assert problems(run) == ([("smtp", code)] if code else [])
    assert untested.imap_password() == PASSWORD


def endless(link: socket.socket) -> None:
    while True:
        link.sendall(b"220-and\r\n" * 1000)


def long_line(link: socket.socket) -> None:
    link.sendall(b"220 " + b"x" * 100_000)


@pytest.mark.parametrize("manner", [endless, long_line, lambda link: link.sendall(b"hello\r\n")])
def test_an_smtp_server_cannot_talk_on_for_ever(user, loopback, manner):
    with speaking(manner) as port:
        account = make_account(user, smtp_host="127.0.0.1", smtp_port=port, smtp_security="none")

        with pytest.raises(MailError, match="mail_protocol"):
            smtp.connect(account)
