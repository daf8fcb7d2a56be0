"""`manage.py runs`: what an operator sees of the run layer, as text, as JSON, and while the database is away."""

from __future__ import annotations

import datetime as dt
import json
import signal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from django_q.models import OrmQ

from mailai.ai.models import AiCall
from mailai.runs.hosts import Presence, WorkerHost
from mailai.runs.models import TaskRun
from mailai.runs.overview import overview
from mailai.runs.problems import Limits, problems
from tests.factories import make_email, make_run
from tests.processes import Processes, wait_until

pytestmark = pytest.mark.django_db


def ago(seconds: float) -> dt.datetime:
    return timezone.now() - dt.timedelta(seconds=seconds)


def rung(run: TaskRun, key: str = "mailai") -> TaskRun:
    TaskRun.objects.filter(pk=run.pk).update(
        queue_id=OrmQ.objects.create(key=key, payload="x", lock=ago(0)).pk
    )
    return run


def ended(user: Any, waited: float, whole: float, status: str = "succeeded", **fields: Any) -> TaskRun:
    """A run that waited and took so many seconds and ended a minute ago."""
    began = ago(60 + whole)
    times = {"created_at": began, "started_at": began + dt.timedelta(seconds=waited), "finished_at": ago(60)}
    return make_run(user, status=status, email=make_email(user), **(times | fields))


def asked(run: TaskRun, seconds: float, **fields: Any) -> None:
    values = {"model": "m1", "started_at": ago(70), "kind": run.kind, "provider": "p", "prompt_version": "1"}
    AiCall.objects.create(user=run.user, run=run, duration_ms=1000 * seconds, **(values | fields))


def shown(*options: str) -> str:
    out = StringIO()
    call_command("runs", *options, stdout=out)
    return out.getvalue()


class TestActive:
    def test_it_counts_what_waits_by_queue_and_tells_the_oldest(self, user):
        rung(make_run(user, email=make_email(user), created_at=ago(40)))
        rung(make_run(user, email=make_email(user), created_at=ago(20)), "mailai:slow:1:2")
        rung(make_run(user, "optimize", email=make_email(user), created_at=ago(30)), "mailai:slow:7:2")
        make_run(user, email=make_email(user), created_at=ago(10))

        seen = overview()

        assert (seen["waiting"], seen["running"], seen["retrying"]) == (4, 0, 0)
        assert 40 <= seen["oldest"] < 45
        assert [
            (queue["queue"], queue["waiting"], int(queue["oldest"] / 10)) for queue in seen["queues"]
        ] == [
            ("", 1, 1),
            ("default", 1, 4),
            ("slow", 2, 3),
        ]

    def test_it_tells_a_retry_that_waits_from_one_that_is_due(self, user):
        make_run(
            user, status="retrying", email=make_email(user), run_at=timezone.now() + dt.timedelta(seconds=50)
        )
        rung(make_run(user, status="retrying", email=make_email(user), created_at=ago(900), run_at=ago(7)))
        make_run(user, status="running", email=make_email(user))

        seen = overview()

        assert (seen["waiting"], seen["running"], seen["retrying"]) == (1, 1, 1)
        assert 45 < seen["next_retry"] <= 50
        assert 7 <= seen["oldest"] < 12
        assert [
            (kind["kind"], kind["waiting"], kind["running"], kind["retrying"]) for kind in seen["kinds"]
        ] == [("base", 1, 1, 1)]

    def test_it_is_empty_where_nothing_happened(self):
        seen = overview()

        assert (seen["oldest"], seen["next_retry"], seen["queues"], seen["times"]) == (None, None, [], [])
        assert "0 waiting, 0 running, 0 retrying" in shown()
        assert "no worker" in shown()


class TestEnded:
    def test_it_counts_what_ended_in_the_window(self, user):
        ended(user, 1, 2)
        ended(user, 1, 2, "failed", error_code="timeout")
        ended(user, 1, 2, "failed", error_code="timeout")
        ended(user, 1, 2, "failed", error_code="auth", kind="reply")
        ended(user, 1, 2, "cancelled")
        ended(user, 1, 2, finished_at=ago(25 * 3600))

        seen = overview()

        assert seen["failures"] == [
            {"kind": "base", "code": "timeout", "runs": 2},
            {"kind": "reply", "code": "auth", "runs": 1},
        ]
        base = next(kind for kind in seen["kinds"] if kind["kind"] == "base")
        assert (base["succeeded"], base["failed"], base["cancelled"]) == (1, 2, 1)
        assert next(kind for kind in overview(26)["kinds"] if kind["kind"] == "base")["succeeded"] == 2

    def test_it_tells_how_long_things_take_by_kind_and_model(self, user):
        for number in range(1, 21):
            run = ended(user, number, 10 * number)
            asked(run, 99, model="m0", error_code="timeout", started_at=ago(90))
            asked(run, 999, error_code="timeout", started_at=ago(80))
            asked(run, 5 * number)
        asked(ended(user, 3, 4), 2, model="m2")
        ended(user, 60, 1800, "failed", error_code="expired", started_at=None)

        times = {(time["kind"], time["model"]): time for time in overview()["times"]}

        assert set(times) == {("base", "m1"), ("base", "m2"), ("base", "")}
        found = times["base", "m1"]
        assert found["runs"] == 20
        assert found["waited"] == {"p50": pytest.approx(10.5), "p95": pytest.approx(19.05)}
        assert found["answer"] == {"p50": pytest.approx(52.5), "p95": pytest.approx(95.25)}
        assert found["whole"] == {"p50": pytest.approx(105), "p95": pytest.approx(190.5)}
        assert times["base", ""]["whole"] == times["base", ""]["waited"] == {"p50": None, "p95": None}

    def test_it_takes_few_queries_however_much_there_is(self, user, django_assert_num_queries):
        for number in range(5):
            asked(ended(user, 1, 2, kind=f"kind{number}"), 1)

        with django_assert_num_queries(6):
            overview()


class TestProblems:
    @pytest.fixture(autouse=True)
    def here(self) -> None:
        """A worker that serves everything."""
        Presence().tell()

    def of(self, hours: int = 24, **limits: Any) -> list[str]:
        return problems(overview(hours), Limits(**limits))

    def test_it_is_content_where_somebody_works_and_nothing_is_to_do(self):
        assert self.of() == []
        assert shown("--check")

    def test_it_misses_a_worker_whether_runs_wait_or_not(self, user):
        WorkerHost.objects.all().delete()
        assert self.of() == ["no worker was seen in the last 60 s"]

        make_run(user, email=make_email(user))

        assert self.of() == ["no worker was seen in the last 60 s, and 1 runs wait"]
        with pytest.raises(CommandError, match="no worker was seen"):
            shown("--check")
        assert "! no worker was seen" in shown()

    def test_it_misses_a_worker_for_a_queue(self, user):
        WorkerHost.objects.all().delete()
        rung(make_run(user, email=make_email(user)), "mailai:slow:1:2")
        Presence(["quick"]).tell()
        assert "queue slow" in self.of()[0]

        Presence().tell()

        assert self.of() == []

    def test_it_tells_when_a_run_waits_too_long(self, user):
        make_run(user, email=make_email(user), created_at=ago(100))

        shown("--check")
        with pytest.raises(CommandError, match="has waited for 10"):
            shown("--check", "--longest-wait", "90")

    def test_it_tells_when_nobody_ends_leases(self, user):
        make_run(user, status="running", email=make_email(user), lease_until=ago(30))
        assert self.of() == []

        TaskRun.objects.update(lease_until=ago(70))

        assert "past their lease" in self.of()[0]

    def test_it_says_each_reason_on_a_line_of_its_own(self, user):
        make_run(user, email=make_email(user), created_at=ago(100))
        make_run(user, status="running", email=make_email(user), lease_until=ago(70))

        with pytest.raises(CommandError) as told:
            shown("--check", "--longest-wait", "90")

        assert len(str(told.value).splitlines()) == 2


class TestMissingHosts:
    def gone(self, name: str, seconds: float = 600, **fields: Any) -> WorkerHost:
        values = {"pid": 7, "slots": 2, "version": "1", "started_at": ago(9000), "seen_at": ago(seconds)}
        return WorkerHost.objects.create(name=name, **(values | fields))

    @pytest.fixture(autouse=True)
    def other(self) -> None:
        WorkerHost.objects.create(name="other", pid=1, slots=2, version="1")

    def of(self) -> list[str]:
        return problems(overview())

    def test_one_that_did_not_say_that_it_ends_is_missing(self):
        self.gone("east")

        (told,) = self.of()
        assert "the worker on east (process 7) has not been seen for 600 s" in told

    def test_one_that_ended_in_order_is_not(self):
        presence = Presence()
        presence.tell()

        presence.withdraw()

        assert self.of() == []

    def test_one_that_was_started_anew_is_not(self):
        self.gone("east")
        WorkerHost.objects.create(name="east", pid=8, slots=2, version="1", started_at=ago(300))

        assert self.of() == []

    def test_one_beside_another_on_its_host_is(self):
        self.gone("east")
        WorkerHost.objects.create(name="east", pid=8, slots=2, version="1", started_at=ago(9000))

        assert len(self.of()) == 1

    def test_one_for_other_queues_replaces_none(self):
        self.gone("east", queues=["slow"])
        WorkerHost.objects.create(name="east", pid=8, slots=2, version="1")

        assert len(self.of()) == 1

    def test_an_operator_may_forget_it(self):
        self.gone("east")
        kept = self.gone("west")

        assert shown("--forget", "east") == "1 of east forgotten\n"

        assert set(WorkerHost.objects.gone()) == {kept}
        with pytest.raises(CommandError, match="No worker of other is missing"):
            shown("--forget", "other")
        assert WorkerHost.objects.filter(name="other").exists()


class TestFailingShare:
    @pytest.fixture(autouse=True)
    def here(self) -> None:
        Presence().tell()

    def runs(self, user: Any, failed: int, succeeded: int, cancelled: int = 0) -> None:
        for status, count in (("failed", failed), ("succeeded", succeeded), ("cancelled", cancelled)):
            for _ in range(count):
                ended(user, 1, 2, status)

    def test_it_tells_which_share_failed_and_of_what(self, user):
        self.runs(user, 6, 4)

        assert problems(overview()) == ["6 of 10 runs failed in the last 24 h (most: base overloaded 6)"]

    @pytest.mark.parametrize(
        ("failed", "succeeded", "cancelled"), [(5, 5, 0), (6, 3, 9), (0, 20, 0), (0, 0, 20)]
    )
    def test_half_is_not_too_many_and_few_say_nothing(self, failed, succeeded, cancelled, user):
        self.runs(user, failed, succeeded, cancelled)

        assert problems(overview()) == []

    def test_the_limits_are_the_operators(self, user):
        self.runs(user, 2, 3)

        with pytest.raises(CommandError, match="2 of 5 runs failed in the last 1 h"):
            shown("--check", "--hours", "1", "--failing", "30", "--fewest", "5")
        shown("--check", "--hours", "1", "--failing", "40", "--fewest", "5")

    def test_what_failed_before_the_window_does_not_count(self, user):
        self.runs(user, 10, 0)
        TaskRun.objects.update(finished_at=ago(2 * 3600))

        assert problems(overview(1)) == []


class TestProviders:
    @pytest.fixture(autouse=True)
    def here(self) -> None:
        Presence().tell()

    def calls(self, user: Any, *codes: str, provider: str = "acme") -> None:
        """Calls with these outcomes, the last of them the latest."""
        for number, code in enumerate(codes):
            asked(ended(user, 1, 2), 1, error_code=code, provider=provider, started_at=ago(3000 - number))

    def test_one_whose_latest_calls_all_failed_is_down(self, user):
        self.calls(user, "", "", "unreachable", "overloaded", "overloaded", "timeout", "auth")
        self.calls(user, "", "", "", provider="other")

        assert problems(overview()) == [
            "acme is down: its latest 5 calls all failed (auth, overloaded, timeout, unreachable)"
        ]

    @pytest.mark.parametrize(
        "codes",
        [
            ["overloaded"] * 4 + [""],
            ["overloaded"] * 9 + ["invalid_output"],
            ["overloaded"] * 2,
            ["cancelled"] * 9,
            ["rate_limited"] * 9,
        ],
    )
    def test_one_that_answers_is_not(self, codes, user):
        self.calls(user, *codes)

        assert problems(overview()) == []

    def test_a_cancelled_call_says_nothing(self, user):
        self.calls(user, "overloaded", "overloaded", "overloaded", "cancelled", "cancelled")

        assert len(problems(overview())) == 1

    def test_it_is_judged_by_the_window(self, user):
        self.calls(user, "overloaded", "overloaded", "overloaded")
        AiCall.objects.update(started_at=ago(2 * 3600))

        assert problems(overview(1)) == []


class TestCommand:
    def test_it_fits_eighty_columns(self, user):
        for kind in ("optimize", "token_test"):
            asked(
                ended(user, 123456, 1234567, kind=kind),
                123456,
                model="a-model-with-a-very-long-name-indeed-2031",
            )
        ended(user, 1, 2, "failed", error_code="invalid_output", kind="optimize")
        rung(make_run(user, email=make_email(user), created_at=ago(40)))
        host = Presence([f"queue{number}" for number in range(9)])
        host.tell()
        WorkerHost.objects.update(name="a-host-with-a-long-name.in.a.domain.example.com", pid=4194304)

        lines = shown().splitlines()

        assert max(map(len, lines)) <= 80
        assert all(line == line.rstrip() for line in lines)
        for word in ("invalid_output", "token_test", "a-host-with", "default", "queue0", "40 s"):
            assert any(word in line for line in lines), word

    def test_it_says_the_same_to_machines(self, user):
        make_run(user, email=make_email(user))

        out = shown("--json")

        assert out.count("\n") == 1
        seen = json.loads(out)
        assert set(seen) == {
            "at",
            "version",
            "hours",
            "waiting",
            "oldest",
            "running",
            "overdue",
            "retrying",
            "next_retry",
            "queues",
            "kinds",
            "failures",
            "workers",
            "providers",
            "times",
            "problems",
        }
        assert seen["problems"]


@pytest.mark.django_db(transaction=True)
class TestWatch:
    def watching(self, log: Any, **env: str) -> Processes:
        return Processes(["manage.py", "runs", "--watch", "0.1", "--json"], log, env)

    def test_it_can_be_interrupted_where_its_parent_ignores_that(self, log):
        """As a shell does for what it starts in the background: its children inherit it."""
        watch = ["manage.py", "runs", "--watch", "0.1", "--json"]
        ignoring = (
            "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); "
            "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
        )
        running = Processes(["-c", ignoring, *watch], log, {})
        try:
            wait_until(lambda: log.read_text().count("\n") >= 2)
            running.popen.send_signal(signal.SIGINT)
            assert running.popen.wait(10) == 0
        finally:
            running.end()

    def test_it_goes_on_until_it_is_interrupted(self, log, user):
        running = self.watching(log)
        try:
            wait_until(lambda: log.read_text().count("\n") >= 2)
            make_run(user, email=make_email(user))
            wait_until(lambda: '"waiting": 1' in log.read_text())
            running.popen.send_signal(signal.SIGINT)
            assert running.popen.wait(10) == 0
        finally:
            running.end()
        assert all(json.loads(line) for line in log.read_text().splitlines() if line)

    def test_it_outlives_a_database_that_is_away(self, log):
        running = self.watching(log, DATABASE_URL="postgres://x:hunter2@127.0.0.1:1/x")
        try:
            wait_until(lambda: log.read_text().count("the database is away") >= 2)
            running.popen.send_signal(signal.SIGINT)
            assert running.popen.wait(10) == 0
        finally:
            running.end()
        assert "Traceback" not in log.read_text()
        assert "hunter2" not in log.read_text()

    def test_it_says_so_once_where_it_was_asked_once(self, log):
        running = Processes(["manage.py", "runs"], log, {"DATABASE_URL": "postgres://x@127.0.0.1:1/x"})

        assert running.popen.wait(20) == 1
        assert "The database is away" in log.read_text()
        assert "Traceback" not in log.read_text()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("command", ["runs", "runs --watch 0.1", "prune --dry-run", "showmigrations"])
def test_it_ends_without_a_word_when_nobody_reads_on(command, log):
    """As `head` does once it has its lines. `true` reads nothing at all."""
    piped = f"import os, sys; os.execvp('sh', ['sh', '-c', sys.executable + ' manage.py {command} | true'])"
    running = Processes(["-c", piped], log, {})
    try:
        assert running.popen.wait(60) == 0
    finally:
        running.end()
    assert log.read_text() == ""
