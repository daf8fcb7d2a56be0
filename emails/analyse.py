"""The work of the base and optimize runs: read the message, ask, append an Analysis."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils import timezone

from emails.instructed import capped, is_instructed
from emails.models import Analysis, Email
from emails.prompts import base as base_prompt
from emails.prompts import optimize as optimize_prompt
from emails.ranking import rank
from emails.threads import letters_of
from mailai.ai.calls import Called
from mailai.ai.errors import AIError
from mailai.ai.question import Question
from mailai.ai.schemas import BaseAnswer
from mailai.runs.asking import ask
from mailai.runs.kinds import Save
from mailai.runs.models import TaskRun
from mailai.runs.report import Report


def base(run: TaskRun, report: Report) -> Save:
    letters = letters_of(_email(run))
    question = base_prompt.question(letters, timezone.localdate(), settings.MAILAI_PROMPT_BUDGET)
    called = ask(question, run, report)

    def save() -> dict[str, Any]:
        return result_of(append(run, question, called))

    return save


def optimize(run: TaskRun, report: Report) -> Save:
    """Raises AIError `wrong_state` if there is no base analysis to start from."""
    email = _email(run)
    first = latest(email, Analysis.Kind.BASE)
    if first is None:
        raise AIError("wrong_state")
    question = optimize_prompt.question(
        letters_of(email), answer_of(first), timezone.localdate(), settings.MAILAI_PROMPT_BUDGET
    )
    called = ask(question, run, report)

    def save() -> dict[str, Any]:
        second = append(run, question, called)
        return result_of(second) | {
            "score_base": float(first.score),
            "score_optimize": float(second.score),
            "improvement": round(float(second.score - first.score), 2),
            "suggestions": second.suggestions,
        }

    return save


def latest(email: Email, kind: str) -> Analysis | None:
    current = email.analysis  # the latest of all, which comes with the message
    if current is not None and current.kind == kind:
        return current
    return email.analyses.filter(kind=kind).first()


def answer_of(analysis: Analysis) -> BaseAnswer:
    return BaseAnswer.model_validate(
        {name: getattr(analysis, name) for name in BaseAnswer.model_fields}, from_attributes=False
    )


def append(run: TaskRun, question: Question, called: Called) -> Analysis:
    """A new row, which becomes the message's current analysis. Inside the transaction that finishes the run."""
    answer = called.answer
    if not isinstance(answer.content, BaseAnswer):
        raise TypeError(f"an analysis cannot be made of {type(answer.content).__name__}")
    fields = answer.content.model_dump(mode="json")
    email = _email(run)
    fields["language"] = fields["language"] or email.language
    instructed = is_instructed(question)
    if instructed:
        fields = capped(question, fields)
    analysis = Analysis(
        email=email,
        run=run,
        kind=run.kind,
        provider=called.provider,
        model=answer.model,
        prompt_version=question.prompt_version,
        input_tokens=answer.input_tokens,
        output_tokens=answer.output_tokens,
        duration_ms=called.duration_ms,
        read_ids=[letter.email_id for letter in question.letters],
        instructed=instructed,
        **fields,
    )
    analysis.save(force_insert=True)
    Email.objects.filter(pk=analysis.email_id).update(analysis=analysis)
    rank([analysis.email_id])
    return analysis


def result_of(analysis: Analysis) -> dict[str, Any]:
    """A run's `result`, as the public contract names it."""
    return {
        "status": "success",
        "email_id": analysis.email_id,
        "score": float(analysis.score),
        "urgency": analysis.urgency,
        "importance": analysis.importance,
        "category": analysis.category,
        "summary": analysis.summary,
        "reasoning": analysis.reasoning,
        "is_spam": analysis.is_spam,
        "instructed": analysis.instructed,
        "model_used": analysis.model,
        "provider": analysis.provider,
    }


def _email(run: TaskRun) -> Email:
    if run.email is None:
        raise AIError("bad_request", "the message is gone")
    return run.email
