"""The tokens page: add, test, revoke."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from mailai.ai import providers
from mailai.ai.forms import TokenForm
from mailai.ai.models import ServiceToken
from mailai.http import Refused, contract, owner_id
from mailai.runs.models import TaskRun
from mailai.runs.press import press


@never_cache
@login_required
def tokens(request: HttpRequest) -> HttpResponse:
    form = TokenForm(request.POST or None, instance=ServiceToken(user_id=owner_id(request)))
    if request.method == "POST" and form.is_valid():
        token = form.save()
        messages.success(
            request, _("“%(name)s” is saved. Test it to see that it works.") % {"name": token.name}
        )
        return redirect("tokens")
    known = providers.all()
    context = {
        "form": form,
        "rows": _rows(request),
        "providers": known,
        "keyed": [provider for provider in known if provider.needs_key],
        "own_servers": [provider for provider in known if provider.takes_base_url],
    }
    return render(request, "ai/tokens.html", context)


@contract("POST")
def test_token(request: HttpRequest, token_id: int) -> HttpResponse:
    token = get_token(request, token_id)
    if not token.is_usable:
        code = "token_revoked" if token.revoked_at else "token_expired"
        raise Refused(409, code, _("This token can no longer be used."))
    return press(request, "token_test", _("The test has been queued."), token=token)


@contract("POST")
def revoke_token(request: HttpRequest, token_id: int) -> HttpResponse:
    token = get_token(request, token_id)
    if token.is_local:
        raise Refused(409, "wrong_state", _("The built-in rules have no key and stay."))
    token.revoke()
    messages.success(request, _("“%(name)s” is revoked and its key erased.") % {"name": token.name})
    return redirect("tokens")


def get_token(request: HttpRequest, token_id: int) -> ServiceToken:
    return get_object_or_404(ServiceToken.objects.of(request.user), pk=token_id)


def token_of(request: HttpRequest, run: TaskRun) -> ServiceToken:
    return get_token(request, run.token_id or 0)


def token_context(request: HttpRequest, token: ServiceToken, run: TaskRun | None) -> dict[str, Any]:
    return {"token": token, "run": run}


def page(run: TaskRun) -> str:
    return reverse("tokens")


def _rows(request: HttpRequest) -> list[dict[str, Any]]:
    """Every token with its latest test. Revoked ones stay in sight for the ledger's sake, at the end."""
    ServiceToken.objects.ensure_local(request.user)
    owned = sorted(ServiceToken.objects.of(request.user), key=lambda t: (t.revoked_at is not None, t.pk))
    latest = TaskRun.objects.filter(token__in=owned, kind="token_test").order_by("token_id", "-created_at")
    tests = {run.token_id: run for run in latest.distinct("token_id")}
    return [token_context(request, token, tests.get(token.pk)) for token in owned]
