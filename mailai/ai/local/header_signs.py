"""What the headers say: bulk, automatic, priority, bounce, calendar invitation, failed authentication."""

from __future__ import annotations

import re
from collections.abc import Mapping

from mailai.ai.local.addresses import Sender
from mailai.ai.local.cleaning import one_line
from mailai.ai.local.signs import Sign
from mailai.ai.subjects import is_answer

AUTO_REPLY = re.compile(
    r"^(?:automatische antwort|abwesenheit|abwesend|auto(?:matic)?[- ]?reply|out of (?:the )?office"
    r"|autoreply)|\b(?:out of office|abwesenheitsnotiz)\b",
    re.I,
)
BOUNCE = re.compile(
    r"\b(?:undeliver\w*|unzustellbar\w*|(?:mail )?delivery (?:has )?(?:failed|failure|subsystem"
    r"|notification)|delivery status notification|returned mail|failure notice"
    r"|nicht zugestellt werden)\b",
    re.I,
)
BULK = Sign(
    "bulk",
    "Rundschreiben mit Abmeldelink",
    "bulk mail with an unsubscribe header",
    -3.0,
    -3.0,
    tag="newsletter",
)
AUTOMATIC = Sign("automatic", "automatisch erzeugt", "sent by a machine", -0.3, -0.5, tag="automatic")
FOOTER = Sign(
    "bulk",
    "Rundschreiben (Abmeldehinweis im Text)",
    "bulk mail (unsubscribe notice in the text)",
    -3.0,
    -3.0,
    tag="newsletter",
)
UNSUBSCRIBE = re.compile(
    r"\b(?:unsubscribe|newsletter (?:abbestellen|abmelden)|abmelden|abbestellen|austragen"
    r"|view (?:this (?:email )?)?in (?:your )?browser|im browser (?:ansehen|öffnen|anzeigen)"
    r"|email preferences|manage (?:your )?(?:preferences|subscription)|se désabonner|désinscri\w+"
    r"|update your preferences)\b",
    re.I,
)


def header_signs(
    headers: Mapping[str, str], raw_subject: str, subject: str, sender: Sender, text: str
) -> list[Sign]:
    """Signs from lower-case header names; `subject` and `text` (the whole one) stand in where headers were
    not kept.
    """
    get = {str(name).lower(): one_line(str(value), 300).lower() for name, value in headers.items()}
    found = [*_kind(get, raw_subject, subject, sender, text), *_priority(get), *_calendar(get)]
    if "fail" in get.get("authentication-results", ""):
        found.append(
            Sign("auth", "Absenderprüfung fehlgeschlagen", "sender authentication failed", words=_failed(get))
        )
    return found


def _kind(get: dict[str, str], raw_subject: str, subject: str, sender: Sender, text: str) -> list[Sign]:
    automatic = get.get("auto-submitted", "no")
    if BOUNCE.search(subject) or sender.local.lower() == "mailer-daemon":
        return [
            Sign(
                "bounce",
                "Nachricht war unzustellbar",
                "a message could not be delivered",
                2.5,
                2.0,
                words=subject,
                tag="bounce",
            )
        ]
    if automatic.startswith("auto-replied") or "x-autoreply" in get or AUTO_REPLY.search(subject):
        return [
            Sign(
                "auto_reply",
                "automatische Antwort",
                "automatic reply",
                -4.0,
                -3.0,
                words=subject,
                tag="auto-reply",
            )
        ]
    is_list = get.get("precedence") == "list" or "list-post" in get
    if is_list or ("list-id" in get and is_answer(raw_subject)):
        return [
            Sign(
                "list",
                "Mailingliste",
                "mailing list",
                -1.5,
                -1.0,
                words=get.get("list-id", ""),
                tag="mailing list",
            )
        ]
    if automatic.startswith("auto-generated"):
        return [AUTOMATIC]
    if "list-unsubscribe" in get or "list-id" in get or get.get("precedence") in {"bulk", "junk"}:
        return [BULK]
    if UNSUBSCRIBE.search(text[-3000:]):
        return [FOOTER]
    if automatic not in {"no", ""} or sender.is_machine:
        return [AUTOMATIC]
    return []


def _priority(get: dict[str, str]) -> list[Sign]:
    text = " ".join(
        get.get(name, "") for name in ("x-priority", "importance", "priority", "x-msmail-priority")
    )
    if re.search(r"\b(?:1|2|high|urgent)\b", text):
        return [
            Sign(
                "priority",
                "vom Absender als wichtig markiert",
                "marked as high priority",
                1.0,
                0.7,
                words=text.strip(),
            )
        ]
    if re.search(r"\b(?:4|5|low|non-urgent)\b", text):
        return [
            Sign(
                "priority",
                "vom Absender als nachrangig markiert",
                "marked as low priority",
                -1.0,
                -0.5,
                words=text.strip(),
            )
        ]
    return []


def _calendar(get: dict[str, str]) -> list[Sign]:
    kind = get.get("content-type", "")
    if "calendar" in kind and "cancel" in kind:
        return [
            Sign(
                "cancelled", "Termin wurde abgesagt", "an appointment was cancelled", 1.5, 1.0, tag="meeting"
            )
        ]
    if "calendar" in kind:
        return [Sign("invitation", "Kalendereinladung", "calendar invitation", 1.0, 1.0, tag="meeting")]
    return []


def _failed(get: dict[str, str]) -> str:
    return ", ".join(
        sorted(set(re.findall(r"\b(?:spf|dkim|dmarc)=\w*fail\b", get["authentication-results"])))
    )
