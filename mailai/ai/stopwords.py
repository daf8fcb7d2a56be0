"""The most frequent words of some languages, and the letters that give a script or a language away."""

from __future__ import annotations

STOPWORDS: dict[str, frozenset[str]] = {
    language: frozenset(words.split())
    for language, words in {
        "de": "der die das und ist nicht ich wir sie ihr ihre ihnen ein eine einen einem einer mit für "
        "auf dem den des zu zum "
        "zur von bei bis auch noch nur wenn dass als aus im am bitte danke haben hat wird werden "
        "wurde sind kann können uns "
        "mir mich dir dich du euch hallo guten tag grüße über nach sehr oder aber es wie was wir "
        "unser unsere ihren ihrem "
        "schon gern dann heute morgen kein keine",
        "en": "the and is are of to in that for with you your we our this it be have has will on at "
        "from please thank thanks "
        "can could would not as by or if was were an my me us i do does what when about here there "
        "hi hello dear any all "
        "just which they been should out up so know",
        "fr": "le la les des est et une un dans pour que qui vous nous votre notre avec sur pas sont "
        "bonjour merci au aux ce "
        "cette je il elle du mais ou être avez avons par plus cordialement vos nos mon ma très",
        "es": "el los las que por para con una un es en del al se no su sus lo más como pero hola "
        "gracias usted nuestro está "
        "este esta muy también le nos son ha tiene por favor saludos y",
        "it": "il lo gli che per con una un è di del della nel non sono si le ci ha grazie ciao "
        "buongiorno questo questa "
        "anche come ma vostro nostro saluti cordiali più alla dei",
        "nl": "de het een en van ik je niet dat is op te zijn voor met u uw wij we ons deze dit maar "
        "ook aan bij nog "
        "groeten hallo bedankt graag kunt heeft hebben wordt naar als om",
        "pt": "o os as que de do da em um uma para com não por mais como dos das no na se você seu sua "
        "obrigado olá está "
        "são foi muito nosso também ao pelo",
        "pl": "i w na z do nie się jest że to jak o od za po przez dla ale czy proszę dziękuję dzień "
        "dobry są pan pani "
        "pozdrawiam jej ich tym",
        "sv": "och att det som en på är av för med till den har inte om ett hej tack vi du ni kan jag "
        "från men var",
        "da": "og at det som en på er af for med til den har ikke om et hej tak vi du kan jeg fra men hilsen",
        "cs": "a se na je že v s z do to jako ale by pro jsem jsme jste děkuji dobrý den prosím nebo "
        "jen už pozdravem",
        "tr": "ve bir bu için ile de da çok en ne gibi daha olarak var merhaba teşekkürler sayın değil "
        "lütfen olan",
    }.items()
}

LETTERS: dict[str, str] = {
    "de": "ßäöüÄÖÜ",
    "fr": "éèêçàùœ",
    "es": "ñ¿¡",
    "pt": "ãõ",
    "pl": "łąęśżźć",
    "cs": "řěůčž",
    "sv": "å",
    "da": "ø",
    "tr": "ğış",
}

SCRIPTS: tuple[tuple[str, int, int], ...] = (
    ("ja", 0x3040, 0x30FF),
    ("ko", 0x1100, 0x11FF),
    ("ko", 0xAC00, 0xD7AF),
    ("zh", 0x4E00, 0x9FFF),
    ("ru", 0x0400, 0x04FF),
    ("ar", 0x0600, 0x06FF),
    ("he", 0x0590, 0x05FF),
    ("el", 0x0370, 0x03FF),
    ("th", 0x0E00, 0x0E7F),
    ("hi", 0x0900, 0x097F),
    ("ka", 0x10A0, 0x10FF),
    ("hy", 0x0530, 0x058F),
)
"""Language taken for a Unicode block: (ISO 639-1 code, first and last code point)."""
