"""What of a text is history, and stays folded until a reader asks for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emails.showing.folding import WORDS, Block, first_words, fold, in_columns

QUOTE = "\n".join(f"> line {number}" for number in range(9))
WROTE = "On Mon, 3 Nov 2025, Ada wrote:"


def folded(text: str) -> list[str]:
    return [block.text for block in fold(text) if block.folded]


def test_it_folds_the_history_below_an_answer():
    assert fold(f"Yes.\n\n{WROTE}\n{QUOTE}") == [Block("Yes.", False), Block(f"{WROTE}\n{QUOTE}", True)]


def test_it_folds_history_that_is_not_marked():
    history = "-----Original Message-----\nFrom: Ada\nSent: Monday\n\nAll of this\nis old."
    assert folded(f"Yes.\n\n{history}") == [history]


def test_it_folds_long_history_above_an_answer():
    assert folded(f"{QUOTE}\n\nNo.") == [QUOTE]


def test_it_leaves_short_quotations_between_answers():
    text = "> Monday?\n\nYes.\n\n> Noon?\n\nNo."
    assert fold(text) == [Block(text, False)]


def test_it_folds_a_short_quotation_at_the_end():
    assert folded("Yes.\n\n> Monday?") == ["> Monday?"]


@pytest.mark.parametrize("text", [QUOTE, f"{WROTE}\n{QUOTE}", "> x"])
def test_it_folds_nothing_where_nothing_was_left(text):
    assert fold(text) == [Block(text, False)]


@pytest.mark.parametrize("text", ["", "\n", "  \n "])
def test_nothing_is_nothing(text):
    assert fold(text) == []


def test_it_counts_the_lines():
    assert [block.lines for block in fold(f"Yes.\n\n{QUOTE}")] == [1, 9]


@given(st.lists(st.sampled_from(["new", "> old", "", " ", WROTE, "-- ", "From: a", "Sent: b", "To: c", ">"])))
def test_it_keeps_every_line_in_order(lines):
    text = "\n".join(lines)
    shown = "\n".join(block.text for block in fold(text))
    assert shown.split() == text.split()


def test_the_first_words_are_the_senders_own():
    assert first_words(f"{WROTE}\n{QUOTE}\n\nHello,\n\nyes.") == "Hello, yes."
    long = first_words("word " * 100)
    assert len(long) <= WORDS
    assert long.endswith("word…")


def test_paragraphs_in_columns_stand_apart() -> None:
    table = "Item      Price\n----------\nHall      500"
    (block,) = fold(f"Hello,\n\nhere it is:\n\n{table}\n\nYours")
    assert block.pieces == [("Hello,\n\nhere it is:", False), (table, True), ("Yours", False)]
    (plain,) = fold("One   gap alone.\n\n-- \nAda")
    assert [columns for _text, columns in plain.pieces] == [False]


def test_a_quoted_table_stands_in_columns_and_quoted_words_do_not() -> None:
    assert in_columns("> Item      Price\n> ----------\n> Hall      500")
    assert not in_columns("> 1.1 The Provider\n>      and the\n>      Customer.")
