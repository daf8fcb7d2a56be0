"""Runs through the real queue: a worker of several processes, a web server, and a model's server that drips."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection, transaction
from django_q.models import OrmQ

from emails.models import Analysis
from mailai.ai.fake import FakeOpenAI
from mailai.ai.models import AiCall
from mailai.runs.models import TaskRun
from mailai.runs.transitions import cancel
from replies.models import Draft
from tests.factories import make_email, make_token, make_user
from tests.processes import Visitor, Worker, wait_until

pytestmark = pytest.mark.django_db(transaction=True)
DRIP = "fake:drip=0.1"  # 20 pieces: an answer takes some two seconds


def ended(run: TaskRun) -> TaskRun:
    """The run at its end, which the worker and its reaper bring about by themselves."""

    def look() -> bool:
        run.refresh_from_db()
        return not run.is_active

    wait_until(look)
    return run


def reach(run: TaskRun, **fields: Any) -> None:
    wait_until(TaskRun.objects.filter(pk=run.pk, **fields).exists)


def queue_is_empty() -> bool:
    return not OrmQ.objects.exists()


def test_it_brings_base_optimize_and_reply_through_the_queue(running, fake, user, email, token):
    base = ended(TaskRun.objects.start(user, "base", email, token)[0])
    optimize = ended(TaskRun.objects.start(user, "optimize", email, token)[0])
    reply = ended(TaskRun.objects.start(user, "reply", email, token, {"style": "brief"})[0])

    assert [run.status for run in (base, optimize, reply)] == ["succeeded"] * 3
    first, second = Analysis.objects.get(run=base), Analysis.objects.get(run=optimize)
    assert base.result["score"] == float(first.score)
    assert optimize.result["improvement"] == round(float(second.score - first.score), 2)
    draft = Draft.objects.get(run=reply)
    assert (reply.result["draft"], reply.result["draft_id"]) == (draft.text, draft.pk)
    assert (draft.version, draft.style) == (1, "brief")
    email.refresh_from_db()
    assert email.analysis == second
    calls = {call.run_id: call for call in AiCall.objects.all()}
    assert set(calls) == {base.pk, optimize.pk, reply.pk}
    assert all(call.output_tokens and not call.error_code and call.attempt == 1 for call in calls.values())
    wait_until(queue_is_empty)


def test_it_shows_the_answer_while_it_streams(running, fake, user, email):
    run, _created = TaskRun.objects.start(user, "base", email, make_token(user, DRIP))

    seen: list[tuple[str, int, int]] = []

    def look() -> bool:
        run.refresh_from_db()
        at = (run.message, run.progress, run.received)
        if at not in seen:
            seen.append(at)
        return not run.is_active

    wait_until(look)
    receiving = [(progress, received) for message, progress, received in seen if message == "receiving"]
    assert len(receiving) >= 3
    assert receiving == sorted(receiving)
    assert run.status == "succeeded"
    assert seen[-1][0] == "done"


def test_it_serves_five_users_who_press_at_the_same_time(running, site, fake):
    visits = []
    for number in range(5):
        user = make_user(f"user{number}")
        email, token = make_email(user), make_token(user, "fake:latency=0.3")
        visits.append((Visitor(site, user), f"/email/{email.pk}/reprocess", token.pk))
    with ThreadPoolExecutor(5) as pool:  # every server process has loaded its code and has a connection
        list(pool.map(lambda visit: [visit[0].get("/tasks/x/status") for _ in range(4)], visits))

    def press(visit: tuple[Visitor, str, int]) -> tuple[int, str]:
        visitor, path, token_id = visit
        status, body = visitor.post(path, {"service_token_id": token_id})
        return status, body["task_id"]

    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(press, visits))

    assert [status for status, _id in answers] == [202] * 5
    for (visitor, _path, _token), (_status, task_id) in zip(visits, answers, strict=True):
        wait_until(lambda: visitor.get(f"/tasks/{task_id}/status")[1]["status"] == "SUCCESS")  # noqa: B023
    assert Analysis.objects.count() == 5


@pytest.mark.parametrize(
    ("model", "stage"),
    [("fake:endless,drip=0.1", "receiving"), ("fake:silent", "asking"), ("fake:hang", "asking")],
)
def test_it_frees_the_worker_of_a_cancelled_run(running, fake, user, model, stage):
    port = urlsplit(fake.url).port
    token = make_token(user, model)
    runs = [TaskRun.objects.start(user, "base", make_email(user), token)[0] for _ in range(2)]
    for run in runs:
        reach(run, message=stage)
    wait_until(lambda: len(fake.requests) == 2)

    assert all(cancel(run) for run in runs)

    wait_until(lambda: len(fake.requests) == 2 and all(seen.disconnected for seen in fake.requests))
    wait_until(lambda: not running.asking(port))
    wait_until(lambda: AiCall.objects.filter(error_code="cancelled").count() == 2)
    # Both slots were taken: the next run shows that they are free.
    assert ended(TaskRun.objects.start(user, "base", make_email(user), make_token(user))[0]).result
    assert not TaskRun.objects.filter(pk__in=[run.pk for run in runs]).exclude(status="cancelled").exists()


def test_it_answers_although_the_database_dropped_the_worker_meanwhile(running, fake, user, email):
    run, _created = TaskRun.objects.start(user, "base", email, make_token(user, DRIP))
    reach(run, message="receiving")

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND query LIKE 'UPDATE \"runs_taskrun\"%%'"
        )
        assert cursor.fetchone()[0] >= 1

    assert ended(run).status == "succeeded"
    assert (run.attempt, len(fake.requests)) == (1, 1)


def test_it_retries_a_run_whose_worker_was_killed(running, fake, user, email):
    token = make_token(user, "fake:silent")
    run, _created = TaskRun.objects.start(user, "reply", email, token)
    (worker,) = wait_until(lambda: running.asking(urlsplit(fake.url).port))
    reach(run, message="asking")

    worker.kill()
    type(token).objects.update(model="fake")

    assert ended(run).status == "succeeded"
    assert run.attempt == 2
    assert Draft.objects.get().run == run
    wait_until(lambda: len(running.below_sentinel()) == 4)


def test_it_rings_again_when_the_ring_is_lost(running, fake, user, email, token):
    with transaction.atomic():
        run, _created = TaskRun.objects.start(user, "base", email, token)
        OrmQ.objects.all().delete()

    assert ended(run).status == "succeeded"


@pytest.mark.parametrize("number", [0, 1], ids=["main", "sentinel"])
def test_it_starts_a_whole_new_cluster_when_a_process_above_the_workers_is_killed(
    number: int, running: Worker, fake: FakeOpenAI, user, token
):
    run, _created = TaskRun.objects.start(user, "reply", make_email(user), make_token(user, "fake:silent"))
    reach(run, message="asking")
    old = [running.cluster(), *running.cluster().children(recursive=True)]
    assert len(old) == 6  # main, sentinel, two workers, monitor, pusher

    old[number].kill()

    wait_until(lambda: not any(process.is_running() and process.status() != "zombie" for process in old))
    wait_until(running.listens)
    assert ended(TaskRun.objects.start(user, "base", make_email(user), token)[0]).status == "succeeded"
