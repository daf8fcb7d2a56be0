"""From UIDs to messages: small batches, so that memory stays flat and an interruption costs little."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db.models.functions import Substr

from emails.accounts.errors import MailError
from emails.accounts.imap import HEAD, Mailbox
from emails.accounts.models import Folder
from emails.models import Email

LOOK_AHEAD = 200  # messages whose sizes are asked for at once
MESSAGES = 50  # of one batch
OCTETS = 8 * 1024 * 1024  # of one batch, unless its only message is larger
# Servers are known to misstate sizes; one that states nothing true may not fill the memory.
SLACK = 1024 * 1024


@dataclass
class Batch:
    """Messages in the order of their UIDs. All up to `upto` has been dealt with once this is stored."""

    upto: int = 0
    raws: dict[int, bytes] = field(default_factory=dict)
    known: dict[int, int] = field(default_factory=dict)  # UID → id of the Email that it is
    cut: dict[int, int] = field(
        default_factory=dict
    )  # UID → bytes on the server, where only the beginning came
    refused: int = 0  # messages that the server lists and does not give
    looked_at: int = 0


def batches(
    mailbox: Mailbox, user: Any, folder: Folder, uids: Sequence[int], rescan: bool
) -> Iterator[Batch]:
    """Every message once. A message that is gone meanwhile is passed over. Raises MailError."""
    for start in range(0, len(uids), LOOK_AHEAD):
        ahead = list(uids[start : start + LOOK_AHEAD])
        here = set(folder.valid_copies.filter(uid__in=ahead).values_list("uid", flat=True))
        sizes = mailbox.sizes([uid for uid in ahead if uid not in here])
        known = known_of(user, sizes, mailbox.heads(list(sizes))) if rescan and sizes else {}
        for group in groups(ahead, {uid: size for uid, size in sizes.items() if uid not in known}):
            yield download(mailbox, group, sizes, known)


def groups(uids: Sequence[int], sizes: dict[int, int]) -> Iterator[list[int]]:
    """As many as belong into one batch; those without a size cost nothing."""
    group: list[int] = []
    octets = count = 0
    for uid in uids:
        size = sizes.get(uid, 0)
        if group and (count + (uid in sizes) > MESSAGES or octets + size > OCTETS):
            yield group
            group, octets, count = [], 0, 0
        group.append(uid)
        octets += size
        count += uid in sizes
    if group:
        yield group


def download(mailbox: Mailbox, group: list[int], sizes: dict[int, int], known: dict[int, int]) -> Batch:
    limit = settings.MAILAI_MAX_MESSAGE_BYTES
    batch = Batch(upto=group[-1], looked_at=len(group))
    batch.known = {uid: known[uid] for uid in group if uid in known}
    wanted = [uid for uid in group if uid in sizes and uid not in known]
    large = [uid for uid in wanted if sizes[uid] > limit]
    small = [uid for uid in wanted if sizes[uid] <= limit]
    raws = whole(mailbox, small, sum(sizes[uid] for uid in small), batch)
    for uid in large:
        # One byte more than what is read as a message: so it counts as too large wherever it is looked at.
        if begun := mailbox.beginning(uid, limit + 1):
            raws[uid] = begun
            batch.cut[uid] = sizes[uid]
    batch.raws = {uid: raws[uid] for uid in wanted if uid in raws}
    return batch


def whole(mailbox: Mailbox, uids: list[int], octets: int, batch: Batch) -> dict[int, bytes]:
    """If the server refuses a batch, one of its messages may be the reason: then they are asked for one by one."""
    if not uids:
        return {}
    try:
        return mailbox.messages(uids, 2 * octets + SLACK)
    except MailError as error:
        if error.code != "mail_unavailable":
            raise
    if len(uids) == 1:
        batch.refused += 1
        return {}
    raws: dict[int, bytes] = {}
    for uid in uids:
        raws |= whole(mailbox, [uid], octets, batch)
    return raws


def known_of(user: Any, sizes: dict[int, int], heads: dict[int, bytes]) -> dict[int, int]:
    """Which of the messages are stored already: those with the same size and, byte for byte, the same header.

    A Message-ID alone would not do: whoever knows one could hide another message behind it.
    """
    stored: dict[tuple[int, bytes], int] = {}
    lengths = {len(head) for head in heads.values()}
    alike = Email.objects.of(user).filter(size__in=set(sizes.values()))
    for pk, size, start in alike.values_list("pk", "size", Substr("raw", 1, HEAD)).iterator(LOOK_AHEAD):
        begins = bytes(start)
        stored |= {(size, begins[:length]): pk for length in lengths if length <= len(begins)}
    found = {uid: stored.get((sizes[uid], head)) for uid, head in heads.items() if uid in sizes and head}
    return {uid: pk for uid, pk in found.items() if pk is not None}
