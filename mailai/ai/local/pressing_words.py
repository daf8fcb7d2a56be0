"""Words that say how pressing a letter is, or that it is not: rows for `words`."""

from __future__ import annotations

Row = tuple[str, float, float, str, str, str, str]

PRESSING: tuple[Row, ...] = (
    (
        "outage",
        4.0,
        4.0,
        "outage",
        "Störung oder Ausfall",
        "outage or incident",
        r"\w{0,12}ausfall|ausgefallen|störung|geht (?:\S{1,20} ){0,5}nichts mehr"
        r"|keine verbindung (?:zu|zum|zur|mehr)|(?:strom|wasser|internet"
        r"|heizung)\b.{0,80}(?:abgeschaltet|abgestellt|unterbrochen)|funktioniert (?:gerade "
        r"|seit \w+ |überhaupt |leider )?nicht(?: mehr)?|(?:geht|läuft) (?:gar )?nicht mehr"
        r"|nicht (?:mehr )?erreichbar|(?:offline|down)\b(?! (?:the|to|payment))|outage|incident|p1\b"
        r"|sev-?1|produktionsstillstand|steht still"
        r"|stillstand|(?:critical|kritisch)\b(?: since| alert|:| –| -)|degraded|is unreachable"
        r"|not responding|datenverlust|data loss|disk (?:is )?(?:full|almost full)|notfall|emergency",
    ),
    (
        "failure",
        2.3,
        2.6,
        "failure",
        "Fehlermeldung",
        "failure report",
        r"(?:build|job|pipeline|backup|deployment|test|payment|zahlung|abbuchung|lastschrift|sync"
        r"|run)s? (?:\S{1,40} )?(?:has |have |is |ist )?"
        r"(?:failed|failing|fehlgeschlagen|gescheitert)|fehlgeschlagen|failed:|fehlermeldung",
    ),
    (
        "hurry",
        2.0,
        0.5,
        "urgent",
        "ausdrücklich eilig",
        "says that it is urgent",
        r"dringend|eilt|eilig|schnellstmöglich|so schnell wie möglich|umgehend|unverzüglich"
        r"|sofort(?:ige)?|asap|urgent(?:ly)?|immediate(?:ly)?"
        r"|as soon as possible|right away|time[- ]sensitive|zeitkritisch|noch heute|heute noch|drängt"
        r"|höchste priorität|top priority",
    ),
    (
        "no_hurry",
        -1.5,
        -0.5,
        "",
        "ausdrücklich ohne Eile",
        "says that there is no hurry",
        r"kein(?:e|en)? (?:eile|stress|hektik)|eilt nicht|nicht eilig|hat zeit|no (?:rush|hurry"
        r"|pressure)|not urgent|when(?:ever)? you (?:have|get|find) "
        r"(?:time|a (?:moment|minute|chance))|bei gelegenheit|wenn du zeit hast|in aller ruhe"
        r"|take your time|nur zur info(?:rmation)?|zur kenntnis(?:nahme)?"
        r"|fyi|for your information|keine antwort nötig|no (?:reply|response"
        r"|action) (?:is )?(?:needed|necessary|required)|just (?:a )?heads[- ]up",
    ),
    (
        "dunning",
        2.5,
        2.0,
        "payment reminder",
        "Mahnung",
        "payment reminder",
        r"mahnung|zahlungserinnerung|zahlungsverzug|mahngebühr|überfällig|inkasso|overdue|past due"
        r"|final notice|payment reminder|"
        r"outstanding (?:balance|invoice|payment|amount)|noch (?:nicht beglichen|offen)"
        r"|zahlungseingang (?:bisher |noch )?nicht|unbezahlt|unpaid",
    ),
    (
        "complaint",
        1.5,
        2.5,
        "complaint",
        "Beschwerde",
        "complaint",
        r"beschwer(?:de|en)\b|reklamation|reklamier\w+|unzufrieden|enttäuscht|verärgert|inakzeptabel"
        r"|nicht akzeptabel|unverschämt|mangelhaft|defekt|beschädigt|"
        r"complain(?:t|ts|ing)?|disappoint(?:ed|ing)|unacceptable|dissatisfied|frustrat(?:ed|ing)"
        r"|refund|damaged|faulty|fed up|not happy|erstattung|geld zurück|letzte chance|(?:money|fees?"
        r"|geld) (?:back|zurück)|(?:cancel|kündigen?) (?:the|our|my|your|den|unseren"
        r"|meinen) (?:contract|subscription|account|vertrag)|zum (?:dritten|vierten|wiederholten) mal"
        r"|(?:third|fourth) time|(?:immer noch|nach wie vor) (?:nicht|kein\w*)|still (?:not|isn't"
        r"|doesn't|hasn't) (?:work\w*|fixed|resolved|solved)",
    ),
    (
        "security",
        2.5,
        2.5,
        "security",
        "Sicherheit",
        "security",
        r"sicherheits(?:lücke|warnung|vorfall|problem|update|hinweis)|schwachstelle|gehackt"
        r"|kompromittiert|vulnerabilit(?:y|ies)|security (?:alert|issue|incident|breach|"
        r"advisory|notice|patch|vulnerability)|compromised|hacked|data breach"
        r"|cve-\d{4}-\d+|(?:new|forgotten|changed) password|reset (?:your )?password|password (?:reset|change)"
        r"|passwort (?:zurücksetzen|geändert|wurde)|neues passwort|neue anmeldung|neuer login"
        r"|new (?:sign-?in|login)|unbefugt\w*|unauthori[sz]ed|"
        r"betrug\w*|betrügerisch|verdächtig\w*|fraud(?:ulent)?|suspicious|fishy|scam|ransomware"
        r"|malware|exploit(?:ed)?",
    ),
    (
        "consequence",
        1.5,
        1.0,
        "",
        "angedrohte Folge",
        "a consequence is threatened",
        r"andernfalls|ansonsten müssen|sonst (?:müssen|verlieren|droht|wird|geht|können)|sehen (?:wir"
        r"|ich) (?:uns|mich) gezwungen|weitere(?:n)? schritte|gesperrt|sperrung|abgeschaltet|"
        r"otherwise (?:we|you|i|the)|will be (?:suspended|terminated|cancelled|canceled|disconnected"
        r"|charged|deleted|escalated)|will lose|verfällt|verfallen|or (?:i|we)(?:'ll|’ll"
        r"| will) (?:cancel|have to|take)|forced to|no choice but|strafe|penalty|late fee",
    ),
    (
        "blocked",
        1.5,
        1.0,
        "",
        "jemand ist blockiert oder wartet",
        "somebody is blocked or waiting",
        r"blockier(?:t|en)|können (?:sonst |so )?nicht weiter\w*|warte(?:n|t)? (?:noch |immer |schon "
        r"|seit |dringend )*auf (?:ihre|deine|eure|eine|die)|blocked|blocking|blocker|"
        r"(?:still|are|am) waiting (?:for|on)|stuck|hold(?:ing)? up|noch keine (?:antwort"
        r"|rückmeldung)|haven't heard|have not heard|no (?:reply|response|answer) (?:yet|so far)",
    ),
    (
        "reminder",
        1.0,
        0.5,
        "reminder",
        "Erinnerung",
        "reminder",
        r"erinner(?:ung|e|n)\b|nachfassen|nachhaken|noch(?:mal|mals|einmal) nachfragen|(?:friendly "
        r"|gentle |quick )?reminder|following up|follow(?:ing)?-?up|second (?:request|email)|"
        r"third (?:request|email)|nudge|just checking in|checking in on|chasing|letzte erinnerung"
        r"|last reminder|erneut",
    ),
    (
        "marketing",
        -1.5,
        -1.5,
        "marketing",
        "Werbung",
        "advertising",
        r"rabatt|gutschein(?:code)?|sonderangebot|black (?:friday|week)|cyber monday"
        r"|\d{1,2} ?% (?:rabatt|off|sparen|auf)|% off|sale\b|jetzt (?:shoppen|bestellen|kaufen"
        r"|sichern|entdecken|anmelden|buchen)|"
        r"shop now|buy now|promo(?:tion)?(?: ?code)?|discount|limited[- ]time|exclusive offer"
        r"|aktionscode|nur für kurze zeit|gratis|free trial|early bird",
    ),
    (
        "social",
        -1.0,
        -1.5,
        "notification",
        "Meldung eines Netzwerks",
        "notification of a network",
        r"(?:hat|haben) (?:dein|ihr|deinen|ihren) (?:beitrag|profil|kommentar)|gefällt (?:dein|ihr)"
        r"|new follower|liked your|commented on your|viewed your profile|"
        r"wants to connect|people you may know|kontaktanfrage|connection request|endorsed you|mentioned you",
    ),
    (
        "fyi",
        -0.5,
        -0.3,
        "information",
        "zur Kenntnis",
        "for information",
        r"zur info|zur information|zur kenntnis|fyi\b|for your information|protokoll (?:der|vom|zur"
        r"|unserer)|meeting notes|minutes (?:of|from)|wochenbericht|weekly (?:report|summary|digest)"
        r"|statusbericht|status update",
    ),
)
