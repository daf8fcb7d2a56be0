"""The user's own addresses, and when two addresses are one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models.functions import Lower

from emails.models import Email, MailAccount
from mailai.domains import wire


def same(address: str) -> str:
    """The address for comparing: two are one mailbox if and only if this is equal. Empty if it names none.

    Only ASCII counts as equal in upper and lower case: `ß` and `ss` are two names, in a domain too (IDNA 2008).
    """
    local, at, domain = address.strip().rpartition("@")
    domain = wire(domain)
    if not at or not local or not domain:
        return ""
    return f"{local.lower() if local.isascii() else local}@{domain}"


def own_addresses(user: Any) -> frozenset[str]:
    """The login's and every mail account's, for comparing."""
    accounts = MailAccount.objects.filter(user_id=user.pk).values_list("address", flat=True)
    return frozenset(map(same, [user.email, *accounts])) - {""}


def written_from(user: Any, addresses: Iterable[str]) -> frozenset[str]:
    """Those of the addresses that mail of the user's own came from: accounts that are gone by now, former logins."""
    mine = Email.objects.of(user).filter(mine=True).annotate(written_from=Lower("sender_address"))
    found = mine.filter(written_from__in=list(addresses)).order_by().values_list("sender_address", flat=True)
    return frozenset(map(same, found.distinct()))
