"""What the rest of a conversation adds: answers, reminders, escalating tone, deadlines still open."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from mailai.ai.local.deadlines import Due
from mailai.ai.local.reading import Reading, moment, read
from mailai.ai.local.signs import Sign
from mailai.ai.local.words import WORD_SIGNS
from mailai.ai.question import Letter

MOST = 30
"""Newest messages of a thread that are read."""

HARSH = tuple(
    sign
    for sign in WORD_SIGNS
    if sign.name in {"hurry", "dunning", "complaint", "consequence", "blocked", "reminder", "legal"}
)


@dataclass(frozen=True)
class Thread:
    """What the conversation around a letter shows."""

    size: int
    mine_last: bool
    answered: bool
    """The user wrote after the letter that the question is about."""
    unanswered: int
    """Messages by others since the user last wrote."""
    signs: tuple[Sign, ...]
    deadlines: tuple[Due, ...]
    """Deadlines of the other messages that the letter itself does not name and that still lie ahead."""


def look_around(reading: Reading, others: tuple[Letter, ...], today: dt.date) -> Thread:
    """Read the other letters of the thread (in any order) around the one that was asked about."""
    asked = moment(reading.letter)
    others = tuple(sorted(others, key=moment, reverse=True)[:MOST])
    everything = sorted((reading.letter, *others), key=moment)
    mine_last = everything[-1].mine
    answered = not reading.letter.mine and any(one.mine and moment(one) > asked for one in others)
    unanswered = 0
    for one in reversed(everything):
        if one.mine:
            break
        unanswered += 1
    readings = [read(one, today) for one in others if not one.mine]
    open_dues = () if answered else _open_deadlines(reading, readings, today)
    signs = _signs(reading, readings, answered, unanswered, len(everything), today)
    return Thread(len(everything), mine_last, answered, unanswered, tuple(signs), open_dues)


def with_thread(reading: Reading, thread: Thread) -> Reading:
    """The reading with the thread's open deadlines among its own."""
    dues = sorted((*reading.deadlines, *thread.deadlines), key=lambda due: due.date)
    return replace(reading, deadlines=tuple(dues[:10]))


def _signs(
    reading: Reading, readings: list[Reading], answered: bool, unanswered: int, size: int, today: dt.date
) -> list[Sign]:
    if reading.letter.mine or reading.is_spam or size < 2:
        return []
    if answered:
        german, english = "Sie haben schon geantwortet", "you have already answered"
        return [Sign("answered", german, english, -3.0, 0.0, tag="answered")]
    found = []
    machine = reading.sender.is_machine or bool(reading.headers)
    if (
        unanswered >= 2
        and not machine
        and any(one.sender.domain == reading.sender.domain for one in readings)
    ):
        german, english = (
            f"{unanswered} Nachrichten ohne Ihre Antwort",
            f"{unanswered} messages without your answer",
        )
        found.append(Sign("unanswered", german, english, min(3.0, 1.0 * unanswered), 0.5, tag="reminder"))
    earlier = [one for one in readings if moment(one.letter) < moment(reading.letter)]
    if earlier and _harshness(reading) > max(_harshness(one) for one in earlier):
        found.append(
            Sign(
                "escalating",
                "der Ton wird schärfer",
                "the tone is getting sharper",
                1.2,
                0.7,
                tag="escalation",
            )
        )
    days = (today - reading.day).days
    if 3 <= days <= 60 and (reading.questions or reading.requests) and not machine:
        found.append(
            Sign(
                "waiting",
                f"wartet seit {days} Tagen",
                f"has been waiting for {days} days",
                min(2.0, 0.3 * days),
                0.2,
            )
        )
    return found


def _open_deadlines(reading: Reading, readings: list[Reading], today: dt.date) -> tuple[Due, ...]:
    known = {due.date for due in reading.deadlines}
    found = {
        due.date: due
        for one in readings
        for due in one.deadlines
        if due.date >= today and due.date not in known
    }
    return tuple(found.values())


def _harshness(reading: Reading) -> int:
    text = f"{reading.subject}\n{reading.text}"[:5000]
    return sum(bool(sign.pattern.search(text)) for sign in HARSH)
