"""How long a press waits while 20 answers stream: `python tests/bench/click.py`.

A database of its own, gunicorn as recommended, a worker with 20 slots, a fake model that answers slowly, a user with
400 messages. 20 pages poll their runs once a second while 220 presses come, five a second; each press that is over
the 20 ends the oldest run, so that 20 are under way the whole time. Ends with 1 if a request failed or the presses'
95th percentile reaches 100 ms.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from statistics import mean

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mailai.settings")

import django

django.setup()

from django.db import connection  # noqa: E402

from mailai.runs.models import TaskRun  # noqa: E402
from tests.bench.scene import database, fake, machine, percentiles, say  # noqa: E402
from tests.factories import make_email, make_token, make_user  # noqa: E402
from tests.processes import Visitor, wait_until, web, worker  # noqa: E402

MESSAGES = 400
ACTIVE = 20
PRESSES = 220
PRESS_EVERY = 0.2  # seconds
LIMIT = 100.0  # milliseconds
DRIP = "fake:drip=0.25"  # 20 pieces: an answer takes longer than the four seconds that a run lives here


def main() -> int:
    with ExitStack() as stack:
        logs = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stack.enter_context(database())
        provider = stack.enter_context(fake(logs / "fake"))
        rates = {"MAILAI_BASE_RATE": "1000000/h"}
        site = stack.enter_context(web(logs / "web", **rates))
        stack.enter_context(
            worker(logs / "worker", MAILAI_WORKERS=str(ACTIVE), MAILAI_OPENAI_BASE_URL=provider)
        )
        try:
            measured = Measured(site)
            measured.run()
        except BaseException:
            print((logs / "web").read_text(), (logs / "worker").read_text(), file=sys.stderr)  # noqa: T201
            raise
    return measured.report()


class Measured:
    def __init__(self, site: str) -> None:
        self.site = site
        self.user = make_user("alex")
        self.token = make_token(self.user, DRIP)
        self.emails = deque(make_email(self.user).pk for _ in range(MESSAGES))
        self.under_way: deque[str] = deque()
        self.presses: list[float] = []
        self.polls: list[float] = []
        self.active: list[int] = []
        self.streaming: list[int] = []
        self.failures: list[str] = []
        self.stop = threading.Event()

    def run(self) -> None:
        visitor = Visitor(self.site, self.user)
        wait_until(lambda: visitor.ask("GET", "/")[0] == 200, 30)
        pages = [Visitor(self.site, self.user) for _ in range(ACTIVE)]
        with ThreadPoolExecutor(ACTIVE) as pool:  # every server process has loaded its code
            list(pool.map(lambda page: [page.ask("GET", "/tokens/") for _ in range(3)], pages))
        for _ in range(ACTIVE):
            self.under_way.append(self.press(visitor))
        wait_until(lambda: self.count_streaming() == ACTIVE, 30)
        self.presses.clear()
        threads = [threading.Thread(target=self.poll, args=page) for page in enumerate(pages)]
        threads.append(threading.Thread(target=self.watch))
        for thread in threads:
            thread.start()
        try:
            self.press_on(visitor)
        finally:
            self.stop.set()
            for thread in threads:
                thread.join()

    def press_on(self, visitor: Visitor) -> None:
        due = time.monotonic()
        for _ in range(PRESSES):
            self.under_way.append(self.press(visitor))
            status, _body = visitor.post(f"/tasks/{self.under_way.popleft()}/cancel")
            if status != 200:
                self.failures.append(f"cancel: {status}")
            due += PRESS_EVERY
            self.stop.wait(max(0, due - time.monotonic()))

    def press(self, visitor: Visitor) -> str:
        path = f"/email/{self.emails.popleft()}/reprocess"
        (status, body), took = timed(lambda: visitor.post(path, {"service_token_id": self.token.pk}))
        if status != 202:
            raise RuntimeError(f"a press was answered with {status}: {body}")
        self.presses.append(took)
        return str(body["task_id"])

    def poll(self, number: int, visitor: Visitor) -> None:
        """One open page. It asks for the whole fragment every time, which is the dearer of a poll's two answers."""
        self.stop.wait(number / ACTIVE)
        while not self.stop.is_set():
            path = f"/tasks/{self.under_way[number % len(self.under_way)]}/status"
            (status, _body), took = timed(lambda: visitor.ask("GET", path, **{"HX-Request": "true"}))  # noqa: B023
            self.polls.append(took)
            if status != 200:
                self.failures.append(f"poll: {status}")
            self.stop.wait(max(0, 1 - took / 1000))

    def watch(self) -> None:
        while not self.stop.wait(0.5):
            self.active.append(TaskRun.objects.active().count())
            self.streaming.append(self.count_streaming())
        connection.close()

    def count_streaming(self) -> int:
        return TaskRun.objects.filter(status="running", message="receiving").count()

    def report(self) -> int:
        say(f"{machine()}, {MESSAGES} messages")
        for what, counts in {"runs under way": self.active, "of them streaming": self.streaming}.items():
            say(f"{what}: mean {mean(counts):.1f}, min {min(counts)}, max {max(counts)}")
        p95 = tell("press", self.presses)
        tell("poll", self.polls)
        for failure in sorted(set(self.failures)):
            say(f"FAILED {failure}: {self.failures.count(failure)} times")
        if p95 >= LIMIT:
            say(f"TOO SLOW: the 95th percentile of the presses is not below {LIMIT:.0f} ms")
        return int(p95 >= LIMIT or bool(self.failures))


def timed(ask: Callable[[], tuple[int, object]]) -> tuple[tuple[int, object], float]:
    """The answer, and the milliseconds that it took."""
    began = time.perf_counter()
    answer = ask()
    return answer, 1000 * (time.perf_counter() - began)


def tell(what: str, times: list[float]) -> float:
    """Prints median, 95th percentile and maximum in milliseconds, and returns the second."""
    p50, p95 = percentiles(times)
    say(f"{what:<6} {len(times):>5}  p50 {p50:6.1f}  p95 {p95:6.1f}  max {max(times):6.1f} ms")
    return p95


if __name__ == "__main__":
    sys.exit(main())
