"""Runs, for operators: see what happened, cancel, try again.

django-q2's own four pages go: whoever may edit its queue or its schedules there can have any function executed.
"""

from __future__ import annotations

import django_q.admin  # noqa: F401 - its pages must be registered before they can go
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django_q.models import Failure, OrmQ, Schedule, Success

from mailai.admin import AgeFilter, ErrorFilter, KindFilter, ReadOnlyAdmin
from mailai.postgres import clock
from mailai.runs.hosts import ALIVE, WorkerHost
from mailai.runs.kinds import KINDS
from mailai.runs.models import TERMINAL, TaskRun
from mailai.runs.transitions import cancel, hurry

AT_ONCE = 200  # runs that one action takes on, so that its request ends

for model in (Schedule, Success, Failure, OrmQ):
    admin.site.unregister(model)


@admin.register(TaskRun)
class TaskRunAdmin(ReadOnlyAdmin):
    list_display = (
        "id",
        "kind",
        "status",
        "user",
        "email_id",
        "token",
        "tries",
        "error_code",
        "created_at",
        "finished_at",
    )
    list_filter = ("status", KindFilter, ErrorFilter, AgeFilter, ("user", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("user", "email", "token", "account")
    also_load = ("max_attempts", "user__username", "user__is_active", "token__provider", "token__model")
    search_fields = ("id", "user__username", "=email__id", "error_code")
    search_help_text = _("Id, user name, id of the message or error code")
    fields = (
        *("id", "kind", "status", "user", "email", "token", "account", "attempt", "max_attempts"),
        *("run_at", "lease_until", "deadline_at", "progress", "message", "done", "total"),
        *("error_code", "error_message", "worker", "created_at", "started_at", "finished_at"),
    )
    actions = ("cancel_runs", "try_again")

    @admin.display(description=_("tries"), ordering="attempt")
    def tries(self, run: TaskRun) -> str:
        return f"{run.attempt}/{run.max_attempts}"

    @admin.action(description=_("Cancel the selected runs"), permissions=["operate"])
    def cancel_runs(self, request: HttpRequest, runs: QuerySet[TaskRun]) -> None:
        cancelled = 0
        for run in runs.active()[:AT_ONCE]:  # type: ignore[attr-defined]
            if cancel(run):
                cancelled += 1
                self.log_change(request, run, "cancelled")
        told = ngettext("%(n)s run was cancelled.", "%(n)s runs were cancelled.", cancelled) % {
            "n": cancelled
        }
        self.message_user(request, told, messages.SUCCESS if cancelled else messages.WARNING)

    @admin.action(description=_("Try the selected runs again"), permissions=["operate"])
    def try_again(self, request: HttpRequest, runs: QuerySet[TaskRun]) -> None:
        """An ended run is started anew; one that waits for its next try gets it now."""
        again = 0
        for run in runs[:AT_ONCE]:
            if self._started_anew(run) or hurry(run):
                again += 1
                self.log_change(request, run, "tried again")
        told = ngettext("%(n)s run is tried again.", "%(n)s runs are tried again.", again) % {"n": again}
        self.message_user(request, told, messages.SUCCESS if again else messages.WARNING)

    def _started_anew(self, run: TaskRun) -> bool:
        may_start = run.user.is_active and run.kind in KINDS and run.definition.restarts
        if run.status not in TERMINAL or not may_start:
            return False
        _run, created = TaskRun.objects.start(
            run.user, run.kind, run.email, run.token, run.params, run.account
        )
        return created


@admin.register(WorkerHost)
class WorkerHostAdmin(ReadOnlyAdmin):
    list_display = ("name", "pid", "alive", "seen_at", "started_at", "slots", "served", "version")
    also_load = ("queues",)
    fields = ("name", "pid", "slots", "queues", "version", "started_at", "seen_at")
    search_fields = ("name",)

    @admin.display(description=_("works"), boolean=True)
    def alive(self, worker: WorkerHost) -> bool:
        return worker.seen_at > clock.now() - ALIVE

    @admin.display(description=_("queues"))
    def served(self, worker: WorkerHost) -> str:
        return ", ".join(worker.queues) or str(_("all"))
