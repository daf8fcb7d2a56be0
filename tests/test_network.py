"""Which addresses belong to the internet: by what is given out, not by what is known to be special."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailai.network import is_allowed, is_public, look_up

INSIDE = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",  # noqa: S104 - an address to refuse
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "168.63.129.16",
    "100.100.100.200",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",  # site-local, as it once was
    "feff::1",
    "fd00:ec2::254",
    "fc00::1",
    "ff02::1",
    "ff0e::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::a9fe:a9fe",  # IPv4-compatible, as it once was
    "::7f00:1",
    "::8.8.8.8",
    "::ffff:0:808:808",  # translated (RFC 2765)
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a9fe:a9fe",  # a network's own NAT64 (RFC 8215)
    "64:ff9b:1::808:808",
    "100::1",
    "200::1",
    "400::1",
    "1000::1",
    "4000::1",
    "5f00::1",  # segments of a route (RFC 9602)
    "8000::1",
    "e000::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "2001::1",
    "2001:0:a9fe:a9fe::1",  # Teredo by a server inside
    "2001:0:808:808:0:0:80ff:fffe",  # Teredo with a client at 127.0.0.1
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "3fff::1",
]


@pytest.mark.parametrize("address", INSIDE)
def test_it_refuses_what_is_not_the_internet(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "185.97.174.196",
        "2a01:4f8::1",
        "2001:4860:4860::8888",
        "2606:4700:4700::1111",
        "3ffe::1",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
        "2002:808:808::1",
        "2001:0:808:808:0:0:f7f7:f7f7",  # Teredo, both ends outside
    ],
)
def test_it_takes_the_internet(address):
    assert is_public(address)


@given(st.ip_addresses(v=6))
def test_nothing_is_public_that_python_knows_to_be_special(address: ipaddress.IPv6Address):
    if is_public(str(address)) and not (address.ipv4_mapped or str(address).startswith("64:ff9b::")):
        assert address in ipaddress.ip_network("2000::/3")
        assert not any((address.is_private, address.is_reserved, address.is_multicast))


@pytest.mark.parametrize(
    ("entry", "host", "address", "allowed"),
    [
        ("*", "mail.lan", "10.0.0.5", True),
        ("mail.lan", "Mail.LAN", "10.0.0.5", True),
        ("mail.lan", "other.lan", "10.0.0.5", False),
        ("10.0.0.0/24", "other.lan", "10.0.0.5", True),
        ("10.0.0.0/24", "other.lan", "10.0.1.5", False),
        ("10.0.0.0/24", "other.lan", "::ffff:10.0.0.5", True),
        ("fd00::/8", "other.lan", "fd00::1", True),
        ("64:ff9b:1::/48", "other.lan", "64:ff9b:1::a00:5", True),
        ("fd00::/8", "other.lan", "10.0.0.5", False),
    ],
)
def test_the_operator_says_what_else(entry, host, address, allowed):
    assert is_allowed(host, address, [entry]) is allowed


def test_a_name_that_cannot_be_one_is_no_host():
    with pytest.raises(OSError):  # noqa: PT011 - whatever the resolver says
        look_up("a" * 300 + ".example", 443, 5)
