"""The marks that programs put before a subject: one list for threads, for replies and for the rules."""

from __future__ import annotations

import re

# "Re" in the languages of mail programs. A forward (Fwd, WG, TR …) is no answer: it stays in the subject.
ANSWERS = (
    "re aw antwort antw antwoord sv vs odp res rif r bls ynt atb vá hv na επ απ отв ответ "
    "回复 回覆 答复 答覆 返信 回信 답장 תשובה رد"
)
# What calendars write when they answer an invitation.
INVITED = (
    "accepted tentative declined zugesagt angenommen abgelehnt accepté refusé provisoire "
    "aceptado rechazado accettato"
)
# `Re:`, `AW :`, `Re[2]:`, `RE(3):`, `Re^2:`, `Ｒｅ：`
MARK = re.compile(
    rf"(?:(?:{'|'.join(ANSWERS.split())})(?:\s?[\[(^]?\d{{1,3}}[\])]?)?|{'|'.join(INVITED.split())})\s?:\s*",
    re.I,
)
FORWARDS = re.compile(r"(?:fwd?|wg|tr|wl|enc|rv|i|转发|轉寄|転送)\s?:\s*", re.I)
# What gateways add to mail from outside.
OUTSIDE = re.compile(
    r"[\[({](?:ext|extern|externe?|external(?: e?mail)?)[\])}]:?\s*|(?:ext|extern|external):\s+", re.I
)
# `[list] Re: …` is what some lists make of `Re: [list] …`; the name stays, because a ticket's number stands there too.
LIST = re.compile(r"\[[^\[\]]{1,80}\]\s*")
FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}


def without_marks(subject: str) -> tuple[str, bool]:
    """The subject on one line without the marks of an answer and of gateways, and whether it had any of an answer."""
    rest, name, answers = " ".join(subject.split()), "", False
    while rest:
        plain = rest.translate(FULL_WIDTH)  # letter by letter, so that places stay the same
        if found := MARK.match(plain):
            answers = True
        elif found := OUTSIDE.match(plain):
            pass
        elif not name and (found := LIST.match(plain)) and MARK.match(plain, found.end()):
            name = rest[: found.end()].strip() + " "
        else:
            break
        rest = rest[found.end() :]
    return (name + rest).strip() if rest else "", answers


def bare(subject: str) -> str:
    """The subject on one line without any marks: of answers, forwards, gateways and lists."""
    rest = without_marks(subject)[0]
    while found := FORWARDS.match(rest.translate(FULL_WIDTH)) or LIST.match(rest):
        rest = without_marks(rest[found.end() :])[0]
    return rest


def is_answer(subject: str) -> bool:
    """Whether a subject claims to answer something."""
    return without_marks(subject)[1]
