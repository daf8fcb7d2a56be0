"""What a subject says of threads: whether it answers, and what is left when the signs of answering are gone."""

from __future__ import annotations

import hashlib

from mailai.ai.subjects import without_marks


def base_subject(subject: str) -> tuple[str, bool]:
    """The subject in lower case without its marks of a reply, and whether it had any. A forward is no reply."""
    rest, answers = without_marks(subject)
    return rest.casefold(), answers


def subject_key(subject: str) -> str:
    """32 hex digits that are the same for a subject and its answers; empty where there is nothing to compare."""
    base, _answers = base_subject(subject)
    return hashlib.sha256(base.encode()).hexdigest()[:32] if base else ""
