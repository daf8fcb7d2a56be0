"""Only the answer is left of what a model writes around it."""

from __future__ import annotations

import pytest

from mailai.ai.wrappers import UnfinishedThought, draft_of, without_thinking

LETTER = "Dear Ada,\n\nhere is the plan: we meet on Monday.\n\nBest regards\nAlex"


@pytest.mark.parametrize(
    "text",
    [
        "The answer.",
        "<think>What now?</think>\nThe answer.",
        "<THINK>What now?</THINK> The answer.",
        "<thinking>a</thinking><think>b</think>The answer.",
        "<reasoning>{braces}</reasoning>The answer.",
        "<thought>a <b>c</b></thought>The answer.",
        "What now? I see.\n</think>\n\nThe answer.",
        'Hm. {"urgency": 1}</think>The answer.',
        "Well <think>a</think>",
        "<|channel|>analysis<|message|>What now?<|end|><|start|>assistant<|channel|>final<|message|>The answer.",
        "The answer.<|im_end|>",
        "The answer.</s>",
        "<|start_header_id|>The answer.<|eot_id|>",
    ],
)
def test_a_thought_is_no_answer(text: str) -> None:
    assert without_thinking(text).removeprefix("start_header") == (
        "Well" if text.startswith("Well") else "The answer."
    )


@pytest.mark.parametrize(
    "text",
    [
        "<think>What now? And so on",
        " <REASONING>What now?",
        "<think>a</think><think>b",
        "<|channel|>analysis<|message|>What now?",
    ],
)
def test_a_thought_that_never_closes_is_no_answer(text: str) -> None:
    with pytest.raises(UnfinishedThought):
        without_thinking(text)


def test_words_in_angle_brackets_stay_in_an_answer() -> None:
    for text in ("Use <b>bold</b> & <thing>.", "a < b and c > d", "I think <so>."):
        assert without_thinking(text) == text


@pytest.mark.parametrize(
    "text",
    [
        LETTER,
        f"```\n{LETTER}\n```",
        f"```markdown\n{LETTER}\n```\n",
        f"Here is a draft:\n\n---\n\n{LETTER}\n\n---",
        f"Sure! Here's a polite reply you could send:\n\n{LETTER}",
        f"Gerne, hier ist ein Entwurf:\n\n{LETTER}",
        f"Subject: Re: The plan\n\n{LETTER}",
        f"**Subject:** Re: The plan\n\n{LETTER}",
        f"Here is the draft:\n\nBetreff: Der Plan\n\n{LETTER}",
        f"Here is the draft:\n\n```text\n{LETTER}\n```\n\nLet me know if you want it shorter.",
        f"{LETTER}\n\nLet me know if you'd like any changes!",
        f"{LETTER}\n\n---\n\nFeel free to adjust the tone.",
        f"{LETTER}\n\nNote: I left the date open.",
        '{"draft": "Dear Ada,\\n\\nhere is the plan: we meet on Monday.\\n\\nBest regards\\nAlex"}',
        '{"subject": "Re: x", "body": "Dear Ada,\\n\\nhere is the plan: we meet on Monday.\\n\\nBest regards\\nAlex"}',
    ],
)
def test_only_the_letter_is_left(text: str) -> None:
    assert draft_of(text) == LETTER


@pytest.mark.parametrize(
    "letter",
    [
        "Dear Ada,\n\nplease see: the plan.\n\nLet me know if Monday works for you.\n\nBest\nAlex",
        "Hallo Ada,\n\nhier ist der Plan:\n\n1. Montag\n2. Dienstag\n\nViele Grüße\nAlex",
        "Dear Ada,\n\nuse this:\n\n```\nmake\n```\n\nBest\nAlex",
        "{name}, thank you.",
        "Hello Ada,\n\nthe subject: money.\n\n--\nAlex",
        "Thank you for the invoice. I will pay it.\n\nLet me know if that works.",
    ],
)
def test_a_letter_that_looks_alike_stays_whole(letter: str) -> None:
    assert draft_of(letter) == letter
