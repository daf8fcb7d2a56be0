"""What the figures ask of Postgres beyond what Django brings along."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import Aggregate, FloatField, Func, IntegerField, Value

from emails.figures.period import Period


class Step(Func):
    """Which step of the period a time lies in, from 1."""

    function = "width_bucket"
    output_field = IntegerField()

    def __init__(self, time: Any, period: Period) -> None:
        steps = Value("{" + ",".join(step.isoformat() for step in period.steps) + "}")
        super().__init__(time, Func(steps, template="%(expressions)s::timestamptz[]"))


class Seconds(Func):
    """Of an interval."""

    template = "greatest(0, extract(epoch FROM %(expressions)s))::float"
    output_field = FloatField()


class Quantiles(Aggregate):
    """[p50, p95]; None of nothing."""

    template = "percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = ArrayField(FloatField())
