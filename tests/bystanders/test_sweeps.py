"""What looks after all users at once touches the row whose time has come, and none beside it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.models import OrmQ, Task

from emails.models import MailAccount
from mailai.ai.models import AiCall, ServiceToken
from mailai.postgres.models import CacheEntry
from mailai.runs.hosts import WorkerHost
from mailai.runs.models import TaskRun
from mailai.runs.periodic import PERIODIC
from mailai.runs.prune import RULES, prune_all
from mailai.runs.rescue import rescue, rescue_one
from tests.bystanders.belongings import Belongings
from tests.bystanders.conftest import Scene

PAST = dt.timedelta(minutes=1)
LONG_AGO = dt.timedelta(days=1000)


def change(run: TaskRun, **values: Any) -> None:
    TaskRun.objects.filter(pk=run.pk).update(**values)


def lease_over(mine: Belongings) -> None:
    change(mine.running, lease_until=timezone.now() - PAST)


def deadline_over(mine: Belongings) -> None:
    change(mine.waiting, deadline_at=timezone.now() - PAST)


def ring_lost(mine: Belongings) -> None:
    OrmQ.objects.filter(pk=mine.queued.queue_id).delete()


def ring_left_over(mine: Belongings) -> None:
    change(mine.queued, status="cancelled", finished_at=timezone.now())


def account_due(mine: Belongings) -> None:
    MailAccount.objects.filter(pk=mine.account.pk).update(next_fetch_at=timezone.now() - PAST)


def upload_ended(mine: Belongings) -> None:
    change(mine.importing, status="cancelled", finished_at=timezone.now())


@pytest.mark.parametrize("lapse", [lease_over, deadline_over, ring_lost, ring_left_over])
def test_the_rescue_takes_what_lapsed_and_nothing_else(scene: Scene, lapse: Callable[[Belongings], None]):
    lapse(scene.mine)

    with scene.watched():
        rescue()


@pytest.mark.parametrize(("lapse", "name"), [(lease_over, "running"), (deadline_over, "waiting")])
def test_a_run_that_is_looked_at_is_rescued_alone(
    scene: Scene, lapse: Callable[[Belongings], None], name: str
):
    for each in (scene.mine, scene.beside, scene.theirs):
        lapse(each)
    run = getattr(scene.mine, name)
    run.refresh_from_db()

    with scene.watched():
        rescue_one(run)


def test_a_run_whose_ring_is_lost_is_rung_for_again(scene: Scene):
    ring_lost(scene.mine)
    rescue()

    was = scene.mine.queued.queue_id
    scene.mine.queued.refresh_from_db()
    assert scene.mine.queued.queue_id != was
    assert OrmQ.objects.filter(pk=scene.mine.queued.queue_id).exists()


ROUNDS = {"emails.accounts.schedule.start_due": account_due, "emails.uploads.sweeping.sweep": upload_ended}


@pytest.mark.parametrize("name", PERIODIC)
def test_periodic_work_takes_what_is_due_and_nothing_else(scene: Scene, name: str):
    ROUNDS[name](scene.mine)

    with scene.watched():
        import_string(name)()


def ended_long_ago(mine: Belongings) -> None:
    """One that a later one has replaced."""
    change(mine.failed, finished_at=timezone.now() - LONG_AGO, created_at=timezone.now() - LONG_AGO)


def texts_left(mine: Belongings) -> None:
    change(mine.failed, partial="Dear")


def called_long_ago(mine: Belongings) -> None:
    AiCall.objects.filter(pk=mine.call.pk).update(started_at=timezone.now() - LONG_AGO)


def token_expired(mine: Belongings) -> None:
    ServiceToken.objects.filter(pk=mine.token.pk).update(expires_at=timezone.now() - LONG_AGO)


def token_revoked(mine: Belongings) -> None:
    ServiceToken.objects.filter(pk=mine.token.pk).update(
        revoked_at=timezone.now() - LONG_AGO, encrypted_key=""
    )


def noted(mine: Belongings, make: Callable[[str, dt.datetime], Any]) -> None:
    """Two rows that are nobody's: one had its time, one has not."""
    mine.old = make("old", timezone.now() - LONG_AGO)  # type: ignore[attr-defined]
    make("new", timezone.now() + LONG_AGO)


def result_of_queue(name: str, moment: dt.datetime) -> Task:
    return Task.objects.create(id=name, name=name, func="f", started=moment, stopped=moment, success=True)


def beat(name: str, moment: dt.datetime) -> OrmQ:
    return OrmQ.objects.create(key=f"pulse.{name}", payload="", lock=moment)


def host(name: str, moment: dt.datetime) -> WorkerHost:
    return WorkerHost.objects.create(name=name, pid=1, slots=1, seen_at=moment)


def counter(name: str, moment: dt.datetime) -> CacheEntry:
    return CacheEntry.objects.create(key=name, value="1", expires_at=moment)


def session(name: str, moment: dt.datetime) -> Session:
    return Session.objects.create(session_key=name, session_data="", expire_date=moment)


OUTDATED: dict[str, Callable[[Belongings], None]] = {
    "ended runs": ended_long_ago,
    "texts of ended runs": texts_left,
    "calls in the ledger": called_long_ago,
    "keys of expired tokens": token_expired,
    "revoked and expired tokens": token_revoked,
    "results of the queue": lambda mine: noted(mine, result_of_queue),
    "beats of dead clusters": lambda mine: noted(mine, beat),
    "workers not seen for a day": lambda mine: noted(mine, host),
    "expired counters": lambda mine: noted(mine, counter),
    "expired sessions": lambda mine: noted(mine, session),
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_what_has_had_its_time_goes_and_nothing_else(scene: Scene, rule: Any):
    OUTDATED[rule.name](scene.mine)

    with scene.watched(something=False):  # of counters and sessions, nothing is compared
        assert prune_all(rule) == 1
