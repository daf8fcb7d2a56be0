"""Which of a letter's dates the reader is held to, and which are appointments."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from mailai.ai.local.asks import is_request
from mailai.ai.local.calendar_words import WEEKDAYS, alternatives
from mailai.ai.local.cleaning import one_line
from mailai.ai.local.dates import FoundDate, find_dates

MOST = 10
OLDEST = 120
"""Days in the past after which a date is history, not a deadline."""

FILLER = (
    rf"(?:(?:zum|zur|am|den|dem|der|die|the|on|at|spätestens|einschließlich|einschl\.|inkl\."
    rf"|kommenden|nächsten|diesen|ende|end of|eod|cob"
    rf"|close of business|noon|midnight|mittag|latest|next|this|{alternatives(WEEKDAYS)}"
    rf"|\d{{1,2}}[:.]?\d{{0,2}} ?(?:uhr|am|pm|h)?),? )"
)
DIRECT = re.compile(
    rf"\b(?:bis|by|before|until|till|vor|no later than|not later than|on or before"
    rf"|spätestens) {FILLER}{{0,4}}$",
    re.I,
)
RANGE = re.compile(r"\b(?:von|vom|ab|zwischen|from|between|since|seit)\b[^,;]{0,40}$", re.I)
LOOSE = re.compile(
    r"\b(?:fällig(?:keit(?:sdatum)?)?|zahlbar|(?:zahlungs|abgabe|einreichungs|rückgabe|kündigungs"
    r"|widerspruchs|einspruchs|bewerbungs)?frist"
    r"|zahlungsziel|stichtag|abgabetermin|abgabe|einsendeschluss|anmeldeschluss|spätestens"
    r"|due(?: date)?|deadline|rsvp|payable"
    r"|no later than|closing date|cut-?off|expires?|expiring|last day|letzter tag|fristende)\b",
    re.I,
)
AFTER = re.compile(
    r"^.{0,40}?\b(?:fällig|ist die frist|ist abgabe|ist einsendeschluss|spätestens"
    r"|is (?:the )?(?:deadline|due|latest)|are due|at the latest"
    r"|läuft (?:die|ihre) frist|ablauf)\b",
    re.I,
)
RUNS_OUT = re.compile(r"\b(?:läuft|laufen|endet|enden|runs? out|ends?)\b", re.I)
OUT = re.compile(r"^.{0,25}\b(?:ab|aus)\b", re.I)
SOFT = re.compile(
    r"\b(?:doable|feasible|machbar|schaffbar|(?:would|wäre|wär) (?:be )?(?:also |auch )?(?:really "
    r"|very |sehr |echt )?(?:helpful|great|good|ideal|super|gut|prima|hilfreich|schön|toll)"
    r"|(?:schaffst|schaffen|schafft) (?:du|sie|ihr)|can you make)\b",
    re.I,
)
TODAY = re.compile(r"\b(?:noch heute|heute noch|today|tonight|heute)\b", re.I)
AWAY = re.compile(
    r"\b(?:urlaub|abwesend|abwesenheit|nicht im büro|nicht erreichbar|nicht im haus|elternzeit|krank"
    r"|out of (?:the )?office|on leave"
    r"|on vacation|on holiday|away|unavailable|geöffnet|öffnungszeiten|opening hours|open from)\b",
    re.I,
)
PROMISE = re.compile(
    r"\b(?:(?:ich|wir) (?:werde|werden|melde|melden|schicke|schicken|sende|senden|liefere|liefern"
    r"|gebe|geben|habe|haben|bin|sind)"
    r"|(?:werde|werden|melde|melden|schicke|sende|senden) (?:ich|wir)|(?:i|we)(?:'ll|’ll| will| am"
    r"| are| have| plan| expect)|lieferung"
    r"|zustellung|zugestellt|geliefert|versandt|lieferzeit|delivery|delivered|arrives?|shipped|ships"
    r"|erhalten sie|you will (?:receive|get|hear)"
    r"|bearbeitungszeit|processing time|gültig|valid)\b",
    re.I,
)
MEETING = re.compile(
    r"\b(?:termin|meeting|besprechung|treffen|treffe|sitzung|call|telefonat|videokonferenz|konferenz"
    r"|workshop|webinar|gespräch|appointment"
    r"|interview|demo|jour fixe|stand-?up|uhr|invite|einladung|einladen|lunch|mittagessen|dinner"
    r"|elternabend|probe|training|konzert|feier|party"
    r"|(?:at|um) \d{1,2}(?::\d\d)?|\d{1,2}(?::\d\d)? ?(?:am|pm))\b",
    re.I,
)


@dataclass(frozen=True)
class Due:
    """A date the reader is held to, and the words it was read from."""

    date: dt.date
    words: str


def find_deadlines(sentences: list[str], day: dt.date) -> list[Due]:
    """Deadlines in order of date, one per day, read from the letter's `day`."""
    found: dict[dt.date, Due] = {}
    for at, sentence in enumerate(sentences):
        asked = is_request(sentence) or (
            at > 0 and sentences[at - 1].endswith(":") and is_request(sentences[at - 1])
        )
        for one in find_dates(sentence, day):
            words = _deadline_words(sentence, one, asked)
            if words and (day - one.date).days <= OLDEST and abs((one.date - day).days) < 1000:
                found.setdefault(one.date, Due(one.date, one_line(words, 160)))
    return sorted(found.values(), key=lambda due: due.date)[:MOST]


def find_appointments(sentences: list[str], day: dt.date) -> list[Due]:
    """Dates from `day` on that a sentence names together with a meeting or a time of day."""
    found = {
        one.date: Due(one.date, one.words)
        for sentence in sentences
        if MEETING.search(sentence)
        for one in find_dates(sentence, day)
        if 0 <= (one.date - day).days < 400 and one.how in {"absolute", "named"}
    }
    return sorted(found.values(), key=lambda due: due.date)[:MOST]


def _deadline_words(sentence: str, one: FoundDate, asked: bool) -> str:
    """The words from the cue to the date, or nothing where the date binds nobody or somebody else."""
    if AWAY.search(sentence) or (PROMISE.search(sentence[: one.end + 20]) and not asked):
        return ""
    before = sentence[max(0, one.start - 90) : one.start]
    direct = DIRECT.search(before)
    if direct:
        return "" if RANGE.search(before[: direct.start()]) else direct.group() + one.words
    if one.how == "within":
        return one.words if asked or LOOSE.search(sentence) or not one.words.lower().startswith("in ") else ""
    loose = list(LOOSE.finditer(before))
    if loose:
        return before[loose[-1].start() :] + one.words
    after = AFTER.match(sentence[one.end : one.end + 80])
    if after:
        return one.words + after.group()
    runs_out = RUNS_OUT.search(before)
    if runs_out and OUT.match(sentence[one.end : one.end + 40]):
        return before[runs_out.start() :] + one.words
    if SOFT.search(sentence) and not MEETING.search(sentence):
        return one.words
    if asked and (one.how == "end" or TODAY.fullmatch(one.words)):
        return one.words
    return ""
