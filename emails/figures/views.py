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


@require_safe
@login_required
@never_cache
def figures(request: HttpRequest) -> HttpResponse:
    period = period_of(request.GET.get("period", ""), timezone.localdate())
    periods = {"days": _("Last 30 days"), "weeks": _("Last 12 weeks"), "months": _("Last 12 months")}
    found = figures_of(request.user, period)
    context = {
        "period": period,
        "periods": periods,
        "figures": found,
        "any": any(figure.chart is not None for figure in found),
    }
    return render(request, "emails/figures.html", context)
