"""What a person should know before this reply goes out. Nothing here forbids anything."""

from __future__ import annotations

import re
from collections.abc import Iterable

from replies.composing.mailbox import BadAddress, exact
from replies.composing.original import Original

UNREAD = re.compile(
    r"(?:no|do-?not|don-?t|nicht|keine)[._-]?(?:reply|respond|antwort(?:en)?)|noreply.*|mailer-daemon|bounces?(?:[+-].*)?",
    re.I,
)
GAP = re.compile(r"\[[^\[\]\n]{2,80}\]")
POSTED = re.compile(r"mailto:([^>?\s]+)", re.I)
MANY = 20


def cautions(original: Original, recipients: Iterable[str], text: str) -> list[tuple[str, str]]:
    """(code, what it is about) for: no_reply, bounce, automatic, list, elsewhere, gap, many."""
    to = list(recipients)
    found = [("no_reply", address) for address in to if UNREAD.fullmatch(address.rpartition("@")[0])]
    headers = original.headers
    if headers.get("return-path", "").replace(" ", "") == "<>":
        found.append(("bounce", ""))
    elif headers.get("auto-submitted", "no").split(";")[0].strip().lower() != "no":
        found.append(("automatic", ""))
    posting = POSTED.search(headers.get("list-post", ""))
    if posting and posting[1].casefold() in {address.casefold() for address in to}:
        found.append(("list", posting[1]))
    if elsewhere(original):
        found += [("elsewhere", address) for address in to if address not in known(original)][:3]
    found += [("gap", gap) for gap in GAP.findall(text)[:3]]
    if len(to) > MANY:
        found.append(("many", str(len(to))))
    return found


def elsewhere(original: Original) -> bool:
    """Whether replies are asked to another domain than the sender's: usual for lists, and for fraud."""
    if original.mine or "list-post" in original.headers:
        return False
    domains = {address.rpartition("@")[2].casefold() for _name, address in original.reply_to}
    return bool(domains) and domains != {original.sender[1].rpartition("@")[2].casefold()}


def known(original: Original) -> set[str]:
    """The addresses that the message shows a reader."""
    found = set()
    for _name, address in [original.sender, *original.to, *original.cc]:
        try:
            found.add(exact(address))
        except BadAddress:
            continue
    return found
