"""What a model clearly means, where it misses the schema by a trifle: each function takes any value.

Decisions (levels, categories, yes or no) are returned as they came where they are not clear, so that validation fails.
All else is cut, mended or dropped.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel

LEVELS = {"low": 1, "medium": 2, "middle": 2, "normal": 2, "high": 3, "niedrig": 1, "mittel": 2, "hoch": 3}
NUMBER = re.compile(r"([1-3])(?:[.,]0+)?(?:\s*(?:/|of|von)\s*3)?")
YES, NO = frozenset({"true", "yes", "1", "ja"}), frozenset({"false", "no", "0", "nein"})
PERCENT = re.compile(r"(\d{1,3}(?:[.,]\d+)?)\s*(%?)(?:\s*/\s*100)?")
HALF = 0.5  # a confidence that says nothing
LANGUAGES = {
    "english": "en", "german": "de", "deutsch": "de", "french": "fr", "français": "fr", "spanish": "es",
    "español": "es", "italian": "it", "italiano": "it", "portuguese": "pt", "português": "pt", "dutch": "nl",
    "nederlands": "nl", "polish": "pl", "czech": "cs", "danish": "da", "swedish": "sv", "norwegian": "no",
    "finnish": "fi", "russian": "ru", "ukrainian": "uk", "greek": "el", "turkish": "tr", "hungarian": "hu",
    "romanian": "ro", "arabic": "ar", "hebrew": "he", "hindi": "hi", "chinese": "zh", "japanese": "ja",
    "korean": "ko",
}  # fmt: skip
LANGUAGE = re.compile(r"([a-z]{2,3})(?:[-_][a-z0-9-]+)?")
ISO_DATE = re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})")
DAY_FIRST = re.compile(r"\b(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})\b")
WORDED = ("%d %B %Y", "%B %d, %Y", "%B %d %Y", "%d %b %Y", "%b %d, %Y", "%Y/%m/%d", "%Y%m%d")
TEXTS = ("text", "question", "suggestion", "step", "tag", "name", "value", "words", "description")


def level(value: Any) -> Any:
    """1, 2 or 3, also where it comes as text, as 2.0, as "2/3" or as a word."""
    if isinstance(value, bool):
        return str(value)  # which is no level: Python calls True a kind of 1
    if isinstance(value, float) and value in (1.0, 2.0, 3.0):
        return int(value)
    if isinstance(value, str):
        word = value.strip().casefold()
        found = NUMBER.fullmatch(word)
        return int(found[1]) if found else LEVELS.get(word, value)
    return value


def category(value: Any) -> Any:
    return re.sub(r"[\s_-]+", "_", value.strip()).casefold() if isinstance(value, str) else value


def truth(value: Any) -> Any:
    word = str(value).strip().casefold()
    return True if word in YES else False if word in NO else value


def sentence(value: Any, limit: int) -> Any:
    """One text of at most `limit` characters, cut between words; a list of texts is joined."""
    if isinstance(value, list):
        value = " ".join(item for item in value if isinstance(item, str))
    return cut(value.strip(), limit) if isinstance(value, str) else value


def prose(value: Any, limit: int) -> str:
    """The same where nothing depends on it: no text is an empty one."""
    text = sentence(value, limit)
    return text if isinstance(text, str) else ""


def cut(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    kept = text[: limit - 1]
    return f"{kept.rsplit(None, 1)[0] if ' ' in kept[limit // 2 :] else kept}…"


def texts(value: Any, limit: int, most: int) -> list[str]:
    """A list of texts, each once: of a list, of one text, of objects that hold a text, of nothing."""
    items = value if isinstance(value, list) else [value]
    found = (cut(text, limit) for item in items if (text := text_of(item)))
    return list(dict.fromkeys(found))[:most]


def text_of(item: Any) -> str:
    if isinstance(item, dict):
        item = next((item[name] for name in TEXTS if isinstance(item.get(name), str)), "")
    return item.strip() if isinstance(item, str) else ""


def tags(value: Any, limit: int, most: int) -> list[str]:
    """As texts; tags are also written as one text with commas."""
    pieces = re.split(r"[,;\n]", value) if isinstance(value, str) else value
    items = pieces if isinstance(pieces, list) else [pieces]
    return texts([item.lstrip("# ") if isinstance(item, str) else item for item in items], limit, most)


def language(value: Any) -> str:
    """An ISO 639 code of two or three letters; empty where the value is none."""
    word = value.strip().casefold() if isinstance(value, str) else ""
    found = LANGUAGE.fullmatch(word)
    return LANGUAGES.get(word) or (found[1] if found else "")


def share(value: Any) -> float:
    """0 to 1: also of 95, "85%" and "0.9"."""
    if isinstance(value, str) and (found := PERCENT.fullmatch(value.strip())):
        value = float(found[1].replace(",", ".")) / (100 if found[2] else 1)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return HALF
    number = value / 100 if 1 < value <= 100 else float(value)
    return number if 0 <= number <= 1 else HALF


def deadlines(value: Any, most: int) -> list[dict[str, Any]]:
    """Each deadline whose date can be read, with its words."""
    items = value if isinstance(value, list) else [value]
    return list(_deadlines(items))[:most]


def _deadlines(items: Iterable[Any]) -> Iterable[dict[str, Any]]:
    for item in items:
        if isinstance(item, BaseModel):
            item = item.model_dump()
        named = item if isinstance(item, dict) else {"date": item, "words": item}
        words = text_of(
            named.get("words") or named.get("text") or named.get("description") or named.get("date")
        )
        if (day := date(named.get("date") or named.get("deadline"))) and words:
            yield {"date": day, "words": cut(words, 600)}


def date(value: Any) -> dt.date | None:
    """The day that an ISO date, a timestamp, seconds since 1970 or a usual way of writing names."""
    try:
        if isinstance(value, dt.date):
            return value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return dt.datetime.fromtimestamp(value, dt.UTC).date() if value > 1e8 else None
        text = value.strip() if isinstance(value, str) else ""
        if found := ISO_DATE.search(text):
            return dt.date(int(found[1]), int(found[2]), int(found[3]))
        if found := DAY_FIRST.search(text):
            return dt.date(int(found[3]), int(found[2]), int(found[1]))
    except (ValueError, OverflowError, OSError):
        return None
    return _worded(text)


def _worded(text: str) -> dt.date | None:
    for form in WORDED:
        try:
            return dt.datetime.strptime(text[:40], form).date()
        except ValueError:
            continue
    return None
