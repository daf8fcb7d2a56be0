"""Sentences that talk to a machine instead of the reader. The rules do not obey: they leave them out."""

from __future__ import annotations

import re
import unicodedata

from mailai.ai.local.assistant_words import ALONE, SIGNS
from mailai.ai.local.cleaning import SPACES
from mailai.ai.question import Letter

BLANK = re.compile(r" ?\n[ \n]*")

ORDERS = re.compile(
    r"\b(?:(?:ignore|disregard|forget|override) (?:all |any |the |every |your )*(?:of )?(?:previous"
    r"|prior|above|earlier|preceding|other|system)? ?(?:instructions?|prompts?|rules?|directions?"
    r"|guidelines)"
    r"|(?:ignorier(?:e|en sie|t)?|vergiss|vergessen sie|missachte) (?:bitte )?(?:alle |sämtliche "
    r"|die |deine |ihre )*(?:vorherigen|vorigen|bisherigen|früheren|obigen|anderen)? ?"
    r"(?:anweisungen|instruktionen|regeln|vorgaben|befehle)"
    r"|system ?prompt|systemnachricht|(?:you are|du bist|act as|as) (?:now )?(?:an? |ein )?(?:ai|ki"
    r"|language model|llm|sprachmodell|(?:ai|ki|e-?mail)[- ]assist\w+)"
    r"|(?:ai|ki)[- ](?:assistant|assistent|system|model|modell)s?\b.{0,60}\b(?:must|should|soll|muss"
    r"|please|bitte)"
    r"|(?:classify|mark|rate|label|score|categori[sz]e|flag|bewerte|markiere|klassifiziere"
    r"|stufe) (?:this|diese|the|die)\b.{0,40}\b(?:as|mit|als|urgen\w+|importan\w+|spam)"
    r"|(?:set|setze) (?:the |die |den )?(?:urgency|importance|is_spam|category|dringlichkeit"
    r"|wichtigkeit|score)|(?:urgency|importance|is_spam|category)\"? ?[:=] ?\"?\w"
    r"|(?:respond|reply|answer|output|antworte) (?:only|nur|exactly|ausschließlich) (?:with|mit)"
    r"|(?:these|diese) (?:instructions|anweisungen)|(?:draft|write|verfasse|schreibe) (?:a |an "
    r"|eine )?(?:reply|answer|response|antwort) (?:that|which|saying|with|die|mit)|new instructions?:"
    r"|neue anweisung(?:en)?:|</?(?:system|instructions?|assistant|user)>|\[/?inst\])",
    re.I,
)


def without_orders(sentences: list[str]) -> tuple[list[str], bool]:
    """The sentences that do not give orders to a machine, and whether there were any that do."""
    kept = [sentence for sentence in sentences if not ORDERS.search(sentence)]
    return kept, len(kept) < len(sentences)


def instructs(letter: Letter, most: int) -> bool:
    """Whether the message tells the assistant that reads it what to do, in as many characters as that one is told.

    Two kinds of signs make it so, or one sentence that nobody says to a person. A message may still do it in words that
    are not known here: this marks, it guards nothing.
    """
    if letter.mine:
        return False
    told = "\n".join([letter.sender, letter.subject, *letter.attachments, letter.text[:most]])
    told = BLANK.sub("\n", SPACES.sub(" ", unicodedata.normalize("NFKC", told)))
    return bool(ALONE.search(told)) or sum(bool(sign.search(told)) for sign in SIGNS.values()) > 1
