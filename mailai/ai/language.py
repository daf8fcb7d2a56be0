"""Which language a text is written in, by its script, its stop words and its special letters."""

from __future__ import annotations

import re
from collections import Counter

from mailai.ai.stopwords import LETTERS, SCRIPTS, STOPWORDS

UNDETERMINED = "und"
"""ISO 639-2's code for a text that gives no evidence; there is none in ISO 639-1."""

WORD = re.compile(r"[^\W\d_]+")
BEYOND_ASCII = re.compile("[^\x00-\x7f]")
BEYOND_LATIN = re.compile("[^\\W\\d_\x00-\u036f]")
WEIGHTS: dict[str, list[tuple[str, float]]] = {}
"""Of each stop word the languages that it speaks for."""
for _code, _stop in STOPWORDS.items():
    for _word in _stop:
        WEIGHTS.setdefault(_word, []).append((_code, 1.0 if len(_word) > 1 else 0.3))
URL = re.compile(r"\b(?:https?://|www\.)\S{1,500}|(?<!\S)[^\s@]{1,100}@\S{1,100}")


def detect(text: str) -> str:
    """ISO 639-1 code of the first 6,000 characters, or "und" where nothing tells."""
    text = text[:6000]
    if "@" in text or "://" in text or "www." in text:
        text = URL.sub(" ", text)
    return _by_script(text) or _by_words(text) or UNDETERMINED


def _by_script(text: str) -> str:
    found = Counter(BEYOND_LATIN.findall(text))
    if not found:
        return ""
    counts: Counter[str] = Counter()
    for char, count in found.items():
        counts.update({code: count for code, lo, hi in SCRIPTS if lo <= ord(char) <= hi})
    if sum(counts.values()) < 0.3 * sum(map(str.isalpha, text)):
        return ""
    if counts["ja"] and counts["zh"]:
        return "ja"
    code = counts.most_common(1)[0][0]
    if code == "ru" and any(char in "іїєґІЇЄҐ" for char in text):
        return "uk"
    if code == "ar" and any(char in "پچژگ" for char in text):
        return "fa"
    return code


def _by_words(text: str) -> str:
    words = Counter(WORD.findall(text.lower()))
    score = dict.fromkeys(STOPWORDS, 0.0)
    for word, count in words.items():
        for code, weight in WEIGHTS.get(word, ()):
            score[code] += weight * count
    special = Counter(BEYOND_ASCII.findall(text))
    for code, letters in LETTERS.items():
        score[code] += 0.7 * min(6, sum(special[letter] for letter in letters))
    best = max(score, key=lambda code: score[code])
    return best if score[best] >= 1 else ""
