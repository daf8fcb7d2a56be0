"""What is asked of a model and what comes back, as plain values: no ORM, no vendor types."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel

OnText = Callable[[str], None]
"""Called with each piece of streamed text as it arrives; what it raises ends the call and leaves `ask` unchanged."""


@dataclass(frozen=True)
class Letter:
    """One message of a thread, as a model may see it."""

    sender: str
    """`Name <address>` or the bare address, decoded."""
    to: tuple[str, ...]
    subject: str
    date: dt.datetime | None
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)
    """Lower-case names of the headers that say something of urgency or bulk (`list-unsubscribe`, `x-priority`, …)."""
    mine: bool = False
    """True if the user wrote it."""
    attachments: tuple[str, ...] = ()
    """File names."""
    email_id: int = 0
    """Of the row that it was made of, for the record of what was read; no model sees it."""


@dataclass(frozen=True)
class Profile:
    """How the user writes."""

    name: str = ""
    about: str = ""
    signature: str = ""
    greeting: str = ""
    closing: str = ""
    preferences: str = ""


@dataclass(frozen=True)
class Question:
    """One question to a model: the prompt for those that read text, the values for the built-in rules.

    `letters` is the thread, newest first after the first one, which is the message that the question is about.
    `schema` is the pydantic model of the answer, or None where the answer is plain text (a draft).
    """

    kind: str
    system: str
    user: str
    schema: type[BaseModel] | None
    prompt_version: str
    letters: tuple[Letter, ...] = ()
    today: dt.date | None = None
    style: str = ""
    instructions: str = ""
    profile: Profile = Profile()
    earlier: BaseModel | None = None
    """The base answer that an optimize question starts from."""


@dataclass(frozen=True)
class Credential:
    """What a call needs of a token; `key` is in the clear here and nowhere else."""

    provider: str
    model: str
    key: str = field(default="", repr=False)
    base_url: str = ""


@dataclass(frozen=True)
class Answer:
    """A complete answer. `content` is an instance of the question's schema, or text where there is none."""

    content: BaseModel | str
    model: str
    input_tokens: int | None = None
    output_tokens: int | None = None
