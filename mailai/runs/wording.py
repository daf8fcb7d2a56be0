"""What a person is told of a run: what happened and what to do next, by code."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from mailai.runs.kinds import KINDS
from mailai.runs.models import Stage, Status, TaskRun

ERRORS: dict[str, Promise] = {
    "timeout": lazy("The model did not answer in time. Try again, or choose a faster model."),
    "rate_limited": lazy("The provider is limiting how often this key may ask. Try again in a while."),
    "unreachable": lazy(
        "The provider could not be reached. Check its address and the network, then try again."
    ),
    "overloaded": lazy("The provider is overloaded or has a fault. Try again in a while."),
    "worker_lost": lazy("The worker stopped in the middle of it. Try again."),
    "auth": lazy("The provider refused the key. Add a valid one on the tokens page."),
    "quota": lazy("The account behind this key has no credit left. Top it up, or use another token."),
    "model_missing": lazy(
        "The provider does not know this model, or the key may not use it. Choose another."
    ),
    "refused": lazy("The model declined to answer. Try another model or other instructions."),
    "truncated": lazy("The answer was cut off because it grew too long. Try another model."),
    "invalid_output": lazy("The model's answer could not be understood. Try again, or choose another model."),
    "bad_request": lazy(
        "The provider did not accept the request. The message may be too long for this model."
    ),
    "token_expired": lazy("This token has expired. Add a new one on the tokens page."),
    "token_revoked": lazy("This token was revoked. Choose another one."),
    "token_missing": lazy("The token is gone. Choose another one."),
    "wrong_state": lazy("Run the base analysis first; the second opinion builds on it."),
    "expired": lazy(
        "No worker took this on in time. Ask the operator whether workers are running, then try again."
    ),
    "internal": lazy("Something went wrong here, and it has been logged. Try again, or tell the operator."),
}

KIND_NAMES: dict[str, Promise] = {
    "base": lazy("Analysis"),
    "optimize": lazy("Second opinion"),
    "reply": lazy("Reply draft"),
    "token_test": lazy("Test of a token"),
    "fetch": lazy("Fetching mail"),
    "account_test": lazy("Test of an account"),
    "send": lazy("Sending"),
    "save_draft": lazy("Saving to the drafts folder"),
}


def kind_name(kind: str) -> str:
    """In words; also of a kind that this version does not know."""
    return str(KIND_NAMES.get(kind, kind.replace("_", " ")))


def kind_names() -> dict[str, str]:
    """Of all kinds that there are."""
    return {kind: kind_name(kind) for kind in KINDS}


def error_of(run: TaskRun) -> str | None:
    """The reason of a failure or of a retry, in the reader's language; None where there is none."""
    if run.status == Status.CANCELLED:
        return _("Cancelled.")
    if not run.error_code:
        return None
    text = str(ERRORS.get(run.error_code, ERRORS["internal"]))
    return f"{text} ({run.error_message})" if run.error_message else text


def message_of(run: TaskRun) -> str:
    """What the run is doing now."""
    if run.status == Status.CANCELLED:
        return _("Cancelled")
    if run.status == Status.FAILED:
        return _("Failed")
    if run.status == Status.RUNNING and run.message == Stage.RECEIVING:
        return _("Receiving the answer (%(count)s characters)") % {"count": f"{run.received:,}"}
    return str(run.get_message_display())
