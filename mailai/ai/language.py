"""Which language a text is written in, by its script, its stop words and its special letters."""

from __future__ import annotations

import re
from collections import Counter

from mailai.ai.stopwords import LETTERS, SCRIPTS, STOPWORDS

UNDETERMINED = "und"
"""ISO 639-2's code for a text that gives no evidence; there is none in ISO 639-1."""

WORD = re.compile(r"[^\W\d_]+")
URL = re.compile(r"\b(?:https?://|www\.)\S{1,500}|\S{1,100}@\S{1,100}")


def detect(text: str) -> str:
    """ISO 639-1 code of the first 6,000 characters, or "und" where nothing tells."""
    text = URL.sub(" ", text[:6000])
    return _by_script(text) or _by_words(text) or UNDETERMINED


def _by_script(text: str) -> str:
    letters = [ord(char) for char in text if char.isalpha()]
    counts = Counter(
        code for point in letters if point > 0x36F for code, lo, hi in SCRIPTS if lo <= point <= hi
    )
    if not letters or sum(counts.values()) < 0.3 * len(letters):
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
    words = Counter(word.lower() for word in WORD.findall(text))
    score = {
        code: sum(words.get(word, 0) * (1.0 if len(word) > 1 else 0.3) for word in stop)
        for code, stop in STOPWORDS.items()
    }
    for code, letters in LETTERS.items():
        score[code] += 0.7 * min(6, sum(text.count(letter) for letter in letters))
    best = max(score, key=lambda code: score[code])
    return best if score[best] >= 1 else ""
