"""What a receiving server noted of a sender's authenticity: Authentication-Results (RFC 8601)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

METHODS = ("spf", "dkim", "dmarc")
BETTER = ("pass", "fail", "softfail", "neutral", "policy", "temperror", "permerror", "none")
PIECE = re.compile(r'"(?:[^"\\]|\\.)*+"|[()]|\\.|[^"()\\]++|.', re.S)
PARENTHESES = {"(": 1, ")": -1}
RESULT = re.compile(r"([a-z0-9-]{1,30})(?:/\d+)?\s*=\s*([a-z]{1,20})", re.I)
PROPERTY = re.compile(
    r"\b(?:smtp\.(?:mailfrom|mail|helo)|header\.(?:d|from|i))\s*=\s*\"?(?:[^\s;\"@]*@)?([\w.-]{1,253})", re.I
)


@dataclass(frozen=True)
class Check:
    method: str
    """One of METHODS."""
    result: str
    """As RFC 8601 2.7 names it: pass, fail, softfail, none, …"""
    domain: str
    """What was checked; empty where the server did not say."""

    @property
    def passed(self) -> bool:
        return self.result == "pass"

    @property
    def failed(self) -> bool:
        return self.result in ("fail", "softfail", "permerror")


@dataclass(frozen=True)
class Noted:
    server: str
    """Who noted it: the authserv-id."""
    trusted: bool
    """It is a server of ours. Else anybody may have written it."""
    checks: tuple[Check, ...]

    @property
    def forged(self) -> bool:
        """A server of ours says that the domain in From does not stand behind this message."""
        return self.trusted and any(one.method == "dmarc" and one.failed for one in self.checks)


def noted(fields: Sequence[str], trusted: Sequence[str]) -> Noted | None:
    """What counts of the Authentication-Results fields, topmost first: the first one by a trusted server.

    Where no server is trusted, the topmost, marked as not trusted. A server strips fields that claim its own name from
    what comes in (RFC 8601 5), and adds its own on top.
    """
    ours = {name.casefold() for name in trusted}
    for field in fields:
        server, _semicolon, rest = without_comments(field).partition(";")
        server = next(iter(server.split()), "").strip('"')
        if server and (not ours or server.casefold() in ours):
            return Noted(server[:253], bool(ours), checks(rest))
    return None


def checks(text: str) -> tuple[Check, ...]:
    """One for each method, the best where there are several: one good signature is enough (RFC 6376 6.1)."""
    found: dict[str, Check] = {}
    for part in text.split(";"):
        match = RESULT.match(part.strip())
        if match and (method := match[1].lower()) in METHODS:
            domain = PROPERTY.search(part)
            check = Check(method, match[2].lower(), domain[1].lower() if domain else "")
            if method not in found or rank(check) < rank(found[method]):
                found[method] = check
    return tuple(found[method] for method in METHODS if method in found)


def rank(check: Check) -> int:
    return BETTER.index(check.result) if check.result in BETTER else len(BETTER)


def without_comments(field: str) -> str:
    out: list[str] = []
    depth = 0
    for piece in PIECE.findall(field):
        if piece in PARENTHESES:
            depth = max(0, depth + PARENTHESES[piece])
        elif not depth:
            out.append(piece.replace(";", " ") if piece.startswith('"') else piece)
    return "".join(out)
