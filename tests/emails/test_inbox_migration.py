"""Mail that was there before the inbox knew what counts: it is ranked, seen, and found by the search."""

from __future__ import annotations

import importlib

import pytest
from django.db import connection

from emails.effective import effective
from emails.models import Correction, Email
from emails.ranking import rank
from tests.factories import make_analysis, make_email

migration = importlib.import_module("emails.migrations.0009_inbox_search")
KEPT = ("urgency", "importance", "score", "category", "spam", "questions", "deadline", "asks")


@pytest.fixture
def before(user):
    """Messages as an older version left them."""
    emails = [make_email(user) for _ in range(3)]
    deadlines = [{"date": "2031-02-28", "words": "by"}]
    make_analysis(emails[0], urgency=3, importance=1, questions=["When?"], deadlines=deadlines)
    make_analysis(emails[1], category="action_required")
    Correction.objects.create(email=emails[0], urgency=2, is_spam=True)
    Email.objects.update(rank_score=-1, rank_category="", rank_spam=False, rank_asks=False, seen_at=None)
    return emails


def test_it_ranks_what_was_there(before):
    with connection.cursor() as cursor:
        cursor.execute(migration.FILL)
    filled = list(Email.objects.order_by("pk").values_list(*(f"rank_{name}" for name in KEPT)))
    rank([email.pk for email in before])

    assert filled == list(Email.objects.order_by("pk").values_list(*(f"rank_{name}" for name in KEPT)))
    for email in Email.objects.order_by("pk"):
        said = effective(email)
        assert email.rank_urgency == (said.urgency if said else None)
        assert email.seen_at == email.imported_at
