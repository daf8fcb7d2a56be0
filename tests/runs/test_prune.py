"""Nothing is kept for ever, but for what a page shows and what is still in use."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone
from django_q.models import OrmQ, Task

from emails.panels import latest_run
from mailai import cache
from mailai.ai.models import AiCall, ServiceToken
from mailai.postgres.models import CacheEntry
from mailai.runs import prune as pruning
from mailai.runs.hosts import WorkerHost
from mailai.runs.models import TaskRun
from mailai.runs.prune import RULES, prune_a_little, prune_all
from tests.factories import make_account, make_analysis, make_email, make_run, make_token

pytestmark = pytest.mark.django_db
RULE = {rule.name: rule for rule in RULES}


def ago(days: float) -> dt.datetime:
    return timezone.now() - dt.timedelta(days=days)


def ended(user: Any, days: float, kind: str = "base", status: str = "succeeded", **fields: Any) -> TaskRun:
    return make_run(user, kind, status, created_at=ago(days + 0.001), finished_at=ago(days), **fields)


def call(user: Any, days: float, **fields: Any) -> AiCall:
    values = {"kind": "base", "provider": "openai", "model": "m", "prompt_version": "1", "duration_ms": 1}
    return AiCall.objects.create(user=user, started_at=ago(days), **values, **fields)


class TestRuns:
    def test_it_removes_what_ended_long_ago(self, user, email):
        ended(user, 91, email=email)
        kept = [ended(user, 89, email=email), ended(user, 1, email=email), make_run(user, email=email)]

        assert prune_a_little()["ended runs"] == 1
        assert set(TaskRun.objects.all()) == set(kept)

    @pytest.mark.parametrize("status", ["succeeded", "failed", "cancelled"])
    def test_it_keeps_the_latest_of_a_message_and_kind(self, status, user, email):
        ended(user, 300, email=email)
        latest = ended(user, 200, email=email, status=status)
        other = ended(user, 400, "optimize", email=email)
        another = ended(user, 400, email=make_email(user))

        assert prune_all(RULE["ended runs"]) == 1

        assert set(TaskRun.objects.all()) == {latest, other, another}
        assert latest_run(email, "base") == latest
        assert latest_run(email, "optimize") == other

    def test_it_keeps_the_latest_test_of_a_token(self, user, token):
        ended(user, 300, "token_test", token=token)
        latest = ended(user, 200, "token_test", token=token)
        other = ended(user, 400, "token_test", token=make_token(user))
        ended(user, 200, "token_test")  # of a token that is gone

        assert prune_all(RULE["ended runs"]) == 2
        assert set(TaskRun.objects.all()) == {latest, other}

    def test_it_keeps_the_latest_of_an_account_and_kind(self, user):
        account = make_account(user)
        ended(user, 300, "account_test", account=account)
        tested = ended(user, 200, "account_test", account=account, result={"folders": ["INBOX", "Sent"]})
        failed = ended(user, 150, "account_test", account=account, status="failed")
        ended(user, 140, "fetch", account=account, status="failed")
        fetched = ended(user, 130, "fetch", account=account)
        others = ended(user, 400, "account_test", account=make_account(user))
        ended(user, 120, "account_test")  # of an account that is gone

        assert prune_all(RULE["ended runs"]) == 3

        assert set(TaskRun.objects.all()) == {tested, failed, fetched, others}

    def test_the_form_of_an_account_still_offers_its_folders(self, user, logged_in):
        account = make_account(user)
        ended(user, 200, "account_test", account=account, result={"folders": ["INBOX", "Projects/2031"]})
        prune_a_little()

        assert "Projects/2031" in logged_in.get(f"/accounts/{account.pk}/edit").content.decode()

    def test_it_clears_the_texts_that_another_version_left(self, user, email):
        left = ended(user, 1, email=email, partial="Dear Ada")
        active = make_run(user, "reply", "running", email=email, partial="Dear A")

        assert prune_a_little()["texts of ended runs"] == 1

        left.refresh_from_db()
        active.refresh_from_db()
        assert (left.partial, active.partial) == ("", "Dear A")

    def test_it_never_removes_an_active_run(self, user, email):
        run = make_run(user, "base", "running", email=email, created_at=ago(500))
        ended(user, 1, "optimize", email=email)

        assert prune_all(RULE["ended runs"]) == 0
        assert TaskRun.objects.filter(pk=run.pk).exists()

    def test_it_leaves_what_the_run_brought(self, user, email):
        run = ended(user, 100, email=email)
        ended(user, 1, email=email)
        analysis, row = make_analysis(email, run=run), call(user, 100, run=run)

        assert prune_all(RULE["ended runs"]) == 1

        analysis.refresh_from_db()
        row.refresh_from_db()
        assert (analysis.run, row.run) == (None, None)

    def test_it_goes_in_batches(self, user, email, monkeypatch):
        monkeypatch.setattr(pruning, "BATCH", 2)
        for days in range(100, 104):
            ended(user, days, email=email)

        assert prune_a_little()["ended runs"] == 2
        assert [run.finished_at.date() for run in TaskRun.objects.all()] == [ago(100).date(), ago(101).date()]
        assert prune_all(RULE["ended runs"]) == 1


class TestTokens:
    def test_it_erases_the_key_of_a_token_that_expired_a_week_ago(self, user):
        old, recent = make_token(user, expires_at=ago(8)), make_token(user, expires_at=ago(6))
        endless = make_token(user)

        assert prune_a_little()["keys of expired tokens"] == 1

        for token, has_key in ((old, False), (recent, True), (endless, True)):
            token.refresh_from_db()
            assert bool(token.encrypted_key) is has_key
        assert old.is_expired

    def test_it_removes_tokens_that_are_long_dead_and_keeps_the_ledger(self, user, email, rules):
        revoked = make_token(user)
        revoked.revoke()
        ServiceToken.objects.filter(pk=revoked.pk).update(revoked_at=ago(366))
        recent = make_token(user)
        recent.revoke()
        expired = make_token(user, expires_at=ago(366))
        row, run = call(user, 366, token=revoked), ended(user, 366, email=email, token=revoked)

        prune_a_little()

        assert set(ServiceToken.objects.all()) == {rules, recent}
        assert not ServiceToken.objects.filter(pk=expired.pk).exists()  # its key was erased just before
        row.refresh_from_db()
        run.refresh_from_db()
        assert (row.token, row.provider, row.model, run.token) == (None, "openai", "m", None)

    def test_it_never_removes_the_built_in_rules(self, rules):
        ServiceToken.objects.update(expires_at=ago(999), revoked_at=ago(999))

        prune_a_little()

        assert ServiceToken.objects.get() == rules


def test_it_removes_the_rest_of_what_has_had_its_time(user):
    kept = call(user, 399)
    call(user, 401)
    for name, days, success in (("old", 8, True), ("failed", 8, False), ("new", 6, False)):
        Task.objects.create(
            id=name, name=name, func="f", started=ago(days), stopped=ago(days), success=success
        )
    for key, days in (("pulse.dead", 1), ("pulse.new", 0), ("mailai", 1)):
        OrmQ.objects.create(key=key, payload="x", lock=ago(days))
    WorkerHost.objects.create(name="gone", pid=1, slots=1, version="1", seen_at=ago(1.1))
    WorkerHost.objects.create(name="here", pid=1, slots=1, version="1")
    CacheEntry.objects.create(key="old", value="1", expires_at=ago(1))
    cache.PostgresCache("", {}).set("new", 1)

    prune_a_little()

    assert AiCall.objects.get() == kept
    assert Task.objects.get().name == "new"
    assert set(OrmQ.objects.values_list("key", flat=True)) == {"pulse.new", "mailai"}
    assert WorkerHost.objects.get().name == "here"
    assert CacheEntry.objects.count() == 1


def test_it_keeps_for_ever_what_it_is_told_to(user, email, settings):
    settings.MAILAI_KEEP_DAYS = dict.fromkeys(settings.MAILAI_KEEP_DAYS, 0)
    ended(user, 9999, email=email)
    ended(user, 9998, email=email)
    call(user, 9999)
    make_token(user, expires_at=ago(9999))
    make_token(user, revoked_at=ago(9999))

    assert not any(prune_a_little().values())


def test_one_rule_that_fails_does_not_stop_the_others(user, monkeypatch):
    call(user, 401)

    def fails() -> Any:
        return AiCall.objects.extra(where=["1 / 0 = 1"])

    broken = pruning.Rule("broken", fails)
    monkeypatch.setattr(pruning, "RULES", (broken, *RULES))

    assert prune_a_little()["calls in the ledger"] == 1


@pytest.mark.django_db(transaction=True)
def test_two_hosts_share_the_work(user):
    mine, theirs = call(user, 500), call(user, 499)

    def other() -> int:
        try:
            return prune_all(RULE["calls in the ledger"])
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        AiCall.objects.select_for_update().get(pk=mine.pk)
        assert pool.submit(other).result(5) == 1
    assert not AiCall.objects.filter(pk=theirs.pk).exists()


class TestCommand:
    def prune(self, *options: str) -> list[str]:
        out = StringIO()
        call_command("prune", *options, stdout=out)
        return out.getvalue().splitlines()

    def test_it_counts_without_touching_anything(self, user):
        call(user, 401)

        assert "        1  calls in the ledger would go" in self.prune("--dry-run")
        assert AiCall.objects.count() == 1

    def test_it_removes_everything_at_once(self, user, monkeypatch):
        monkeypatch.setattr(pruning, "BATCH", 2)
        for _ in range(5):
            call(user, 401)

        assert "        5  calls in the ledger gone" in self.prune()
        assert not AiCall.objects.exists()
