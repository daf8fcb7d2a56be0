"""Whether a letter is spam: a sum of known signs against a threshold."""

from __future__ import annotations

import re

from mailai.ai.local.addresses import Sender, read_sender
from mailai.ai.local.cleaning import one_line
from mailai.ai.local.domains import BRANDS
from mailai.ai.local.links import hosts, imitates, link_signs
from mailai.ai.local.signs import Sign
from mailai.ai.local.spam_words import SPAM_WORDS, THRESHOLD
from mailai.ai.question import Letter
from mailai.domains import is_provider, label
from mailai.files import RISKY_FILES

CAPITALS = re.compile(r"\b[A-ZÄÖÜ]{4,}\b")
PICTURES = re.compile("[\u2600-\u27bf\U0001f300-\U0001faff]")
SHOUTING = re.compile(r"[!?]{3,}|!(?:\s*!){2,}")
PHISHING = frozenset(
    {"mismatch", "ip_link", "lookalike", "lookalike_sender", "borrowed_name", "imitates_own"}
    | {f"spam_{row[0]}" for row in SPAM_WORDS if row[2]}
)


def spam_signs(
    letter: Letter, sender: Sender, subject: str, text: str, known: bool, bulk: bool = False
) -> list[Sign]:
    """Signs with spam points. `bulk`: it can be unsubscribed from. `known`: the user has written in this
    thread, which speaks against spam.
    """
    found = [
        *_words(subject, text),
        *link_signs(text, sender, bulk),
        *_sender(letter, sender, text),
        *_shape(letter, subject, text),
    ]
    if known:
        found.append(
            Sign(
                "known",
                "Sie stehen mit dem Absender im Gespräch",
                "you are in a conversation with the sender",
                spam=-3.0,
            )
        )
    return found


def is_spam(signs: list[Sign]) -> bool:
    return sum(sign.spam for sign in signs) >= THRESHOLD


def is_phishing(signs: list[Sign]) -> bool:
    return is_spam(signs) and len({sign.name for sign in signs} & PHISHING) >= 2


def _words(subject: str, text: str) -> list[Sign]:
    both = f"{subject}\n{text}"
    links = bool(hosts(text))
    found = []
    for name, points, phishing, german, english, pattern in SPAM_WORDS:
        match = pattern.search(both)
        if match:
            weight = points if links or not phishing else points / 2
            found.append(
                Sign(f"spam_{name}", german, english, spam=weight, words=one_line(match.group(), 60))
            )
    return found


def _sender(letter: Letter, sender: Sender, text: str) -> list[Sign]:
    headers = {str(name).lower(): str(value) for name, value in letter.headers.items()}
    found = []
    reply_to = read_sender(headers.get("reply-to", ""))
    if reply_to.domain and sender.domain and reply_to.organisation != sender.organisation:
        if is_provider(reply_to.domain):
            found.append(
                Sign(
                    "reply_to",
                    "Antworten gehen an ein Freemail-Konto",
                    "replies go to a free-mail account",
                    spam=2.0,
                    words=reply_to.domain,
                )
            )
        elif "list-id" not in headers:
            found.append(
                Sign(
                    "reply_to",
                    "Antworten gehen an eine andere Domain",
                    "replies go to another domain",
                    spam=0.5,
                    words=reply_to.domain,
                )
            )
    results = headers.get("authentication-results", "").lower()
    for check, points in (("dmarc", 2.0), ("spf", 1.0), ("dkim", 1.0)):
        if re.search(rf"\b{check}=(?:\w*fail)\b", results):
            found.append(
                Sign(
                    f"{check}_fail",
                    f"{check.upper()}-Prüfung fehlgeschlagen",
                    f"{check.upper()} check failed",
                    spam=points,
                )
            )
    if "dmarc=pass" in results:
        found.append(
            Sign("dmarc_pass", "Absender ist geprüft (DMARC)", "sender is verified (DMARC)", spam=-0.7)
        )
    own = [read_sender(to).domain for to in letter.to[:20]]
    if any(domain and imitates(sender.domain, domain) for domain in own):
        found.append(
            Sign(
                "imitates_own",
                "Absenderdomain ahmt Ihre nach",
                "sender's domain imitates yours",
                spam=3.0,
                words=sender.domain,
            )
        )
    return found + _borrowed_name(sender)


def _borrowed_name(sender: Sender) -> list[Sign]:
    name = sender.name.lower()
    for brand, domains in BRANDS.items():
        if re.search(rf"\b{brand}\b", name) and sender.domain:
            stem = label(sender.domain)
            if sender.organisation in domains or brand.replace(" ", "") in re.split(r"[-_]", stem):
                return []
            return [
                Sign(
                    "borrowed_name",
                    "Name einer Marke, fremde Domain",
                    "a brand's name on a foreign domain",
                    spam=2.5,
                    words=f"{sender.name} / {sender.domain}"[:120],
                )
            ]
    return []


def _shape(letter: Letter, subject: str, text: str) -> list[Sign]:
    found = []
    words = text.split()
    capitals = len(CAPITALS.findall(text[:5000]))
    if capitals >= 6 and capitals > 0.08 * len(words[:900]):
        found.append(Sign("capitals", "viele Großbuchstaben", "many capitals", spam=1.0))
    letters = [char for char in subject if char.isalpha()]
    if len(letters) > 8 and sum(char.isupper() for char in letters) > 0.8 * len(letters):
        found.append(
            Sign(
                "capital_subject",
                "Betreff in Großbuchstaben",
                "subject in capitals",
                spam=1.0,
                words=subject[:60],
            )
        )
    if len(PICTURES.findall(subject)) >= 2:
        found.append(Sign("pictures", "Bildzeichen im Betreff", "pictures in the subject", spam=0.5))
    if SHOUTING.search(subject) or len(SHOUTING.findall(text)) >= 2:
        found.append(Sign("shouting", "viele Ausrufezeichen", "many exclamation marks", spam=1.0))
    risky = next((name for name in letter.attachments if str(name).lower().endswith(RISKY_FILES)), "")
    if risky:
        found.append(
            Sign(
                "risky_file",
                "gefährlicher Anhang",
                "dangerous attachment",
                spam=1.5,
                words=one_line(risky, 80),
            )
        )
    return found
