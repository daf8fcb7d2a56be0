"""Who the client is: with proxies and without, in every way that an address is written, and whatever a client sends."""

from __future__ import annotations

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from mailai.proxies import Proxies, address_of, hop, network_of

CLIENT, PROXY, FORGED = "203.0.113.7", "10.0.0.1", "198.51.100.9"


@pytest.fixture
def seen(settings):
    """What the application sees of a request: the client's address and the scheme."""

    def see(hops: int, **meta: str) -> tuple[str, str]:
        settings.MAILAI_TRUSTED_PROXIES = hops
        request = RequestFactory().get("/", **meta)
        Proxies(lambda request: request)(request)
        return request.META["REMOTE_ADDR"], request.scheme

    return see


@pytest.mark.parametrize(
    ("hops", "peer", "forwarded", "client"),
    [
        (0, CLIENT, None, CLIENT),
        (0, CLIENT, FORGED, CLIENT),
        (0, "::ffff:203.0.113.7", None, CLIENT),  # a socket that takes both families
        (0, "", FORGED, ""),  # a unix socket
        (1, "", CLIENT, CLIENT),
        (1, PROXY, CLIENT, CLIENT),
        (1, PROXY, f"{FORGED}, {CLIENT}", CLIENT),
        (1, PROXY, f"{FORGED},{FORGED},\t{CLIENT} ", CLIENT),
        (1, PROXY, f"junk, , {CLIENT}:567", CLIENT),
        (2, PROXY, f"{FORGED}, {CLIENT}, {PROXY}", CLIENT),
        (2, PROXY, CLIENT, CLIENT),  # asked by way of the inner proxy alone
        (1, PROXY, "", ""),
        (1, PROXY, None, ""),
        (1, PROXY, f"{CLIENT}, unknown", ""),  # never one further left: that is the client's own word
        (1, PROXY, f"{CLIENT},", ""),
    ],
)
def test_it_finds_the_client(seen, hops, peer, forwarded, client):
    meta = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}

    assert seen(hops, REMOTE_ADDR=peer, **meta)[0] == client


def test_it_reads_nothing_but_that_header(seen):
    told = {
        "HTTP_FORWARDED": f"for={FORGED};proto=https",
        "HTTP_X_REAL_IP": FORGED,
        "HTTP_X_CLIENT_IP": FORGED,
        "HTTP_X_FORWARDED_SSL": "on",
        "HTTP_X_FORWARDED_HOST": "evil.example",
    }

    assert seen(1, HTTP_X_FORWARDED_FOR=CLIENT, **told) == (CLIENT, "http")


@pytest.mark.parametrize(
    ("hops", "forwarded", "scheme"),
    [
        (0, "https", "http"),
        (1, "https", "https"),
        (1, "HTTPS", "https"),
        (1, "http", "http"),
        (1, "https, http", "http"),  # the first was sent by the client, to a proxy that appends
        (2, "http, https, http", "https"),
        (1, "wss", "http"),
        (1, "", "http"),
    ],
)
def test_it_believes_the_scheme_of_a_trusted_proxy(seen, hops, forwarded, scheme):
    assert seen(hops, HTTP_X_FORWARDED_PROTO=forwarded)[1] == scheme


def test_it_leaves_the_scheme_to_a_server_that_speaks_tls_itself(seen):
    assert seen(0, **{"wsgi.url_scheme": "https"})[1] == "https"


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("1.2.3.4", "1.2.3.4"),
        ("1.2.3.4:567", "1.2.3.4"),
        ("::1", "::1"),
        ("[::1]:443", "::1"),
        ("[::1]", "::1"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("::ffff:1.2.3.4", "1.2.3.4"),
        ("[::ffff:1.2.3.4]:9", "1.2.3.4"),
        ("fe80::1%eth0", "fe80::1"),
        *[
            (junk, "")
            for junk in (
                "", " ", "unknown", "_hidden", "1.2.3", "1.2.3.4.5", "[1.2.3.4]:x", "[]", "[", "0x7f.1",
                "١.2.3.4", "1.2.3.04", "1.2.3.4/24", "::1]:4", "localhost", "\x00", "a" * 9000,
            )
        ],
    ],
)  # fmt: skip
def test_it_reads_an_address(written, address):
    assert address_of(written) == address


@given(st.text(), st.integers(0, 3))
def test_it_survives_whatever_is_sent(text, hops):
    assert network_of(address_of(hop(text, hops))) is not None


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("", ""),
        (CLIENT, CLIENT),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::9", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
    ],
)
def test_all_of_a_hosts_addresses_are_one_client(address, network):
    assert network_of(address) == network


def test_it_says_once_that_it_does_not_know_its_clients(settings, caplog):
    settings.MAILAI_TRUSTED_PROXIES = 1
    proxies = Proxies(lambda request: request)

    for _ in range(3):
        proxies(RequestFactory().get("/", REMOTE_ADDR=PROXY))

    assert [record.name for record in caplog.records] == ["mailai.proxies"]
    assert "MAILAI_TRUSTED_PROXIES=1" in caplog.text
