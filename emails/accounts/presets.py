"""Servers of known providers, by the domain of an address, as their own help pages name them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TLS, STARTTLS = "tls", "starttls"
APP_PASSWORD = _(
    "This provider wants an app password here, which you make in the settings of your mailbox there."
)
SWITCH_ON = _("IMAP must be switched on in the settings of your mailbox there first.")
OAUTH = _(
    "This provider takes no passwords from other programs any more, so its login will most likely fail."
)


@dataclass(frozen=True)
class Preset:
    label: str
    imap_host: str
    smtp_host: str
    smtp_port: int = 465
    smtp_security: str = TLS
    hint: Promise | str = ""


GOOGLE = Preset("Gmail", "imap.gmail.com", "smtp.gmail.com", hint=APP_PASSWORD)
MICROSOFT = Preset("Outlook", "outlook.office365.com", "smtp-mail.outlook.com", 587, STARTTLS, OAUTH)
GMX = Preset("GMX", "imap.gmx.net", "mail.gmx.net", 587, STARTTLS, SWITCH_ON)
GMX_COM = Preset("GMX", "imap.gmx.com", "mail.gmx.com", 587, STARTTLS, SWITCH_ON)
WEB_DE = Preset("WEB.DE", "imap.web.de", "smtp.web.de", 587, STARTTLS, SWITCH_ON)
FASTMAIL = Preset("Fastmail", "imap.fastmail.com", "smtp.fastmail.com", hint=APP_PASSWORD)
POSTEO = Preset("Posteo", "posteo.de", "posteo.de")
MAILBOX = Preset("mailbox.org", "imap.mailbox.org", "smtp.mailbox.org")
ICLOUD = Preset("iCloud", "imap.mail.me.com", "smtp.mail.me.com", 587, STARTTLS, APP_PASSWORD)
YAHOO = Preset("Yahoo", "imap.mail.yahoo.com", "smtp.mail.yahoo.com", hint=APP_PASSWORD)

DOMAINS: dict[Preset, str] = {
    GOOGLE: "gmail.com googlemail.com",
    MICROSOFT: "outlook.com outlook.de hotmail.com hotmail.de live.com live.de msn.com",
    GMX: "gmx.de gmx.net gmx.at gmx.ch gmx.info",
    GMX_COM: "gmx.com gmx.us gmx.co.uk",
    WEB_DE: "web.de",
    FASTMAIL: "fastmail.com fastmail.fm",
    POSTEO: "posteo.de posteo.net posteo.eu posteo.org",
    MAILBOX: "mailbox.org",
    ICLOUD: "icloud.com me.com mac.com",
    YAHOO: "yahoo.com yahoo.de yahoo.co.uk yahoo.fr ymail.com",
}
BY_DOMAIN = {domain: preset for preset, domains in DOMAINS.items() for domain in domains.split()}


def preset_for(address: str) -> Preset | None:
    return BY_DOMAIN.get(domain_of(address))


def initial_for(address: str) -> dict[str, Any]:
    """What a form for this address begins with; for an unknown provider the usual names are a guess."""
    domain = domain_of(address)
    preset = preset_for(address) or Preset(domain, f"imap.{domain}", f"smtp.{domain}")
    return {
        "name": preset.label,
        "address": address,
        "imap_host": preset.imap_host,
        "imap_port": 993,
        "imap_security": TLS,
        "imap_user": address,
        "smtp_host": preset.smtp_host,
        "smtp_port": preset.smtp_port,
        "smtp_security": preset.smtp_security,
    }


def domain_of(address: str) -> str:
    return address.rpartition("@")[2].strip().lower()
