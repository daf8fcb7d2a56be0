"""Any order of presses, deliveries, deaths, late answers and clocks: what must hold of a run, holds."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django_q.models import OrmQ
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from emails.models import Analysis
from mailai.ai.errors import AIError
from mailai.runs.claims import claim
from mailai.runs.models import ACTIVE, TERMINAL, TaskRun
from mailai.runs.rescue import end_leases, ring_again
from mailai.runs.transitions import Lost, advance, cancel, expire, fail, finish, hurry
from tests.factories import make_analysis, make_email, make_user

which = st.integers(0, 9)  # of the workers, dead ones included


class Life(RuleBasedStateMachine):
    """One run. `claims` holds it as each worker saw it when it claimed: all but the last are zombies."""

    def __init__(self) -> None:
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.user = make_user("alex")
        self.email = make_email(self.user)
        self.run, _created = TaskRun.objects.start(self.user, "base", self.email)
        self.row = TaskRun.objects.get()
        self.claims: list[TaskRun] = []

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.undo.__exit__(None, None, None)

    def in_charge(self, worker: TaskRun) -> bool:
        return self.row.status == "running" and self.row.attempt == worker.attempt

    def by(self, number: int, change) -> None:
        """A worker's change: it holds if the worker is in charge, else it is Lost and leaves no trace."""
        worker = self.claims[number % len(self.claims)]
        if self.in_charge(worker):
            change(worker)
            return
        before = TaskRun.objects.values().get(), OrmQ.objects.count(), Analysis.objects.count()
        with pytest.raises(Lost):
            change(worker)
        assert (TaskRun.objects.values().get(), OrmQ.objects.count(), Analysis.objects.count()) == before

    @rule(early=st.booleans())
    def deliver(self, early: bool) -> None:
        """A ring reaches a worker: twice or too early, too."""
        if not early:
            TaskRun.objects.filter(status="retrying").update(run_at=timezone.now())
            self.row = TaskRun.objects.get()
        due = self.row.status == "queued" or (
            self.row.status == "retrying" and self.row.run_at <= timezone.now()
        )
        claimed = claim(str(self.run.pk))
        assert (claimed is not None) == (due and self.row.deadline_at > timezone.now())
        if claimed is not None:
            assert claimed.attempt == self.row.attempt + 1
            self.claims.append(claimed)

    @precondition(lambda self: self.row.status == "running")
    @rule()
    def take_over(self) -> None:
        """The worker seems dead, but is only slow: another one gets the run, if there is an attempt left."""
        self.die()
        self.it_holds()
        self.deliver(early=False)

    @precondition(lambda self: self.claims)
    @rule(number=which, progress=st.integers(0, 100))
    def tell(self, number: int, progress: int) -> None:
        self.by(number, lambda worker: advance(worker, "receiving", progress, "text"))

    @precondition(lambda self: self.row.attempt > 1)  # an early end would leave little to see
    @rule(number=which)
    def answer(self, number: int) -> None:
        self.by(
            number,
            lambda worker: finish(worker, lambda: {"analysis": make_analysis(self.email, run=worker).pk}),
        )

    @precondition(lambda self: self.claims)
    @rule(number=which, code=st.sampled_from(["timeout", "unreachable"]))
    def stumble(self, number: int, code: str) -> None:
        self.by(number, lambda worker: fail(worker, AIError(code)))

    @precondition(lambda self: self.row.attempt > 2)
    @rule(number=which)
    def be_refused(self, number: int) -> None:
        self.by(number, lambda worker: fail(worker, AIError("auth")))

    @rule()
    def die(self) -> None:
        """The worker is gone, and its lease runs out."""
        TaskRun.objects.filter(status="running").update(lease_until=timezone.now() - dt.timedelta(seconds=1))
        assert end_leases() == (self.row.status == "running")

    @precondition(lambda self: self.row.attempt > 1)
    @rule()
    def miss_the_deadline(self) -> None:
        TaskRun.objects.filter(status__in=ACTIVE).update(deadline_at=timezone.now())
        assert expire(Q()) == (self.row.status in ("queued", "retrying"))

    @precondition(lambda self: self.row.attempt > 1)
    @rule()
    def press_cancel(self) -> None:
        assert cancel(self.run) == (self.row.status in ACTIVE)

    @rule()
    def press_try_now(self) -> None:
        assert hurry(self.run) == (self.row.status == "retrying")

    @precondition(lambda self: self.row.status in ACTIVE)
    @rule()
    def press_again(self) -> None:
        assert TaskRun.objects.start(self.user, "base", self.email) == (self.run, False)

    @rule(seconds=st.sampled_from([-3600, -90, 90, 3600]))
    def let_the_clock_jump(self, seconds: int) -> None:
        """The database's: all that was noted by it is so much older now, or yet to come."""
        jump = dt.timedelta(seconds=seconds)
        times = ("run_at", "deadline_at", "lease_until")
        TaskRun.objects.update(**{name: F(name) - jump for name in times})
        OrmQ.objects.update(lock=F("lock") - jump)

    @rule()
    def lose_the_rings(self) -> None:
        OrmQ.objects.all().delete()

    @rule()
    def reap(self) -> None:
        ring_again()
        waits = TaskRun.objects.filter(status__in=("queued", "retrying"), run_at__lte=timezone.now()).first()
        assert waits is None or OrmQ.objects.filter(pk=waits.queue_id).exists()

    @invariant()
    def it_holds(self) -> None:
        before, self.row = self.row, TaskRun.objects.get()
        assert Analysis.objects.count() == (self.row.status == "succeeded")
        assert before.attempt <= self.row.attempt <= self.row.max_attempts
        assert self.row.attempt == len(self.claims)
        assert (self.row.lease_until is not None) == (self.row.status == "running")
        assert (self.row.finished_at is not None) == (self.row.status in TERMINAL)
        if before.status in TERMINAL:
            assert (self.row.status, self.row.result, self.row.error_code, self.row.finished_at) == (
                before.status,
                before.result,
                before.error_code,
                before.finished_at,
            )


@pytest.mark.django_db
def test_it_keeps_its_promises_in_any_order():
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=30,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
