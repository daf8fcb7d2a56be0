"""Who asks, and by which scheme, where proxies stand between: told by the number of proxies that are trusted.

Each trusted proxy appends the address of its own peer to X-Forwarded-For, so of N proxies the client's address is the
Nth from the right; whatever stands further left was sent by the client and is never read. Forwarded (RFC 7239) and
X-Forwarded-Host are not read at all: of two headers that tell the same, a proxy overwrites one, and a client sends the
other.

After this middleware REMOTE_ADDR is the client's address in its shortest form, or empty where nobody knows it.
"""

from __future__ import annotations

import ipaddress
import logging
import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

logger = logging.getLogger(__name__)

WITH_PORT = re.compile(r"\[(?P<v6>[^\]]*)\](?::\d*)?|(?P<v4>[\d.]+):\d*")
OURS = 64  # bits of an IPv6 address that a network is given; the rest each of its hosts chooses as it likes


class Proxies:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._told = False

    def __call__(self, request: HttpRequest) -> HttpResponse:
        hops = settings.MAILAI_TRUSTED_PROXIES or 0
        passed = hop(request.META.get("HTTP_X_FORWARDED_FOR", ""), hops)
        client = address_of(passed if hops else request.META.get("REMOTE_ADDR", ""))
        request.META["REMOTE_ADDR"] = client
        scheme = hop(request.META.get("HTTP_X_FORWARDED_PROTO", ""), hops).lower()
        if scheme in ("http", "https"):
            request.META["wsgi.url_scheme"] = scheme
        if not client and not self._told:
            self._told = True  # once per process: it will be so with every request
            logger.warning(UNKNOWN, hops, passed[:60])
        return self.get_response(request)


UNKNOWN = (
    "The client's address is not known: with MAILAI_TRUSTED_PROXIES=%d, X-Forwarded-For has %r in its place. All such "
    "clients share one limit of logins."
)


def hop(header: str, hops: int) -> str:
    """What the outermost of so many trusted proxies wrote into a list, "" if it wrote nothing or none is trusted.

    A list with fewer entries was begun by a proxy further in, which is as trusted.
    """
    entries = [entry.strip() for entry in header.split(",")] if hops else [""]
    return entries[-min(hops, len(entries))] if hops else ""


def address_of(text: str) -> str:
    """An address as proxies and servers write it, with or without a port, in its shortest form; "" for all else."""
    found = WITH_PORT.fullmatch(text.strip())
    try:
        address = ipaddress.ip_address((found["v6"] or found["v4"] or "") if found else text.strip())
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    return str(
        address.ipv4_mapped or ipaddress.IPv6Address(int(address))
    )  # without a zone, which a client chooses


def network_of(address: str) -> str:
    """What counts as one client: an IPv4 address, or the network of an IPv6 address; "" stays as it is."""
    if ":" not in address:
        return address
    return str(ipaddress.ip_network(f"{address}/{OURS}", strict=False))
