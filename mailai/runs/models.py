"""TaskRun: one press, from the click to its terminal status. The row is the truth; the queue only rings."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import IntegrityError, models, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _
from django_q.conf import Conf

from mailai.ai.errors import AIError
from mailai.postgres import clock
from mailai.postgres.defaults import Model
from mailai.postgres.violations import constraint_of
from mailai.runs.broker import PERFORM, ring
from mailai.runs.hosts import WorkerHost as WorkerHost  # Django looks for models here
from mailai.runs.kinds import KINDS, Kind
from mailai.runs.lanes import lane_of
from mailai.runs.states import ACTIVE, TERMINAL, WIRE, Stage, Status

# The only constraints that say "there is one already"; all others say that something is wrong.
ONE_ACTIVE = tuple(f"one_active_run_per_{subject}_and_kind" for subject in ("email", "token", "account"))
# What a person sees of an active run.
VERSION = ("status", "attempt", "message", "progress", "received", "done")


class TaskRunQuerySet(models.QuerySet["TaskRun"]):
    def of(self, user: AbstractBaseUser | AnonymousUser) -> TaskRunQuerySet:
        return self.filter(user_id=user.pk)

    def active(self) -> TaskRunQuerySet:
        return self.filter(status__in=ACTIVE)

    def fenced(self, run: TaskRun) -> TaskRunQuerySet:
        """This attempt of this run, as long as nobody ended or took it over."""
        return self.filter(pk=run.pk, status=Status.RUNNING, attempt=run.attempt)

    def start(
        self,
        user: Any,
        kind: str,
        email: Any = None,
        token: Any = None,
        params: dict[str, Any] | None = None,
        account: Any = None,
        delay: float = 0,
        awaited: bool = False,
        count: Callable[[], None] = lambda: None,
    ) -> tuple[TaskRun, bool]:
        """A new run and its ring, in one transaction; or the run of this kind that is under way, and False.

        A run is about an email, an account or a token: one of each kind at a time. It begins in `delay` seconds.
        A new one is counted inside the transaction, which is undone if that raises. Raises IntegrityError where what it
        is about is gone, or a value is not one that a run may have; and AIError `user_inactive`.
        """
        for _try in range(3):  # the run under way may finish between the insert and the look
            run = self.new(user, kind, email, token, params, account, delay)
            run.awaited = awaited
            try:
                with transaction.atomic():
                    run.queue_id = None if settings.MAILAI_SYNC else run.ring(delay)
                    run.save(force_insert=True)
                    count()
            except IntegrityError as error:
                if constraint_of(error) not in ONE_ACTIVE:
                    raise
                about = (
                    {"email": email}
                    if email is not None
                    else {"email": None, "account": account, "token": token}
                )
                if under_way := self.active().filter(kind=kind, user_id=user.pk, **about).first():
                    return under_way, False
            else:
                if settings.MAILAI_SYNC:  # for debugging: the click does the work itself
                    transaction.on_commit(partial(import_string(PERFORM), str(run.pk)))
                return run, True
        raise RuntimeError(f"no {kind} run could be started")

    def new(
        self,
        user: Any,
        kind: str,
        email: Any = None,
        token: Any = None,
        params: dict[str, Any] | None = None,
        account: Any = None,
        delay: float = 0,
        batch: Any = None,
    ) -> TaskRun:
        """A run that is neither saved nor rung for yet. Raises AIError `user_inactive`.

        One of a batch may have to wait for all the others, so it has their time as well.
        """
        if not user.is_active:
            raise AIError("user_inactive")
        patience = delay + settings.MAILAI_RUN_DEADLINE
        if batch is not None:
            patience += batch.total * KINDS[kind].soft_limit
        return TaskRun(
            user_id=user.pk,
            kind=kind,
            email=email,
            token=token,
            account=account,
            batch=batch,
            params=params or {},
            awaited=batch is not None,
            max_attempts=1 if settings.MAILAI_SYNC else settings.MAILAI_MAX_ATTEMPTS,
            run_at=Now() + dt.timedelta(seconds=delay),
            deadline_at=Now() + dt.timedelta(seconds=patience),
        )


class TaskRun(Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="runs")
    kind = models.CharField(max_length=20)
    email = models.ForeignKey("emails.Email", models.CASCADE, null=True, blank=True, related_name="runs")
    token = models.ForeignKey("ai.ServiceToken", models.SET_NULL, null=True, blank=True, related_name="runs")
    account = models.ForeignKey(
        "emails.MailAccount", models.CASCADE, null=True, blank=True, related_name="runs"
    )
    batch = models.ForeignKey(
        "emails.Batch", models.SET_NULL, null=True, blank=True, editable=False, related_name="runs"
    )
    params = models.JSONField(default=dict, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    attempt = models.PositiveSmallIntegerField(default=0)  # the fence; only grows
    max_attempts = models.PositiveSmallIntegerField(default=4)
    # All moments are by the database's clock, which hosts agree on.
    run_at = models.DateTimeField(db_default=Now())
    lease_until = models.DateTimeField(null=True, blank=True)
    deadline_at = models.DateTimeField(db_default=Now() + dt.timedelta(minutes=30))
    # Somebody pressed for it on a page, and has not seen what came of it.
    awaited = models.BooleanField(default=False, editable=False)
    irrevocable = models.BooleanField(default=False)  # it has done what no cancel takes back
    progress = models.PositiveSmallIntegerField(default=0)
    message = models.CharField(max_length=10, choices=Stage, default=Stage.QUEUED)
    partial = models.TextField(blank=True, default="")
    done = models.PositiveIntegerField(default=0)  # of `total`, where a run's work can be counted
    total = models.PositiveIntegerField(default=0)
    result = models.JSONField(null=True, blank=True)
    error_code = models.CharField(max_length=30, blank=True, default="")
    error_message = models.CharField(max_length=200, blank=True, default="")
    queue_id = models.BigIntegerField(null=True, blank=True, editable=False)  # the latest ring
    # The cluster that claimed it last.
    worker = models.CharField(max_length=40, blank=True, default="", editable=False)
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = TaskRunQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        constraints = [
            models.UniqueConstraint(
                "email", "kind", condition=Q(status__in=ACTIVE), name="one_active_run_per_email_and_kind"
            ),
            models.UniqueConstraint(
                "token",
                "kind",
                condition=Q(status__in=ACTIVE, email=None),
                name="one_active_run_per_token_and_kind",
            ),
            models.UniqueConstraint(
                "account",
                "kind",
                condition=Q(status__in=ACTIVE, email=None),
                name="one_active_run_per_account_and_kind",
            ),
            models.CheckConstraint(
                condition=Q(status="running", lease_until__isnull=False)
                | (~Q(status="running") & Q(lease_until=None)),
                name="lease_exactly_while_running",
            ),
            models.CheckConstraint(
                condition=Q(attempt__lte=F("max_attempts")), name="attempt_within_max_attempts"
            ),
            models.CheckConstraint(
                condition=Q(status__in=ACTIVE, finished_at=None)
                | Q(status__in=TERMINAL, finished_at__isnull=False),
                name="finished_exactly_when_terminal",
            ),
            models.CheckConstraint(
                condition=Q(status="succeeded", result__isnull=False)
                | (~Q(status="succeeded") & Q(result=None)),
                name="result_exactly_on_success",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=("failed", "retrying"), error_code=""), name="failure_has_a_code"
            ),
            models.CheckConstraint(condition=Q(progress__lte=100), name="progress_is_a_percentage"),
        ]
        indexes = [
            models.Index(fields=["email", "kind", "-created_at"], name="run_latest_of_email"),
            models.Index(fields=["user", "-created_at"], name="run_user_created"),
            models.Index(
                fields=["user", "-started_at"], condition=Q(started_at__isnull=False), name="run_user_started"
            ),
            models.Index(fields=["user", "-created_at"], condition=Q(awaited=True), name="run_user_awaited"),
            models.Index(fields=["token", "kind", "-created_at"], name="run_latest_of_token"),
            models.Index(fields=["batch", "status"], condition=Q(batch__isnull=False), name="run_batch"),
            models.Index(
                fields=["user", "email"],
                condition=Q(status="failed", email__isnull=False),
                name="run_user_failed",
            ),
            models.Index(fields=["lease_until"], condition=Q(status="running"), name="run_lease"),
            models.Index(fields=["deadline_at"], condition=Q(status__in=ACTIVE), name="run_deadline"),
            models.Index(fields=["finished_at"], condition=Q(status__in=TERMINAL), name="run_finished"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    @property
    def definition(self) -> Kind:
        return KINDS[self.kind]

    @property
    def lane(self) -> str:
        return lane_of(Conf.CLUSTER_NAME, self.definition.queue, self.user_id, self.token_id)

    def ring(self, delay: float = 0) -> int:
        """Call a worker in `delay` seconds. Inside the caller's transaction; returns the queue row's id."""
        return ring(str(self.pk), self.definition.hard_limit, self.lane, delay)

    @property
    def is_active(self) -> bool:
        return self.status in ACTIVE

    @property
    def is_overdue(self) -> bool:
        """Whether its lease or its deadline has passed."""
        limit = self.lease_until if self.status == Status.RUNNING else self.deadline_at
        return self.is_active and limit is not None and limit <= clock.now()

    @property
    def is_failed(self) -> bool:
        return self.status == Status.FAILED

    @property
    def received(self) -> int:
        """Characters of the answer that have arrived."""
        return len(self.partial)

    @property
    def elapsed(self) -> dt.timedelta:
        return (self.finished_at or clock.now()) - self.created_at

    @property
    def version(self) -> str:
        """Changes whenever something that a person sees of an active run changes."""
        return ".".join(str(getattr(self, name)) for name in VERSION)

    @staticmethod
    def was_active(version: str) -> bool:
        """Whether a run was, at this version of it."""
        return version.partition(".")[0] in ACTIVE

    @property
    def wire_status(self) -> str:
        """The status as the public contract names it."""
        if self.status == Status.RUNNING:
            return "PROGRESS" if self.progress else "STARTED"
        return WIRE[self.status]

    def as_dict(self, message: str, error: str | None) -> dict[str, Any]:
        """The answer of GET /tasks/<id>/status; the wording is the caller's."""
        return {
            "task_id": str(self.id),
            "status": self.wire_status,
            "result": self.result,
            "error": error,
            "progress": self.progress,
            "message": message,
        }
