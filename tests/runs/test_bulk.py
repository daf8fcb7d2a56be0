"""Many runs begun at once: each with its own ring, none beside one that is under way, in as many statements as few."""

from __future__ import annotations

import pytest
from django.db import transaction
from django_q.models import OrmQ
from django_q.signing import SignedPackage

from emails.models import Batch
from mailai.runs.broker import PostgresBroker
from mailai.runs.bulk import start_all
from mailai.runs.models import TaskRun
from tests.factories import make_email, make_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(user):
    return Batch.objects.create(user=user, kind="base", total=3)


@pytest.fixture
def three(user):
    return [make_email(user) for _ in range(3)]


def test_each_run_has_its_own_ring(user, three, token, batch):
    assert start_all(user, "base", three, token, batch) == 3

    runs = {str(run.pk): run for run in TaskRun.objects.all()}
    rings = {row.pk: SignedPackage.loads(row.payload) for row in OrmQ.objects.all()}
    assert {run.email for run in runs.values()} == set(three)
    assert {run.queue_id for run in runs.values()} == set(rings)
    for run in runs.values():
        ring = rings[run.queue_id]
        assert (ring["func"], ring["args"]) == ("mailai.runs.perform.perform", (str(run.pk),))
        assert (ring["timeout"], run.status, run.batch, run.token) == (120, "queued", batch, token)


def test_it_leaves_what_is_under_way(user, three, token, batch):
    under_way = make_run(user, email=three[1])

    assert start_all(user, "base", three, token, batch) == 2

    assert TaskRun.objects.get(email=three[1]) == under_way
    assert OrmQ.objects.count() == 2


def test_it_leaves_nothing_when_all_are_under_way(user, three, token, batch):
    for email in three:
        make_run(user, email=email)

    assert start_all(user, "base", three, token, batch) == 0
    assert not OrmQ.objects.exists()


@pytest.mark.parametrize("count", [1, 40])
def test_it_takes_as_many_statements_for_many_as_for_few(
    count, user, token, batch, django_assert_num_queries
):
    emails = [make_email(user) for _ in range(count)]

    with django_assert_num_queries(7):  # with a savepoint and its release
        start_all(user, "base", emails, token, batch)


@pytest.mark.django_db(transaction=True)
def test_it_wakes_a_worker_at_the_commit_and_not_before(user, three, token, batch):
    broker = PostgresBroker()
    broker.free_workers = lambda: 4
    assert broker.dequeue() is None  # it listens now, and has looked

    with transaction.atomic():
        start_all(user, "base", three, token, batch)
        assert broker.dequeue() is None

    assert len(broker.dequeue()) == 3


def test_the_click_does_the_work_itself_where_it_is_told_to(
    user, three, rules, batch, settings, django_capture_on_commit_callbacks
):
    settings.MAILAI_SYNC = True

    with django_capture_on_commit_callbacks(execute=True):
        assert start_all(user, "base", three, rules, batch) == 3

    assert set(TaskRun.objects.values_list("status", flat=True)) == {"succeeded"}
