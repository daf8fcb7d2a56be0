"""New mail gets its base analysis by itself: what is new, and only so much a day."""

from __future__ import annotations

import pytest
from django.utils import timezone

from emails.models import Email
from mailai.runs.models import TaskRun
from tests.accounts.letters import letter

pytestmark = pytest.mark.django_db


@pytest.fixture
def asking(account):
    account.analyse_new = True
    account.save()
    return account


def now():
    return timezone.now().strftime("%a, %d %b %Y %H:%M:%S +0000")


def analysed():
    return set(TaskRun.objects.filter(kind="base").values_list("email__subject", flat=True))


def test_it_analyses_what_came_since_the_account_is_here(server, mailbox, asking, fetch, rules):
    server.put(mailbox, [letter(1), letter(2, received=now())])

    run = fetch(asking)

    assert analysed() == {"Letter 2"}
    assert TaskRun.objects.get(kind="base").token == rules
    assert run.result["unanalysed"] == 0
    fetch(asking)
    assert TaskRun.objects.filter(kind="base").count() == 1


def test_it_does_not_without_being_asked(server, mailbox, account, fetch):
    server.put(mailbox, [letter(1, received=now())])

    fetch(account)

    assert analysed() == set()


def test_it_does_not_analyse_what_the_user_wrote(server, mailbox, asking, fetch):
    asking.address = "ada@example.com"
    asking.save()
    server.put(mailbox, [letter(1, received=now())])

    fetch(asking)

    assert analysed() == set()


def test_it_keeps_to_a_limit_and_says_so(server, mailbox, asking, fetch, settings):
    settings.MAILAI_AUTO_ANALYSES_PER_DAY = 3
    server.put(mailbox, [letter(n, received=now()) for n in (1, 2)])
    assert fetch(asking).result["unanalysed"] == 0

    server.put(mailbox, [letter(n, received=now()) for n in (3, 4, 5)])
    run = fetch(asking)

    assert len(analysed()) == 3
    assert run.result["unanalysed"] == 2
    assert Email.objects.count() == 5


def test_a_press_does_not_count_against_the_limit(server, mailbox, asking, fetch, settings, email, rules):
    settings.MAILAI_AUTO_ANALYSES_PER_DAY = 1
    TaskRun.objects.start(email.user, "base", email, rules)
    server.put(mailbox, [letter(1, received=now())])

    assert fetch(asking).result["unanalysed"] == 0
