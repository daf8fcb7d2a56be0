"""Which messages make a thread, and how it reads: the cases of jwz.org/doc/threading.html, and forgeries."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emails.threading.jwz import Message, in_order, partition
from emails.threading.subjects import base_subject, subject_key

START = dt.datetime(2031, 3, 1, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


def message(
    key: str, *references: str, reply: str = "", subject: str = "", day: float = 0, **fields: Any
) -> Message:
    """One that `ada` sent to `alex`, under its key as its id."""
    values = {
        "key": key,
        "message_id": key,
        "references": references,
        "in_reply_to": reply,
        "subject": subject_key(subject),
        "answers_by_subject": base_subject(subject)[1] and not references and not reply,
        "sender": "ada",
        "people": frozenset({"ada", "alex"}),
        "date": START + day * DAY,
    }
    return Message(**(values | fields))


def threads(*messages: Message) -> set[str]:
    """Each thread as its keys in the order in which it reads."""
    found = {" ".join(one.key for one in in_order(thread)) for thread in partition(messages)}
    again = {" ".join(one.key for one in in_order(thread)) for thread in partition(messages[::-1])}
    assert found == again
    return found


class TestReferences:
    def test_it_follows_a_chain(self):
        assert threads(message("a"), message("b", "a", day=1), message("c", "a", "b", day=2)) == {"a b c"}

    def test_it_takes_in_reply_to_where_there_are_no_references(self):
        assert threads(message("a"), message("b", reply="a", day=1), message("c")) == {"a b", "c"}

    def test_it_keeps_an_answer_with_what_it_answers_whatever_the_clocks_say(self):
        assert threads(message("a", day=9), message("b", "a", day=1)) == {"a b"}

    def test_it_reads_down_a_branch_before_the_next(self):
        tree = [
            message("a"),
            message("b", "a", day=1),
            message("c", "a", day=2),
            message("d", "a", "b", day=3),
            message("e", "a", "c", day=4),
        ]
        assert threads(*tree) == {"a b d c e"}

    def test_it_joins_answers_to_a_message_that_is_missing(self):
        assert threads(message("b", "gone", day=2), message("c", "gone", day=1)) == {"c b"}

    def test_it_bridges_a_missing_message(self):
        assert threads(message("a"), message("c", "a", "gone", day=2)) == {"a c"}

    def test_a_message_that_names_two_threads_joins_them(self):
        apart = [message("a"), message("b", "a", day=1), message("x"), message("y", "x", day=1)]
        assert threads(*apart) == {"a b", "x y"}
        assert threads(*apart, message("z", "y", "b", day=2)) == {"a b z x y"}

    def test_it_survives_loops(self):
        assert threads(message("a", "b"), message("b", "a", day=1)) == {"b a"}
        assert threads(message("a", "a")) == {"a"}
        assert threads(message("a", "c"), message("b", "a", day=1), message("c", "b", day=2)) == {"c a b"}

    def test_in_reply_to_counts_for_less_than_references(self):
        tree = [message("a"), message("b", "a", day=1), message("c", "a", day=2)]
        assert threads(*tree, message("d", "a", "b", reply="c", day=3)) == {"a b d c"}

    def test_others_say_where_a_message_stands_that_says_nothing(self):
        assert threads(message("b"), message("a", day=1), message("c", "a", "b", day=2)) == {"a b c"}

    def test_a_message_without_an_id_can_answer(self):
        assert threads(message("a"), message("n", "a", day=1, message_id="")) == {"a n"}
        assert threads(message("n", message_id=""), message("m", message_id="")) == {"n", "m"}

    def test_it_needs_no_recursion(self):
        chain = [message(f"m{n}", *([f"m{n - 1}"] if n else []), day=n) for n in range(3000)]
        assert [one.key for one in in_order(chain)] == [one.key for one in chain]


class TestForgery:
    def test_a_stranger_who_claims_an_id_is_not_found_under_it(self):
        forged = message("forged", day=1, message_id="a", sender="eve", people=frozenset({"eve", "alex"}))
        answer = message("b", "a", day=2)
        assert threads(message("a"), answer, forged) == {"a b", "forged"}

    def test_who_had_the_id_first_keeps_it(self):
        forged = message("forged", day=-1, message_id="a", sender="eve")
        assert threads(message("a"), message("b", "a", day=2), forged) == {"forged b", "a"}

    def test_a_copy_that_came_by_a_list_stays(self):
        assert threads(message("a"), message("copy", day=1, message_id="a")) == {"a copy"}


class TestSubject:
    def test_an_answer_without_references_finds_what_it_answers(self):
        asked = message("a", subject="The contract", sender="alex")
        assert threads(asked, message("b", subject="AW: Re: the  contract", day=3)) == {"a b"}

    def test_it_takes_the_latest_before_it(self):
        asked = [
            message(key, subject="Rent", sender="alex", day=day)
            for key, day in (("a", 0), ("b", 30), ("c", 60))
        ]
        assert threads(*asked, message("r", subject="Re: Rent", day=45)) == {"a", "b r", "c"}

    @pytest.mark.parametrize(
        "other",
        [
            message("r", subject="The contract", day=1),
            message("r", subject="Fwd: The contract", day=1),
            message("r", subject="Re: Another contract", day=1),
            message("r", subject="Re: The contract", day=91),
            message("r", subject="Re: The contract", day=-1),
            message("r", "elsewhere", subject="Re: The contract", day=1),
            message("r", reply="elsewhere", subject="Re: The contract", day=1),
            message("r", subject="Re: The contract", day=1, sender="eve", people=frozenset({"eve", "alex"})),
            message("r", subject="Re: The contract", day=1, sender=""),
        ],
    )
    def test_it_is_the_last_resort(self, other):
        asked = message("a", subject="The contract", sender="alex")
        assert threads(asked, other) == {"a", "r"}

    def test_two_of_one_sender_need_a_recipient_in_common(self):
        first = message("a", subject="Hi", people=frozenset({"ada", "grace"}))
        assert threads(first, message("b", subject="Re: Hi", day=1)) == {"a", "b"}
        assert threads(message("a", subject="Hi"), message("b", subject="Re: Hi", day=1)) == {"a b"}

    def test_an_empty_subject_says_nothing(self):
        assert threads(message("a", sender="alex"), message("b", subject="Re:", day=1)) == {"a", "b"}

    @pytest.mark.parametrize(
        ("subject", "base", "answers"),
        [
            ("Contract", "contract", False),
            ("Re: Contract", "contract", True),
            ("RE: AW: Antwort:  Contract", "contract", True),
            ("Re[2]: Contract", "contract", True),
            ("Re(3) : Contract", "contract", True),
            ("SV: VS: Odp: Contract", "contract", True),
            ("回复：合同", "合同", True),
            ("Ｒｅ：２０２６年", "２０２６年", True),
            ("RIF: Contract", "contract", True),
            ("[EXT] Re: Contract", "contract", True),
            ("Re: [EXTERN] AW: Contract", "contract", True),
            ("EXTERNAL: Contract", "contract", False),
            ("Accepted: Contract", "contract", True),
            ("Zugesagt: Contract", "contract", True),
            ("TR: Contract", "tr: contract", False),
            ("Extension: Contract", "extension: contract", False),
            ("[list] Re: Contract", "[list] contract", True),
            ("Re: [list] Contract", "[list] contract", True),
            ("Re: [list] Re: Contract", "[list] contract", True),
            ("[Ticket 12] Contract", "[ticket 12] contract", False),
            ("WG: Contract", "wg: contract", False),
            ("AW: WG: Contract", "wg: contract", True),
            ("Regarding: Contract", "regarding: contract", False),
            ("Reply", "reply", False),
            ("Re:", "", True),
            ("", "", False),
        ],
    )
    def test_it_knows_the_marks_of_a_reply(self, subject, base, answers):
        assert base_subject(subject) == (base, answers)


@given(st.data())
def test_it_finds_conversations_again_from_what_is_left_of_them(data: st.DataObject) -> None:
    """Whole conversations with honest references, of which messages are lost and references are cut short."""
    sizes = data.draw(st.lists(st.integers(1, 6), min_size=1, max_size=4))
    truth, there = [], []
    for number, size in enumerate(sizes):
        chains: list[tuple[str, ...]] = []
        conversation = []
        for at in range(size):
            key = f"{number}.{at}"
            above = chains[data.draw(st.integers(0, at - 1))] if at else ()
            chains.append((*above, key))
            # As programs cut them: the root stays, and the nearest.
            cut = above if len(above) < 4 else (above[0], *above[-2:])
            conversation.append(message(key, *cut, reply=above[-1] if above else "", day=at))
        lost = data.draw(st.sets(st.integers(0, size - 1), max_size=size - 1))
        left = [one for at, one in enumerate(conversation) if at not in lost]
        truth.append({one.key for one in left})
        there += left
    found = partition(data.draw(st.permutations(there)))
    assert sorted(map(sorted, truth)) == sorted(sorted(one.key for one in thread) for thread in found)
    for thread in found:
        assert sorted(one.key for one in in_order(thread)) == sorted(one.key for one in thread)
