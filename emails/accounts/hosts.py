"""Which servers a user may name: those of the internet, and what else the operator allows.

A name is looked up once, every address that it has is checked, and the connection goes to a checked address: a second
look-up could give another answer.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Callable
from typing import Any

from django.conf import settings

from emails.accounts.errors import MailError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Place = tuple[int, Any]  # address family and what socket.connect takes

NAT64 = ipaddress.ip_network("64:ff9b::/96")
# Global by their numbers, yet inside a cloud: where Azure and Oracle tell a machine about itself.
INSIDE = [ipaddress.ip_network(net) for net in ("168.63.129.16/32", "192.0.0.0/24")]


def look_up(host: str, port: int, timeout: float) -> list[Place]:
    """Where to connect to. Raises MailError: mail_port, mail_host, mail_timeout, mail_address."""
    if port not in settings.MAILAI_MAIL_PORTS:
        raise MailError("mail_port", str(port))
    found = answer_within(timeout, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    places = [(family, address) for family, _type, _protocol, _name, address in found]
    if not places or not all(is_allowed(host, place[1][0]) for place in places):
        raise MailError("mail_address")
    return places


def is_allowed(host: str, address: str) -> bool:
    return is_public(address) or is_private_allowed(host, address)


def is_public(address: str) -> bool:
    """Whether an address belongs to the internet: neither this machine, nor this network, nor a group."""
    return all(
        each.is_global
        and not (each.is_multicast or each.is_reserved or each.is_unspecified)
        and not any(each in net for net in INSIDE)
        for each in meanings(address)
    )


def is_private_allowed(host: str, address: str) -> bool:
    """Whether the operator lets users reach this private host: by its name, its network, or all by "*"."""
    for entry in settings.MAILAI_MAIL_PRIVATE_HOSTS:
        if entry == "*" or entry.casefold() == host.casefold():
            return True
        try:
            net = ipaddress.ip_network(entry, strict=False)
        except ValueError:
            continue
        if all(each in net for each in meanings(address)[-1:]):
            return True
    return False


def meanings(address: str) -> list[Address]:
    """The address, and last the IPv4 address that it carries in it, where it does."""
    number: Address = ipaddress.ip_address(address)
    if isinstance(number, ipaddress.IPv4Address):
        return [number]
    if number.ipv4_mapped:
        return [number.ipv4_mapped]
    if number in NAT64:  # how a network without IPv4 writes an IPv4 address
        return [ipaddress.IPv4Address(int(number) & 0xFFFFFFFF)]
    if number.sixtofour:
        return [number, number.sixtofour]
    if number.teredo:
        return [number, *number.teredo]
    return [number]


def answer_within(timeout: float, ask: Callable[[], list[Any]]) -> list[Any]:
    """The system's resolver knows no timeout of ours; a thread that it holds up is left behind."""
    answers: list[list[Any]] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            answers.append(ask())
        except (OSError, UnicodeError) as error:  # UnicodeError: a label that is too long
            failures.append(error)

    thread = threading.Thread(target=run, daemon=True, name="look-up")
    thread.start()
    thread.join(timeout)
    if answers:
        return answers[0]
    raise MailError("mail_host" if failures else "mail_timeout")
