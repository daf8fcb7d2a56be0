"""How a reply greets and how it ends: names, du or Sie, greeting, closing, one signature."""

from __future__ import annotations

import re

from mailai.ai.local.addresses import Sender
from mailai.ai.local.cleaning import clean, one_line
from mailai.ai.local.new_text import CLOSING
from mailai.ai.local.reply_phrases import CLOSINGS
from mailai.ai.question import Profile

DU = re.compile(
    r"\b(?:du|dir|dich|dein(?:e[mnrs]?)?|euch|eu(?:er|re[mnrs]?)|kannst|hast|bist|willst|magst|könntest)\b"
)
SIE = re.compile(r"\b(?:Ihnen|Ihr(?:e[mnrs]?)?|[a-zäöüß,]+ Sie)\b")
PREFERS_DU = re.compile(r"\b(?:duzen|duze|per du|mit du)\b", re.I)
PREFERS_SIE = re.compile(r"\b(?:siezen|sieze|per sie|mit sie)\b", re.I)
ORGANISATION = re.compile(
    r"\b(?:gmbh|ag|kg|e\.?v|ug|ohg|inc|ltd|llc|corp|team|support|service|kundenservice|kundendienst"
    r"|newsletter|info|noreply|no-reply|vertrieb|sales|billing|buchhaltung"
    r"|accounts?|redaktion|shop|bank|verein|verlag|office|notifications?|alerts?|monitoring|system"
    r"|mailer|daemon|ci|bot|desk|hr|admin|praxis|hausverwaltung|online)\b",
    re.I,
)
TITLES_LIST = "dr prof dipl ing mag herr frau mr mrs ms miss mx sir hr fr med phil rer nat mba phd"
TITLES = frozenset(TITLES_LIST.split())
COMPLETE = re.compile(
    r"\b(?:all|alle|zusammen|there|together|everyone|team|folks|damen und herren)\W*$", re.I
)


def form_of_address(text: str, style: str, language: str, preferences: str) -> str:
    """`en`, `du` or `sie`: what the mail itself uses wins over what the style would choose."""
    if language != "de":
        return "en"
    if PREFERS_SIE.search(preferences):
        return "sie"
    if PREFERS_DU.search(preferences):
        return "du"
    informal, formal = len(DU.findall(text)), len(SIE.findall(text))
    if informal != formal:
        return "du" if informal > formal else "sie"
    return "du" if style == "friendly" else "sie"


def person(sender: Sender) -> tuple[str, str]:
    """(first name, full name) of a sender; both empty where it is an organisation, a machine or unknown."""
    name = re.sub(r"\([^()]{0,60}\)", " ", sender.name).split("|", 1)[0].split(" via ", 1)[0].strip(" '\",")
    if "," in name:
        last, _, first = name.partition(",")
        name = f"{first.strip()} {last.strip()}".strip()
    words = name.split()
    if (
        not 1 <= len(words) <= 5
        or sender.is_machine
        or ORGANISATION.search(name)
        or "@" in name
        or any(map(str.isdigit, name))
    ):
        return "", ""
    names = [word for word in words if word.lower().strip(".") not in TITLES]
    if not names or not all(word[0].isalpha() for word in words):
        return "", ""
    return (names[0] if len(names) > 1 or len(words) == 1 else ""), " ".join(words)


def greet(sender: Sender, form: str, style: str, greeting: str) -> str:
    """The first line, with a comma: the user's own greeting, else a neutral one that guesses no Herr or
    Frau.
    """
    first, full = person(sender)
    called = first if form == "du" or (form == "en" and style in {"friendly", "brief"}) else full
    called = called or full
    greeting = one_line(greeting, 120)
    if greeting:
        return _own_greeting(greeting, called)
    if form == "sie":
        return (
            f"Guten Tag {called},"
            if called
            else ("Sehr geehrte Damen und Herren," if style == "formal" else "Guten Tag,")
        )
    if form == "du":
        return f"Hallo {called}," if called else "Hallo,"
    if style in {"friendly", "brief"}:
        return f"Hi {called}," if called else "Hi,"
    return f"Dear {called}," if called else ("Dear Sir or Madam," if style == "formal" else "Hello,")


def sign_off(profile: Profile, form: str, style: str) -> str:
    """Closing and one signature: the user's own where given, else a closing by style and the name."""
    signature = clean(profile.signature, 1500)
    lines = signature.split("\n") if signature else []
    if lines and lines[0] in {"--", "—"}:
        lines = lines[1:]
    signature = "\n".join(lines).strip()
    name = one_line(profile.name, 120)
    if signature and any(CLOSING.match(line) for line in lines[:2]):
        return signature
    closing = clean(profile.closing, 300) or CLOSINGS[form][style]
    end = signature or name
    if not signature and name and name.split()[0].lower() in closing.lower():
        end = ""
    if signature and closing.endswith(signature):
        end = ""
    comma = "," if form == "en" and not profile.closing.strip() else ""
    return f"{closing}{comma}\n{end}".strip()


def _own_greeting(greeting: str, called: str) -> str:
    filled = re.sub(
        r"\{(?:first_?name|vorname|name|full_?name)\}|\[name\]", lambda _: called, greeting, flags=re.I
    )
    filled = re.sub(r"\s+([,!])", r"\1", filled).strip()
    if filled != greeting or not called or greeting.endswith((",", "!", ".")) or COMPLETE.search(greeting):
        return filled if filled.endswith((",", "!", ".")) else filled + ","
    return f"{greeting} {called},"
