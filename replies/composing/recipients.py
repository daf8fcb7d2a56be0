"""Whom a reply goes to (RFC 5322 3.6.3): read from the message alone, never from a model."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from emails.parsing.addresses import Address
from replies.composing.mailbox import BadAddress, Unwritable, mailbox
from replies.composing.original import Original

Recipients = tuple[list[Address], list[Address]]
"""To and Cc."""


def to_sender(original: Original, own: Collection[str]) -> Recipients:
    """To the one who wrote it, where replies are asked to if that is an address; to one's own, whom it went to."""
    known: set[str] = set()
    asked = answered(original)
    to = distinct(asked, known, own) or distinct(asked, known, ()) or distinct([original.sender], known, ())
    return to, []


def to_all(original: Original, own: Collection[str]) -> Recipients:
    """The others who got it come in copy; the user's own addresses do not."""
    to, _cc = to_sender(original, own)
    known = {address.casefold() for _name, address in to}
    if original.mine:
        return to, distinct(original.cc, known, own)
    return to, distinct([*original.to, *original.cc], known, own)


def answered(original: Original) -> Iterable[Address]:
    if original.mine:
        return original.to
    return original.reply_to or [original.sender]


def distinct(boxes: Iterable[Address], known: set[str], own: Collection[str]) -> list[Address]:
    """Each address once, without those that are no exact address: mail may claim anything.

    One that cannot be written to stays, so that nobody is left out in silence: sending refuses it by its name.
    """
    mine = {address.casefold() for address in own}
    found: list[Address] = []
    for name, address in boxes:
        try:
            box = mailbox(name, address)
        except Unwritable as such:
            box = [name, str(such)]
        except BadAddress:
            continue
        key = box[1].casefold()
        if key not in known and key not in mine:
            known.add(key)
            found.append(box)
    return found
