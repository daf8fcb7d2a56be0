"""A token's test: one tiny question, as a run like any other, so that no page waits for it."""

from __future__ import annotations

from typing import Any

from mailai.ai.question import Question
from mailai.runs.asking import ask
from mailai.runs.kinds import Save
from mailai.runs.models import TaskRun
from mailai.runs.report import Report

QUESTION = Question(
    kind="token_test",
    system="You check that a connection works.",
    user="Answer with the single word: ready",
    schema=None,
    prompt_version="trial-1",
)


def work(run: TaskRun, report: Report) -> Save:
    called = ask(QUESTION, run, report)

    def save() -> dict[str, Any]:
        return {
            "status": "success",
            "model_used": called.answer.model,
            "duration_ms": called.duration_ms,
            "answer": str(called.answer.content)[:80],
        }

    return save
