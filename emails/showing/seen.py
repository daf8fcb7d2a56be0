"""What letters are to an eye: words without what nobody sees in them, and letters for those that they pass for."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Default_Ignorable_Code_Point (Unicode, DerivedCoreProperties), and spaces so thin that a name holds together.
UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "\u2006\u2008-\u200a\u202f\u205f]"
)
OVERRIDE = "\u202e"  # right to left, whatever the letters are
# What passes for a full stop (Unicode, confusables.txt), and what a browser takes for one (UTS 46).
DOTS = "\u2024\u0701\u0702\ua60e\U00010a50\u0660\u06f0\ua4f8\U0001d16d\u3002\uff61\uff0e\ufe52"
AS_DOT = dict.fromkeys(map(ord, DOTS), ".")
# Letters of Cyrillic, Greek and Armenian that are drawn like one of Latin (from the same list).
ALIKE = str.maketrans(
    "аеорсухіјѕԁԛԝһӏѵгкмнтвԍАВЕКМНОРСТУХІЈЅ" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαικνορτυχω" + "օսոհցզ" + "ıɡɑ",
    "aeopcyxijsdqwhlvrkmhtbgabekmhopctyxijs" + "abezhikmnoptyxaikvoptuxw" + "ounhgq" + "iga",
)
SMALL_CAPITAL = re.compile(r"LATIN LETTER SMALL CAPITAL ([A-Z])")
# What one label may be written in together (as browsers judge it): Latin beside the scripts of East Asia.
TOGETHER = (
    {"LATIN", "CJK", "HIRAGANA", "KATAKANA"},
    {"LATIN", "CJK", "BOPOMOFO"},
    {"LATIN", "CJK", "HANGUL"},
)


def words(text: str) -> str:
    """`text` in one line, without unseen characters, compatible forms (fullwidth, bold, circled) as plain letters."""
    plain = unicodedata.normalize("NFKC", UNSEEN.sub("", text).translate(AS_DOT))
    return " ".join(UNSEEN.sub("", plain).split())


def readings(text: str) -> list[str]:
    """How a line may be read: as it stands, and backwards where the sender turned it."""
    return [words(text), words(text)[::-1]] if OVERRIDE in text else [words(text)]


def alike(text: str) -> str:
    """With each letter replaced by the one of Latin that it passes for, and without accents."""
    bare = unicodedata.normalize("NFKD", "".join(map(_bare, text)))
    return "".join(char for char in bare if not unicodedata.combining(char)).lower()


def is_disguised(host: str) -> bool:
    """Whether a host, in letters, has a label that mixes scripts, or whose foreign letters all pass for Latin ones.

    As browsers judge it: under an ending in letters of its own, such a label is a word.
    """
    *labels, ending = host.split(".")
    return any(is_mixed(label) or (ending.isascii() and passes(label)) for label in (*labels, ending))


def is_mixed(label: str) -> bool:
    scripts = {_script(char) for char in label if char.isalpha()}
    return len(scripts) > 1 and not any(scripts <= together for together in TOGETHER)


def passes(label: str) -> bool:
    foreign = {_script(char) for char in label if char.isalpha()} - {"LATIN"}
    return bool(foreign) and alike(label).isascii()


@lru_cache(maxsize=4096)
def _script(char: str) -> str:
    return unicodedata.name(char, "?").partition(" ")[0]


@lru_cache(maxsize=4096)
def _bare(char: str) -> str:
    if char.isascii():
        return char
    small = SMALL_CAPITAL.fullmatch(unicodedata.name(char, ""))
    return small[1].lower() if small else char.translate(ALIKE)
