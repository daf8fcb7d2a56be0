"""Which token a press uses: the one that it names, checked, or the user's own default."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from mailai.ai.models import ServiceToken
from mailai.http import Refused, read_number


def tokens_for(request: HttpRequest, purpose: str) -> list[ServiceToken]:
    """The user's usable tokens for a purpose, the default first: the newest with a model, the built-in rules last."""
    return tokens_of(request.user, purpose)


def tokens_of(user: Any, purpose: str) -> list[ServiceToken]:
    usable = list(ServiceToken.objects.of(user).usable())
    if not any(token.is_local for token in usable):
        ServiceToken.objects.ensure_local(user)
        usable = list(ServiceToken.objects.of(user).usable())
    serving = [token for token in usable if purpose in token.purposes]
    return sorted(serving, key=lambda token: (token.is_local, -token.pk))


def named_token(request: HttpRequest, body: dict[str, Any], purpose: str) -> ServiceToken:
    """Raises Refused 400 (missing, malformed, not for this purpose) or 409 (expired, revoked), and Http404."""
    number = read_number(body, "service_token_id")
    if number is None:
        raise Refused(400, "token_required", _("service_token_id is required: say which token to use."))
    token = get_object_or_404(ServiceToken.objects.of(request.user), pk=number)
    if token.revoked_at is not None:
        raise Refused(409, "token_revoked", _("This token was revoked. Choose another one."))
    if token.is_expired:
        raise Refused(409, "token_expired", _("This token has expired. Add a new one on the tokens page."))
    if purpose not in token.purposes:
        raise Refused(400, "token_purpose", _("This token is not meant for that. Choose another one."))
    return token


def named_or_default_token(request: HttpRequest, body: dict[str, Any], purpose: str) -> ServiceToken:
    if read_number(body, "service_token_id") is None:
        tokens = tokens_for(request, purpose)
        if not tokens:
            raise Refused(400, "token_required", _("No token is left for this. Add one on the tokens page."))
        return tokens[0]
    return named_token(request, body, purpose)
