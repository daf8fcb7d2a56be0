"""The demo as a person starts it on a fresh machine: a process of its own, an empty var folder, no settings."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User

from mailai.ai.fake import FakeOpenAI
from mailai.ai.models import ServiceToken
from tests.factories import make_user
from tests.processes import database_url

CORPUS = settings.BASE_DIR.parent / "shared" / "corpus" / "cpython"
SAMPLE = settings.BASE_DIR / "emails" / "sample"


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a machine that has nothing yet; its tests share what the first of them set up."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    return kept | {"MAILAI_VAR": str(tmp_path_factory.mktemp("machine") / "var"), "MAILAI_WORKERS": "2"}


@pytest.fixture(scope="module")
def used(machine: dict[str, str]) -> Iterator[dict[str, str]]:
    """The same when somebody has set it up already: its database stays up from one command to the next."""
    hold = "import sys; from pathlib import Path; from mailai.postgres.server import ensure_running as run\n"
    hold += "run(Path(sys.argv[1])); print('up', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", hold, f"{machine['MAILAI_VAR']}/postgres"]
    holding = subprocess.Popen(
        command, cwd=settings.BASE_DIR, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holding.stdout is not None
    assert holding.stdout.readline() == "up\n"
    yield machine
    holding.communicate()


def manage(machine: dict[str, str], *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, settings.BASE_DIR / "manage.py", *words],
        env=machine | more,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def rows(printed: str) -> list[str]:
    """The lines of the table: a subject, two scores with a difference, the draft's first line."""
    return re.findall(r"^.{40} +\d\.\d\d +\d\.\d\d +[+-]\d\.\d\d  \S.*$", printed, re.M)


def test_it_does_the_main_job_on_the_sample(machine: dict[str, str]) -> None:
    done = manage(machine, "demo", "--check", "--limit", "3")

    assert done.returncode == 0, done.stderr
    assert len(rows(done.stdout)) == 3
    assert "3 of 3 messages done" in done.stdout


def test_it_does_the_main_job_on_other_mail(used: dict[str, str]) -> None:
    if not CORPUS.exists():
        pytest.skip(f"no corpus of odd mail at {CORPUS}")
    done = manage(used, "demo", "--check", "--mailbox", str(CORPUS), "--limit", "6")

    assert done.returncode == 0, done.stderr
    assert len(rows(done.stdout)) == 6


@pytest.mark.parametrize("provider", ["openai", "ollama"])
def test_it_does_the_main_job_with_a_token(used: dict[str, str], provider: str) -> None:
    with FakeOpenAI() as server:
        here = {f"MAILAI_{provider.upper()}_BASE_URL": server.url, "THE_KEY": "sk-0123456789abcdef"}
        added = manage(
            used, "token", "add", "--user", "demo", "--provider", provider, "--model", "fake",
            "--key-env", "THE_KEY", **here,
        )  # fmt: skip
        token = re.fullmatch(r"token (\d+)", added.stdout.splitlines()[-1])
        assert token, added.stderr
        done = manage(used, "demo", "--check", "--limit", "1", "--token", token[1], **here)

        assert done.returncode == 0, done.stderr
        assert len(rows(done.stdout)) == 1
        assert len(server.requests) == 3  # base, optimize and reply, each once


def test_it_exits_with_the_reason_when_the_provider_is_away(used: dict[str, str]) -> None:
    nowhere = {"MAILAI_OLLAMA_BASE_URL": "http://127.0.0.1:9/v1", "MAILAI_MAX_ATTEMPTS": "1"}
    added = manage(used, "token", "add", "--user", "demo", "--provider", "ollama", "--model", "m", **nowhere)
    done = manage(used, "demo", "--check", "--limit", "1", "--token", added.stdout.split()[-1], **nowhere)

    assert done.returncode == 1
    assert "The provider could not be reached" in done.stderr


def everything() -> list[object]:
    return [*User.objects.values().order_by("pk"), *ServiceToken.objects.values().order_by("pk")]


@pytest.mark.django_db(transaction=True)
class TestRefusing:
    """Where people work there is no demo: it makes an operator whose password lies in a file."""

    def test_it_refuses_in_production(self, machine: dict[str, str], user: User) -> None:
        keys = {"SECRET_KEY": settings.SECRET_KEY, "MAILAI_TOKEN_KEYS": ",".join(settings.MAILAI_TOKEN_KEYS)}
        before = everything()

        done = manage(machine, "demo", MAILAI_PRODUCTION="1", DATABASE_URL=database_url(), **keys)

        assert done.returncode == 2
        assert "This is production" in done.stderr
        assert "Traceback" not in done.stderr
        assert everything() == before

    @pytest.mark.parametrize("name", ["alex", "demo"])
    def test_it_refuses_where_others_have_their_mail(self, machine: dict[str, str], name: str) -> None:
        make_user(name)
        before = everything()

        done = manage(
            machine, "demo", DATABASE_URL=database_url(), MAILAI_VAR=machine["MAILAI_VAR"] + "-none"
        )

        assert done.returncode == 2
        assert "has users already" in done.stderr
        assert everything() == before


def test_it_says_that_a_mailbox_is_missing(used: dict[str, str]) -> None:
    done = manage(used, "demo", "--check", "--mailbox", "/nowhere/at/all")

    assert done.returncode == 2
    assert "There is no /nowhere/at/all." in done.stderr


@pytest.fixture
def demo(used: dict[str, str]) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A running demo and what it said until it was ready."""
    process = subprocess.Popen(
        [sys.executable, settings.BASE_DIR / "manage.py", "demo", "--port", "8471", "--limit", "3"],
        env=used,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        yield process, read_until(process.stdout.fileno(), "Ctrl-C ends it", seconds=60)
    finally:
        process.terminate()  # not killed: it has a web server and a worker to end
        process.wait(60)
        process.stdout.close()


def read_until(stream: int, words: str, seconds: float) -> str:
    said, give_up_at = "", time.monotonic() + seconds
    while words not in said:
        ready, _, _ = select.select([stream], [], [], max(0, give_up_at - time.monotonic()))
        more = os.read(stream, 4096).decode() if ready else ""
        assert more, f"the demo did not get ready; it said:\n{said}"
        said += more
    return said


def test_it_serves_and_stops_when_asked(demo: tuple[subprocess.Popen[bytes], str]) -> None:
    process, said = demo
    address = re.search(r"http://127\.0\.0\.1:\d+/", said)
    assert address, said
    assert re.search(r"Password  \S{8,}", said)
    with urllib.request.urlopen(address[0], timeout=10) as page:
        assert "mailai" in page.read().decode()

    process.send_signal(signal.SIGINT)

    assert process.wait(40) == 0


def test_evaluation_prints_agreement_per_field(used: dict[str, str]) -> None:
    done = manage(used, "evaluate", "--provider", "local")

    assert done.returncode == 0, done.stderr
    messages = len(list(Path(SAMPLE).glob("*.eml")))
    for field in ("urgency", "importance", "category", "spam", "language"):
        said = re.search(rf"^{field} +(\d+) of {messages} ", done.stdout, re.M)
        assert said, done.stdout
        assert int(said[1]) > messages / 2
