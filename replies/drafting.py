"""The work of the reply run: the thread, the user's manner and wishes in; a new version of the draft out."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils import timezone

from emails.threads import letters_of
from mailai.ai.errors import AIError
from mailai.ai.question import Profile
from mailai.ai.wrappers import draft_of
from mailai.runs.asking import ask
from mailai.runs.kinds import Save
from mailai.runs.models import TaskRun
from mailai.runs.report import Report
from replies import prompt
from replies.models import Draft, Style, WritingProfile
from replies.versions import append


def reply(run: TaskRun, report: Report) -> Save:
    if run.email is None:
        raise AIError("bad_request", "the message is gone")
    style = run.params.get("style", Style.PROFESSIONAL)
    instructions = run.params.get("instructions", "")
    question = prompt.question(
        letters_of(run.email),
        style,
        instructions,
        profile_of(run.user),
        timezone.localdate(),
        settings.MAILAI_PROMPT_BUDGET,
    )
    called = ask(question, run, report)
    text = draft_of(str(called.answer.content))
    if not text:
        raise AIError("invalid_output", "the draft was empty")

    def save() -> dict[str, Any]:
        draft = append(
            Draft(
                user_id=run.user_id,
                email=run.email,
                run=run,
                style=style,
                instructions=instructions,
                text=text,
                provider=called.provider,
                model=called.answer.model,
                read_ids=[letter.email_id for letter in question.letters],
            )
        )
        return {
            "status": "success",
            "email_id": run.email_id,
            "draft": draft.text,
            "style": draft.style,
            "draft_id": draft.pk,
            "version": draft.version,
            "model_used": draft.model,
            "provider": draft.provider,
        }

    return save


def profile_of(user: Any) -> Profile:
    """How the user writes; someone who never said so has at least a name."""
    stored = WritingProfile.objects.filter(user_id=user.pk).first() or WritingProfile()
    return Profile(
        name=stored.name or user.get_full_name(),
        about=stored.about,
        signature=stored.signature,
        greeting=stored.greeting,
        closing=stored.closing,
        preferences=stored.preferences,
    )
