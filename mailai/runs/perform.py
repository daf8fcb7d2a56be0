"""The worker's side of a run: claim it, do its work, and finish, retry or fail it."""

from __future__ import annotations

import logging
from functools import partial

from django.db import InterfaceError, OperationalError
from django.db.models import Q
from django_q.exceptions import TimeoutException

from mailai.ai.errors import AIError
from mailai.postgres.patience import persistently
from mailai.runs.claims import claim
from mailai.runs.models import TaskRun
from mailai.runs.report import Report
from mailai.runs.transitions import Lost, end_unwanted, fail, finish

logger = logging.getLogger(__name__)

# django-q2's timeout is a SystemExit: `except Exception` would let it pass and leave the run running.
ANY_ERROR = (Exception, TimeoutException)


def perform(run_id: str) -> None:
    """The task that django-q2 runs. It returns None and never raises: what happened is on the run's row."""
    try:
        try:
            if (run := persistently(partial(claim, run_id))) is not None:
                return attempt(run)
        except Lost:
            logger.info("run %s is no longer this attempt's; its outcome was discarded", run_id)
        persistently(partial(end_unwanted, Q(pk=run_id)))
    except ANY_ERROR:
        logger.exception("run %s could not be noted; its lease will run out", run_id)


def attempt(run: TaskRun) -> None:
    """Raises Lost if the run ended or was taken over meanwhile."""
    try:
        report = Report(run)
        if run.token is not None:
            run.token.check_usable()
        save = run.definition.find_work()(run, report)
        persistently(report.saving)
        persistently(partial(finish, run, save))
    except Lost:
        raise
    except ANY_ERROR as error:
        persistently(partial(fail, run, as_ai_error(error, run)))


def as_ai_error(error: BaseException, run: TaskRun) -> AIError:
    if isinstance(error, AIError):
        return error
    # Django may raise an error of its own while it leaves the transaction that the timeout ended.
    if isinstance(error, TimeoutException) or isinstance(error.__context__, TimeoutException):
        return AIError("timeout", f"ended after {run.definition.hard_limit} s")
    if isinstance(error, OperationalError | InterfaceError):
        return AIError("worker_lost", "the database was away")
    logger.error("run %s (%s) failed in our own code", run.pk, run.kind, exc_info=error)
    return AIError("internal")
