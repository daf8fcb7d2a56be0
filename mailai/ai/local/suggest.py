"""Concrete next steps for a letter, in its language."""

from __future__ import annotations

import datetime as dt
import re

from mailai.ai.local.calendar_words import MONTH_NAMES
from mailai.ai.local.cleaning import one_line
from mailai.ai.local.observe import amount_value
from mailai.ai.local.reading import AMOUNT, Reading
from mailai.ai.local.thread import Thread
from mailai.ai.local.weigh import Verdict

MOST = 8
PROMISED_FILE = re.compile(
    r"\b(?:im anhang|anbei|angehängt|beigefügt|anliegend|in der anlage|attached|attachment|enclosed)\b", re.I
)

TOTAL = re.compile(
    r"\b(?:gesamt(?:betrag|summe)?|brutto(?:betrag)?|rechnungsbetrag|rechnungssumme|endbetrag|zahlbetrag"
    r"|zu zahlen|offene[rn]? betrag|(?:amount|total|balance) due"
    r"|grand total|total|forderung)\b",
    re.I,
)

STEPS = {
    "de": {
        "phishing": "Klicken Sie auf keinen Link und öffnen Sie keinen Anhang; melden Sie die Nachricht als Phishing.",
        "spam": "Antworten Sie nicht; verschieben Sie die Nachricht in den Spam-Ordner.",
        "mine_last": "Sie haben zuletzt geschrieben; warten Sie auf die Antwort oder fassen Sie nach.",
        "answered": "Sie haben schon geantwortet; prüfen Sie nur, ob noch etwas offen ist.",
        "newer": "Es gibt eine neuere Nachricht der Gegenseite; antworten Sie auf diese.",
        "overdue": "Die Frist war am {}; melden Sie sich heute und nennen Sie einen neuen Termin.",
        "today": "Erledigen Sie es heute: Frist {} („{}“).",
        "deadline": "Tragen Sie die Frist {} in den Kalender ein („{}“).",
        "appointment": "Tragen Sie den Termin {} in den Kalender ein („{}“).",
        "question": "Beantworten Sie die Frage: „{}“",
        "request": "Kümmern Sie sich um: „{}“",
        "pay": "Prüfen Sie die Forderung und zahlen Sie {}.",
        "pay_until": "Prüfen Sie die Forderung und zahlen Sie {} bis {}.",
        "invitation": "Sagen Sie der Einladung zu oder ab.",
        "file": "Prüfen Sie den Anhang {}.",
        "no_file": "Die Nachricht nennt einen Anhang, es hängt aber keiner an; fragen Sie nach.",
        "bounce": "Prüfen Sie die Adresse und senden Sie die Nachricht noch einmal.",
        "unsubscribe": "Wenn Sie das nicht mehr lesen wollen: bestellen Sie es über den Abmeldelink ab.",
        "outage": "Klären Sie zuerst, ob die Störung noch besteht, und geben Sie kurz Bescheid.",
        "remind": "Antworten Sie noch heute wenigstens kurz: {} Nachrichten sind ohne Antwort.",
        "nothing": "Es ist nichts zu tun; Sie können die Nachricht ablegen.",
        "read": "Lesen Sie die Nachricht; eine Antwort wird nicht ausdrücklich erwartet.",
    },
    "en": {
        "phishing": "Do not click any link or open any attachment; report the message as phishing.",
        "spam": "Do not reply; move the message to the spam folder.",
        "mine_last": "You wrote last; wait for the answer, or follow up if none comes.",
        "answered": "You have already answered; just check whether anything is still open.",
        "newer": "There is a newer message by the other side; answer that one.",
        "overdue": "The deadline was {}; get in touch today and name a new date.",
        "today": "Do it today: deadline {} (“{}”).",
        "deadline": "Put the deadline {} in the calendar (“{}”).",
        "appointment": "Put the appointment {} in the calendar (“{}”).",
        "question": "Answer the question: “{}”",
        "request": "See to: “{}”",
        "pay": "Check the claim and pay {}.",
        "pay_until": "Check the claim and pay {} by {}.",
        "invitation": "Accept or decline the invitation.",
        "file": "Check the attachment {}.",
        "no_file": "The message mentions an attachment, but there is none; ask for it.",
        "bounce": "Check the address and send the message again.",
        "unsubscribe": "If you no longer want to read this, unsubscribe through its link.",
        "outage": "First find out whether the outage still lasts, and say so briefly.",
        "remind": "Send at least a short answer today: {} messages have had none.",
        "nothing": "There is nothing to do; you can file the message.",
        "read": "Read the message; no answer is asked for.",
    },
}


def suggestions(reading: Reading, verdict: Verdict, thread: Thread, today: dt.date) -> list[str]:
    """One to MOST next steps, the most pressing first."""
    say = STEPS["de" if reading.language == "de" else "en"]
    if reading.is_spam:
        return [say["phishing"] if reading.is_phishing else say["spam"]]
    if reading.letter.mine:
        return [say["mine_last"]] if thread.mine_last else [say["nothing"]]
    if thread.answered:
        return [say["answered"], say["mine_last" if thread.mine_last else "newer"]]
    names = {sign.name for sign in verdict.signs}
    steps = [
        say[name]
        for name in ("outage", "bounce", "invitation")
        if name in names and (name != "outage" or verdict.urgency == 3)
    ]
    if thread.unanswered >= 2 and any(sign.name == "unanswered" for sign in thread.signs):
        steps.append(say["remind"].format(thread.unanswered))
    steps += _payment(reading, names, say, today)
    steps += _dates(reading, say, today)
    steps += [say["question"].format(one_line(question, 200)) for question in reading.questions[:3]]
    asked = [request for request in reading.requests if not request.endswith("?")]
    steps += [say["request"].format(one_line(request, 200)) for request in asked[:2]]
    steps += _files(reading, say)
    if "bulk" in names:
        steps.append(say["unsubscribe"])
    if not steps:
        steps = [say["nothing" if verdict.category == "info_only" else "read"]]
    return list(dict.fromkeys(steps))[:MOST]


def show(date: dt.date, language: str) -> str:
    """A date as people write it in German (14.12.2026) or, unmistakably, in English (14 December 2026)."""
    if language == "de":
        return f"{date.day:02}.{date.month:02}.{date.year}"
    return f"{date.day} {MONTH_NAMES[date.month]} {date.year}"


def amount_due(reading: Reading) -> str:
    """The amount that is to be paid: one named as the total or the debt, else the largest."""
    for sentence in reversed(reading.sentences):  # what is open in the end stands below what was charged
        named = list(TOTAL.finditer(sentence))
        if named:
            amount = AMOUNT.search(sentence, named[-1].end()) or AMOUNT.search(sentence)
            if amount:
                return one_line(amount.group(), 40)
    return max(reading.amounts, key=amount_value)


def _payment(reading: Reading, names: set[str], say: dict[str, str], today: dt.date) -> list[str]:
    if not names & {"invoice", "dunning"} or not reading.amounts or "receipt" in names:
        return []
    ahead = [due.date for due in reading.deadlines if due.date >= today]
    if ahead:
        return [say["pay_until"].format(amount_due(reading), show(ahead[0], reading.language))]
    return [say["pay"].format(amount_due(reading))]


def _dates(reading: Reading, say: dict[str, str], today: dt.date) -> list[str]:
    steps = []
    past = [due for due in reading.deadlines if due.date < today]
    if past:
        steps.append(say["overdue"].format(show(past[-1].date, reading.language)))
    for due in [due for due in reading.deadlines if due.date >= today][:3]:
        step = say["today" if due.date == today else "deadline"]
        steps.append(step.format(show(due.date, reading.language), one_line(due.words, 80)))
    dues = {due.date for due in reading.deadlines}
    for one in [one for one in reading.appointments if one.date >= today and one.date not in dues][:2]:
        steps.append(say["appointment"].format(show(one.date, reading.language), one_line(one.words, 80)))
    return steps


def _files(reading: Reading, say: dict[str, str]) -> list[str]:
    names = [one_line(str(name), 100) for name in reading.letter.attachments[:20]]
    if any(names):
        return [say["file"].format(name) for name in names[:2] if name]
    if PROMISED_FILE.search(reading.text) and not reading.has("bulk"):
        return [say["no_file"]]
    return []
