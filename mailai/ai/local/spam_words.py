"""What spam and phishing look like, German and English, as data: rows of name, points, phishing or not,
labels, regex.
"""

from __future__ import annotations

import re

THRESHOLD = 4.0
"""Points from which a letter is called spam."""

ROWS: tuple[tuple[str, float, bool, str, str, str], ...] = (
    (
        "verify",
        2.0,
        True,
        "Aufforderung, ein Konto zu bestätigen",
        "asks to verify an account",
        r"(?:verify|confirm|validate|update|restore|reactivate|unlock) (?:your )?(?:account|identity"
        r"|billing|payment (?:details|information|method)|information|mailbox|details)"
        r"|(?:konto|daten|identität|angaben|zugang|zahlungsdaten|kontodaten"
        r"|postfach)\w* (?:\w+ ){0,4}(?:verifizieren|bestätigen|aktualisieren|reaktivieren|entsperren"
        r"|freischalten|legitimieren)"
        r"|(?:verifizieren|bestätigen|aktualisieren|reaktivieren"
        r"|entsperren) sie (?:\w+ ){0,3}(?:konto|daten|identität|angaben|zugang|zahlungsdaten"
        r"|kontodaten)",
    ),
    (
        "suspended",
        2.0,
        True,
        "Drohung mit Kontosperre",
        "threatens to block an account",
        r"(?:account|mailbox|access|card|online[- ]banking) (?:\w+ ){0,4}(?:suspended|locked|limited"
        r"|restricted|deactivated|blocked|disabled|closed|terminated)|unusual (?:sign-?in "
        r"|account )?activity"
        r"|(?:konto|zugang|karte|online-?banking|postfach|pushtan"
        r"|banking)\w* (?:\w+ ){0,6}(?:gesperrt|eingeschränkt|deaktiviert|eingefroren|blockiert"
        r"|gelöscht)|ungewöhnliche aktivität\w*",
    ),
    (
        "secrets",
        2.0,
        True,
        "fragt nach PIN, Passwort oder Bankdaten",
        "asks for a PIN, a password or bank details",
        r"(?:enter|provide|send|confirm|submit|geben sie|eingabe|bestätigen sie"
        r"|senden sie) (?:\S+ ){0,6}(?:pin|tan|password|passwort|kennwort|kreditkart\w+|credit card"
        r"|cvv|bank (?:details|account)|bankdaten|bankverbindung|social security|zugangsdaten"
        r"|anmeldedaten|login)\b",
    ),
    (
        "click",
        1.0,
        True,
        "drängt zum Klick auf einen Link",
        "pushes to click a link",
        r"click (?:here|below|the (?:link|button)|on the)|follow (?:this|the) link|(?:klicken sie"
        r"|klicke|hier klicken)|über (?:den )?(?:folgenden|untenstehenden) (?:link|button)|(?:link"
        r"|schaltfläche) (?:unten|below)",
    ),
    (
        "parcel",
        2.0,
        True,
        "Gebühr für ein Paket",
        "fee for a parcel",
        r"(?:paket|sendung|lieferung|zoll|parcel|package|shipment|customs)\b.{0,120}(?:gebühr"
        r"|zollgebühr|nachzahlung|fee|charge|zu zahlen|bezahlen)|(?:zollgebühr|zustellgebühr"
        r"|versandgebühr|customs fee|delivery fee|redelivery)",
    ),
    (
        "lottery",
        3.0,
        False,
        "Gewinn oder Lotterie",
        "prize or lottery",
        r"(?:you (?:have |'ve )?(?:won|been selected)|lottery|jackpot|lucky winner"
        r"|claim your (?:prize|reward|winnings)|prize money|sie haben gewonnen"
        r"|gewinner(?:in)? (?:unser|des|der)|lotterie|gewinnbenachrichtigung|gewinnsumme"
        r"|congratulations.{0,40}(?:winner|selected|won))",
    ),
    (
        "inheritance",
        3.0,
        False,
        "Erbschaft oder Geldtransfer",
        "inheritance or transfer of funds",
        r"inheritance|next of kin|beneficiary|erbschaft|erblasser|nachlass\w*|late (?:client|husband"
        r"|father|mr)|deceased|transfer (?:of )?(?:the )?(?:sum|funds)|(?:sum|amount) of (?:us ?\$"
        r"|usd|\$|€|eur|gbp|£)? ?[\d.,]+ ?(?:million|m\b)|western union|moneygram"
        r"|your payment of (?:us ?)?\$|unclaimed (?:funds|estate)|barrister"
        r"|millionen (?:us-)?(?:dollar|euro)",
    ),
    (
        "crypto",
        2.5,
        False,
        "Kryptogewinne oder schnelle Rendite",
        "crypto or quick profit",
        r"(?:bitcoin|btc|crypto|krypto|ethereum|forex|wallet)\b.{0,120}(?:airdrop|claim|waiting"
        r"|reserved|balance|profit|invest|double|return|gewinn|rendite|verdien|trading|wallet|send"
        r"|zahl)|guaranteed (?:profit|return)|garantierte rendite|trading bot|airdrop|claim (?:my"
        r"|your) (?:bitcoin|btc|crypto)|passives einkommen|passive income|financial freedom"
        r"|finanzielle freiheit|make money (?:fast|online|from home)|geld verdienen",
    ),
    (
        "gift_cards",
        3.0,
        False,
        "Gutscheinkarten kaufen",
        "buy gift cards",
        r"gift ?cards?\b|(?:itunes|google play|steam|amazon|apple)[- ]?(?:gift ?)?(?:cards?|karten?"
        r"|gutschein(?:e|karten?)?)|gutscheinkarten",
    ),
    (
        "blackmail",
        3.0,
        False,
        "Erpressung",
        "blackmail",
        r"(?:webcam|kamera|camera)\b.{0,300}(?:bitcoin|btc|video|recorded|aufgenommen)"
        r"|i (?:have )?(?:hacked|infected) your|ich habe ihr(?:en|e)? (?:gerät|computer"
        r"|system) (?:gehackt|infiziert)",
    ),
    (
        "seo",
        3.5,
        False,
        "ungefragtes Angebot für Suchmaschinen oder Webseiten",
        "unsolicited search-engine or web offer",
        r"(?:seo|search engine optimi[sz]ation|backlinks?|guest post|link building"
        r"|first page of google|rank(?:ing)?s? (?:higher |better )?(?:on|in|bei) google"
        r"|google[- ]?ranking|auf (?:der )?seite 1|suchmaschinenoptimierung|domain authority"
        r"|web ?design (?:services|company|agency)|app development (?:services|company))",
    ),
    (
        "pills",
        4.0,
        False,
        "Arznei, Glücksspiel oder Plagiate",
        "pills, gambling or fakes",
        r"viagra|cialis|(?:online|canadian|rx) pharmac\w+|\brx (?:site|meds)|(?:prescription"
        r"|cheap) (?:drugs|meds)|\bpills\b|weight loss pill|abnehmpille|online casino|casino bonus"
        r"|free spins|freispiele|replica watches|hot singles|enlargement",
    ),
    (
        "loans",
        3.0,
        False,
        "Kredit oder Aktientipp",
        "loan or stock tip",
        r"sofortkredit|kredit ohne schufa|loan offer|refinanc\w+|pre-?approved|(?:lowest|low"
        r"|fixed) (?:mortgage |interest |home loan )?rates?\b.{0,60}(?:loan|mortgage|years|approv"
        r"|qualif)"
        r"|penny stock|hot stock|investor alert|big mover",
    ),
    (
        "ceo",
        2.5,
        False,
        "vertraulicher Geldauftrag",
        "confidential payment order",
        r"(?:are you (?:at your desk|available|in the office)|sind sie (?:gerade )?(?:im büro"
        r"|am platz|erreichbar)).{0,300}(?:confidential|discreet|vertraulich|diskret|wire|transfer"
        r"|überweis|task|payment)|(?:wire transfer|überweisung).{0,120}(?:confidential|discreet"
        r"|vertraulich|streng)",
    ),
    (
        "stranger",
        0.8,
        False,
        "unpersönliche Anrede",
        "impersonal greeting",
        r"dear (?:customer|friend|user|sir(?:/| or )madam|beneficiary|account holder|valued \w+"
        r"|winner|member|client)|sehr geehrte(?:r|s)? (?:kunde|kundin|nutzer|mitglied|kontoinhaber)"
        r"|(?:lieber|liebe|hallo|werter) (?:kunde|kundin|nutzer|freund)\b(?! \w+,)",
    ),
    (
        "pressure",
        1.0,
        True,
        "künstlicher Zeitdruck",
        "artificial time pressure",
        r"(?:innerhalb|binnen|in den nächsten|within|in the next|next) (?:von |the next "
        r"|of )?(?:\d{1,2}|twelve|twenty-four|zwölf) ?(?:stunden|hours|h\b|std)|(?:final|last"
        r"|letzte) (?:warning|warnung|chance)|act now|handeln sie (?:jetzt|sofort)|expires (?:today"
        r"|soon|in)|bevor es zu spät|dauerhaft (?:gesperrt|gelöscht)|permanently (?:closed|deleted"
        r"|suspended)",
    ),
    (
        "too_good",
        1.5,
        False,
        "zu schön, um wahr zu sein",
        "too good to be true",
        r"100 ?% (?:free|gratis|kostenlos|sicher|garantiert|risk)|risk[- ]free|no risk|ohne risiko"
        r"|\${3,}|no obligation|absolutely free|völlig kostenlos|once in a lifetime|secret (?:method"
        r"|trick)|was \w+ ihnen verschweigen",
    ),
)

SPAM_WORDS = tuple(
    (name, points, phishing, german, english, re.compile(rf"\b(?:{pattern})", re.I))
    for name, points, phishing, german, english, pattern in ROWS
)
