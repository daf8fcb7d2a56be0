"""What a letter asks of its reader: questions, and requests to do something."""

from __future__ import annotations

import re

from mailai.ai.local.cleaning import one_line

MOST = 10

POLITE_QUESTION = re.compile(
    r"^(?:(?:und|also|außerdem|and|also) )?(?:könnten?|können|würden?|wären|kannst|könntest|würdest"
    r"|magst|hast|haben|could|can|would|will"
    r"|are|do|did|have) (?:sie|du|ihr|you)\b",
    re.I,
)
INDIRECT = re.compile(
    r"\b(?:(?:please )?let (?:me|us) know (?:if|whether|when|what|which|how|who|where|your)|(?:i"
    r"|we) (?:was|were|am|are) wondering (?:if|whether|when|how)"
    r"|(?:please )?(?:tell|advise) (?:me|us) (?:if|whether|when|what|which|how)|can you tell"
    r"|(?:teilen sie|teile|teilt|geben sie|gib|sagen sie|sag|sagt)\b.{0,60}\b(?:mit|bescheid|mir"
    r"|uns)\b.{0,12}\b(?:ob|wann|wie|was|welche[rnms]?|wer|wo)"
    r"|(?:würde|möchte|wüsste) (?:ich|gern|gerne|wir).{0,20}\b(?:wissen|erfahren)|ich frage mich"
    r"|meine frage)\b",
    re.I,
)
COURTESY = re.compile(
    r"^(?:schöne[sn]? (?:wochenende|urlaub|feiertage?|abend)|(?:had a )?(?:good|nice) weekend"
    r"|wie geht(?:'s|s|’s| es)|how are you|how(?:'s| is) it going|hope|alles gut|na\b|what's up"
    r"|was this (?:email|helpful)|noch fragen|fragen\?"
    r"|haben sie (?:noch )?fragen|(?:any |got |have )?questions\?|do you have (?:any )?questions"
    r"|need help\?|brauchen sie hilfe|not you\?"
    r"|(?:war|waren) das nicht sie|(?:didn't|did not) (?:request|sign)|warum (?:erhalte|bekomme) ich"
    r"|why (?:am|did) i (?:get|receiv)|wussten sie"
    r"|did you know|sie möchten keine|keine lust|problems? (?:viewing|reading)|schon gehört)",
    re.I,
)
REQUEST = re.compile(
    r"\b(?:bitte|please|pls|kindly|könnten sie|können sie (?:mir|uns|bitte)|würden sie|kannst du"
    r"|könntest du|würdest du|magst du|could you|can you"
    r"|would you (?:mind|please|be)|(?:wir|ich) (?:benötige|benötigen|brauche|brauchen|erwarten?"
    r"|bitten?)\b|we need (?:you|your)|i need (?:you|your)"
    r"|(?:i|we)(?:'d| would) (?:need|like you)|(?:needs?|requires?|awaiting|awaits) your"
    r"|wartet auf (?:ihre|deine)|action required|handlungsbedarf"
    r"|(?:you|sie) (?:must|need to|have to|müssen)|du musst|denk(?:en sie|t)? (?:bitte )?(?:an|daran)"
    r"|erinnere dich|don't forget|vergiss nicht"
    r"|let (?:me|us) know|get back to (?:me|us)|melde dich|sag (?:mir|uns)? ?bescheid|gib (?:mir"
    r"|uns)? ?bescheid|rückmeldung|um antwort|rsvp"
    r"|(?:to be )?(?:approve|sign|confirm|review)(?:d)? (?:by|the|this|your|it)|freigabe|freigeben"
    r"|unterschreiben|unterzeichnen)\b",
    re.I,
)
NO_REQUEST = re.compile(
    r"\b(?:bitte (?:nicht|beachten|entnehmen|antworten sie nicht|wenden sie sich"
    r"|haben sie verständnis|entschuldigen|finden sie|um verständnis)"
    r"|(?:antworten|reagieren) sie (?:bitte )?nicht|please (?:note|do not reply|don't reply"
    r"|find (?:attached|enclosed|below)|feel free|do not hesitate"
    r"|don't hesitate|accept our|be advised|be aware)|feel free|don't hesitate|zögern sie nicht"
    r"|wenden sie sich (?:bitte )?an|in (?:dringenden|urgent) (?:fällen|cases)|(?:bei|for|with"
    r"|wenn sie) (?:\w{1,12} )?(?:rück)?(?:fragen|questions)"
    r"|if you (?:have|no longer|did not|didn't|received|need|want|wish|prefer)|if this was|if it was"
    r"|falls sie|wenn sie (?:nicht|keine|diese)"
    r"|sollten sie|klicken sie|click|abmelden|unsubscribe|anzeige|browser|keine aktion"
    r"|nichts (?:weiter )?(?:tun|unternehmen)|nothing (?:you )?(?:need|to do)"
    r"|no (?:further )?action|keine (?:weiteren )?(?:maßnahmen|handlung)|you don't need"
    r"|sie müssen nichts|not required)\b",
    re.I,
)
OPTIONAL = re.compile(r"^(?:wenn du (?:lust|magst)|bei gelegenheit|whenever you)", re.I)
LEAD = re.compile(r"^(?:und|also|außerdem|zudem|and|so|also|ps|p\.s\.)[,: ]+(?=\w)", re.I)


def find_questions(sentences: list[str]) -> list[str]:
    """Questions asked of the reader in the letter's own words, in order, without courtesies and doubles."""
    found: dict[str, str] = {}
    for sentence in sentences:
        if _is_question(sentence):
            text = one_line(LEAD.sub("", sentence.strip(" \"„“”»«'*_")), 300)
            found.setdefault(text.casefold(), text[:1].upper() + text[1:])
    return list(found.values())[:MOST]


def find_requests(sentences: list[str]) -> list[str]:
    """Sentences that ask the reader to do something, questions among them, in order."""
    return [one_line(sentence, 300) for sentence in sentences if is_request(sentence)][:MOST]


def is_request(sentence: str) -> bool:
    """True for a sentence of at least three words that asks for something and is no courtesy and no offer
    of help.
    """
    return (
        len(sentence.split()) >= 3
        and bool(REQUEST.search(sentence))
        and not NO_REQUEST.search(sentence)
        and not OPTIONAL.match(sentence)
    )


def _is_question(sentence: str) -> bool:
    if COURTESY.match(sentence) or len(sentence.split()) < 2:
        return False
    asked = sentence.rstrip(" \"”“»')*_").endswith(("?", "?!", "؟", "？"))
    if asked:
        return not NO_REQUEST.search(sentence)
    return bool(POLITE_QUESTION.match(sentence) and is_request(sentence)) or bool(INDIRECT.search(sentence))
