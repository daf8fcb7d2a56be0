"""Full-text search as people type it: words, "phrases", -exclusions, and the last word may be a beginning.

Every word is looked for as German and as English reads it; the column that it is looked for in (migration
0009_inbox_search) holds both, and the mark of the message's owner.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import BooleanField, F, Func, QuerySet, TextField
from django.db.models.expressions import RawSQL
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from emails.models import Email

MOST_CHARACTERS = 200
MOST_TERMS = 12
FEW = 1500  # messages; where more match, reading the inbox in its order finds a page of them soon
LOOKED_AT = 4000  # characters of a text in which an excerpt is looked for
TERM = re.compile(r"(-?)[{0}]([^{0}]*)[{0}]?|(-?)(\S+)".format('"„“”«»'))
START, STOP = "\x02", "\x03"  # around a hit; taken out of the text before
ONE_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Term:
    text: str
    excluded: bool = False
    phrase: bool = False
    beginning: bool = False
    """Of a word: it was typed last, and may go on."""


def terms_of(q: str) -> list[Term]:
    found = []
    for match in list(TERM.finditer(q))[:MOST_TERMS]:
        minus, phrase, minus_word, word = match.groups()
        if word is None:
            found.append(Term(phrase, excluded=minus == "-", phrase=True))
        else:
            last = match.end() == len(q) and ONE_WORD.fullmatch(word) is not None
            found.append(Term(word, excluded=minus_word == "-", beginning=last))
    return [term for term in found if any(letter.isalnum() for letter in term.text)]


def tsquery(q: str) -> tuple[str, list[str]]:
    """An SQL expression and its parameters. Never one that Postgres refuses: what is typed is no query language."""
    wanted: list[str] = []
    unwanted: list[str] = []
    values: dict[bool, list[str]] = {False: [], True: []}
    for term in terms_of(q):
        function = (
            "to_tsquery" if term.beginning else "phraseto_tsquery" if term.phrase else "plainto_tsquery"
        )
        text = f"'{term.text}':*" if term.beginning else term.text
        (unwanted if term.excluded else wanted).append(
            f"({function}('german', %s) || {function}('english', %s))"
        )
        values[term.excluded] += [text, text]
    parts = [*wanted, *(f"!! {one}" for one in unwanted)]
    return " && ".join(parts) or "''::tsquery", values[False] + values[True]


def searched(emails: QuerySet[Email], q: str, user_id: int) -> QuerySet[Email]:
    """Those of the user's that match, where they are FEW by their ids. One query.

    Nothing matches a `q` without a word.
    """
    query, values = tsquery(q)
    if not values:
        return emails.none()
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT emails_found(%s::tsquery && {query}, %s)", [mark_of(user_id), *values, FEW + 1]
        )
        found = [pk for (pk,) in cursor.fetchall()]
    return emails.filter(pk__in=found) if len(found) <= FEW else emails.filter(Matches(q, user_id))


def mark_of(user_id: int) -> str:
    return f"'@user {int(user_id)}'"


class Matches(Func):
    """`search` is no field of the model, so it is named beside one that is."""

    output_field = BooleanField()

    def __init__(self, q: str = "", user_id: int = 0, expression: Any = None) -> None:
        super().__init__(expression or F("pk"))
        self.q, self.user_id = q, int(user_id)

    def as_sql(self, compiler: Any, connection: Any, **_context: Any) -> tuple[str, list[str]]:  # type: ignore[override]
        query, values = tsquery(self.q)
        if not values:
            return "false", []
        (key,) = self.get_source_expressions()
        table = compiler.quote_name_unless_alias(key.alias)
        # As a CASE it cannot be looked up in the index of words, which would find all of very many before the first is
        # shown, and Postgres takes it for likely, which among so many it is.
        return f"CASE WHEN {table}.search @@ (%s::tsquery && {query}) THEN true ELSE false END", [
            mark_of(self.user_id),
            *values,
        ]


def excerpt(q: str, text: str = '"emails_email"."text"', options: str = "") -> RawSQL:
    """The words around the hits, each between START and STOP; `marked` makes it fit for a page."""
    query, values = tsquery(q)
    options = options or "MaxFragments=1, MaxWords=18, MinWords=9, FragmentDelimiter=…"
    return RawSQL(  # noqa: S611 - what was typed is in the parameters
        f"ts_headline('german', translate(left({text}, {LOOKED_AT}), %s, ''), {query}, %s)",
        [START + STOP, *values, f'StartSel="{START}", StopSel="{STOP}", {options}'],
        TextField(),
    )


def marked(text: str) -> SafeString:
    """Escaped, and then with `mark` around the hits."""
    whole = escape(" ".join(text.split()))
    return mark_safe(whole.replace(START, "<mark>").replace(STOP, "</mark>"))  # noqa: S308 - escaped above
