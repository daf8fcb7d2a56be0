"""Which addresses a user may have this server connect to: those of the internet, and what else the operator allows.

A name is looked up once, every address that it has is checked, and the connection goes to a checked address: a second
look-up could give another answer.
"""

from __future__ import annotations

import ipaddress
import queue
import socket
import threading
from collections.abc import Iterable
from typing import Any

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Place = tuple[int, Any]  # address family and what socket.connect takes

# Of IPv6, the registries give out addresses from here alone (IANA, IPv6 Global Unicast Address Assignments) …
UNICAST = ipaddress.IPv6Network("2000::/3")
# … and these parts are nobody's: protocols and tunnels, documentation (RFC 2928, 3849, 9637).
SPECIAL = [ipaddress.IPv6Network(net) for net in ("2001::/23", "2001:db8::/32", "3fff::/20")]
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: how a network without IPv4 writes an IPv4 address
# Global by their numbers, yet inside a cloud, where Azure and Oracle tell a machine about itself; and the anycast
# address of relays that nobody runs any more (RFC 7526).
INSIDE = [ipaddress.IPv4Network(net) for net in ("168.63.129.16/32", "192.0.0.0/24", "192.88.99.0/24")]


def look_up(host: str, port: int, seconds: float) -> list[Place]:
    """Where `host` is, each place once. Raises TimeoutError, and OSError where there is no such host.

    The system's resolver knows no timeout of ours; a thread that it holds up is left behind.
    """
    answer: queue.SimpleQueue[list[Place] | Exception] = queue.SimpleQueue()

    def resolve() -> None:
        try:
            entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answer.put([(entry[0], entry[4]) for entry in entries])
        except (OSError, UnicodeError) as error:  # UnicodeError: a label that is too long
            answer.put(error)

    threading.Thread(target=resolve, name="look-up", daemon=True).start()
    try:
        said = answer.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError("name look-up") from None
    if isinstance(said, UnicodeError):
        raise OSError("not a host name") from said
    if isinstance(said, Exception):
        raise said
    return list(dict.fromkeys(said))


def is_allowed(host: str, address: str, private: Iterable[str]) -> bool:
    """Whether a user may name it. `private` is what the operator adds: names of hosts, networks, or "*" for all."""
    return is_public(address) or is_listed(host, address, private)


def is_public(address: str) -> bool:
    """Whether it belongs to one machine of the internet: what is not known to, does not."""
    number: Address = ipaddress.ip_address(address)
    carried = carried_by(number)
    if isinstance(number, ipaddress.IPv6Address) and not carried:
        return number in UNICAST and not any(number in net for net in SPECIAL)
    return all(
        each.is_global
        and not (each.is_multicast or each.is_reserved or each.is_unspecified)
        and not any(each in net for net in INSIDE)
        for each in carried
    )


def carried_by(number: Address) -> list[ipaddress.IPv4Address]:
    """The IPv4 addresses that a connection to `number` can end at: itself, or those that are written into it."""
    if isinstance(number, ipaddress.IPv4Address):
        return [number]
    if number.ipv4_mapped:
        return [number.ipv4_mapped]
    if number.sixtofour:
        return [number.sixtofour]
    if number in NAT64:
        return [ipaddress.IPv4Address(int(number) & 0xFFFFFFFF)]
    return list(number.teredo or ())


def is_listed(host: str, address: str, private: Iterable[str]) -> bool:
    number: Address = ipaddress.ip_address(address)
    meant: Address = [number, *carried_by(number)][-1]
    for entry in private:
        if entry == "*" or entry.casefold() == host.casefold():
            return True
        try:
            net = ipaddress.ip_network(entry, strict=False)
        except ValueError:
            continue
        if meant in net or number in net:
            return True
    return False
