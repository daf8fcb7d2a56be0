"""What goes out: read back by another reader and by our own, and looked at for what others tried to slip in."""

from __future__ import annotations

import datetime as dt
import re
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from emails.parsing import parse
from emails.parsing.flowed import unflow
from emails.parsing.headers import one_line
from emails.parsing.quoting import new_text
from replies.composing.body import body
from replies.composing.caution import cautions
from replies.composing.flow import flow
from replies.composing.mailbox import BadAddress, Unwritable, exact, readable, shown, typed
from replies.composing.message import Outgoing, written
from replies.composing.original import Original
from replies.composing.quotation import quotation
from replies.composing.recipients import to_all, to_sender
from replies.composing.threading import new_message_id, parent, references, reply_subject

WHEN = dt.datetime(2031, 3, 9, 8, 5, tzinfo=dt.timezone(dt.timedelta(hours=1)))
ADA = ["Ada Löwe", "ada@example.com"]
ALEX = ["Alex", "alex@example.org"]
EVE = ["Eve", "eve@example.net"]


def outgoing(**fields) -> bytes:
    values = {
        "message_id": "new@example.org",
        "date": WHEN,
        "sender": ALEX,
        "to": [ADA],
        "cc": [],
        "subject": "Re: The contract",
        "text": "Dear Ada,\n\nhere it is.\n",
    }
    return written(Outgoing(**(values | fields)))


def seen(raw: bytes) -> EmailMessage:
    """As another client reads it."""
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert message.defects == []
    return message


class TestSubject:
    @pytest.mark.parametrize(
        ("subject", "reply"),
        [
            ("The contract", "Re: The contract"),
            ("Re: The contract", "Re: The contract"),
            ("RE: AW: Antw: re[2]: The contract", "Re: The contract"),
            ("[pg-users] Re: Vacuum", "Re: [pg-users] Vacuum"),
            ("Re: [pg-users] AW: Vacuum", "Re: [pg-users] Vacuum"),
            ("Fwd: Re: The contract", "Re: Fwd: Re: The contract"),
            ("Reise: Bahn", "Re: Reise: Bahn"),
            ("回复: 合同", "Re: 合同"),
            ("Ｒｅ：２０２６年", "Re: ２０２６年"),
            ("[EXT] Re: The contract", "Re: The contract"),
            ("RIF: The contract", "Re: The contract"),
            ("TR: The contract", "Re: TR: The contract"),
            ("", "Re:"),
            ("a\r\nBcc: eve@example.net", "Re: a Bcc: eve@example.net"),
        ],
    )
    def test_it_has_one_prefix(self, subject, reply):
        assert reply_subject(subject) == reply


class TestThread:
    def test_it_names_the_parent_and_all_before_it(self):
        original = Original(message_id="c@x", references=("a@x", "b@x"), in_reply_to="b@x")

        assert references(original) == ["a@x", "b@x", "c@x"]
        assert parent(original) == "c@x"

    def test_it_takes_in_reply_to_where_there_are_no_references(self):
        assert references(Original(message_id="b@x", in_reply_to="a@x")) == ["a@x", "b@x"]

    def test_it_keeps_the_root_and_the_latest_of_too_many(self):
        kept = references(Original(message_id="last@x", references=tuple(f"{n}@x" for n in range(90))))

        assert (len(kept), kept[0], kept[-1], kept[-2]) == (50, "0@x", "last@x", "89@x")

    @pytest.mark.parametrize("strange", ["a\r\nBcc: e@f.g", "a b@x", "ä@x", "a>,<b", "x" * 901, ""])
    def test_it_leaves_out_what_is_no_id(self, strange):
        original = Original(message_id=strange, references=("a@x", strange))

        assert references(original) == ["a@x"]
        assert parent(original) == ""

    def test_it_makes_an_id_of_its_own_each_time(self):
        first, second = (new_message_id("alex@büro.example.org") for _ in range(2))

        assert first != second
        assert re.fullmatch(r"[0-9a-f]{32}@xn--bro-hoa\.example\.org", first)


class TestRecipients:
    ORIGINAL = Original(sender=ADA, to=(ALEX, EVE), cc=(["", "bob@example.net"], ADA))

    def test_a_reply_goes_to_the_sender(self):
        assert to_sender(self.ORIGINAL, {"alex@example.org"}) == ([ADA], [])

    def test_a_reply_to_all_copies_the_others_but_not_the_user(self):
        to, cc = to_all(self.ORIGINAL, {"Alex@Example.org"})

        assert (to, cc) == ([ADA], [EVE, ["", "bob@example.net"]])

    def test_it_honours_reply_to(self):
        original = Original(sender=ADA, reply_to=(["Desk", "desk@example.com"],), to=(ALEX,))

        assert to_sender(original, ()) == ([["Desk", "desk@example.com"]], [])

    def test_a_reply_to_ones_own_goes_where_that_went(self):
        original = Original(sender=ALEX, to=(ADA,), cc=(EVE,), mine=True)

        assert to_all(original, {"alex@example.org"}) == ([ADA], [EVE])

    def test_mail_to_oneself_is_answered_to_oneself(self):
        assert to_sender(Original(sender=ALEX, to=(ALEX,)), {"alex@example.org"})[0] == [ALEX]

    @pytest.mark.parametrize(
        "address",
        ["a@b.example, e@f.example", "a@b.example\r\nBcc: e@f.example", "", "a", "a@", "@b.example"],
    )
    def test_it_takes_nothing_for_an_address_that_is_none(self, address):
        assert to_sender(Original(sender=["x", address]), ()) == ([], [])

    def test_who_cannot_be_written_to_is_not_left_out_in_silence(self):
        original = Original(sender=["Jörg", "jörg@straße.example"], to=(ALEX, ["", "jörg\u202e@example.com"]))

        to, cc = to_all(original, {"alex@example.org"})

        assert (to, cc) == ([["Jörg", "jörg@xn--strae-oqa.example"]], [])
        assert shown(to) == "Jörg <jörg@straße.example>"
        with pytest.raises(Unwritable):
            typed(shown(to))


class TestAddresses:
    @pytest.mark.parametrize(
        ("given", "wire"),
        [
            ("ada@example.com", "ada@example.com"),
            ("o'neil+x@EXAMPLE.com", "o'neil+x@example.com"),
            ("ada@straße.example", "ada@xn--strae-oqa.example"),
            ("ada@例え.example", "ada@xn--r8jz45g.example"),
            ("root@localhost", "root@localhost"),
        ],
    )
    def test_it_is_ascii_on_the_wire_and_readable_for_people(self, given, wire):
        assert exact(given) == wire
        assert readable(wire).casefold() == given.casefold()

    @pytest.mark.parametrize(
        "bad",
        [
            "ä@example.com",
            '"a b"@example.com',
            "a@[127.0.0.1]",
            "a@127.0.0.1",
            "a@b..example",
            "a@-b.example",
            "a@exa mple.com",
            "a@host",
            ".a@example.com",
            "a@" + "b" * 64 + ".example",
            "a" * 65 + "@example.com",
            "a@b.example>\r\nRCPT TO:<e@f.example",
        ],
    )
    def test_it_refuses_what_is_no_single_address(self, bad):
        with pytest.raises(BadAddress):
            exact(bad)

    def test_it_reads_what_a_person_types(self):
        boxes = typed(
            'Ada <ada@example.com>, bob@example.net;\n"Löwe, Eva" <eva@example.net>, ADA@example.com'
        )

        assert boxes == [
            ["Ada", "ada@example.com"],
            ["", "bob@example.net"],
            ["Löwe, Eva", "eva@example.net"],
        ]
        assert typed(shown(boxes)) == boxes

    @settings(deadline=None)
    @given(st.text(max_size=60))
    def test_no_name_makes_another_recipient_of_itself(self, name):
        box = [one_line(name, 320), "ada@example.com"]

        assert [address for _name, address in typed(shown([box, EVE]))] == [
            "ada@example.com",
            "eve@example.net",
        ]

    @pytest.mark.parametrize("text", ["Ada", "ada@example", "ada@example.com, Bob", "a@b@c.example, x"])
    def test_it_refuses_what_it_cannot_read(self, text):
        with pytest.raises(BadAddress):
            typed(text)


class TestMessage:
    def test_another_client_reads_what_was_written(self):
        long = "x" * 120 + "@mail.outlook.example"
        raw = outgoing(
            to=[ADA, ["Müller-Lüdenscheidt, Doktor", "m@example.net"]],
            cc=[['The "Eve", Inc.', "eve@example.net"]],
            subject="Re: Grüße aus Köln, und noch sehr viel mehr, was auf keine Zeile passt " * 2,
            in_reply_to=long,
            references=("root@x", long),
            text="Größe: 5 €\n",
        )

        message = seen(raw)

        assert [a.addr_spec for a in message["To"].addresses] == ["ada@example.com", "m@example.net"]
        assert message["To"].addresses[0].display_name == "Ada Löwe"
        assert message["To"].addresses[1].display_name == "Müller-Lüdenscheidt, Doktor"
        assert message["Cc"].addresses[0].display_name == 'The "Eve", Inc.'
        assert message["Subject"].startswith("Re: Grüße aus Köln")
        assert message["Subject"].count("passt") == 2
        assert message["In-Reply-To"] == f"<{long}>"
        assert message["References"].split() == ["<root@x>", f"<{long}>"]
        assert message["Date"].datetime == WHEN
        assert message.get_content().splitlines() == ["Größe: 5 €"]
        assert message["Content-Type"].params["format"] == "flowed"
        raw.decode("ascii")
        assert max(len(line) for line in raw.split(b"\r\n")) <= 998
        assert b"\n" not in raw.replace(b"\r\n", b"")

    def test_its_encoded_words_are_as_long_as_they_may_be(self):
        raw = outgoing(subject="Re: " + "ä" * 400)

        assert all(len(word) <= 75 for word in re.findall(rb"=\?[^?]+\?.\?[^?]*\?=", raw))
        assert seen(raw)["Subject"] == "Re: " + "ä" * 400

    @pytest.mark.parametrize(
        "name", ["=?utf-8?q?Eve?=", "Ada =?utf-8?b?RXZl?= Löwe", '"=?x?="', "=?us-ascii?"]
    )
    def test_a_name_that_looks_encoded_is_read_as_it_is(self, name):
        raw = outgoing(to=[[name, "ada@example.com"]], subject=name)

        message = seen(raw)
        assert message["To"].addresses[0].display_name == name
        assert message["Subject"] == name
        assert name.encode() not in raw

    def test_our_own_parser_reads_it(self):
        raw = outgoing(in_reply_to="old@x", references=("root@x", "old@x"), cc=[EVE])

        parsed = parse(raw)

        assert (parsed.message_id, parsed.in_reply_to) == ("new@example.org", "old@x")
        assert parsed.references == ["root@x", "old@x"]
        assert (parsed.to, parsed.cc) == ([ADA], [EVE])
        assert parsed.text == "Dear Ada,\n\nhere it is."

    @pytest.mark.parametrize("injected", ["a\r\nBcc: e@f.example", "a\nBcc: e@f.example", "a\x0bBcc:\u2028b"])
    def test_nothing_adds_a_header(self, injected):
        raw = outgoing(
            subject=injected, sender=[injected, "alex@example.org"], to=[[injected, "a@b.example"]]
        )

        message = seen(raw)

        assert message["Bcc"] is None
        assert len(message["To"].addresses) == 1
        assert [name for name, _ in message.items()] == [
            "Date",
            "From",
            "To",
            "Subject",
            "Message-ID",
            "MIME-Version",
            "Content-Type",
            "Content-Transfer-Encoding",
        ]

    @pytest.mark.parametrize("address", ["a@b.example, e@f.example", "a@b.example\r\nBcc: e@f.example"])
    def test_nothing_adds_a_recipient(self, address):
        with pytest.raises(BadAddress):
            outgoing(to=[["", address]])

    @settings(deadline=None)
    @given(name=st.text(max_size=80), subject=st.text(max_size=200))
    def test_any_name_and_subject_come_back(self, name, subject):
        raw = outgoing(sender=[name, "alex@example.org"], subject=subject)

        message, parsed = message_from_bytes(raw, policy=policy.default), parse(raw)
        assert [address.addr_spec for address in message["From"].addresses] == ["alex@example.org"]
        assert message["Bcc"] is None
        assert message.get_content().startswith("Dear Ada,")
        assert parsed.sender_address == "alex@example.org"
        assert parsed.subject == one_line(subject, 998)
        assert max(len(line) for line in raw.split(b"\r\n")) <= 998

    @settings(deadline=None)
    @given(text=st.text(alphabet=st.sampled_from("aäß€ >.-F\n\t😀=From "), max_size=400))
    def test_any_text_comes_back(self, text):
        message = seen(outgoing(text=text))

        read = message.get_payload(decode=True).decode().replace("\r\n", "\n")

        assert read == flow(text)
        assert max((len(line) for line in outgoing(text=text).split(b"\r\n")), default=0) <= 998

    def test_a_line_without_a_space_is_not_too_long(self):
        raw = outgoing(text="x" * 5000)

        assert max(len(line) for line in raw.split(b"\r\n")) <= 998
        assert seen(raw).get_content().strip() == "x" * 5000


class TestFlow:
    def test_it_breaks_paragraphs_softly(self):
        lines = flow("word " * 40).split("\n")

        assert len(lines) == 3
        assert all(line.endswith("word ") for line in lines[:-1])
        assert all(len(line) <= 73 for line in lines)

    def test_it_stuffs_what_would_be_misread(self):
        assert flow(" indented\nFrom here") == "  indented\n From here"

    def test_it_keeps_the_depth_of_quotations(self):
        assert flow("> one\n>> two\n> > three\n>") == "> one\n>> two\n>> three\n>"

    def test_a_soft_break_stays_inside_its_quotation(self):
        lines = flow("> " + "word " * 30).split("\n")

        assert all(line.startswith("> word") for line in lines)
        assert unflow("\n".join(lines), delsp=False) == "> " + ("word " * 30).strip()

    def test_it_leaves_no_mark_of_a_signature_alone_on_a_line(self):
        assert flow("-- " + "x" * 80) == "-- " + "x" * 80

    @settings(deadline=None)
    @example("a\tb, z.\xa0B. 10\xa0€")
    @given(st.text(alphabet=st.sampled_from("ab  \n.From-\t\xa0"), max_size=300))
    def test_our_reader_gives_the_text_back(self, text):
        plain = "\n".join(line if line == "-- " else line.rstrip() for line in text.split("\n"))

        assert unflow(flow(text), delsp=False) == plain


class TestBody:
    ORIGINAL = Original(sender=ADA, date=WHEN, text="Can you?\n\n> earlier\nYes?", language="en")

    def test_it_quotes_under_a_line_in_the_language_of_the_message(self):
        assert quotation(self.ORIGINAL) == (
            "On 9 March 2031 at 08:05, Ada Löwe wrote:\n> Can you?\n>\n>> earlier\n> Yes?"
        )
        german = Original(sender=ADA, date=WHEN, text="Ja?", language="de")
        assert quotation(german) == "Am 09.03.2031 um 08:05 schrieb Ada Löwe:\n> Ja?"

    @pytest.mark.parametrize("language", ["de", "en", "fr"])
    def test_our_own_reader_tells_the_quotation_from_the_answer(self, language):
        original = Original(sender=ADA, date=WHEN, text="Can you?", language=language)

        assert new_text(body("Yes.", "", original, quote=True)) == "Yes."

    def test_it_signs_once(self):
        signature = "Alex Kranich\nKranich & Co."
        bare = body("Yes.", signature, self.ORIGINAL, quote=False)

        assert bare == "Yes.\n\n-- \nAlex Kranich\nKranich & Co.\n"
        assert body(bare, signature, self.ORIGINAL, quote=False) == bare
        assert (
            body("Yes.\n\nAlex  Kranich\n Kranich & Co.\n", signature, self.ORIGINAL, False).count("Co.") == 1
        )

    def test_the_mark_of_a_signature_keeps_its_blank_to_the_wire(self):
        """RFC 3676 4.3: without the blank it is a line of the text, and in format=flowed not even one of its own."""
        raw = outgoing(text=body("Yes.", "Alex", self.ORIGINAL, quote=False))

        assert b"\r\n\r\n-- \r\nAlex\r\n" in raw
        assert new_text(parse(raw).text) == "Yes."

    @pytest.mark.parametrize("end", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\r", "\r\n"])
    def test_whatever_ends_a_line_ends_it_in_the_message_too(self, end):
        text = body(f"First{end}second", f"Alex{end}Kranich", self.ORIGINAL, quote=False)

        assert text == "First\nsecond\n\n-- \nAlex\nKranich\n"
        assert parse(outgoing(text=text)).text == "First\nsecond\n\n-- \nAlex\nKranich"

    def test_the_signature_stands_above_the_quotation(self):
        text = body("Yes.", "Alex", self.ORIGINAL, quote=True)

        assert text.startswith("Yes.\n\nAlex\n\nOn 9 March")
        assert "-- " not in text


class TestCaution:
    def codes(self, original, to=("ada@example.com",), text="Yes."):
        return [code for code, _about in cautions(original, to, text)]

    def test_it_says_nothing_of_a_usual_letter(self):
        assert (
            self.codes(Original(sender=ADA, to=(ALEX,), headers={"return-path": "<ada@example.com>"})) == []
        )

    @pytest.mark.parametrize(
        "address",
        ["noreply@x.example", "No-Reply@x.example", "donotreply@x.example", "nicht-antworten@x.example"],
    )
    def test_it_warns_of_a_mailbox_that_nobody_reads(self, address):
        assert self.codes(Original(sender=ADA), [address]) == ["no_reply"]

    @pytest.mark.parametrize(
        "address",
        [
            "volcano-reply@x.example",
            "no-replyland@x.example",
            "ada.no-reply@x.example",
            "ada@noreply.example",
        ],
    )
    def test_a_name_that_only_holds_such_words_is_a_persons(self, address):
        assert self.codes(Original(sender=ADA), [address]) == []

    @pytest.mark.parametrize(
        ("headers", "code"),
        [
            ({"return-path": "<>"}, "bounce"),
            ({"auto-submitted": "auto-replied"}, "automatic"),
            ({"list-post": "<mailto:ada@example.com>"}, "list"),
        ],
    )
    def test_it_warns_of_what_the_header_says(self, headers, code):
        assert self.codes(Original(sender=ADA, headers=headers)) == [code]

    def test_it_warns_when_replies_go_elsewhere(self):
        original = Original(sender=ADA, reply_to=(["", "ada@evil.example"],))

        assert cautions(original, ["ada@evil.example"], "") == [("elsewhere", "ada@evil.example")]

    def test_it_warns_of_a_gap_that_is_still_open(self):
        assert cautions(Original(sender=ADA), [], "We meet on [date], ok?") == [("gap", "[date]")]
