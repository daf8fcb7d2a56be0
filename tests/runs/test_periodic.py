"""Work that reports steadily has a short lease, and what is periodic is done by the reaper's round."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest
from django.db import OperationalError
from django.utils import timezone

from mailai.runs import supervisor
from mailai.runs.kinds import KINDS
from mailai.runs.models import TaskRun
from mailai.runs.perform import perform
from mailai.runs.report import Report
from mailai.runs.supervisor import Supervisor
from mailai.runs.transitions import advance
from tests.factories import make_run
from tests.runs import probe as probes

pytestmark = pytest.mark.django_db
done: list[str] = []


def fine() -> None:
    done.append("fine")


def broken() -> None:
    raise ValueError("broken")


def without_database() -> None:
    raise OperationalError("away")


@pytest.fixture
def steady(probe, settings, monkeypatch):
    """The probe's work now reports steadily; silent for 5 s, its worker counts as lost."""
    settings.MAILAI_FETCH_LEASE, settings.MAILAI_LEASE_MARGIN = 5, 0
    settings.MAILAI_HARD_LIMITS = {**settings.MAILAI_HARD_LIMITS, "probe": 600}
    monkeypatch.setitem(KINDS, "probe", dataclasses.replace(probes.KIND, reports_steadily=True))
    return probe


def lease_of(run):
    run.refresh_from_db()
    return (run.lease_until - timezone.now()).total_seconds()


def test_its_lease_begins_short_and_anew_with_each_report(user, email, steady):
    seen = []

    def then(run, report):
        seen.append(lease_of(TaskRun.objects.get()))
        TaskRun.objects.update(lease_until=timezone.now() + dt.timedelta(seconds=1))
        report.counted("fetching", 3, 10, "INBOX")
        seen.append(lease_of(TaskRun.objects.get()))
        return lambda: {"status": "success"}

    steady.then = then
    run, _created = TaskRun.objects.start(user, "probe", email)
    perform(str(run.pk))

    assert seen == [pytest.approx(5, abs=1)] * 2
    run.refresh_from_db()
    assert (run.status, run.done, run.total) == ("succeeded", 3, 10)


def test_other_work_keeps_the_lease_that_it_has(user, email):
    run = make_run(user, "base", "running", email=email)
    before = run.lease_until

    advance(run, "asking", 10)

    run.refresh_from_db()
    assert run.lease_until == before


def test_a_sign_of_life_is_written_seldom(user, email, steady):
    run = make_run(user, "probe", "running", email=email)
    report = Report(run)
    report.counted("fetching", 1, 2, "INBOX")
    TaskRun.objects.update(lease_until=timezone.now() + dt.timedelta(seconds=1))

    for _ in range(1000):
        report.alive()

    assert lease_of(run) < 2


def test_what_fails_stops_nothing_else(monkeypatch):
    here = "tests.runs.test_periodic"
    monkeypatch.setattr(
        supervisor, "PERIODIC", (f"{here}.broken", f"{here}.without_database", f"{here}.fine")
    )
    done.clear()

    Supervisor(command=["true"])._round()

    assert done == ["fine"]
