"""Providers that hang, drip, lie or hang up, asked by a real worker: each run ends as it should, nothing is saved."""

from __future__ import annotations

from typing import Any

import pytest
from django_q.models import OrmQ

from emails.models import Analysis
from mailai.ai.models import AiCall
from mailai.runs.models import TaskRun
from replies.models import Draft
from tests.factories import KEY, make_email, make_token
from tests.processes import Worker, wait_until

pytestmark = pytest.mark.django_db(transaction=True)

# Code and attempts, of two at most.
ENDS = {
    "fake:silent": ("timeout", 2),
    "fake:hang": ("timeout", 2),
    "fake:drip=0.3": ("timeout", 2),
    "fake:drip_headers=0.1": ("timeout", 2),
    "fake:comments": ("timeout", 2),
    "fake:torn": ("unreachable", 2),
    "fake:cut": ("unreachable", 2),
    "fake:junk": ("unreachable", 2),
    "fake:html": ("unreachable", 2),
    "fake:error": ("overloaded", 2),
    "fake:status=503": ("overloaded", 2),
    "fake:status=429": ("rate_limited", 2),
    "fake:quota": ("quota", 1),
    "fake:echo_key": ("auth", 1),
    "fake:length": ("truncated", 1),
    "fake:filter": ("refused", 1),
    "fake:empty": ("invalid_output", 1),
    "fake:garbage": ("invalid_output", 1),
    "fake:invalid": ("invalid_output", 1),
}
GOOD_TEXT = {"fake:garbage", "fake:invalid"}  # what is no JSON may well be a reply


def test_it_ends_every_bad_answer_with_its_code_and_saves_nothing(running: Worker, twice, fake, user):
    started = {}
    for model in ENDS:
        token = make_token(user, model)
        for kind in ["base"] if model in GOOD_TEXT else ["base", "reply"]:
            started[kind, model] = TaskRun.objects.start(user, kind, make_email(user), token)[0]

    wait_until(lambda: not TaskRun.objects.active().exists(), 60)
    wait_until(lambda: not OrmQ.objects.exclude(key__startswith="pulse.").exists())

    ends: dict[tuple[str, str], Any] = {}
    for key, run in started.items():
        run.refresh_from_db()
        assert (run.status, run.result) == ("failed", None)
        assert KEY not in run.error_message
        ends[key] = (run.error_code, run.attempt)
    assert ends == {(kind, model): ENDS[model] for kind, model in started}
    assert not Analysis.objects.exists()
    assert not Draft.objects.exists()
    assert KEY not in running.said
    assert "Traceback" not in running.said


def test_it_comes_back_no_sooner_than_the_provider_wants(running: Worker, twice, fake, user, email):
    token = make_token(user, "fake:status=429,retry_after=3")
    run, _created = TaskRun.objects.start(user, "base", email, token)
    wait_until(TaskRun.objects.filter(pk=run.pk, status="retrying", error_code="rate_limited").exists, 20)
    type(token).objects.update(model="fake")

    wait_until(TaskRun.objects.filter(pk=run.pk, status="succeeded", attempt=2).exists, 20)

    first, second = AiCall.objects.filter(run_id=run.pk).order_by("attempt")
    run.refresh_from_db()
    waited = (second.started_at - first.started_at).total_seconds()
    assert waited >= 3
    assert second.started_at >= run.run_at
