"""The page of figures."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from emails.figures.page import figures_of
from emails.figures.period import period_of
from emails.models import Email


@require_safe
@login_required
@never_cache
def figures(request: HttpRequest) -> HttpResponse:
    period = period_of(request.GET.get("period", ""), timezone.localdate())
    periods = {"days": _("30 days"), "weeks": _("12 weeks"), "months": _("12 months")}
    found = figures_of(request.user, period)
    context = {
        "period": period,
        "periods": periods,
        "figures": found,
        "any": any(figure.chart is not None for figure in found),
        "longest": period.name == list(periods)[-1],
        "any_mail": Email.objects.of(request.user).exists,
    }
    return render(request, "emails/figures.html", context)
