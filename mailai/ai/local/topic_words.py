"""Words that say what a letter is about: rows for `words`."""

from __future__ import annotations

Row = tuple[str, float, float, str, str, str, str]

TOPICS: tuple[Row, ...] = (
    (
        "invoice",
        0.5,
        2.5,
        "invoice",
        "Rechnung",
        "invoice",
        r"rechnung(?:s(?:nummer|betrag|datum|nr))?|invoice|zahlbar|rechnungsbetrag|amount due"
        r"|total due|payment due|zahlungsziel|überweis(?:en|ung)|kostennote",
    ),
    (
        "receipt",
        -1.5,
        -1.0,
        "receipt",
        "Bestätigung oder Beleg",
        "confirmation or receipt",
        r"bestellbestätigung|auftragsbestätigung|buchungsbestätigung|versandbestätigung"
        r"|eingangsbestätigung|zahlungsbestätigung|(?:ihre|deine) (?:bestellung|buchung|sendung)|"
        r"order (?:confirmation|confirmed|number|#)|booking confirm\w*|your (?:order|receipt|booking"
        r"|package|parcel)|receipt (?:for|from)|payment received|"
        r"zahlung erhalten|has (?:been )?(?:shipped|dispatched|delivered)|wurde (?:versandt"
        r"|verschickt|zugestellt)|sendungsverfolgung|tracking number|thank you for your (?:order"
        r"|payment|purchase)",
    ),
    (
        "contract",
        0.5,
        2.0,
        "contract",
        "Vertrag",
        "contract",
        r"(?:\w{0,20})vertr(?:ag|ages|ags|äge|ägen)\b|kündig(?:ung|en|t)|contract|agreement|nda\b"
        r"|unterschrift|unterzeichn\w+|unterschreiben|signature|"
        r"countersign\w*|terms? sheet|vertragsverlängerung|renewal|termination",
    ),
    (
        "legal",
        1.0,
        3.0,
        "legal",
        "rechtliche Angelegenheit",
        "legal matter",
        r"rechtsanw\w+|anwalt\b|anwaltlich\w*|klage\b|gericht(?:lich)?\w*|abmahnung"
        r"|widerspruch(?:sfrist)?|einspruch|(?:steuer|bußgeld|gebühren|ablehnungs|beitrags"
        r"|renten)bescheid|bescheid (?:vom|des|der|über)\b|lawyer|attorney|lawsuit|"
        r"legal (?:action|counsel|department|notice)|court|subpoena|cease and desist"
        r"|rechtliche schritte|schadenersatz|schadensersatz",
    ),
    (
        "privacy",
        1.0,
        2.5,
        "privacy",
        "Datenschutz",
        "data protection",
        r"dsgvo|gdpr|auskunftsersuchen|datenschutz(?:verletzung|vorfall|anfrage|behörde)|art(?:\."
        r"|ikel|icle) (?:15|17|33)|data (?:subject|breach|protection request)|"
        r"löschung meiner daten|personal data|personenbezogene\w* daten",
    ),
    (
        "authority",
        0.5,
        2.0,
        "authority",
        "Behörde oder Steuer",
        "authority or tax",
        r"finanzamt|steuer(?:bescheid|erklärung|berater\w*|nummer|prüfung)?|umsatzsteuer\w*|behörde"
        r"|bundesamt|ordnungsamt|jobcenter|krankenkasse|berufsgenossenschaft|"
        r"tax (?:return|office|assessment|authority)|hmrc|irs\b|audit|betriebsprüfung|immigration"
        r"|visa (?:application|appointment)",
    ),
    (
        "meeting",
        0.5,
        0.7,
        "meeting",
        "Besprechung oder Termin",
        "meeting or appointment",
        r"meeting|besprechung|termin(?:e|s|vorschlag|vorschläge|bestätigung|anfrage|absage"
        r"|verschiebung)?\b|treffen|sitzung|videokonferenz|telefonat|telefonieren|jour fixe|"
        r"appointment|calendar invit\w+|einladung|invitation|invited|reschedul\w+|verschieben|kalender",
    ),
    (
        "application",
        0.3,
        1.2,
        "application",
        "Bewerbung oder Stelle",
        "application or job",
        r"bewerb(?:ung|er|erin|ungsgespräch|ungsunterlagen|e mich)\w*|vorstellungsgespräch"
        r"|stellenausschreibung|job (?:offer|interview|application)|applying for|cover letter"
        r"|curriculum|lebenslauf",
    ),
    (
        "quote",
        0.3,
        1.0,
        "offer",
        "Angebot oder Auftrag",
        "quote or order",
        r"angebot(?:s(?:anfrage|erstellung))?\b|kostenvoranschlag|auftrag(?:s|es)?\b|offerte"
        r"|quotation|quote\b|purchase order|proposal|ausschreibung|anfrage",
    ),
    (
        "approval",
        1.0,
        1.0,
        "approval",
        "Freigabe oder Entscheidung",
        "approval or decision",
        r"freigabe|freigeben|genehmig\w+|zustimmung|entscheid(?:ung|en|e)\b|approv(?:e|al)"
        r"|sign[- ]?off|decision|decide|go-ahead",
    ),
    (
        "health",
        1.0,
        2.0,
        "health",
        "Gesundheit oder Familie in Not",
        "health or family in need",
        r"krankenhaus|unfall|notaufnahme|operation\b|arzt(?:termin|praxis)?|befund|diagnose"
        r"|verstorben|beerdigung|trauerfeier|hospital|accident|surgery|doctor|diagnosis|"
        r"passed away|funeral|test results",
    ),
    (
        "customer",
        0.3,
        0.8,
        "customer",
        "Kundschaft",
        "customer",
        r"kund(?:e|en|in|innen)\b|kundennummer|großkunde|mandant\w*|customers?|clients?",
    ),
    (
        "party",
        0.0,
        -0.8,
        "social event",
        "geselliger Anlass",
        "social occasion",
        r"(?:\w{0,20})feier\b|party|mittagessen|abendessen|grillen|stammtisch|lunch|dinner|drinks"
        r"|barbecue|bbq|birthday|geburtstag|ausflug|betriebsausflug|team event"
        r"|lust auf|kaffee trinken|biergarten",
    ),
)
