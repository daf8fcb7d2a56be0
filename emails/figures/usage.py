"""Calls to models, from the ledger: how many, how many tokens, how long, and what they cost where a price is known."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.conf import settings
from django.db.models import Count, F, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from emails.figures.aggregates import Quantiles, Step
from emails.figures.charts import rows
from emails.figures.figure import Figure, count, duration, number, standing
from emails.figures.period import Period
from emails.figures.work import MOST, quantiles
from mailai.ai.models import LOCAL, AiCall
from mailai.ai.prices import cost, price_of
from mailai.ai.providers import label_of
from mailai.runs.wording import kind_name

SHOWN = 5  # models with a row of bars of their own; the table has all
LONGEST = 600  # lines of a table


def answers(user: Any, period: Period) -> Figure:
    """How long models took for whole answers."""
    good = calls_of(user, period).filter(error_code="").order_by().values("kind", "provider", "model")
    found = list(
        good.annotate(n=Count("pk"), took=Quantiles(F("duration_ms") / 1000.0)).order_by(
            "kind", "-n", "provider", "model"
        )[:LONGEST]
    )
    title = _("Response time")
    if not found:
        return Figure(
            "answers", title, "", empty=_("No model has answered in this period. Test a token to see one.")
        )
    says = _(
        "From asking a model to its whole answer. Half of the answers took no longer than the upper bar says, "
        "95 of 100 no longer than the lower one."
    )
    groups = [
        (f"{kind_name(row['kind'])} · {model_of(row['provider'], row['model'])}", quantiles(row["took"]))
        for row in found[:MOST]
    ]
    table = [
        [kind_name(row["kind"]), name_of(row["provider"], row["model"]), count(row["n"])]
        + [duration(value) for value in row["took"]]
        for row in found
    ]
    head = [_("Kind"), _("Model"), _("Answers"), _("half within"), _("95% within")]
    return Figure("answers", title, says, rows(groups, duration, whole=False), head, table)


def usage(user: Any, period: Period) -> list[Figure]:
    grouped: list[Any] = list(
        calls_of(user, period)
        .annotate(step=Step("started_at", period))
        .order_by()
        .values("step", "provider", "model")
        .annotate(
            n=Count("pk"), read=Coalesce(Sum("input_tokens"), 0), wrote=Coalesce(Sum("output_tokens"), 0)
        )
        .order_by("-step", "-n", "provider", "model")[:LONGEST]
    )
    return [calls(grouped, period), tokens(grouped, period), *costs(grouped)]


def calls(grouped: list[dict[str, Any]], period: Period) -> Figure:
    title = _("Calls")
    if not grouped:
        says = _("No model was asked in this period. Press Analyse on a message.")
        return Figure("calls", title, "", empty=says)
    found = series(grouped, period, lambda row: row["n"])
    says = _("%(calls)s calls, those that failed included.") % {
        "calls": count(sum(row["n"] for row in grouped))
    }
    chart, unit = standing(found[:SHOWN], period.labels)
    head = [_("Time"), _("Model"), _("Calls")]
    table = [
        [period.names[row["step"] - 1], name_of(row["provider"], row["model"]), count(row["n"])]
        for row in grouped
    ]
    return Figure("calls", title, f"{says} {unit}".strip(), chart, head, table)


def tokens(grouped: list[dict[str, Any]], period: Period) -> Figure:
    title = _("Tokens used")
    counted = [row for row in grouped if row["read"] or row["wrote"]]
    if not counted:
        says = _(
            "No tokens were used in this period: the built-in rules need none. Add a token to ask a model."
        )
        return Figure("tokens", title, "", empty=says)
    found = series(counted, period, lambda row: row["read"] + row["wrote"])
    says = _("%(read)s tokens were read and %(wrote)s written.") % {
        "read": count(sum(row["read"] for row in counted)),
        "wrote": count(sum(row["wrote"] for row in counted)),
    }
    head = [_("Time"), _("Model"), _("Tokens read"), _("Tokens written"), _("Cost")]
    table = [
        [
            period.names[row["step"] - 1],
            name_of(row["provider"], row["model"]),
            count(row["read"]),
            count(row["wrote"]),
            said_cost(row),
        ]
        for row in counted
    ]
    chart, unit = standing(found[:SHOWN], period.labels)
    return Figure("tokens", title, f"{says} {unit}".strip(), chart, head, table)


def costs(grouped: list[dict[str, Any]]) -> list[Figure]:
    """A figure for each currency; none where the operator has set no price of what was used."""
    found: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    unknown = set()
    for row in grouped:
        price = price_of(settings.MAILAI_PRICES, row["provider"], row["model"])
        if price is not None:
            found[price.currency][name_of(row["provider"], row["model"])] += cost(
                price, row["read"], row["wrote"]
            )
        elif row["read"] or row["wrote"]:
            unknown.add(name_of(row["provider"], row["model"]))
    figures = []
    for currency, models in sorted(found.items()):
        ordered = sorted(models, key=lambda model: -models[model])
        says = _("%(cost)s %(currency)s by the prices that the operator has set.") % {
            "cost": money(sum(models.values())),
            "currency": currency,
        }
        if unknown:
            says += " " + _("Without a price, so not in it: %(models)s.") % {
                "models": ", ".join(sorted(unknown))
            }
        chart = rows([(model, [("", models[model])]) for model in ordered[:MOST]], money, whole=False)
        table = [[model, money(models[model])] for model in ordered]
        title = _("Cost in %(currency)s") % {"currency": currency}
        figures.append(Figure(f"cost-{currency.lower()}", title, says, chart, [_("Model"), currency], table))
    return figures


def calls_of(user: Any, period: Period) -> QuerySet[AiCall]:
    return AiCall.objects.filter(user_id=user.pk, started_at__gte=period.since, started_at__lt=period.until)


def series(grouped: list[dict[str, Any]], period: Period, value: Any) -> list[tuple[str, list[float]]]:
    """For each model its values by step, the most used first."""
    found: dict[str, list[float]] = defaultdict(lambda: [0.0] * len(period.steps))
    for row in grouped:
        found[name_of(row["provider"], row["model"])][row["step"] - 1] += value(row)
    return sorted(found.items(), key=lambda each: (-sum(each[1]), each[0]))


def name_of(provider: str, model: str) -> str:
    return model_of(provider, model) if provider == LOCAL else f"{label_of(provider)} · {model}"


def model_of(provider: str, model: str) -> str:
    return _("Built-in rules") if provider == LOCAL else model


def said_cost(row: dict[str, Any]) -> str:
    price = price_of(settings.MAILAI_PRICES, row["provider"], row["model"])
    return "–" if price is None else f"{money(cost(price, row['read'], row['wrote']))} {price.currency}"


def money(value: float) -> str:
    """To the cent, or as far as it takes to be more than nothing."""
    if 0 < value < 0.1:
        return number(value, 4)
    return number(value, 2)
