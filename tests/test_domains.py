"""Whose a domain is: what is registrable of it, and where strangers share one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mailai.domains import is_private, is_provider, label, organisation, wire

ROOT = Path(__file__).parent.parent
SHARED = """
    gmail.com googlemail.com posteo.de posteo.net mailbox.org hotmail.com hotmail.co.uk hotmail.fr outlook.de live.nl
    web.de gmx.de gmx.net gmx.at gmx.ch gmx.com t-online.de freenet.de proton.me protonmail.com pm.me icloud.com me.com
    yahoo.com yahoo.de yahoo.co.uk yahoo.com.br ymail.com aol.com fastmail.com tutanota.com tuta.com hey.com
    kabelmail.de bluewin.ch orange.fr btinternet.com qq.com 163.com mail.ru yandex.ru libero.it kunde.onmicrosoft.com
    eve.gmx.de
"""
OFFLINE = """
import sys
def watch(event, args):
    if event in ("socket.connect", "socket.getaddrinfo"): raise SystemExit("it asked the network")
sys.addaudithook(watch)
from mailai.domains import organisation
print(organisation("a.b.example.co.za"))
"""


@pytest.mark.parametrize(
    ("host", "registrable"),
    [
        ("mail.example.com", "example.com"),
        ("mail.example.co.uk", "example.co.uk"),
        ("shop.example.co.za", "example.co.za"),
        ("a.b.example.com.mx", "example.com.mx"),
        ("eve.github.io", "eve.github.io"),
        ("deep.eve.github.io", "eve.github.io"),
        ("MAIL.Example.COM.", "example.com"),
        ("x.bücher.de", "xn--bcher-kva.de"),
        ("mail.company.test", "company.test"),  # an ending that no list knows
        ("co.uk", "co.uk"),
        ("192.0.2.7", "192.0.2.7"),
        ("[2001:db8::7]", "[2001:db8::7]"),
        ("localhost", "localhost"),
        ("", ""),
    ],
)
def test_it_knows_what_was_registered(host, registrable):
    assert organisation(host) == registrable


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("straße.example", "strasse.example"),
        ("a.co.za", "b.co.za"),
        ("a.github.io", "b.github.io"),
        ("192.0.2.7", "198.51.2.7"),
        ("example.com/evil.net", "example.com"),
        ("example.com?evil.net", "example.com"),
        ("eve@example.com", "example.com"),
    ],
)
def test_it_holds_apart_what_is_not_one(one, other):
    assert organisation(one) != organisation(other)


def test_one_domain_is_one_however_it_is_written():
    assert wire("STRASSE.example.") == wire("strasse。example") == "strasse.example"
    assert wire("Bücher.example") == wire("xn--bcher-kva.example")
    assert wire("a_b.example") == "a_b.example"


@pytest.mark.parametrize("domain", SHARED.split())
def test_it_knows_where_strangers_have_mailboxes(domain):
    assert is_provider(domain)
    assert not is_private(domain)


@pytest.mark.parametrize(
    "domain", ["co.za", "github.io", "com", "localhost", "192.0.2.7", "", "a b", "x\x00.com"]
)
def test_it_takes_no_suffix_and_no_machine_for_a_house(domain):
    assert not is_private(domain)


@pytest.mark.parametrize(
    "domain", ["example.com", "mail.siemens.com", "kanzlei.test", "eve.github.io", "bücher.de"]
)
def test_it_knows_houses(domain):
    assert is_private(domain)


def test_what_a_shared_suffix_lends_is_nobodys_name():
    assert label("www.paypal.fr") == "paypal"
    assert label("paypal.github.io") == ""


def test_it_asks_nobody_and_writes_nothing(tmp_path):
    environment = {
        **os.environ,
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path),
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run([sys.executable, "-c", OFFLINE], env=environment, capture_output=True, text=True)

    assert done.stdout == "example.co.za\n", done.stderr
    assert list(tmp_path.iterdir()) == []
