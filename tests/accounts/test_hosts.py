"""Which servers a user may name: a name is looked up once, and what it leads to is what counts."""

from __future__ import annotations

import socket
import threading

import pytest

from emails.accounts.errors import MailError
from emails.accounts.hosts import is_allowed, look_up
from emails.accounts.wire import Wire


@pytest.mark.parametrize("address", ["127.0.0.1", "fec0::1", "::a9fe:a9fe"])
def test_it_refuses_what_is_not_the_internet(address):
    assert not is_allowed("mail.example.com", address)


def test_it_takes_the_internet():
    assert is_allowed("mail.example.com", "185.97.174.196")


@pytest.mark.parametrize(
    ("entry", "host", "address", "allowed"),
    [
        ("*", "mail.lan", "10.0.0.5", True),
        ("mail.lan", "Mail.LAN", "10.0.0.5", True),
        ("mail.lan", "other.lan", "10.0.0.5", False),
        ("10.0.0.0/24", "other.lan", "10.0.0.5", True),
        ("10.0.0.0/24", "other.lan", "10.0.1.5", False),
        ("10.0.0.0/24", "other.lan", "::ffff:10.0.0.5", True),
        ("10.0.0.5", "other.lan", "10.0.0.5", True),
        ("fd00::/8", "other.lan", "fd00::1", True),
    ],
)
def test_the_operator_says_what_else(settings, entry, host, address, allowed):
    settings.MAILAI_MAIL_PRIVATE_HOSTS = [entry]

    assert is_allowed(host, address) is allowed


def answers(monkeypatch, *addresses):
    asked = []

    def getaddrinfo(host, port, **_options):
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch):
    answers(monkeypatch, "8.8.8.8", "127.0.0.1")

    with pytest.raises(MailError, match="mail_address"):
        look_up("mail.example.com", 993, 1)


def test_it_asks_once_and_connects_to_what_was_checked(monkeypatch, hostile, loopback):
    asked = answers(monkeypatch, "127.0.0.1")

    wire = Wire("mail.example.com", hostile.port, "none", 5)

    assert wire.sock.getpeername() == ("127.0.0.1", hostile.port)
    assert asked == ["mail.example.com"]
    wire.close()


@pytest.mark.parametrize("host", ["127.1", "0x7f.1", "2130706433", "localhost", "0"])
def test_no_way_of_writing_leads_around_it(host):
    with pytest.raises(MailError, match=r"mail_(address|host)"):
        look_up(host, 993, 5)


@pytest.mark.parametrize("port", [22, 80, 5432, 6379])
def test_it_connects_to_ports_of_mail_only(port):
    with pytest.raises(MailError, match="mail_port"):
        look_up("mail.example.com", port, 1)


def test_a_resolver_that_hangs_holds_nobody_up(monkeypatch):
    released = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: released.wait(10) and [])

    with pytest.raises(MailError, match="mail_timeout"):
        look_up("mail.example.com", 993, 0.1)
    released.set()


def test_nothing_goes_unencrypted_over_the_internet(monkeypatch, settings):
    settings.MAILAI_MAIL_PRIVATE_HOSTS = ["*"]
    answers(monkeypatch, "8.8.8.8")

    with pytest.raises(MailError, match="mail_unencrypted"):
        Wire("mail.example.com", 143, "none", 1)
