"""The work of the save_draft run: a draft into the server's folder of drafts, in the place of the one before."""

from __future__ import annotations

from typing import Any

from django.utils.crypto import salted_hmac

from emails.accounts.writing import writable
from emails.models import Email, MailAccount
from mailai.ai.errors import AIError
from mailai.runs.kinds import Save
from mailai.runs.models import Stage, TaskRun
from mailai.runs.report import Report
from mailai.runs.transitions import advance
from replies.composing.body import body
from replies.composing.mailbox import exact
from replies.drafting import profile_of
from replies.models import Draft
from replies.outgoing import composed, original_of


def save_draft(run: TaskRun, report: Report) -> Save:
    """Its one effect is the same however often it happens, so it needs no fence. Raises AIError: mail_…"""
    draft = Draft.objects.select_related("email").filter(pk=run.params.get("draft"), user=run.user).first()
    account = MailAccount.objects.filter(pk=run.params.get("account"), user=run.user).first()
    if draft is None or account is None or not account.may_write:
        raise AIError("mail_account")
    profile = profile_of(run.user)
    original = original_of(draft.email)
    message_id = message_id_of(draft.email, account)
    text = body(draft.text, profile.signature, original, run.params["quote"])
    sender = [profile.name, account.address]
    raw = composed(original, message_id, sender, run.params["to"], run.params["cc"], text)
    advance(run, Stage.CONNECTING, 30)
    with writable(account, run.definition.soft_limit) as mailbox:
        folder = mailbox.folder("\\drafts", account.drafts_folder)
        mailbox.open(folder)
        before = mailbox.find(message_id)
        mailbox.put_draft(folder, raw)
        mailbox.remove(before)  # only now: a draft too many is better than none

    def save() -> dict[str, Any]:
        return {"status": "success", "email_id": run.email_id, "folder": folder, "version": draft.version}

    return save


def message_id_of(email: Email, account: MailAccount) -> str:
    """One id for all drafts of the reply to a message, by which the one before is found. What is sent has another."""
    mark = salted_hmac("replies.drafts_folder", f"{email.user_id} {email.pk}", algorithm="sha256").hexdigest()
    return f"draft-{mark[:32]}@{exact(account.address).rpartition('@')[2]}"
