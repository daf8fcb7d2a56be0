"""Answers one trifle away from the schema: what a model clearly means is taken, and only decisions can fail."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailai.ai.answers import UnusableAnswer, read_object
from mailai.ai.schemas import BaseAnswer, OptimizeAnswer

GOOD: dict[str, Any] = {
    "urgency": 2,
    "importance": 3,
    "category": "action_required",
    "summary": "Ada wants the contract.",
    "reasoning": "She names a date.",
    "tags": ["contract"],
    "is_spam": False,
    "language": "en",
    "confidence": 0.8,
    "questions": ["Can you sign it?"],
    "deadlines": [{"date": "2031-04-02", "words": "by 2031-04-02"}],
    "suggestions": ["Sign it."],
}


def read(text: str) -> OptimizeAnswer:
    return read_object(text, OptimizeAnswer)


def with_(**fields: Any) -> OptimizeAnswer:
    return read(json.dumps(GOOD | fields))


@pytest.mark.parametrize("value", [2, 2.0, "2", "2.0", " 2 ", "2/3", "2 of 3", "medium", "Medium", "mittel"])
def test_it_takes_a_level_in_any_clear_form(value: Any) -> None:
    assert with_(urgency=value).urgency == 2


@pytest.mark.parametrize(
    "value", ["Action Required", "ACTION_REQUIRED", "action-required", " action_required\n"]
)
def test_it_takes_a_category_in_any_spelling(value: str) -> None:
    assert with_(category=value).category == "action_required"


@pytest.mark.parametrize(
    ("value", "spam"), [("false", False), ("True", True), ("no", False), (0, False), ("ja", True)]
)
def test_it_takes_yes_and_no_in_any_form(value: Any, spam: bool) -> None:
    assert with_(is_spam=value).is_spam is spam


@pytest.mark.parametrize(
    "fields",
    [
        *({"urgency": value} for value in (0, 4, 7, 2.5, "7", "urgent", None, True, [2], "")),
        *({"category": value} for value in ("whatever", "", None, 3)),
        *({"is_spam": value} for value in ("perhaps", None, 7)),
        *({"summary": value} for value in ("", "  ", None, 7, [], {})),
    ],
)
def test_a_decision_that_is_not_clear_fails(fields: dict[str, Any]) -> None:
    with pytest.raises(UnusableAnswer) as failure:
        with_(**fields)
    assert failure.value.detail == f"invalid: {next(iter(fields))}"


@pytest.mark.parametrize("missing", ["urgency", "importance", "category", "is_spam", "summary"])
def test_a_missing_decision_fails(missing: str) -> None:
    with pytest.raises(UnusableAnswer, match=f"invalid: {missing}"):
        read(json.dumps({name: value for name, value in GOOD.items() if name != missing}))


def test_all_else_may_be_missing() -> None:
    decisions = ("urgency", "importance", "category", "is_spam", "summary")
    answer = read(json.dumps({name: GOOD[name] for name in decisions}))
    assert (answer.reasoning, answer.tags, answer.language, answer.confidence) == ("", [], "", 0.5)
    assert (answer.questions, answer.deadlines, answer.suggestions) == ([], [], [])


@pytest.mark.parametrize(
    ("value", "code"),
    [("pt-BR", "pt"), ("pt_BR", "pt"), ("English", "en"), ("DEUTSCH", "de"), ("zh-Hans-CN", "zh"), ("deu", "deu"),
     ("Klingon", ""), ("", ""), (None, ""), (7, "")],
)  # fmt: skip
def test_a_language_is_a_code_or_none(value: Any, code: str) -> None:
    assert with_(language=value).language == code


@pytest.mark.parametrize(
    ("value", "share"),
    [(95, 0.95), ("95", 0.95), ("85%", 0.85), ("85 %", 0.85), ("0,9", 0.9), (0.9, 0.9), (1, 1), (0, 0), ("90/100", 0.9),
     ("high", 0.5), (None, 0.5), (True, 0.5), (-1, 0.5), (700, 0.5), (float("nan"), 0.5), ("1%", 0.01)],
)  # fmt: skip
def test_a_confidence_is_a_share(value: Any, share: float) -> None:
    assert with_(confidence=value).confidence == share


@pytest.mark.parametrize("value", [None, "", [""], [None], {}, [[]], 7, [" "]])
def test_a_list_of_nothing_is_empty(value: Any) -> None:
    answer = with_(tags=value, questions=value, suggestions=value, deadlines=value)
    assert (answer.tags, answer.questions, answer.suggestions, answer.deadlines) == ([], [], [], [])


@pytest.mark.parametrize(
    "value",
    ["Can you?", ["Can you?"], ["Can you?", ""], [{"question": "Can you?"}], ["Can you?", "Can you?", 7]],
)
def test_a_list_of_texts_is_read_from_whatever_holds_them(value: Any) -> None:
    assert with_(questions=value).questions == ["Can you?"]


def test_what_is_too_long_or_too_many_is_cut() -> None:
    answer = with_(
        summary="word " * 400,
        reasoning="x" * 9000,
        tags=[f"tag {number}" for number in range(20)],
        questions=["q" * 900, *map(str, range(40))],
    )
    assert (len(answer.summary) <= 600, answer.summary.endswith("word…")) == (True, True)
    assert (len(answer.reasoning), len(answer.tags), len(answer.questions)) == (4000, 12, 20)
    assert with_(tags="#contract, #law").tags == ["contract", "law"]
    assert with_(summary=["One.", "Two."]).summary == "One. Two."


@pytest.mark.parametrize(
    "value",
    [
        "2031-04-02",
        "2031-04-02T12:00:00Z",
        "2031-4-2",
        "2.4.2031",
        "April 2, 2031",
        "2 April 2031",
        1932854400,
    ],
)
def test_a_deadline_is_read_from_any_clear_date(value: Any) -> None:
    (deadline,) = with_(deadlines=[{"date": value, "words": "by then"}]).deadlines
    assert (deadline.date, deadline.words) == (dt.date(2031, 4, 2), "by then")


def test_a_deadline_may_be_a_text_alone() -> None:
    (deadline,) = with_(deadlines="pay by 2031-04-02").deadlines
    assert (deadline.date, deadline.words) == (dt.date(2031, 4, 2), "pay by 2031-04-02")


@pytest.mark.parametrize("value", ["", None, "soon", "2031-13-45", {}, 7, "2031"])
def test_a_deadline_without_a_date_is_dropped(value: Any) -> None:
    kept = {"date": "2031-04-02", "words": "by then"}
    assert [each.words for each in with_(deadlines=[{"date": value, "words": "x"}, kept]).deadlines] == [
        "by then"
    ]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"analysis": GOOD}),
        json.dumps({"result": {"answer": GOOD}, "status": "ok"}),
        json.dumps(GOOD)[:-1] + ",}",
        json.dumps(GOOD | {"tags": ["a"]}).replace('["a"]', '["contract",\n ]'),
        json.dumps(GOOD).replace("Ada wants", "Ada\nwants"),
        json.dumps(BaseAnswer.model_json_schema()) + "\n" + json.dumps(GOOD),
        "```json\n" + json.dumps(GOOD) + "\n```\nAnything else?",
        'I think {"urgency": 1} at first, but: ' + json.dumps(GOOD),
    ],
)
def test_it_reads_json_that_is_clear_but_not_strict(text: str) -> None:
    answer = read(text)
    assert (answer.urgency, answer.importance, answer.tags) == (2, 3, ["contract"])
    assert answer.summary.replace("\n", " ") == "Ada wants the contract."


def test_a_comma_inside_a_text_stays() -> None:
    assert read(json.dumps(GOOD | {"summary": "a,} b,]"})[:-1] + ",}").summary == "a,} b,]"


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20) | st.dates().map(str),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["date", "words", "text", "x"]), inner)
    ),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from([*GOOD]), json_values))
def test_whatever_a_model_says_is_an_answer_or_refused(fields: dict[str, Any]) -> None:
    try:
        with_(**fields)
    except UnusableAnswer as refused:
        assert refused.detail.startswith("invalid: ")  # noqa: PT017 - both ends are right
