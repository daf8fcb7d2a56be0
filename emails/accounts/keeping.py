"""A batch of messages into the database, with how far its folder is: both or neither."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models.functions import Now

from emails.accounts.analysing import analyse_new
from emails.accounts.batches import Batch
from emails.accounts.models import Folder, MailAccount, ServerCopy
from emails.importing import Outcome, put, read
from emails.models import Email
from emails.parsing import Trouble

MOST_PASSED_OVER = 1000  # UIDs of one folder


@dataclass
class Kept:
    stored: int = 0
    duplicates: int = 0
    cut: int = 0
    refused: int = 0
    unanalysed: int = 0

    def add(self, other: Kept) -> None:
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


def keep(account: MailAccount, folder: Folder, batch: Batch, alive: Callable[[], object] = tuple) -> Kept:
    """Killed at any point, the batch is stored whole or comes again; a message that comes twice is stored once.

    `alive` is called with each message that has been read.
    """
    kept = Kept(cut=len(batch.cut), refused=len(batch.refused))
    arrivals = list(read(account.user, batch.raws.values(), 1, alive))
    with transaction.atomic():
        copies, fresh = dict(batch.known), []
        for uid, (outcome, email) in zip(batch.raws, put(account.user, arrivals), strict=True):
            copies[uid] = email.pk
            if outcome == Outcome.DUPLICATE:
                kept.duplicates += 1
            else:
                kept.stored += 1
                fresh.append(email.pk)
                if uid in batch.cut:
                    email.trouble, email.text = Trouble.CUT, ""  # its beginning is no text: none is read
                    email.save(update_fields=["trouble", "text"])
        ServerCopy.objects.bulk_create(
            [
                ServerCopy(email_id=pk, folder=folder, uidvalidity=folder.validity, uid=uid)
                for uid, pk in copies.items()
            ],
            ignore_conflicts=True,
        )
        mine = Email.objects.filter(pk__in=copies.values())
        mine.filter(account=None).update(account=account)
        if account.analyse_new:
            kept.unanalysed = analyse_new(account, fresh)
        dealt_with(folder, batch.uids, batch.refused)
    return kept


def dealt_with(folder: Folder, uids: Sequence[int], refused: Sequence[int] = ()) -> None:
    """Of these UIDs all is stored or gone but those that the server refused: they are asked for again later."""
    now = Folder.objects.select_for_update().filter(pk=folder.pk, uidvalidity=folder.validity).first()
    if now is not None:
        left = set(now.passed_over).difference(uids).union(refused)
        if left != set(now.passed_over):
            Folder.objects.filter(pk=folder.pk).update(
                passed_over=sorted(left)[-MOST_PASSED_OVER:], passed_over_at=Now()
            )
        reached(folder, max(uids))


def reached(folder: Folder, upto: int) -> None:
    """All up to this UID is dealt with. It never goes back, whoever else fetches the same folder."""
    Folder.objects.filter(pk=folder.pk, uidvalidity=folder.validity, last_uid__lt=upto).update(last_uid=upto)


def rescanned(folder: Folder) -> None:
    """Every message has been looked at under the new UIDVALIDITY."""
    folder.void_copies.delete()
