"""Mail that hangs, crashes or swells its reader: what it does ends with that child process."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from django.conf import settings

from emails.parsing import Trouble, parse
from emails.parsing.contained import Job, Limits, NoReaderError, idle, read_all, reader
from emails.parsing.fingerprint import dedupe_key
from tests.processes import wait_until

SAMPLE = Path(settings.BASE_DIR) / "emails" / "sample"
LIMITS = Limits(seconds=20, cpu_seconds=20)
HEAD = b"From: Eve <eve@example.com>\nSubject: Look\nMessage-ID: <one@x>\nMIME-Version: 1.0\n"
PART = b"\n--b\nContent-Type: text/html\n\n" + b"<p>x" * 60_000
SLOW = HEAD + b"Content-Type: multipart/mixed; boundary=b\n" + PART * 40  # takes a reader many seconds
LARGE = HEAD + b"Content-Transfer-Encoding: base64\nContent-Type: a/b\n\n" + b"QUJD" * 12_000_000
WELL = HEAD + b"\nGood morning."


@pytest.fixture(autouse=True)
def none_left() -> Iterator[None]:
    idle.end_all()
    yield
    idle.end_all()
    assert not children()


def children() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "emails.parsing.child" in child.cmdline()]


def read(*raws: bytes, limits: Limits = LIMITS, most: int = 1) -> list[Job]:
    return list(read_all([Job(raw) for raw in raws], limits, most))


def check_neighbours(jobs: list[Job], trouble: Trouble) -> None:
    """The one in the middle is read by its header, those beside it whole, all in order."""
    before, bad, after = (job.parsed for job in jobs)
    assert before == after == parse(WELL)
    assert bad
    assert (bad.trouble, bad.subject, bad.sender_address) == (trouble, "Look", "eve@example.com")
    assert bad.text.startswith("From: Eve <eve@example.com>")


def test_it_says_what_the_parser_says_in_order() -> None:
    raws = [path.read_bytes() for path in sorted(SAMPLE.glob("*.eml"))]
    jobs = read(*raws, most=2)
    assert [job.raw for job in jobs] == raws
    assert [job.parsed for job in jobs] == [parse(raw) for raw in raws]
    assert [job.key for job in jobs] == [dedupe_key(parse(raw), raw) for raw in raws]


def test_it_keeps_a_child_for_the_next_message() -> None:
    read(WELL)
    [first] = children()
    read(WELL)
    assert children() == [first]


def test_it_ends_a_runaway() -> None:
    jobs = read(WELL, SLOW, WELL, limits=Limits(seconds=600, cpu_seconds=1))
    check_neighbours(jobs, Trouble.TIMEOUT)


def test_one_that_takes_too_long_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "GRACE", 1000)  # its parent has no part in it
    jobs = read(WELL, SLOW, WELL, limits=Limits(seconds=1, cpu_seconds=600))
    check_neighbours(jobs, Trouble.TIMEOUT)


def test_it_does_not_wait_for_one_that_hangs() -> None:
    limits = Limits(seconds=1)
    read(WELL, limits=limits)
    [child] = children()
    child.suspend()
    [job] = read(WELL, limits=limits)
    assert job.parsed
    assert (job.parsed.trouble, job.parsed.subject) == (Trouble.TIMEOUT, "Look")
    assert not child.is_running()


def test_it_bounds_memory() -> None:
    check_neighbours(read(WELL, LARGE, WELL, limits=Limits(memory=80 * 1024**2)), Trouble.MEMORY)


@contextmanager
def killing(times: int) -> Iterator[None]:
    """So many children are killed from outside, each in the middle of a message."""

    def kill() -> None:
        for _ in range(times):
            [child] = wait_until(lambda: [one for one in children() if one.cpu_times().user > 0.2])
            child.kill()
            wait_until(lambda child=child: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)

    killer = threading.Thread(target=kill)
    killer.start()
    yield
    killer.join(30)


def test_it_reads_again_what_lost_its_reader_to_another_cause() -> None:
    with killing(1):
        jobs = read(WELL, HEAD + b"Content-Type: multipart/mixed; boundary=b\n" + PART * 8, WELL)
    assert [job.parsed and job.parsed.trouble for job in jobs] == ["", "", ""]
    assert jobs[1].lost == 1


def test_it_gives_up_on_what_crashes_its_readers() -> None:
    with killing(2):
        jobs = read(WELL, SLOW, WELL)
    check_neighbours(jobs, Trouble.CRASH)


def test_it_reads_only_the_header_of_what_is_too_large() -> None:
    jobs = read(WELL, SLOW, WELL, limits=Limits(size=1000))
    check_neighbours(jobs, Trouble.TOO_LARGE)


def test_it_says_when_no_child_can_start(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(NoReaderError, match=r"-m emails\.parsing\.child"):
        read(WELL, limits=Limits(memory=10**30))
    assert "Error" in capfd.readouterr().err


def test_it_replaces_a_child_that_has_read_many() -> None:
    jobs = read(*[WELL] * 1100)
    assert [job.parsed for job in jobs] == [parse(WELL)] * 1100


def test_it_gives_a_child_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "secret")
    monkeypatch.setenv("DATABASE_URL", "postgres://secret")
    read(WELL)
    [child] = children()
    assert "secret" not in str(child.environ())


PARENT = """
import sys
from emails.parsing.contained import Job, Limits, read_all
from tests.emails.test_parsing_contained import SLOW, WELL, children
def jobs():
    yield Job(SLOW if sys.argv[1] == "busy" else WELL)
    if sys.argv[1] == "busy":
        print(children()[0].pid, flush=True)
list(read_all(jobs(), Limits(seconds=2), 1))
print(children()[0].pid, flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("state", ["idle", "busy"])
def test_no_child_outlives_a_parent_that_is_killed(state: str) -> None:
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "mailai.settings"}
    with subprocess.Popen(
        [sys.executable, "-c", f"import django; django.setup()\n{PARENT}", state],
        cwd=settings.BASE_DIR,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as parent:
        assert parent.stdout
        child = psutil.Process(int(parent.stdout.readline()))
        assert child.is_running()
        parent.send_signal(signal.SIGKILL)
        wait_until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


def test_a_forked_process_lets_go_of_the_children() -> None:
    read(WELL)
    mine = idle.take(LIMITS)
    idle.give_back(mine)
    if not (forked := os.fork()):
        released = mine.process.stdin is None or mine.process.stdin.closed
        os._exit(0 if released and idle.take(LIMITS) is not mine else 1)
    assert os.waitpid(forked, 0)[1] == 0
    assert read(WELL)[0].parsed == parse(WELL)


def test_a_daemonic_process_may_read() -> None:
    """As the queue's workers are, which may have no children of multiprocessing."""
    process = multiprocessing.get_context("fork").Process(target=read, args=(WELL,), daemon=True)
    process.start()
    process.join(30)
    assert process.exitcode == 0


def test_it_reads_in_several_threads_at_once() -> None:
    raws = [path.read_bytes() for path in sorted(SAMPLE.glob("*.eml"))[:20]]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda raw: read(raw)[0].parsed, raws * 3))
    assert found == [parse(raw) for raw in raws] * 3
    wait_until(lambda: len(children()) <= idle.MOST)
