"""What a subject says of threads: whether it answers, and what is left when the signs of answering are gone."""

from __future__ import annotations

import hashlib
import re

ANSWERS = (
    "re aw antwort antw antwoord sv vs odp res rif r bls ynt atb vá hv na επ απ отв ответ "
    "回复 回覆 答复 答覆 返信 回信 답장 תשובה رد"
)
# `Re:`, `AW :`, `Re[2]:`, `RE(3):`, `Re^2:`, `Re：`
PREFIX = re.compile(rf"(?:{'|'.join(ANSWERS.split())})(?:\s?[\[(^]?\d{{1,3}}[\])]?)?\s?[:：]\s*", re.I)
# `[list] Re: …` is what some lists make of `Re: [list] …`; the name stays, because a ticket's number stands there too.
LIST = re.compile(r"\[[^\[\]]{1,80}\]\s*")


def base_subject(subject: str) -> tuple[str, bool]:
    """The subject in lower case without its marks of a reply, and whether it had any. A forward is no reply."""
    rest, answers = " ".join(subject.split()), False
    name = ""
    while rest:
        if found := PREFIX.match(rest):
            answers = True
        elif not name and (found := LIST.match(rest)) and PREFIX.match(rest, found.end()):
            name = found[0].strip() + " "
        else:
            break
        rest = rest[found.end() :]
    return (name + rest).strip().casefold() if rest else "", answers


def subject_key(subject: str) -> str:
    """32 hex digits that are the same for a subject and its answers; empty where there is nothing to compare."""
    base, _answers = base_subject(subject)
    return hashlib.sha256(base.encode()).hexdigest()[:32] if base else ""
