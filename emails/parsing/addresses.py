"""Address lists (RFC 5322 3.4) as they occur: one left-to-right pass, no recursion, never raises."""

from __future__ import annotations

import re

from emails.parsing.headers import one_line, words

Address = list[str]
"""[name, address]; either may be empty, not both."""

LIMIT = 320
MAX_ADDRESSES = 500
TOKEN = re.compile(r'"((?:[^"\\]|\\.)*+)"|([(),;:<>])|((?:[^"\\(),;:<>]|\\.?)++)|(.)', re.S)
BARE = re.compile(r"[^\s@]+@[^\s@]+")


def addresses(value: str, strict: bool = False) -> list[Address]:
    """Each mailbox of a To, Cc or From value whose encoded words are as they came.

    The names of groups are dropped, their members kept. Senders forget the quotes around a name with a comma: what
    holds no address belongs to the name of the next mailbox, unless `strict`.
    """
    found: list[Address] = []
    phrase: list[str] = []  # what may be a display name, or a bare address
    route: list[str] | None = None  # what stands between < and >
    address = ""
    comment: list[str] = []
    depth = 0
    for quoted, mark, plain, stray in (match.groups() for match in TOKEN.finditer(value)):
        if depth:
            depth += {"(": 1, ")": -1}.get(mark or "", 0)
            if depth:
                comment.append(quoted or mark or plain or stray or "")
        elif mark == "(":
            depth = 1
        elif route is not None and mark in (",", ";") and re.match(r"[^@]+@", "".join(route)):
            keep(found, phrase, "".join(route), comment)  # a list that forgot to close its bracket
            phrase, route, comment = [], None, []
        elif route is not None and mark != ">":
            route.append(quoted if quoted is not None else mark or plain or stray or "")
        elif mark == "<":
            route = []
        elif mark == ">":
            address, route = "".join(route or []) or address, None
        elif mark == ":" and not any("@" in piece for piece in phrase):  # the end of a group's name
            phrase = []
        elif mark in (",", ";"):
            if strict or address or any("@" in piece for piece in phrase):
                keep(found, phrase, address, comment)
                phrase, address, comment = [], "", []
            else:
                phrase += [mark, " "] if phrase else []
        elif quoted is not None:
            phrase.append(re.sub(r"\\(.)", r"\1", quoted))
        else:
            phrase.append(plain or mark or stray or "")
        if len(found) == MAX_ADDRESSES:
            return found
    keep(found, phrase, address or "".join(route or []), comment)
    return found


def keep(found: list[Address], phrase: list[str], address: str, comment: list[str]) -> None:
    name = one_line(words("".join(phrase)), LIMIT)
    address = re.sub(r"[\s<>]+", "", one_line(address.rsplit(":", 1)[-1], 2 * LIMIT))[:LIMIT]
    if address.startswith("@") or address.endswith(":"):
        address = ""  # the end of a group, not a mailbox
    if not address:
        bare = BARE.search(name)
        if bare:
            address, name = bare[0], name.replace(bare[0], " ")
    if not address and "@" in name:
        address, name = re.sub(r"\s+", "", name), ""
    name = one_line(name.strip(" ,;"), LIMIT) or one_line(words("".join(comment)), LIMIT)
    if len(name) > 1 and name[0] == name[-1] == "'":
        name = name[1:-1].strip()
    if name == address:
        name = ""
    if name or address:
        found.append([name, address])
