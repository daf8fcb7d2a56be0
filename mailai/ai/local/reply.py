"""A draft reply from building blocks: what is known is written, what is not is a marked gap."""

from __future__ import annotations

import datetime as dt

from mailai.ai.local.addresses import Sender, read_sender
from mailai.ai.local.cleaning import one_line
from mailai.ai.local.greeting import form_of_address, greet, sign_off
from mailai.ai.local.instructions import as_sentences
from mailai.ai.local.reading import Reading, read
from mailai.ai.local.reply_phrases import ENGLISH, GERMAN, STYLES
from mailai.ai.local.suggest import show
from mailai.ai.local.weigh import weigh
from mailai.ai.question import Letter, Question

NOBODY = Sender("", "", "")
OPENINGS = ("complaint", "outage", "dunning", "invoice", "invitation", "appointment")
GRAVE = frozenset({"complaint", "outage", "dunning"})
"""What no style answers with delight."""

MOST_QUESTIONS = 8


def draft(question: Question, letters: tuple[Letter, ...], today: dt.date) -> str:
    """The text of a reply to the first letter: greeting, body, closing and one signature; no subject, no
    recipient.
    """
    reading = read(letters[0], today, letters[1:])
    style = question.style if question.style in STYLES else "professional"
    profile = question.profile
    form = form_of_address(reading.text, style, reading.language, profile.preferences)
    say = ENGLISH if form == "en" else GERMAN[form]
    content = as_sentences(question.instructions, form, say)
    paragraphs = _body(reading, style, form, say, content, today)
    first = greet(_addressee(reading), form, style, profile.greeting)
    last = sign_off(profile, form, style)
    return "\n\n".join(part for part in (first, *paragraphs, last) if part)


def _addressee(reading: Reading) -> Sender:
    """Whom the reply greets; nobody by name where the letter is spam or comes from a machine."""
    if reading.letter.mine:
        return read_sender(reading.letter.to[0]) if len(reading.letter.to) == 1 else NOBODY
    if reading.is_spam or reading.has("bulk", "automatic", "bounce"):
        return NOBODY
    return reading.sender


def _body(
    reading: Reading, style: str, form: str, say: dict[str, str], content: str, today: dt.date
) -> list[str]:
    topic = _topic(reading, form)
    if reading.letter.mine:
        return [say["follow_up"].format(topic=topic), content or say["gap"]]
    if reading.is_spam:
        return [_capital(say["stop"], form), content]
    if style == "decline":
        return _decline(reading, style, form, say, content, today)
    if reading.has("bulk", "auto_reply", "bounce") or (reading.has("automatic") and not _asks(reading)):
        return [say["bulk"].format(topic=topic), content]
    paragraphs = [_opening(reading, style, say, topic, today), content, *_answers(reading, say)]
    if not content and not reading.questions and not _asked(reading):
        paragraphs.append(say["gap"])
    paragraphs.append(_deadline(reading, form, say, today))
    paragraphs.append(say.get(f"end_{style}", say["end"]))
    return paragraphs


def _decline(
    reading: Reading, style: str, form: str, say: dict[str, str], content: str, today: dt.date
) -> list[str]:
    ahead = [due.date for due in reading.deadlines if due.date >= today]
    more = say["decline_deadline"].format(date=_show(ahead[0], form)) if ahead else ""
    opening = say["thanks"].format(topic=_topic(reading, form))
    return [opening, " ".join(part for part in (say["decline"], more) if part), content, say["decline_end"]]


def _opening(reading: Reading, style: str, say: dict[str, str], topic: str, today: dt.date) -> str:
    names = [sign.name for sign in weigh(reading, today).signs]
    kind = next((name for name in OPENINGS if name in names), "")
    if style in {"professional", "formal"} or kind in GRAVE:
        key = {"dunning": "invoice", "invitation": "meeting", "appointment": "meeting"}.get(kind, kind)
        if key == "invoice" and not reading.amounts:
            key = ""
        if key:
            quoted = f" ({_quoted(one_line(reading.subject, 100), say)})" if reading.subject else ""
            text = say[key].format(topic=topic, quoted=quoted)
            return text[:1].upper() + text[1:] if say is ENGLISH else text
    return say.get(f"thanks_{style}", say["thanks"]).format(topic=topic)


def _answers(reading: Reading, say: dict[str, str]) -> list[str]:
    """Each question with a gap of its own; a request is taken up where there is no question."""
    questions = reading.questions[:MOST_QUESTIONS]
    if len(questions) == 1:
        return [f"{say['one_question'].format(question=one_line(questions[0], 200))} {say['gap']}"]
    if questions:
        listed = "\n\n".join(
            f"- {_quoted(one_line(question, 200), say)}\n  {say['gap']}" for question in questions
        )
        return [f"{say['questions']}\n\n{listed}"]
    asked = _asked(reading)
    return [f"{say['request'].format(request=one_line(asked[0], 160))} {say['gap']}"] if asked else []


def _deadline(reading: Reading, form: str, say: dict[str, str], today: dt.date) -> str:
    if not reading.deadlines:
        return ""
    ahead = [due.date for due in reading.deadlines if due.date >= today]
    if ahead:
        return say["deadline"].format(date=_show(ahead[0], form))
    return say["deadline_past"].format(date=_show(reading.deadlines[-1].date, form))


def _asks(reading: Reading) -> bool:
    return bool(reading.questions or reading.requests or reading.deadlines)


def _asked(reading: Reading) -> list[str]:
    return [request for request in reading.requests if not request.endswith("?")]


def _topic(reading: Reading, form: str) -> str:
    subject = one_line(reading.subject, 100)
    if not subject:
        return ""
    return f" about “{subject}”" if form == "en" else f" zum Thema „{subject}“"


def _quoted(text: str, say: dict[str, str]) -> str:
    return f"“{text}”" if say is ENGLISH else f"„{text}“"


def _capital(text: str, form: str) -> str:
    return text if form != "en" else text[:1].upper() + text[1:]


def _show(date: dt.date, form: str) -> str:
    return show(date, "en" if form == "en" else "de")
