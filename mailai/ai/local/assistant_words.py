"""How a message talks to the assistant that reads it, instead of to its reader: kinds of signs, as data.

Each kind also occurs in honest mail: somebody withdraws instructions, asks for an answer that says so, writes of
an AI. So an order counts only where one begins, not within a sentence that tells of it, and one kind alone is none.
"""

from __future__ import annotations

import re

# Where an order begins: a line, a sentence, or behind a word that leads one in. Not behind a quotation mark.
BEGINS = (
    r"(?:^(?: ?[-*•#>\d.]{1,4} ?)?|[.!?:;,\]>}]\s"
    r"|\b(?:and|then|please|also|now|just|must|should|und|dann|bitte|nun|jetzt|et|puis|y|e|poi)\s)"
)
EARLIER = r"(?:previous|prior|above|earlier|preceding|existing|other|system|original)"
RULES = r"(?:instructions?|prompts?|rules?|directions?|guidelines|commands?)"
FRUEHERE = r"(?:vorherigen?|vorigen?|bisherigen?|früheren?|obigen?|anderen?|vorangegangenen?)"
REGELN = r"(?:anweisung(?:en)?|instruktion(?:en)?|regeln?|vorgaben?|befehle?|prompts?)"
MACHINE = (
    r"(?:(?:ai|ki|a\.i\.|llm|gpt|e-?mail|mail)[- ]?(?:assist[ae]n\w*|agent\w*|model\w*|modell\w*|system\w*|reader)"
    r"|language models?|sprachmodell\w*|chatbot\w*|chatgpt|copilot|llms?|modèles? de langage|modelos? de lenguaje)"
)

KINDS = {
    "earlier rules": (
        rf"{BEGINS}(?:(?:ignore|disregard|forget|override)\s(?:(?:all|any|the|every|each|your|of)\s){{0,4}}{EARLIER}\s"
        rf"(?:{EARLIER}\s)?{RULES}"
        rf"|(?:ignorier(?:e|en\ssie|t)|vergiss|vergessen\ssie|missachten?(?:\ssie)?)\s"
        rf"(?:(?:bitte|alle|sämtliche|die|deine|ihre)\s){{0,3}}{FRUEHERE}\s{REGELN}"
        r"|ignore[rz]?\s(?:toutes\s)?(?:les|vos|tes)\sinstructions\sprécédentes"
        r"|ignor[ae]\s(?:todas\s)?las\sinstrucciones\santeriores|ignora\s(?:tutte\s)?le\sistruzioni\sprecedenti)"
    ),
    "a part to play": (
        rf"\byou\sare\s(?:now\s)?(?:an?|the|my|our)?\s?(?:helpful\s)?{MACHINE}|\b(?:du\sbist|sie\ssind)\s(?:jetzt\s)?"
        rf"(?:ein|eine|der|die)?\s?{MACHINE}|{BEGINS}act\sas\s(?:an?|the)\s{MACHINE}|^as\s(?:an?|the)\s{MACHINE},"
        r"|\bsystem\s?prompt\b|^\W{0,5}(?:new\s)?system(?:\s(?:message|note|override|instruction))?\s?:"
        r"|</?(?:system|instructions?|assistant|user|data|email)>|\[/?inst\]|<\|im_(?:start|end)\|>"
        r"|\bend\sof\s(?:data|e-?mail|context)\b"
    ),
    "whom it is for": (
        rf"\b(?:if|falls|wenn|si)\s(?:you\sare|you're|du|sie|vous\sêtes)\s(?:an?\s|eine?\s|un\s)?{MACHINE}"
        rf"|\b(?:note|message|instructions?|attention|hinweis|anweisung(?:en)?|achtung)\s?:?\s?"
        rf"(?:to|for|an|für)?\s?(?:the|any|all|das|die|den|alle)?\s?{MACHINE}"
        rf"|^\W{{0,3}}(?:dear|hey|hello|hi|liebe[rs]?|hallo)\s{MACHINE}"
        rf"|{BEGINS}{MACHINE}\s(?:reading|processing|analy[sz]ing|summari[sz]ing)\sthis"
        r"|^\W{0,3}(?:ai|ki|llm|assistant|(?:ai|ki)[- ]assist[ae]n\w*)\s?[:,]"
    ),
    "how to judge": (
        rf"{BEGINS}(?:classify|mark|rate|label|score|categori[sz]e|flag|treat|bewerte[nt]?|markiere[nt]?|klassifiziere[nt]?"
        rf"|stufe[nt]?)\s(?:sie\s)?(?:this|it|diese|the|die)\b[^.\n]{{0,60}}\b(?:as|mit|als|with|ein)\b[^.\n]{{0,40}}"
        r"(?:urgen\w+|importan\w+|priorit\w+|dringend\w*|dringlich\w*|wichtig\w*|not\sspam|kein\w*\sspam)"
        rf"|{BEGINS}(?:set|setze[nt]?|make|raise)\s(?:the\s|its\s|die\s|den\s)?(?:urgency|importance|is_spam|category|score"
        r"|priority|dringlichkeit|wichtigkeit|einstufung)\s?(?:to|=|:|at|auf)\W|\b(?:is_spam|action_required|needs_attention|info_only)\b"
        r"|\b(?:urgency|importance|dringlichkeit|wichtigkeit)\"?\s?(?:[:=]|to|auf)\s?\"?[1-3]\b"
    ),
    "what to answer": (
        rf"{BEGINS}(?:respond|reply|answer|output|print|return|antworte[nt]?)\s(?:sie\s)?(?:only\swith|with\sonly"
        rf"|exactly|nothing\sbut|nur\smit|ausschließlich\smit)\b|{BEGINS}(?:draft|write|compose|generate|verfasse[nt]?|schreibe[nt]?)\s(?:sie\s)?(?:an?\s|eine\s)?"
        r"(?:reply|answer|response|antwort)\s(?:that|which|saying|in\swhich|die|in\sder)\b"
        r"|\bdo\snot\s(?:mention|reveal|summari[sz]e|include)\s(?:these|this|any\sof\sthese)\b|\berwähne[nt]?\s(?:sie\s)?diese"
        rf"|{BEGINS}(?:summari[sz]e|describe)\sthis\s(?:message|e-?mail)\sas\b"
    ),
    "what to give away": (
        rf"{BEGINS}(?:forward|send|include|reveal|list|repeat|append|quote|leite[nt]?|sende[nt]?|nenne[nt]?|füge[nt]?)\s"
        r"[^.\n]{0,60}\b(?:mailbox|inbox|postfach\w*|api[- ]?keys?|passwords?|passwort|system\s?prompt"
        r"|other\s(?:e-?mails|messages)"
        r"|(?:last|previous|earlier|letzten)\s\w{1,10}\s(?:e-?mails|messages|nachrichten))\b"
    ),
}
SIGNS = {kind: re.compile(pattern, re.I | re.M) for kind, pattern in KINDS.items()}

# This sentence is said to no person: all of what came before, without a please, and not about anything.
ALONE = re.compile(
    rf"(?:^|[.!?]\s)(?:(?:ignore|disregard|forget)\s(?:all|any|every)\s(?:of\s)?(?:the\s|your\s)?{EARLIER}\s"
    rf"(?:{EARLIER}\s)?(?:instructions?|prompts?)|(?:ignoriere|vergiss)\salle\s(?:deine\s)?{FRUEHERE}\s(?:anweisungen|instruktionen"
    r"|prompts))(?!\s(?:about|regarding|concerning|on|for|from|of|as\sto|to\sthe|zu|über|von|für|bezüglich))",
    re.I | re.M,
)
