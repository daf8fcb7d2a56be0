"""The reasoning of a verdict: each sign that was found and what it contributed, and the tags."""

from __future__ import annotations

from mailai.ai.local.reading import Reading
from mailai.ai.local.signs import Sign
from mailai.ai.local.spam_words import THRESHOLD
from mailai.ai.local.weigh import Verdict

MOST_TAGS = 10
LONGEST = 3_500

PHRASES = {
    "de": {
        "urgency": "Dringlichkeit",
        "importance": "Wichtigkeit",
        "none": "Keine Zeichen gefunden.",
        "no_points": "ohne Punkte",
        "sum": "Summe: Dringlichkeit {:.1f} → Stufe {}, Wichtigkeit {:.1f} → Stufe {}.",
        "signs": "Gefundene Zeichen:",
        "spam": "Spam: {:.1f} Punkte (ab {:.0f} gilt eine Nachricht als Spam)",
        "is_spam": "deshalb unwichtig und nicht dringend.",
        "mine": "Sie haben diese Nachricht selbst geschrieben; es ist nichts zu tun.",
        "rules": "Ermittelt mit festen Regeln, ohne KI-Modell.",
        "action_required": "Sie sollen etwas tun.",
        "needs_attention": "Sie sollten sie lesen.",
        "info_only": "Es ist nichts zu tun.",
        "language": "Die Regeln kennen Deutsch und Englisch; bei dieser Sprache sehen sie wenig.",
    },
    "en": {
        "urgency": "urgency",
        "importance": "importance",
        "none": "No signs found.",
        "no_points": "no points",
        "sum": "Sum: urgency {:.1f} → level {}, importance {:.1f} → level {}.",
        "signs": "Signs found:",
        "spam": "Spam: {:.1f} points ({:.0f} make a message spam)",
        "is_spam": "hence neither important nor urgent.",
        "mine": "You wrote this message yourself; there is nothing to do.",
        "rules": "Worked out by fixed rules, without an AI model.",
        "action_required": "You are asked to do something.",
        "needs_attention": "You should read it.",
        "info_only": "There is nothing to do.",
        "language": "The rules know German and English; in this language they see little.",
    },
}


def reasoning(reading: Reading, verdict: Verdict, more: tuple[str, ...] = ()) -> str:
    """The reasons in German for a German letter, else in English; `more` are further sentences."""
    language = "de" if reading.language == "de" else "en"
    say = PHRASES[language]
    parts = [_signs(verdict.signs, language)]
    if reading.spam and (reading.is_spam or sum(sign.spam for sign in reading.spam) >= 1):
        parts.append(_spam(reading, language))
    if reading.letter.mine:
        parts.append(say["mine"])
    elif not reading.is_spam:
        sums = (verdict.urgency_points, verdict.urgency, verdict.importance_points, verdict.importance)
        parts += [say["sum"].format(*sums), say[verdict.category]]
    if reading.sentences and reading.language not in {"de", "en"}:
        parts.append(say["language"])
    return " ".join([*parts, *more, say["rules"]])[:LONGEST]


def tags(reading: Reading, verdict: Verdict) -> list[str]:
    """Short lower-case tags, the weightiest signs first, without doubles."""
    first = []
    if reading.has_orders:
        first.append("prompt-injection")
    if reading.is_spam:
        return [*first, "spam", *(["phishing"] if reading.is_phishing else [])]
    if reading.letter.mine:
        first.append("sent")
    weight = {sign: abs(sign.urgency) + abs(sign.importance) for sign in verdict.signs if sign.tag}
    ranked = sorted(weight, key=lambda sign: -weight[sign])
    return list(dict.fromkeys([*first, *(sign.tag for sign in ranked)]))[:MOST_TAGS]


def _signs(signs: tuple[Sign, ...], language: str) -> str:
    say = PHRASES[language]
    if not signs:
        return say["none"]
    return f"{say['signs']} " + "; ".join(_sign(sign, language) for sign in signs) + "."


def _sign(sign: Sign, language: str) -> str:
    say = PHRASES[language]
    points = [
        f"{say[name]} {value:+.1f}"
        for name, value in (("urgency", sign.urgency), ("importance", sign.importance))
        if round(value, 1)
    ]
    return _named(sign, language) + f" ({', '.join(points) or say['no_points']})"


def _spam(reading: Reading, language: str) -> str:
    say = PHRASES[language]
    points = sum(sign.spam for sign in reading.spam)
    listed = "; ".join(f"{_named(sign, language)} ({sign.spam:+.1f})" for sign in reading.spam)
    end = f", {say['is_spam']}" if reading.is_spam else "."
    return say["spam"].format(points, THRESHOLD) + f": {listed}{end}"


def _named(sign: Sign, language: str) -> str:
    quoted = (f" „{sign.words}“" if language == "de" else f" “{sign.words}”") if sign.words else ""
    return sign.label(language) + quoted
