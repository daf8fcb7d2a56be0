"""An account's test: everything that it names is tried once, and each thing that fails is told."""

from __future__ import annotations

from typing import Any

from emails.accounts import imap, smtp
from emails.accounts.errors import MailError
from emails.accounts.imap import Listed
from emails.accounts.models import MailAccount, Standing
from emails.accounts.schedule import resume
from mailai.runs.kinds import Save
from mailai.runs.models import Stage, TaskRun
from mailai.runs.report import Report

OFFERED = 200  # folders of the server that are told
SPECIAL = {"sent_folder": "\\sent", "drafts_folder": "\\drafts"}  # RFC 6154


def work(run: TaskRun, report: Report) -> Save:
    """The run itself goes well whatever the test says: `result` has a list of `problems`, empty if all works."""
    account = run.account
    if account is None:
        raise MailError("mail_account")
    report.counted(Stage.CONNECTING)
    seconds = run.definition.soft_limit / 2
    folders, problems = try_imap(account, seconds)
    if account.can_send:
        problems += try_smtp(account, seconds)

    def save() -> dict[str, Any]:
        if not problems:
            changes = {
                name: special(folders, flag) for name, flag in SPECIAL.items() if not getattr(account, name)
            }
            MailAccount.objects.filter(pk=account.pk).update(standing=Standing.WORKS, **changes)
            resume(account)
        return {
            "status": "success",
            "ok": not problems,
            "problems": problems,
            "folders": [folder.name for folder in folders[:OFFERED]],
        }

    return save


def try_imap(account: MailAccount, seconds: float) -> tuple[list[Listed], list[dict[str, str]]]:
    """The server's folders, and what is wrong."""
    folders: list[Listed] = []
    problems: list[dict[str, str]] = []
    try:
        with imap.connect(account, seconds) as mailbox:
            folders = mailbox.folders()
            for name in filter(None, [*account.folders, account.sent_folder, account.drafts_folder]):
                try:
                    mailbox.examine(name)
                except MailError as error:
                    if error.code != "mail_folder":
                        raise
                    problems.append({"part": "folder", "code": error.code, "name": name})
    except MailError as error:
        problems.append({"part": "imap", "code": error.code})
    return folders, problems


def try_smtp(account: MailAccount, seconds: float) -> list[dict[str, str]]:
    try:
        with smtp.connect(account, seconds):
            return []
    except MailError as error:
        return [{"part": "smtp", "code": error.code}]


def special(folders: list[Listed], flag: str) -> str:
    """The folder that the server marks so."""
    return next((folder.name for folder in folders if flag in folder.flags), "")
