"""A run's call to a model, by the run's own token."""

from __future__ import annotations

from mailai.ai.calls import Called, call
from mailai.ai.errors import AIError
from mailai.ai.question import Question
from mailai.runs.models import TaskRun
from mailai.runs.report import Report


def ask(question: Question, run: TaskRun, report: Report) -> Called:
    """The answer, with what came of it so far on the run's page. Raises AIError, and Lost soon after a cancel."""
    if run.token is None:
        raise AIError("token_missing")
    report.asking()
    return call(
        question,
        run.token,
        run.definition.soft_limit,
        report.received,
        run.pk,
        run.attempt,
        on_silence=report.check,
    )
