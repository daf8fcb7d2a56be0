"""What the sender wrote now, without history and signature."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emails.parsing import new_text

NEW = "Hello Jo,\n\nyes, Friday is fine.\n\nAda"
HISTORIES = {
    "english": "On Tue, 3 Nov 2026 at 09:58, Jo <jo@example.com> wrote:\n> Is Friday fine?\n>\n> Jo",
    "english wrapped": "On Tue, 3 Nov 2026 at 09:58, Jo Longname\n<jo@example.com>\nwrote:\n\n> Is Friday fine?",
    "german": "Am Di., 3. Nov. 2026 um 09:58 Uhr schrieb Jo <jo@example.com>:\n\n> Passt Freitag?",
    "german other": "Jo <jo@example.com> schrieb am 03.11.2026 09:58:\nPasst Freitag?\n\nJo",
    "named": "Jo <jo@example.com> writes:\n\n> Is Friday fine?",
    "french": "Le mar. 3 nov. 2026 à 09:58, Jo <jo@example.com> a écrit :\n> Vendredi ?",
    "german had written": "Am 03.11.26 hat Jo geschrieben:\n> Passt Freitag?",
    "outlook": "-----Original Message-----\nFrom: Jo\nSent: Tuesday\nTo: Ada\nSubject: Friday\n\nIs Friday fine?",
    "outlook german": "__________\nVon: Jo <jo@example.com>\nGesendet: Dienstag, 3. November 2026\n"
    "An: Ada\nBetreff: Freitag\n\nPasst Freitag?",
    "ursprüngliche": "-----Ursprüngliche Nachricht-----\nVon: Jo\n\nPasst Freitag?",
    "quotes only": "> Is Friday fine?\n>> Which one?",
}


@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES.keys())
def test_it_leaves_out_history(history: str) -> None:
    assert new_text(f"{NEW}\n\n{history}\n") == NEW


def test_it_leaves_out_the_signature() -> None:
    assert new_text(f"{NEW}\n\n-- \nAda Lovelace\nEngines Ltd") == NEW
    assert new_text(f"{NEW}\n\nVon meinem iPhone gesendet") == NEW


def test_it_keeps_answers_between_quotes() -> None:
    text = "Am 19.10.26 um 09:34 schrieb Jo:\n> Freitag?\n\npasst\n\n> Wer kommt?\n\nich\n"
    assert new_text(text).split() == ["passt", "ich"]


@pytest.mark.parametrize(
    "text",
    [
        "On Friday I wrote to 3 people:\nJo, Ada and Max.\nFrom: here it is a list",
        "Von: der Sache her ist alles klar.\nBis morgen",
        "FYI\n\n---------- Forwarded message ---------\nFrom: Jo\nDate: today\nSubject: x\nTo: Ada\n\nThe news.",
        "> only a quote",
        "--\nonly a signature",
    ],
)
def test_it_keeps_text_when_in_doubt(text: str) -> None:
    assert new_text(text) == text


@given(st.text(alphabet=">-:_ \nabOn1AmVonFromwrote", max_size=200))
def test_it_is_never_empty_unless_the_text_is(text: str) -> None:
    assert bool(new_text(text).strip()) == bool(text.strip())
