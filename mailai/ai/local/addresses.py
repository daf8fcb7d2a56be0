"""Name, address and domain of a sender, read without a parser that nested comments could bring down."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailai.ai.local.cleaning import one_line
from mailai.domains import organisation

ADDRESS = re.compile(r"([^\s<>()\[\],;:\"@]{1,64})@([^\s<>()\[\],;:\"@]{1,253})")
NO_REPLY = re.compile(
    r"^(?:no[-_.]?reply|do[-_.]?not[-_.]?reply|noresponse|mailer-daemon|postmaster|bounces?"
    r"|notifications?|newsletter|news|mailing)",
    re.I,
)


@dataclass(frozen=True)
class Sender:
    name: str
    local: str
    domain: str

    @property
    def is_machine(self) -> bool:
        return bool(NO_REPLY.match(self.local))

    @property
    def organisation(self) -> str:
        return organisation(self.domain)


def read_sender(text: str) -> Sender:
    """`Name <local@domain>` or a bare address; parts that are missing are empty."""
    text = one_line(text, 400)
    bracket = text.rfind("<")
    match = ADDRESS.search(text, bracket if bracket >= 0 else 0) or ADDRESS.search(text)
    name = text[:bracket] if bracket > 0 else ("" if match else text)
    local, domain = (match[1], match[2].lower().strip(".")) if match else ("", "")
    return Sender(name.strip(" \"'<>"), local, domain)
