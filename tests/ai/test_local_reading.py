import pytest

from mailai.ai.language import detect
from mailai.ai.local.addresses import Sender, read_sender
from mailai.ai.local.asks import find_questions, find_requests
from mailai.ai.local.greeting import person
from mailai.ai.local.new_text import new_text
from mailai.ai.local.sentences import sentences
from mailai.ai.subjects import bare


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Können Sie mir bitte die Unterlagen schicken?", "de"),
        ("Could you please send me the documents?", "en"),
        ("Pouvez-vous nous envoyer les documents pour la réunion ?", "fr"),
        ("¿Puede usted enviar los documentos para la reunión?", "es"),
        ("Proszę o przesłanie dokumentów, dziękuję", "pl"),
        ("すみません、資料を送ってください。", "ja"),
        ("請把文件寄給我", "zh"),
        ("서류를 보내 주세요", "ko"),
        ("Пришлите, пожалуйста, документы", "ru"),
        ("Надішліть, будь ласка, документи її", "uk"),
        ("אנא שלחו לי את המסמכים", "he"),
        ("الرجاء إرسال المستندات", "ar"),
        ("", "und"),
        ("12345 👍", "und"),
    ],
)
def test_it_knows_the_language(text: str, language: str) -> None:
    assert detect(text) == language


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("Ja, gern.\n\n> Kommst du?\n> Gruß", "Ja, gern."),
        ("Yes.\n\nOn Mon, 2 Nov 2026 at 10:00, Ann <a@example.org> wrote:\n> Coming?", "Yes."),
        ("Yes.\n\nOn Mon, 2 Nov 2026 at 10:00, Ann Somebody\n<a@example.org>\nwrote:\n> Coming?", "Yes."),
        ("Ja.\n\nAm 02.11.2026 um 10:00 schrieb Ann:\nKommst du?", "Ja."),
        ("Ann <a@example.org> writes:\n\n> Coming?\n\nYes, at ten.", "Yes, at ten."),
        ("Ja.\n\n-----Ursprüngliche Nachricht-----\nVon: Ann\nKommst du?", "Ja."),
        ("Ja.\n\nVon: Ann\nGesendet: Montag\nAn: Bob\nBetreff: x\n\nKommst du?", "Ja."),
        ("Passt.\n\nViele Grüße\nAnn\nFirma GmbH\nTel. 123", "Passt."),
        ("Fine.\n\nKind regards,\nAnn\n\nPS: Bring the key.", "Fine.\n\nPS: Bring the key."),
        ("Fine.\n-- \nAnn\nhttps://example.org", "Fine."),
        (
            "FYI\n\n------- Forwarded message -------\nFrom: Ann\nTo: Bob\n\nIt is down.",
            "FYI\n\nIt is down.",
        ),
        ("> only quoted", "> only quoted"),
    ],
)
def test_it_keeps_what_the_writer_wrote(text: str, new: str) -> None:
    assert new_text(text) == new


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Hallo Ann,\n\nam 14. Dezember um z. B. 10 Uhr. Passt das?",
            ["am 14. Dezember um z. B. 10 Uhr.", "Passt das?"],
        ),
        ("Dear Ann, can you come? Thanks!", ["can you come?", "Thanks!"]),
        ("Betrag: 40 EUR\nFällig: 14.12.2026", ["Betrag: 40 EUR", "Fällig: 14.12.2026"]),
        ("- one thing\n- another thing", ["one thing", "another thing"]),
        ("Ring 0171 39200 44. Thank you.", ["Ring 0171 39200 44.", "Thank you."]),
        (
            "This line is long enough to have been wrapped by a program\nand goes on here.",
            ["This line is long enough to have been wrapped by a program and goes on here."],
        ),
    ],
)
def test_it_splits_sentences(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "Passt Ihnen der Dienstag?",
        "Könnten Sie mir die Datei schicken.",
        "Please let me know whether you can come.",
        "Teilen Sie mir bitte mit, ob der Termin passt.",
        "Which sub-processors do you use?",
    ],
)
def test_it_finds_a_question(sentence: str) -> None:
    assert find_questions([sentence]) == [sentence]


@pytest.mark.parametrize(
    "sentence",
    [
        "Wie geht es dir?",
        "How are you?",
        "Noch Fragen?",
        "Questions? Call us.",
        "See https://example.org/?a=b",
        "Haben Sie Fragen?",
    ],
)
def test_it_takes_a_courtesy_for_no_question(sentence: str) -> None:
    assert find_questions([sentence]) == []


@pytest.mark.parametrize(
    ("sentence", "asked"),
    [
        ("Bitte senden Sie uns den Vertrag zurück.", True),
        ("Please approve the budget.", True),
        ("Kannst du das übernehmen?", True),
        ("The document needs your signature.", True),
        ("Bitte antworten Sie nicht auf diese Nachricht.", False),
        ("Please do not reply to this message.", False),
        ("Please feel free to contact us.", False),
        ("Bei Fragen melden Sie sich bitte.", False),
        ("Das Wetter ist schön.", False),
    ],
)
def test_it_tells_requests_from_phrases(sentence: str, asked: bool) -> None:
    assert bool(find_requests([sentence])) is asked


@pytest.mark.parametrize(
    ("text", "sender"),
    [
        ("Ann Example <ann@example.org>", Sender("Ann Example", "ann", "example.org")),
        ('"Example, Ann" <ann@Example.org>', Sender("Example, Ann", "ann", "example.org")),
        ("ann@example.org", Sender("", "ann", "example.org")),
        ("no address", Sender("no address", "", "")),
        ("(" * 5000 + "@", Sender("", "", "")),
        ("", Sender("", "", "")),
    ],
)
def test_it_reads_a_sender(text: str, sender: Sender) -> None:
    found = read_sender(text)
    assert (found.local, found.domain) == (sender.local, sender.domain)
    assert sender.name == found.name or len(text) > 1000


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Ann Example <ann@example.org>", ("Ann", "Ann Example")),
        ('"Example, Ann" <ann@example.org>', ("Ann", "Ann Example")),
        ("Dr. Ann Example <ann@example.org>", ("Ann", "Dr. Ann Example")),
        ("Example GmbH <info@example.org>", ("", "")),
        ("Support Team <help@example.org>", ("", "")),
        ("Ann <no-reply@example.org>", ("", "")),
        ("ann@example.org", ("", "")),
    ],
)
def test_it_knows_whom_to_greet(text: str, names: tuple[str, str]) -> None:
    assert person(read_sender(text)) == names


def test_it_bares_a_subject() -> None:
    assert bare("AW: Re: [list] Fwd: Plan\r\nBcc: x") == "Plan Bcc: x"
