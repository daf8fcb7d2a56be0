"""A worker that streams an answer for somebody who is deactivated meanwhile."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from emails.models import Analysis
from mailai.runs.models import TaskRun
from tests.factories import make_email, make_token, make_user
from tests.processes import wait_until

pytestmark = pytest.mark.django_db(transaction=True)
DRIP = "fake:drip=0.2"  # 20 pieces: an answer takes some four seconds


def test_it_stops_at_the_next_piece(running, fake, user, email):
    bystander = make_user("bystander")
    run, _created = TaskRun.objects.start(user, "base", email, make_token(user, DRIP))
    other, _created = TaskRun.objects.start(
        bystander, "base", make_email(bystander), make_token(bystander, DRIP)
    )
    for each in (run, other):
        wait_until(TaskRun.objects.filter(pk=each.pk, message="receiving").exists)

    User.objects.filter(pk=user.pk).update(is_active=False)

    wait_until(TaskRun.objects.filter(pk=run.pk, status="failed").exists)
    run.refresh_from_db()
    assert run.error_code == "user_inactive"
    wait_until(TaskRun.objects.filter(pk=other.pk, status="succeeded").exists)
    assert list(Analysis.objects.values_list("email", flat=True)) == [other.email_id]
