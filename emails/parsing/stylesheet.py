"""The sheets in a page's <style>, written into its elements: a frame that lets no sheet in looks as its sender meant.

Read are plain rules for elements, classes and ids, also within others. What depends on a screen or a state is passed
over, and so it is for a text as for the page.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache
from typing import NamedTuple

from emails.parsing.style import COMMENT, LONGEST

MOST_RULES = 2000
MOST_CHARS = 200_000
MOST_LOOKS = 500_000  # at rules for one page, after which its sheets count no longer
MOST_ADDED = 400_000  # characters written into one page's elements
MOST_CLASSES = 20
MEDIA = frozenset({"", "all", "screen"})
COMPOUND = re.compile(r"(\*|[a-z][a-z0-9]*)?((?:[.#][\w-]+)*)", re.I)
MARK = re.compile(r"[.#][\w-]+")
BRACE = re.compile(r"[{}]")


class Kin(NamedTuple):
    """An element by all that a rule may name."""

    tag: str
    marks: frozenset[str]
    """Its classes as `.name`, its id as `#name`."""


class Rule(NamedTuple):
    rank: tuple[int, int, int, int]
    """Ids, classes, elements (CSS Selectors 4, 17), and the place in the sheets."""
    path: tuple[Kin, ...]
    """The element itself first, then those that it stands in."""
    style: str


class Sheets:
    def __init__(self) -> None:
        self.rules: dict[str, list[Rule]] = defaultdict(list)
        self.known: dict[Kin, str] = {}  # elements whose style does not depend on those that they stand in
        self.size = self.count = self.looks = self.added = 0

    def add(self, css: str, media: str) -> None:
        self.known.clear()
        if media.strip().lower() in MEDIA:
            for selectors, said in rules(css[: MOST_CHARS - self.size]):
                for selector in selectors.split(","):
                    self.put(selector, said.strip("; \n\r\t")[:LONGEST])
        self.size += len(css)

    def put(self, selector: str, said: str) -> None:
        path = tuple(map(kin, reversed(selector.replace(":link", "").replace(">", " ").split())))
        if not said or not path or None in path or self.count == MOST_RULES:
            return
        self.count += 1
        known = tuple(one for one in path if one)
        marks = [mark for one in known for mark in one.marks]
        ids = sum(mark[0] == "#" for mark in marks)
        rank = ids, len(marks) - ids, sum(one.tag != "*" for one in known), self.count
        self.rules[min(known[0].marks, default=known[0].tag)].append(Rule(rank, known, said))

    def style_for(self, element: Kin, outer: list[Kin]) -> str:
        """What the rules say of it, what counts most last; empty when the page has had its share."""
        if self.looks > MOST_LOOKS or self.added > MOST_ADDED:
            return ""
        said = self.known.get(element)
        if said is None:
            rules = [rule for key in (*element.marks, element.tag, "*") for rule in self.rules.get(key, ())]
            self.looks += len(rules) * (1 + len(outer) // 16)
            found = sorted(rule for rule in rules if applies(rule.path, element, outer))
            said = "; ".join(rule.style for rule in found)[-LONGEST:]
            if all(len(rule.path) == 1 for rule in rules):
                self.known[element] = said
        self.added += len(said)
        return said


def kin(compound: str) -> Kin | None:
    found = COMPOUND.fullmatch(compound)
    return Kin((found[1] or "*").lower(), frozenset(MARK.findall(found[2]))) if found else None


@lru_cache(maxsize=200)
def unmarked(tag: str) -> Kin:
    return Kin(tag, frozenset())


def kin_of(tag: str, attributes: dict[str, str]) -> Kin:
    if "class" not in attributes and "id" not in attributes:
        return unmarked(tag)
    marks = [f".{name}" for name in attributes.get("class", "").split()[:MOST_CLASSES]]
    return Kin(tag, frozenset([*marks, f"#{attributes['id']}"] if attributes.get("id") else marks))


def applies(path: tuple[Kin, ...], element: Kin, outer: list[Kin]) -> bool:
    if not fits(path[0], element):
        return False
    wanted = iter(path[1:])
    one = next(wanted, None)
    for above in reversed(outer):
        if one is None:
            break
        if fits(one, above):
            one = next(wanted, None)
    return one is None


def fits(rule: Kin, element: Kin) -> bool:
    return rule.tag in ("*", element.tag) and rule.marks <= element.marks


def rules(css: str) -> list[tuple[str, str]]:
    """Selectors and declarations of each plain rule; blocks that begin with @ are left out whole."""
    css = COMMENT.sub("", css).replace("<!--", "").replace("-->", "")
    found: list[tuple[str, str]] = []
    begin = depth = 0
    start = 0
    for brace in BRACE.finditer(css):
        if brace[0] == "{":
            depth += 1
            if depth == 1:
                start = brace.start()
        elif depth:
            depth -= 1
            if not depth:
                head = css[begin:start].rpartition(";")[2].strip()
                if not head.startswith("@"):
                    found.append((head, css[start + 1 : brace.start()]))
                begin = brace.end()
        else:
            begin = brace.end()
    return found
