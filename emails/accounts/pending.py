"""What of a folder is still to be fetched."""

from __future__ import annotations

import datetime as dt
from array import array
from collections.abc import Callable
from dataclasses import dataclass

from django.db.models.functions import Now

from emails.accounts.imap import Mailbox, View
from emails.accounts.models import Folder, MailAccount
from mailai.postgres.clock import now

AT_ONCE = 50_000  # a folder with no more messages is searched in one go
FIRST_WINDOW = 2_000  # UIDs
AGAIN = dt.timedelta(hours=6)
MOST = 200_000  # UIDs that one run takes on in one folder


@dataclass(frozen=True)
class Pending:
    folder: Folder
    uids: array[int]  # new ones in order, then those that were passed over before
    upto: int  # all up to this UID has been looked at: what is not in `uids` is not wanted
    whole: bool  # whether that was the end of the folder
    rescan: bool  # whether the messages had other UIDs before, and may be known


def pending(
    mailbox: Mailbox, account: MailAccount, name: str, by_hand: bool = False, most: int = MOST
) -> Pending:
    """Raises MailError, mail_folder if there is no such folder.

    What was passed over is asked for again when a person presses, and by schedule now and then.
    """
    view = mailbox.examine(name)
    folder = state_of(account, name, view)
    again = by_hand or folder.passed_over_at is None or now() > folder.passed_over_at + AGAIN
    since = None
    if account.since_days is not None:
        since = now().date() - dt.timedelta(days=account.since_days)

    def search(low: int, high: int | None) -> list[int]:
        return mailbox.search(low, high, since, account.unseen_only)

    uids, upto, whole = listed(search, folder.last_uid + 1, view, most)
    if folder.passed_over and again:
        Folder.objects.filter(pk=folder.pk).update(passed_over_at=Now())
        uids.extend(sorted(set(folder.passed_over).difference(uids)))  # last: they hold nothing new up
    return Pending(folder, uids, upto, whole, folder.void_copies.exists())


def state_of(account: MailAccount, name: str, view: View) -> Folder:
    """How far the folder was fetched. With another UIDVALIDITY all its UIDs are void: it begins anew."""
    folder, _created = Folder.objects.get_or_create(account=account, name=name)
    if folder.uidvalidity != view.uidvalidity:
        folder.uidvalidity, folder.last_uid, folder.passed_over = view.uidvalidity, 0, []
        folder.save(update_fields=["uidvalidity", "last_uid", "passed_over"])
    return folder


def listed(
    search: Callable[[int, int | None], list[int]], low: int, view: View, most: int
) -> tuple[array[int], int, bool]:
    """UIDs from `low` on, in order; up to which UID; and whether that is the end.

    The answer to a search is one line, so a large folder is searched in windows: of UIDs, which may be sparse.
    """
    found = array("Q")
    if not view.exists:
        return found, max(low - 1, view.uidnext - 1), True
    if not view.uidnext:
        found.extend(search(low, None)[:most])
        return found, (found[-1] if found else low - 1), len(found) < most
    high = view.uidnext - 1
    width = FIRST_WINDOW if view.exists > AT_ONCE else max(high, 1)
    while low <= high and len(found) < most:
        top = min(high, low + width - 1)
        got = search(low, top)
        found.extend(got)
        low = top + 1
        if len(got) < width // 8:
            width *= 2
        elif width > AT_ONCE:
            width = AT_ONCE
    return found, low - 1, low > high
