"""What a person is told of a run: what happened and what to do next, by code."""

from __future__ import annotations

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailai.runs.kinds import KINDS
from mailai.runs.models import Stage, Status, TaskRun

ERRORS: dict[str, Promise] = {
    "timeout": gettext_lazy("The model did not answer in time. Try again, or choose a faster model."),
    "rate_limited": gettext_lazy(
        "The provider is limiting how often this token may ask. Try again in a while."
    ),
    "unreachable": gettext_lazy(
        "The provider could not be reached. Check its address and the network, then try again."
    ),
    "overloaded": gettext_lazy("The provider is overloaded or has a fault. Try again in a while."),
    "unfinished": gettext_lazy(
        "The model thought aloud and never came to an answer. Try again, or choose another model."
    ),
    "worker_lost": gettext_lazy("The worker stopped in the middle of it. Try again."),
    "auth": gettext_lazy("The provider refused the key. Add a valid one on the tokens page."),
    "quota": gettext_lazy(
        "The account behind this token has no credit left. Top it up, or use another token."
    ),
    "model_missing": gettext_lazy(
        "The provider does not know this model, or the token may not use it. Choose another."
    ),
    "refused": gettext_lazy("The model declined to answer. Try another model or other instructions."),
    "truncated": gettext_lazy("The answer was cut off because it grew too long. Try another model."),
    "too_long": gettext_lazy(
        "The message and its thread are too long for this model. Choose a model that can read more at once."
    ),
    "invalid_output": gettext_lazy(
        "The model's answer could not be understood. Try again, or choose another model."
    ),
    "bad_request": gettext_lazy(
        "The provider did not accept the request. The message may be too long for this model."
    ),
    "server_address": gettext_lazy(
        "The address of this token leads into a private network, which the operator of this site does not allow. Use "
        "another address, or ask the operator."
    ),
    "token_expired": gettext_lazy("This token has expired. Add a new one on the tokens page."),
    "token_revoked": gettext_lazy("This token was revoked. Choose another one."),
    "token_missing": gettext_lazy("The token is gone. Choose another one."),
    "token_unreadable": gettext_lazy(
        "The stored key of this token can no longer be read, so nothing was sent to the provider. Ask the operator, "
        "or add the token anew with its key."
    ),
    "user_inactive": gettext_lazy(
        "This user account was deactivated, so nothing is done for it. Ask the operator to activate it again."
    ),
    "wrong_state": gettext_lazy("Run the base analysis first; the second opinion builds on it."),
    "expired": gettext_lazy(
        "No worker took this on in time. Ask the operator whether workers are running, then try again."
    ),
    "mail_host": gettext_lazy("There is no server of that name. Check the name of the server."),
    "mail_address": gettext_lazy(
        "This server is on a private network, which the operator of this site does not allow. Use another "
        "server, or ask the operator."
    ),
    "mail_port": gettext_lazy(
        "The operator of this site does not allow this port. Use one of the usual ports for mail."
    ),
    "mail_unencrypted": gettext_lazy(
        "The connection to this server would not be encrypted. Choose SSL/TLS or STARTTLS for it."
    ),
    "mail_refused": gettext_lazy(
        "The mail server does not take connections there. Check the server and the port, or try again later."
    ),
    "mail_timeout": gettext_lazy(
        "The mail server did not answer in time. Check the server, the port and the encryption, or try again later."
    ),
    "mail_dropped": gettext_lazy(
        "The mail server ended the connection. What had arrived is kept; the rest comes with the next try."
    ),
    "mail_unavailable": gettext_lazy("The mail server cannot serve this mailbox just now. Try again later."),
    "mail_starttls": gettext_lazy(
        "The mail server offers no STARTTLS on this port, so the password was not sent. Choose SSL/TLS and its port."
    ),
    "mail_tls": gettext_lazy(
        "No encrypted connection came about. Check that the encryption fits the port: SSL/TLS is usual on 993 "
        "and 465, STARTTLS on 143 and 587."
    ),
    "mail_cert_expired": gettext_lazy(
        "The mail server's certificate has expired, so the password was not sent. Tell whoever runs the server."
    ),
    "mail_cert_host": gettext_lazy(
        "The mail server's certificate is for another name, so the password was not sent. Use the name that your "
        "provider gives for the server."
    ),
    "mail_cert_issuer": gettext_lazy(
        "Nobody known here vouches for the mail server's certificate, so the password was not sent. Check the name "
        "of the server; for a server of your own, ask the operator to add its authority."
    ),
    "mail_cert": gettext_lazy(
        "The mail server's certificate is not valid, so the password was not sent. Tell whoever runs the server."
    ),
    "mail_login": gettext_lazy(
        "The mail server refused the user name or the password. Many providers ask for an app password here."
    ),
    "mail_password": gettext_lazy("The stored password can no longer be read. Enter it once more."),
    "mail_folder": gettext_lazy("The mail server has no such folder. Choose one of those that it has."),
    "mail_protocol": gettext_lazy(
        "The mail server's answer could not be understood. Check the server and the port, or tell the operator."
    ),
    "mail_account": gettext_lazy("The mail account is gone. Add it once more."),
    "send_deferred": gettext_lazy(
        "The mail server would not take it just now. Nothing was sent; try again later."
    ),
    "send_interrupted": gettext_lazy(
        "The connection to the mail server broke before it had the whole message. Nothing was sent; try again."
    ),
    "send_refused": gettext_lazy(
        "The mail server refused to take it. Nothing was sent; read below what it said."
    ),
    "send_unknown": gettext_lazy(
        "It is not known whether this was sent. Look into your folder of sent mail, or ask the recipient, before you "
        "send it again."
    ),
    "send_gone": gettext_lazy(
        "What was to be sent is no longer there as you confirmed it. Nothing was sent; check the reply once more."
    ),
    "import_time": gettext_lazy(
        "There was more than can be stored at a time. What is stored is kept; nothing comes twice."
    ),
    "import_gone": gettext_lazy(
        "What was uploaded is no longer there. Upload it again; what is stored already does not come twice."
    ),
    "delete_time": gettext_lazy(
        "There was more than can be deleted at a time. What is deleted is gone; the rest follows with the next try."
    ),
    "user_kept": gettext_lazy(
        "Only superusers delete users, nobody deletes themselves, and the last superuser stays."
    ),
    "internal": gettext_lazy(
        "Something went wrong here, and it has been logged. Try again, or tell the operator."
    ),
}

KIND_NAMES: dict[str, Promise] = {
    "base": gettext_lazy("Analysis"),
    "optimize": gettext_lazy("Second opinion"),
    "reply": gettext_lazy("Reply draft"),
    "token_test": gettext_lazy("Token test"),
    "fetch": gettext_lazy("Fetch"),
    "account_test": gettext_lazy("Account test"),
    "send": gettext_lazy("Sending"),
    "save_draft": gettext_lazy("Saving a draft"),
    "import": gettext_lazy("Import"),
    "delete_user": gettext_lazy("Deletion of users"),
}


def kind_name(kind: str) -> str:
    """In words; also of a kind that this version does not know."""
    return str(KIND_NAMES.get(kind, kind.replace("_", " ")))


def kind_names() -> dict[str, str]:
    """Of all kinds that users start."""
    return {name: kind_name(name) for name, kind in KINDS.items() if not kind.for_operators}


def error_of(run: TaskRun) -> str | None:
    """The reason of a failure or of a retry, in the reader's language; None where there is none."""
    if run.status == Status.CANCELLED:
        return _("Cancelled.")
    if not run.error_code:
        return None
    text = text_of(run.error_code)
    return f"{text} ({run.error_message})" if run.error_message else text


def text_of(code: str) -> str:
    """What an error code means and what to do, in the reader's language."""
    return str(ERRORS.get(code, ERRORS["internal"]))


def brief(code: str) -> str:
    """Only what happened: the first sentence."""
    return text_of(code).partition(". ")[0].rstrip(".") + "."


def message_of(run: TaskRun) -> str:
    """What the run is doing now."""
    if run.status == Status.CANCELLED:
        return _("Cancelled")
    if run.status == Status.FAILED:
        return _("Failed")
    if run.status == Status.RUNNING and run.message == Stage.RECEIVING:
        return _("Receiving the answer (%(count)s characters)") % {"count": grouped(run.received)}
    if run.status == Status.RUNNING and run.message == Stage.FETCHING and run.total:
        counts = {"done": grouped(run.done), "total": grouped(run.total), "folder": run.partial}
        return _("Fetching %(folder)s: %(done)s of %(total)s messages") % counts
    if run.status == Status.RUNNING and run.message == Stage.IMPORTING and run.total:
        counts = {"done": grouped(run.done), "total": grouped(run.total)}
        return _("Storing: %(done)s of %(total)s messages") % counts
    if run.status == Status.RUNNING and run.message == Stage.DELETING and run.total:
        counts = {"done": grouped(run.done), "total": grouped(run.total)}
        return _("Deleting: %(done)s of %(total)s entries") % counts
    return str(run.get_message_display())


def grouped(number: int) -> str:
    """1,204 or 1.204, as the reader's language has it."""
    return number_format(number, force_grouping=True)
