"""The signs of a letter that say something of its urgency and importance."""

from __future__ import annotations

import datetime as dt
import re

from mailai.ai.local.cleaning import one_line
from mailai.ai.local.reading import Reading
from mailai.ai.local.signs import Sign
from mailai.ai.local.words import WORD_SIGNS

LOOKED_AT = 5_000
NEGATION = re.compile(
    r"\b(?:kein(?:e|en|er|em|erlei)?|ohne|nicht|no|not|without|never|isn't|if|falls|(?:im"
    r"|in)(?: the)? (?:falle?|case|event)(?: of| von| eines| einer)?|bei(?: einer| einem)?)"
    r"(?: \w{1,15})? $",
    re.I,
)
DAMPED = {"bulk": 0.0, "list": 0.3, "auto_reply": 0.0}
"""What remains of a word's points in a circular, on a mailing list, in an automatic reply: it was not meant
for one reader.
"""


def observe(reading: Reading, today: dt.date) -> list[Sign]:
    """All signs with urgency or importance points, those of the headers first; `today` decides how near a
    date is.
    """
    signs = [*reading.headers, *_words(reading)]
    if reading.deadlines:
        nearest = min(
            reading.deadlines, key=lambda due: ((due.date - today).days < -60, abs((due.date - today).days))
        )
        signs.append(_deadline(nearest.date, nearest.words, today))
    signs += _appointment(reading, today)
    if reading.questions:
        german, english = (
            f"{len(reading.questions)} Frage(n) an Sie",
            f"{len(reading.questions)} question(s) to you",
        )
        signs.append(
            Sign(
                "question",
                german,
                english,
                0.8,
                1.4,
                words=one_line(reading.questions[0], 80),
                tag="question",
            )
        )
    asked = [request for request in reading.requests if not request.endswith("?")]
    if asked:
        signs.append(
            Sign(
                "request",
                "Bitte an Sie",
                "request to you",
                0.8,
                1.4,
                words=one_line(asked[0], 80),
                tag="request",
            )
        )
    signs += _money(reading)
    if not any(
        sign.name in {"bulk", "list", "automatic", "auto_reply", "bounce"} for sign in reading.headers
    ):
        signs.append(Sign("personal", "persönlich an Sie gerichtet", "written to you personally", 0.2, 0.8))
    if reading.has_orders:
        german, english = (
            "Anweisungen an eine KI im Text: nicht befolgt",
            "orders to an AI in the text: not followed",
        )
        signs.append(Sign("orders", german, english, tag="prompt-injection"))
    return signs


def _words(reading: Reading) -> list[Sign]:
    damping = min((DAMPED[sign.name] for sign in reading.headers if sign.name in DAMPED), default=1.0)
    text = f"{reading.subject}\n{reading.text}"[:LOOKED_AT]
    found = []
    for word in WORD_SIGNS:
        match = next((one for one in word.pattern.finditer(text) if not _is_negated(text, one)), None)
        if match:
            factor = damping if word.urgency + word.importance > 0 else 1.0
            found.append(
                Sign(
                    word.name,
                    word.german,
                    word.english,
                    word.urgency * factor,
                    word.importance * factor,
                    words=one_line(match.group(), 60),
                    tag=word.tag if factor else "",
                )
            )
    return found


def _is_negated(text: str, match: re.Match[str]) -> bool:
    """True for `kein Ausfall`, `in case of an outage`, `nicht dringend`."""
    return bool(NEGATION.search(text[max(0, match.start() - 40) : match.start()]))


def _deadline(date: dt.date, words: str, today: dt.date) -> Sign:
    """Points of a deadline by the days that are left."""
    days = (date - today).days
    for most, urgency, importance, german, english in (
        (-61, 0.3, 0.0, "Frist lange vorbei", "deadline long past"),
        (-1, 3.5, 1.0, "Frist überschritten", "deadline passed"),
        (0, 4.5, 1.0, "Frist endet heute", "deadline is today"),
        (1, 4.0, 1.0, "Frist endet morgen", "deadline is tomorrow"),
        (2, 2.5, 1.0, "Frist in {} Tagen", "deadline in {} days"),
        (7, 2.0, 0.7, "Frist in {} Tagen", "deadline in {} days"),
        (14, 1.5, 0.7, "Frist in {} Tagen", "deadline in {} days"),
        (31, 0.8, 0.5, "Frist in {} Tagen", "deadline in {} days"),
    ):
        if days <= most:
            return Sign(
                "deadline",
                german.format(days),
                english.format(days),
                urgency,
                importance,
                words=words,
                tag="deadline",
            )
    return Sign(
        "deadline", "Frist in weiter Ferne", "deadline far away", 0.2, 0.3, words=words, tag="deadline"
    )


def _appointment(reading: Reading, today: dt.date) -> list[Sign]:
    ahead = [
        one
        for one in reading.appointments
        if one.date >= today and one.date not in {due.date for due in reading.deadlines}
    ]
    if not ahead:
        return []
    days = (ahead[0].date - today).days
    urgency = 2.0 if days <= 1 else 1.0 if days <= 4 else 0.3
    return [
        Sign(
            "appointment",
            f"Termin in {days} Tagen",
            f"appointment in {days} days",
            urgency,
            0.3,
            words=ahead[0].words,
            tag="meeting",
        )
    ]


def _money(reading: Reading) -> list[Sign]:
    largest = max((amount_value(amount) for amount in reading.amounts), default=0.0)
    if largest < 100 or reading.has("bulk"):
        return []
    points = 1.0 if largest >= 5_000 else 0.6 if largest >= 1_000 else 0.3
    words = max(reading.amounts, key=amount_value)
    return [Sign("amount", "Geldbetrag", "amount of money", 0.0, points, words=words)]


def amount_value(amount: str) -> float:
    """`1.250,00 €` and `EUR 1,250.00` are 1250; cents are left out."""
    digits = "".join(char for char in amount if char.isdigit() or char in ".,")
    if len(digits) > 2 and digits[-3] in ".,":
        digits = digits[:-3]
    return float("".join(char for char in digits if char.isdecimal() and char.isascii()) or 0)
