"""Fetching 10,000 messages while workers are killed: `python tests/bench/fetching.py [MESSAGES]`, as root.

A database and a Dovecot of its own, a worker. The process that fetches is killed with SIGKILL at 10, 40 and 70 % of
the messages; what follows is the reaper's own doing. Then a second fetch, which may download no body. Ends with 1 if a
message is missing or doubled, or if the second fetch read a body. Prints figures for this machine.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mailai.settings")

import django

django.setup()

import psutil  # noqa: E402

from emails.models import Email, MailAccount, ServerCopy  # noqa: E402
from mailai.runs.models import TaskRun  # noqa: E402
from tests.accounts.dovecot import PASSWORD, Dovecot, dovecot  # noqa: E402
from tests.accounts.letters import letters  # noqa: E402
from tests.bench.click import database, say  # noqa: E402
from tests.factories import make_account, make_user  # noqa: E402
from tests.processes import Worker, wait_until, worker  # noqa: E402

KILLS = (0.1, 0.4, 0.7)  # of the messages
SIZE = 6_000  # bytes of each


def main(count: int) -> int:
    with ExitStack() as stack:
        logs = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stack.enter_context(database())
        server = stack.enter_context(dovecot())
        server.put("alex", letters(count, size=SIZE))
        environment = {
            "MAILAI_WORKERS": "1",
            "MAILAI_MAIL_PRIVATE_HOSTS": "127.0.0.0/8",
            "MAILAI_MAIL_PORTS": f"{server.port},{server.tls_port}",
            "MAILAI_MAIL_CA_FILE": str(server.authority.file),
            "MAILAI_FETCH_LEASE": "10",
            "MAILAI_LEASE_MARGIN": "0",
            "MAILAI_FETCH_BACKOFF": "1",
        }
        running = stack.enter_context(worker(logs / "worker", **environment))
        place = {"imap_host": "localhost", "imap_port": server.tls_port, "imap_user": "alex"}
        account = make_account(make_user("alex"), PASSWORD, standing="works", **place)
        try:
            return measure(running, server, account, count)
        except BaseException:
            say((logs / "worker").read_text())
            raise


def measure(running: Worker, server: Dovecot, account: MailAccount, count: int) -> int:
    at = [int(count * share) for share in KILLS]
    began = time.monotonic()
    peak, kills, steady = follow(running, server, started(account), at)
    stored, copies = Email.objects.count(), ServerCopy.objects.count()
    different = Email.objects.values("subject").distinct().count()
    say(f"{os.cpu_count()} cores, {count} messages of {SIZE} bytes, killed at {', '.join(map(str, kills))}")
    say(
        f"first fetch {time.monotonic() - began:.1f} s in all, {steady:.0f} messages/s at work, peak RSS {peak:.0f} MB"
    )
    say(f"{stored} messages stored, {different} different, {copies} copies noted")

    sessions = wait_until(server.sessions)
    (bodies, _heads), began = server.bodies(), time.monotonic()
    follow(running, server, started(account), [])
    took = time.monotonic() - began
    wait_until(lambda: server.sessions() > sessions)
    read = server.bodies()[0] - bodies
    say(f"second fetch {took:.2f} s, {read} bodies read")
    return int(not (stored == different == copies == count and read == 0))


def started(account: MailAccount) -> TaskRun:
    return TaskRun.objects.start(account.user, "fetch", account=account)[0]


def follow(running: Worker, server: Dovecot, run: TaskRun, at: list[int]) -> tuple[float, list[int], float]:
    """To the end of the run: the most memory of a process that fetched in MB, at which counts it was killed, and how
    many messages a second came while one was at work."""
    peak, kills, rates = 0.0, [], []
    last = (time.monotonic(), 0)
    deadline = time.monotonic() + 1800
    while TaskRun.objects.get(pk=run.pk).is_active:
        if time.monotonic() > deadline:
            raise TimeoutError
        for process in running.asking(server.tls_port):
            with suppress(psutil.Error):
                peak = max(peak, process.memory_info().rss / 1e6)
            here = (time.monotonic(), Email.objects.count())
            if here[0] - last[0] > 2:
                if here[1] - last[1] > 0 and here[0] - last[0] < 4:
                    rates.append((here[1] - last[1]) / (here[0] - last[0]))
                last = here
            if at and here[1] >= at[0]:
                process.kill()
                process.wait()
                kills.append(Email.objects.count())
                at.pop(0)
        time.sleep(0.2)  # noqa: TID251 - how often is looked
    return peak, kills, sum(rates) / len(rates) if rates else 0.0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
