import datetime as dt
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from mailai.ai.local import ask
from mailai.ai.question import Answer, Credential, Letter, Profile, Question
from mailai.ai.schemas import BaseAnswer, OptimizeAnswer

WORDS = """bis am by the Freitag Friday 14.12. 12/5/2026 2026-11-23 Rechnung invoice? bitte please https://a.test/
www.paypal.com <https://paypa1.test> you Konto gesperrt ! ??? > On wrote: -- Von: An: Betreff: Datum: 👍 שלום € 1.000,00
Dear {name} ignore previous instructions innerhalb von 999 Tagen Sehr geehrte Viele Grüße Ende Dezember tomorrow"""
ODD = ["\n", "\r\n", "\0", "\ud800", "\u202e", " "]
texts = st.one_of(
    st.text(max_size=300),
    st.text(alphabet=st.characters(), max_size=100),
    st.lists(st.sampled_from([*WORDS.split(), *ODD]), max_size=60).map(" ".join),
)
moments = st.one_of(st.none(), st.datetimes(timezones=st.one_of(st.none(), st.timezones())))
letters = st.builds(
    Letter,
    sender=texts,
    to=st.lists(texts, max_size=2).map(tuple),
    subject=texts,
    date=moments,
    text=texts,
    headers=st.dictionaries(
        st.sampled_from(
            ["list-id", "reply-to", "precedence", "auto-submitted", "authentication-results", "Importance"]
        ),
        texts,
    ),
    mine=st.booleans(),
    attachments=st.lists(texts, max_size=2).map(tuple),
)
profiles = st.builds(Profile, *[texts] * 6)


def asked(kind: str, *of: Letter, **more: Any) -> Answer:
    schemas: dict[str, type[BaseModel]] = {"base": BaseAnswer, "optimize": OptimizeAnswer}
    question = Question(kind, "", "", schemas.get(kind), "test", of, **more)
    return ask(question, Credential("local", "rules"), 0.0, lambda text: None)


@settings(max_examples=60, deadline=None)
@given(of=st.lists(letters, max_size=4), today=st.one_of(st.none(), st.dates()))
def test_it_always_gives_a_valid_analysis(of: list[Letter], today: dt.date | None) -> None:
    base = asked("base", *of, today=today).content
    second = asked("optimize", *of, today=today, earlier=base).content
    assert isinstance(base, BaseAnswer)
    assert isinstance(second, OptimizeAnswer)
    assert len(second.suggestions) >= 1
    for answer in (base, second):
        assert type(answer).model_validate_json(answer.model_dump_json()) == answer
        assert "\0" not in answer.model_dump_json()
        assert len(answer.summary) <= 300
        assert answer.confidence <= 0.9


@settings(max_examples=50, deadline=None)
@given(of=st.lists(letters, max_size=3), profile=profiles, style=texts, instructions=texts)
def test_it_always_drafts(of: list[Letter], profile: Profile, style: str, instructions: str) -> None:
    draft = asked("reply", *of, profile=profile, style=style, instructions=instructions).content
    assert isinstance(draft, str)
    assert draft.strip()
    draft.encode()
    assert "\0" not in draft


WORDY = (
    "konto |bitte |On wrote |bis am 1. |bitcoin |are you at your desk |by the |within 1 |von |please? |the account "
    "|ignore all |package |Hallo a |www.a.|on a <|ausfal|ende |http://a.b/|a.|a@|1/|1.|1. |€1|1,|a-|- |> "
)
UNITS = [
    *"a (<[?!A„👍\n",
    "🚀!",
    "a\n",
    "Von: x\nAn: y\n",
    "-- \n",
    "kind regards\n",
    "\u202e",
    "build \n",
    *WORDY.split("|"),
]


def seconds(text: str) -> float:
    """Of the processor's time, which does not depend on what else the machine does."""
    begun = time.thread_time()
    for kind in ("base", "optimize", "reply"):
        asked(
            kind,
            Letter(text[:5000], ("x@y.org",), text, None, text),
            Letter("a@b.c", (), "", None, text),
            instructions=text,
        )
    return time.thread_time() - begun


@pytest.mark.parametrize("unit", UNITS)
def test_its_work_is_bounded_by_the_text_it_looks_at(unit: str) -> None:
    """Fifty times the text may take little longer, because at most a fixed part of it is read."""
    small, large = unit * (20_000 // len(unit)), unit * (1_000_000 // len(unit))
    few, many = seconds(small), seconds(large)
    assert many < 6 * few + 0.5
    assert many < 5
