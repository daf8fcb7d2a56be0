"""The work of a fetch: new mail of an account's folders, in batches that are stored as they come.

A fetch differs from other runs in that it saves on the way: what has arrived is there, whatever happens next. It works
until its time is up or its worker is to stop, and what is left is for the next run.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

from django.db import transaction

from emails.accounts import imap
from emails.accounts.batches import Pace, batches
from emails.accounts.errors import MailError
from emails.accounts.imap import Mailbox
from emails.accounts.keeping import Kept, dealt_with, keep, reached, rescanned
from emails.accounts.models import Folder, MailAccount
from emails.accounts.pending import Pending, pending
from emails.accounts.schedule import note_failure, note_success
from mailai.runs import stopping
from mailai.runs.kinds import Save
from mailai.runs.models import Stage, TaskRun
from mailai.runs.report import Report

DROPS = 2  # of the connection over one message, after which it is passed over
MOST_IN_A_ROW = 3  # messages passed over with none in between that came


def work(run: TaskRun, report: Report) -> Save:
    """Raises MailError: mail_folder if no folder is there, and whatever keeps the server from being used."""
    account = run.account
    if account is None:
        raise MailError("mail_account")
    fetch = Fetch(account, run.definition.soft_limit, report, by_hand=run.awaited)
    spare = (run.definition.hard_limit - run.definition.soft_limit) / 2
    try:
        while not fetch.ended:
            report.counted(Stage.CONNECTING)
            try:
                with imap.connect(account, fetch.left + spare, report.alive) as mailbox:
                    fetch.all(mailbox)
            except MailError as error:
                if not fetch.can_go_on(error):
                    raise
    except MailError as error:
        last_try = not error.retryable or run.attempt >= run.max_attempts
        if not (last_try and error.retryable and fetch.done):
            note_failure(account, error.code, last_try)
            raise
        fetch.more = True  # the server breaks off again and again, but each time more has come
        fetch.interrupted = error.code

    def save() -> dict[str, Any]:
        note_success(account, fetch.more, "mail_folder" if fetch.missing else fetch.interrupted)
        return fetch.result()

    return save


class Fetch:
    """One run's way through the folders."""

    def __init__(self, account: MailAccount, seconds: float, report: Report, by_hand: bool = False) -> None:
        self.account, self.report, self.by_hand = account, report, by_hand
        self.pace = Pace()
        self.at: Folder | None = None  # the folder at hand
        self.drops: Counter[tuple[int, int]] = (
            Counter()
        )  # of a folder and a UID: the server went while asked for it
        self.passed = 0  # in a row
        self.ended = False
        self.until = time.monotonic() + seconds
        self.kept = Kept()
        self.missing: list[str] = []
        self.done = self.total = 0
        self.more = False
        self.interrupted = ""

    def all(self, mailbox: Mailbox) -> None:
        self.missing, self.more, self.pace.asking = [], False, []
        plans = self._plans(mailbox)
        self.total = self.done + sum(len(plan.uids) for plan in plans)
        for plan in plans:
            if plan.uids and self.is_over and self.done:  # however slow all is, each run brings something
                self.more = True
                continue
            self._folder(mailbox, plan)
            self.more = self.more or not plan.whole
        self.ended = True

    def can_go_on(self, error: MailError) -> bool:
        """Whether to connect again: the server went away over some messages, and it may be but one that it cannot read.

        They are asked for in halves; what it goes away over twice is passed over. A server that gives nothing any more
        is no matter of single messages.
        """
        if error.code != "mail_dropped" or not self.pace.asking or self.at is None or self.is_over:
            return False
        asked, self.pace.asking = self.pace.asking, []
        if len(asked) > 1:
            self.pace.messages = len(asked) // 2
            return True
        place = (self.at.pk, asked[0])
        self.drops[place] += 1
        if self.drops[place] < DROPS:
            return True
        self.passed += asked[0] > self.at.last_uid  # and not one of those that were passed over before
        if self.passed > MOST_IN_A_ROW:
            return False
        with transaction.atomic():
            dealt_with(self.at, asked, refused=asked)
        self.kept.refused += 1
        self.by_hand = False  # or it would be asked for again at once
        return True

    @property
    def left(self) -> float:
        return max(1.0, self.until - time.monotonic())

    @property
    def is_over(self) -> bool:
        return stopping.asked() or time.monotonic() >= self.until

    def result(self) -> dict[str, Any]:
        return {
            "status": "success",
            "more": self.more,
            "interrupted": self.interrupted,
            "missing": self.missing,
            **vars(self.kept),
        }

    def _plans(self, mailbox: Mailbox) -> list[Pending]:
        """What there is to do in each folder; one that is missing does not stop the others."""
        plans = []
        for name in self.account.folders:
            try:
                plans.append(pending(mailbox, self.account, name, self.by_hand))
            except MailError as error:
                if error.code != "mail_folder":
                    raise
                self.missing.append(name)
        if not plans:
            raise MailError("mail_folder")
        return plans

    def _folder(self, mailbox: Mailbox, plan: Pending) -> None:
        folder = self.at = plan.folder
        if plan.uids:
            if mailbox.examine(folder.name).uidvalidity != folder.uidvalidity:
                raise MailError("mail_dropped")  # it changed between two looks: the next try begins with it
            self._tell(folder.name)
            for batch in batches(mailbox, self.account.user, folder, plan.uids, plan.rescan, self.pace):
                self.kept.add(keep(self.account, folder, batch, self.report.alive))
                self.done += len(batch.uids)
                self.passed = 0 if batch.raws else self.passed
                self._tell(folder.name)
                if self.is_over and batch.uids[-1] != plan.uids[-1]:
                    self.more = True
                    return
        reached(folder, plan.upto)
        if plan.whole and plan.rescan:
            rescanned(folder)

    def _tell(self, name: str) -> None:
        self.report.counted(Stage.FETCHING, self.done, self.total, name)
