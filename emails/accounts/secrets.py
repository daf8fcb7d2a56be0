"""The passwords of all accounts, when the operator changes keys."""

from __future__ import annotations

from emails.accounts.models import MailAccount
from mailai.ai import keyring

SECRETS = ("imap_secret", "smtp_secret")


def rotate() -> tuple[int, list[str]]:
    """Encrypt every password under the newest key of the ring. Returns how many, and what no key opens."""
    rotated, lost = 0, []
    for account in MailAccount.objects.order_by("pk"):
        for name in SECRETS:
            secret = getattr(account, name)
            try:
                fresh = keyring.rotate(secret) if secret else ""
            except keyring.Undecryptable:
                lost.append(f"mail account {account.pk} ({name.removesuffix('_secret')})")
            else:
                # Only while the old secret still stands: one that was entered meanwhile is newer.
                current = MailAccount.objects.filter(pk=account.pk, **{name: secret}) if fresh else None
                rotated += current.update(**{name: fresh}) if current is not None else 0
    return rotated, lost
