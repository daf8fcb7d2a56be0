"""The form of a mail account. Passwords go in and never come out: left empty, the stored one stays."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from emails.accounts.hosts import is_allowed
from emails.accounts.models import MailAccount, Security

MOST_FOLDERS = 50
HOST = re.compile(r"(?=.{1,253}\Z)(?!-)[\w-]{1,63}(\.[\w-]{1,63})*\.?\Z|[0-9a-fA-F:.]+\Z")
EVERY = (5, 15, 30, 60, 240)  # minutes
# With another of these, or another password, it is another mailbox, as far as a test can tell.
PLACES = (
    *("imap_host", "imap_port", "imap_security", "imap_user", "folders"),
    *("smtp_host", "smtp_port", "smtp_security", "smtp_user", "sent_folder", "drafts_folder"),
)


class AddressForm(forms.Form):
    """The first step: by the address the servers of known providers are filled in."""

    address = forms.EmailField(label=_("Your address"), max_length=320)


def how_often() -> list[tuple[Any, Any]]:
    minutes = [(n, ngettext("every %(n)s minute", "every %(n)s minutes", n) % {"n": n}) for n in EVERY]
    return [("", _("only when I ask for it")), *minutes]


def password_field(label: Any) -> forms.CharField:
    widget = forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"})
    return forms.CharField(label=label, max_length=1000, required=False, strip=False, widget=widget)


class AccountForm(forms.ModelForm):
    imap_password = password_field(_("Password"))
    smtp_password = password_field(_("Password for sending"))
    folders = forms.CharField(label=_("Folders"), widget=forms.Textarea(attrs={"rows": 3}))
    fetch_minutes = forms.TypedChoiceField(
        label=_("Fetch mail"), choices=how_often, coerce=int, empty_value=None, required=False
    )

    class Meta:
        model = MailAccount
        fields = [
            "name",
            "address",
            "imap_host",
            "imap_port",
            "imap_security",
            "imap_user",
            "folders",
            "since_days",
            "unseen_only",
            "fetch_minutes",
            "analyse_new",
            "may_write",
            "smtp_host",
            "smtp_port",
            "smtp_security",
            "smtp_user",
            "sent_folder",
            "drafts_folder",
        ]
        labels = {
            "name": _("Name"),
            "address": _("Address"),
            "imap_host": _("IMAP server"),
            "imap_port": _("Port"),
            "imap_security": _("Encryption"),
            "imap_user": _("User name"),
            "since_days": _("Only mail of the last … days"),
            "unseen_only": _("Only unread mail"),
            "analyse_new": _("Analyse new mail automatically"),
            "may_write": _("Sent mail and drafts may be stored on the server"),
            "smtp_host": _("SMTP server"),
            "smtp_port": _("Port"),
            "smtp_security": _("Encryption"),
            "smtp_user": _("User name for sending"),
            "sent_folder": _("Folder of sent mail"),
            "drafts_folder": _("Folder of drafts"),
        }
        help_texts = {"since_days": _("Empty: all mail.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._before = {name: getattr(self.instance, name) for name in PLACES}
        self.initial["folders"] = "\n".join(self.instance.folders)
        if not self.instance.pk:
            self.initial["fetch_minutes"] = 15
        if not settings.MAILAI_MAIL_PRIVATE_HOSTS:
            encrypted = [choice for choice in Security.choices if choice[0] != Security.NONE]
            for name in ("imap_security", "smtp_security"):
                self.fields[name] = forms.ChoiceField(label=_("Encryption"), choices=encrypted)

    @property
    def changes_connection(self) -> bool:
        """Whether a valid form leads elsewhere than before. A browser's line ends are no change of the folders."""
        elsewhere = any(self.cleaned_data[name] != before for name, before in self._before.items())
        given = self.cleaned_data["imap_password"] or self.cleaned_data["smtp_password"]
        return not self.instance.pk or elsewhere or bool(given)

    @property
    def changes_choice(self) -> bool:
        """Whether other messages of the folders are wanted than before."""
        return bool({"since_days", "unseen_only"} & set(self.changed_data))

    def clean_folders(self) -> list[str]:
        names = list(dict.fromkeys(filter(None, map(str.strip, self.cleaned_data["folders"].splitlines()))))
        if not names or len(names) > MOST_FOLDERS or any(len(name) > 255 for name in names):
            raise ValidationError(
                _("Name up to %(n)s folders, one per line.") % {"n": MOST_FOLDERS}, code="folders"
            )
        return names

    def clean_imap_host(self) -> str:
        return self._host("imap_host")

    def clean_smtp_host(self) -> str:
        return self._host("smtp_host") if self.cleaned_data["smtp_host"] else ""

    def clean_imap_port(self) -> int:
        return self._port("imap_port")

    def clean_smtp_port(self) -> int:
        return self._port("smtp_port")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        self._want_passwords(cleaned)
        return cleaned

    def save(self, commit: bool = True) -> MailAccount:
        account: MailAccount = super().save(commit=False)
        if password := self.cleaned_data["imap_password"]:
            account.set_imap_password(password)
        if password := self.cleaned_data["smtp_password"]:
            account.set_smtp_password(password)
        if not account.smtp_host:
            account.set_smtp_password("")
        if commit:
            account.save()
        return account

    def _host(self, name: str) -> str:
        host: str = self.cleaned_data[name].strip().rstrip(".")
        if not HOST.match(host):
            raise ValidationError(_("This is not the name of a server."), code="host")
        try:
            allowed = is_allowed(host, host)
        except ValueError:
            return host  # a name: what it leads to is looked at when it is tried
        if not allowed:
            raise ValidationError(_("The operator does not allow servers on a private network."), code="host")
        return host

    def _port(self, name: str) -> int:
        port: int = self.cleaned_data[name]
        if port not in settings.MAILAI_MAIL_PORTS:
            usual = ", ".join(map(str, sorted(settings.MAILAI_MAIL_PORTS)))
            raise ValidationError(_("Allowed ports are: %(ports)s.") % {"ports": usual}, code="port")
        return port

    def _want_passwords(self, cleaned: dict[str, Any]) -> None:
        """A stored password goes only to the server that it was entered for: nobody gets it by naming another."""
        again = _("Enter the password again: it is only sent to the server that it was entered for.")
        given = cleaned.get("imap_password")
        if not given and not self.instance.imap_secret:
            self.add_error(
                "imap_password", ValidationError(_("The server asks for a password."), code="required")
            )
        elif not given and "imap_host" in self.changed_data:
            self.add_error("imap_password", ValidationError(again, code="again"))
        elsewhere = cleaned.get("smtp_host") and "smtp_host" in self.changed_data
        stored = self.instance.smtp_secret or not given
        if elsewhere and stored and not cleaned.get("smtp_password"):
            self.add_error("smtp_password", ValidationError(again, code="again"))
