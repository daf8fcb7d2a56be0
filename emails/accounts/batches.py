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
SHORT = 0.8  # of the size told; below that something is missing


@dataclass
class Batch:
    """Messages in the order of their UIDs. All of `uids` has been dealt with once this is stored."""

    uids: Sequence[int]
    raws: dict[int, bytes] = field(default_factory=dict)
    known: dict[int, int] = field(default_factory=dict)  # UID → id of the Email that it is
    cut: dict[int, int] = field(
        default_factory=dict
    )  # UID → bytes on the server, where only the beginning came
    refused: list[int] = field(default_factory=list)  # UIDs that the server lists and does not give


@dataclass
class Pace:
    """How many messages are asked for at once, and which ones are just being asked for."""

    messages: int = field(default_factory=lambda: MESSAGES)
    asking: list[int] = field(default_factory=list)

    @property
    def ahead(self) -> int:
        return LOOK_AHEAD if self.messages == MESSAGES else self.messages

    def quicken(self) -> None:
        self.messages, self.asking = min(MESSAGES, 2 * self.messages), []


def batches(
    mailbox: Mailbox, user: Any, folder: Folder, uids: Sequence[int], rescan: bool, pace: Pace
) -> Iterator[Batch]:
    """Every message once. A message that is gone meanwhile is passed over. Raises MailError."""
    start = 0
    while start < len(uids):
        ahead = list(uids[start : start + pace.ahead])
        start += len(ahead)
        here = set(folder.valid_copies.filter(uid__in=ahead).values_list("uid", flat=True))
        pace.asking = [uid for uid in ahead if uid not in here]
        sizes, refused = sizes_of(mailbox, pace.asking)
        known = known_of(user, sizes, mailbox.heads(list(sizes))) if rescan and sizes else {}
        wanted = {uid: size for uid, size in sizes.items() if uid not in known}
        left = ahead
        while left:
            group = first_group(left, wanted, pace.messages)
            left = left[len(group) :]
            pace.asking = [uid for uid in group if uid in wanted]
            batch = download(mailbox, group, sizes, known)
            batch.refused += [uid for uid in group if uid in refused]
            pace.quicken()
            yield batch


def sizes_of(mailbox: Mailbox, uids: list[int]) -> tuple[dict[int, int], set[int]]:
    """The size of each message that is there, and those whose size the server refuses to tell: it may be but one."""
    if not uids:
        return {}, set()
    try:
        return mailbox.sizes(uids), set()
    except MailError as error:
        if error.code != "mail_unavailable":
            raise
    if len(uids) == 1:
        return {}, set(uids)
    half = len(uids) // 2
    (sizes, refused), (more, too) = sizes_of(mailbox, uids[:half]), sizes_of(mailbox, uids[half:])
    return sizes | more, refused | too


def first_group(uids: Sequence[int], sizes: dict[int, int], most: int) -> list[int]:
    """As many as belong into one batch; those without a size cost nothing."""
    group: list[int] = []
    octets = count = 0
    for uid in uids:
        size = sizes.get(uid, 0)
        if group and (count + (uid in sizes) > most or octets + size > OCTETS):
            break
        group.append(uid)
        octets += size
        count += uid in sizes
    return group


def download(mailbox: Mailbox, group: list[int], sizes: dict[int, int], known: dict[int, int]) -> Batch:
    limit = settings.MAILAI_MAX_MESSAGE_BYTES
    batch = Batch(group, known={uid: known[uid] for uid in group if uid in known})
    wanted = [uid for uid in group if uid in sizes and uid not in known]
    raws = whole(mailbox, {uid: sizes[uid] for uid in wanted if sizes[uid] <= limit})
    for uid in wanted:
        # One byte more than what is read as a message: so it counts as too large wherever it is looked at.
        if sizes[uid] > limit and (begun := beginning(mailbox, uid, limit + 1)):
            raws[uid] = begun
            batch.cut[uid] = sizes[uid]
    batch.raws = {uid: raws[uid] for uid in wanted if uid in raws}
    missing = [uid for uid in wanted if uid not in raws]
    if missing:
        there, refused = sizes_of(mailbox, missing)  # or they were deleted meanwhile
        batch.refused = sorted(refused.union(there))
    return batch


def whole(mailbox: Mailbox, sizes: dict[int, int]) -> dict[int, bytes]:
    """Those that the server gives. If it refuses all of them, or one is much shorter than was said, one by one.

    A server may answer for a message that it cannot read with another in its place (Courier).
    """
    raws = asked(mailbox, sizes)
    doubtful = [uid for uid in sizes if len(raws.get(uid, b"")) < SHORT * sizes[uid]]
    if len(sizes) > 1:
        for uid in doubtful:
            raws.pop(uid, None)
            raws |= whole(mailbox, {uid: sizes[uid]})
        return raws
    return {uid: raw for uid, raw in raws.items() if uid not in doubtful}


def asked(mailbox: Mailbox, sizes: dict[int, int]) -> dict[int, bytes]:
    if not sizes:
        return {}
    try:
        return mailbox.messages(list(sizes), 2 * sum(sizes.values()) + SLACK)
    except MailError as error:
        if error.code != "mail_unavailable":
            raise
    return {}


def beginning(mailbox: Mailbox, uid: int, octets: int) -> bytes | None:
    try:
        return mailbox.beginning(uid, octets)
    except MailError as error:
        if error.code != "mail_unavailable":
            raise
    return None


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
