"""Users take turns, and hosts take only what they can work on, seen through real workers."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from django_q.models import OrmQ

from mailai.ai.fake import FakeOpenAI
from mailai.runs.models import TaskRun
from tests.factories import make_email, make_token
from tests.processes import pushers, wait_until, worker

pytestmark = pytest.mark.django_db(transaction=True)
SLOW = "fake:drip=0.05"  # 20 pieces: about a second


def test_a_bulk_holds_up_a_single_press_for_one_run_at_most(fake: FakeOpenAI, user, stranger, log: Path):
    bulk_token, single_token = make_token(user, SLOW), make_token(stranger, SLOW)
    with worker(log, MAILAI_WORKERS="1", MAILAI_OPENAI_BASE_URL=fake.url):
        bulk = [TaskRun.objects.start(user, "base", make_email(user), bulk_token)[0] for _ in range(4)]
        wait_until(TaskRun.objects.filter(pk=bulk[0].pk, message="receiving").exists)
        single, _created = TaskRun.objects.start(stranger, "base", make_email(stranger), single_token)
        wait_until(lambda: not TaskRun.objects.active().exists())

    started = list(TaskRun.objects.order_by("started_at"))
    assert [run.pk for run in started[:2]] == [bulk[0].pk, single.pk]
    assert {run.status for run in started} == {"succeeded"}


def test_a_busy_host_leaves_the_rest_to_others(fake: FakeOpenAI, user, log: Path, tmp_path: Path):
    token = make_token(user, SLOW)
    env = {"MAILAI_WORKERS": "1", "MAILAI_OPENAI_BASE_URL": fake.url}
    with worker(log, **env), worker(tmp_path / "second", **env):
        wait_until(lambda: pushers() == 2)
        runs = [TaskRun.objects.start(user, "base", make_email(user), token)[0] for _ in range(4)]
        wait_until(lambda: not TaskRun.objects.active().exists())

    workers = Counter(
        TaskRun.objects.filter(pk__in=[run.pk for run in runs]).values_list("worker", flat=True)
    )
    assert sorted(workers.values()) == [2, 2]


def test_a_model_that_takes_one_call_at_a_time_gets_one_and_holds_up_nobody(
    fake: FakeOpenAI, user, stranger, log: Path
):
    narrow, other = make_token(user, SLOW, concurrency=1), make_token(stranger, "fake")
    with worker(log, MAILAI_WORKERS="3", MAILAI_OPENAI_BASE_URL=fake.url):
        capped = [TaskRun.objects.start(user, "base", make_email(user), narrow)[0] for _ in range(3)]
        wait_until(TaskRun.objects.filter(status="running").exists)
        free, _created = TaskRun.objects.start(stranger, "base", make_email(stranger), other)
        wait_until(lambda: not TaskRun.objects.active().exists())

    spans = list(
        TaskRun.objects.filter(pk__in=[run.pk for run in capped])
        .order_by("started_at")
        .values_list("started_at", "finished_at")
    )
    for (_began, ended), (next_began, _ended) in pairwise(spans):
        assert next_began >= ended
    free.refresh_from_db()
    assert free.finished_at < spans[0][1]
    assert not OrmQ.objects.exclude(key__startswith="pulse.").exists()
