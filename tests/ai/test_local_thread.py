import datetime as dt

from mailai.ai.local import ask
from mailai.ai.question import Credential, Letter, Question
from mailai.ai.schemas import BaseAnswer, OptimizeAnswer

MONDAY = dt.date(2026, 11, 23)
ASKED = "Please send me the signed contract. Where is it?"


def letter(text: str, days_ago: int, mine: bool = False, attachments: tuple[str, ...] = ()) -> Letter:
    sent = dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC) - dt.timedelta(days=days_ago)
    sender = "Me <me@example.net>" if mine else "Ann Example <ann@example.org>"
    return Letter(sender, ("you@example.org",), "Contract", sent, text, mine=mine, attachments=attachments)


def optimised(*letters: Letter) -> OptimizeAnswer:
    answers: list[BaseAnswer] = []
    for kind, schema in (("base", BaseAnswer), ("optimize", OptimizeAnswer)):
        question = Question(
            kind, "", "", schema, "test", letters, MONDAY, earlier=answers[-1] if answers else None
        )
        content = ask(question, Credential("local", "rules"), 0.0, lambda text: None).content
        assert isinstance(content, BaseAnswer)
        answers.append(content)
    assert isinstance(answers[1], OptimizeAnswer)
    return answers[1]


def test_reminders_without_an_answer_raise_urgency() -> None:
    alone = optimised(letter(ASKED, 0))
    reminded = optimised(
        letter(ASKED, 0), letter("Where is the contract?", 4), letter("Please send the contract.", 8)
    )
    assert reminded.urgency > alone.urgency
    assert "3 messages without your answer" in reminded.reasoning
    assert f"urgency {alone.urgency} → {reminded.urgency}" in reminded.reasoning
    assert any("3 messages" in step for step in reminded.suggestions)


def test_an_answer_by_the_user_lowers_urgency() -> None:
    open_ = optimised(letter(f"{ASKED} It is due today.", 1))
    answered = optimised(letter(f"{ASKED} It is due today.", 1), letter("Here it is.", 0, mine=True))
    assert answered.urgency < open_.urgency
    assert answered.category != "action_required"
    assert "by you" in answered.reasoning


def test_an_earlier_mail_of_the_user_is_no_answer() -> None:
    assert optimised(letter(ASKED, 0), letter("Hello", 5, mine=True)).category == "action_required"


def test_the_order_of_the_thread_does_not_matter() -> None:
    first, *rest = letter(ASKED, 0), letter("Where is it?", 4), letter("Hello", 9, mine=True)
    assert optimised(first, *rest) == optimised(first, *reversed(rest))


def test_a_sharper_tone_counts() -> None:
    calm = letter("Could you send the contract?", 1)
    sharp = "This is unacceptable. Where is the contract? Otherwise we will cancel the contract."
    assert "tone is getting sharper" in optimised(letter(sharp, 0), calm).reasoning
    assert "tone is getting sharper" not in optimised(letter("Where is the contract?", 0), calm).reasoning


def test_open_deadlines_of_the_thread_stay_open() -> None:
    found = optimised(letter("Any news?", 0), letter("Please send it by 27 November.", 3))
    assert [due.date for due in found.deadlines] == [dt.date(2026, 11, 27)]


def test_it_says_when_nothing_changed() -> None:
    assert "Unchanged compared with the base analysis." in optimised(letter(ASKED, 0)).reasoning


def test_it_suggests_next_steps_in_the_mails_language() -> None:
    text = "Bitte überweisen Sie den Rechnungsbetrag von 40,00 € bis zum 14.12.2026. Stimmt die Anschrift?"
    steps = optimised(letter(text, 0, attachments=("rechnung.pdf",))).suggestions
    assert "Prüfen Sie die Forderung und zahlen Sie 40,00 € bis 14.12.2026." in steps
    assert "Tragen Sie die Frist 14.12.2026 in den Kalender ein („bis zum 14.12.2026“)." in steps
    assert "Beantworten Sie die Frage: „Stimmt die Anschrift?“" in steps
    assert "Prüfen Sie den Anhang rechnung.pdf." in steps


def test_it_misses_a_promised_attachment() -> None:
    assert any("there is none" in step for step in optimised(letter("The file is attached.", 0)).suggestions)


def test_it_warns_of_phishing() -> None:
    text = "Your account is suspended. Verify your account: www.paypal.com <https://paypal-x.test/>"
    assert "Do not click" in optimised(letter(text, 0)).suggestions[0]


def test_it_names_the_total_of_an_invoice() -> None:
    text = "Rechnung: 410,00 EUR netto, 77,90 EUR Steuer. Gesamtbetrag: 487,90 EUR, zahlbar bis 14.12.2026."
    assert (
        "Prüfen Sie die Forderung und zahlen Sie 487,90 EUR bis 14.12.2026."
        in optimised(letter(text, 0)).suggestions
    )
