"""Sentences that talk to a machine instead of the reader. The rules do not obey: they leave them out."""

from __future__ import annotations

import re

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
