"""What the poll of an open page costs when there are many: `python tests/bench/polling.py`.

A database of its own, gunicorn as recommended, a worker, a fake model that answers slowly. 205 users have an email
page open with a run, and ask once a second what became of it, and seldom what ended elsewhere; whose run has ended
looks at it for a second and presses again, so that 200 are active the whole time. As many runs as the worker has
slots are streaming, the others wait. Ends with 1 if a request failed, or the 95th percentile of the status answers is
above 50 ms, or that of the presses not below 100 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from statistics import mean

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mailai.settings")

import django

django.setup()

from tests.bench.pages import Page, Times  # noqa: E402
from tests.bench.scene import Busy, database, fake, percentiles, say  # noqa: E402
from tests.bench.spent import Spent  # noqa: E402
from tests.factories import make_email, make_token, make_user  # noqa: E402
from tests.processes import Visitor, login_of, wait_until, web, worker  # noqa: E402

PIECES = 20  # that the fake model answers in
SHORTEST, LONGEST = 3, 7  # seconds that its answers take: not all the same, or all pages would press at once
OPENING = 10  # seconds in which the pages are opened, one after the other
POLL_LIMIT, PRESS_LIMIT = 50.0, 100.0  # milliseconds


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pages", type=int, default=205)
    parser.add_argument("--streaming", type=int, default=20, help="slots of the worker")
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args()
    with ExitStack() as stack:
        logs = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stack.enter_context(database())
        provider = stack.enter_context(fake(logs / "fake"))
        site = stack.enter_context(web(logs / "web"))
        slots = {"MAILAI_WORKERS": str(options.streaming), "MAILAI_OPENAI_BASE_URL": provider}
        stack.enter_context(worker(logs / "worker", **slots))
        try:
            visitor = Visitor(site, make_user("visitor"))
            wait_until(lambda: visitor.ask("GET", "/")[0] == 200, 30)
            measured = Measured([open_page(site, number) for number in range(options.pages)])
            asyncio.run(measured.run(options.seconds))
        except BaseException:
            print((logs / "web").read_text(), (logs / "worker").read_text(), file=sys.stderr)  # noqa: T201
            raise
    return measured.report()


def open_page(site: str, number: int) -> Page:
    user = make_user(f"user-{number}")
    email = make_email(user)
    takes = SHORTEST + number * 0.381966 % 1 * (LONGEST - SHORTEST)  # golden section: spread, in no order
    token = make_token(user, f"fake:drip={takes / PIECES:.3f}")
    form = {"service_token_id": str(token.pk), "style": "professional"}
    action = f"/email/{email.pk}/reprocess" if number % 2 else f"/emails/{email.pk}/generate-reply"
    return Page(site, login_of(user), email.pk, action, form)


class Measured:
    def __init__(self, pages: list[Page]) -> None:
        self.pages = pages
        self.under_way: list[int] = []
        self.seconds = 0
        self.busy = ""

    async def run(self, seconds: int) -> None:
        every = OPENING / len(self.pages)
        async with asyncio.TaskGroup() as group:
            staying = [group.create_task(page.stay(every * at)) for at, page in enumerate(self.pages)]
            await asyncio.sleep(2 * OPENING)
            for page in self.pages:
                page.times = Times()
            busy, spent = Busy(), Spent()
            for _ in range(seconds):
                await asyncio.sleep(1)
                self.under_way.append(sum(page.under_way for page in self.pages))
            self.seconds, self.busy = seconds, f"{busy}\n{spent}"
            for task in staying:
                task.cancel()

    def report(self) -> int:
        unchanged, changed, elsewhere, press = (
            [took for page in self.pages for took in getattr(page.times, what)]
            for what in ("unchanged", "changed", "elsewhere", "press")
        )
        failures = sum((page.times.failures for page in self.pages), Counter[str]())
        say(self.busy)
        say(f"{len(self.pages)} pages, {mean(self.under_way):.0f} runs under way, {self.seconds} s")
        say(f"{'milliseconds':<28}{'answers':>8}{'p50':>8}{'p95':>8}{'max':>8}")
        tell("poll, nothing new", unchanged)
        tell("poll, something new", changed)
        poll = tell("poll", unchanged + changed)
        tell("what ended elsewhere", elsewhere)
        pressed = tell("press", press)
        for failure, times in sorted(failures.items()):
            say(f"FAILED {failure}: {times} times")
        if poll > POLL_LIMIT:
            say(f"TOO SLOW: the 95th percentile of the polls is above {POLL_LIMIT:.0f} ms")
        if pressed >= PRESS_LIMIT:
            say(f"TOO SLOW: the 95th percentile of the presses is not below {PRESS_LIMIT:.0f} ms")
        return int(poll > POLL_LIMIT or pressed >= PRESS_LIMIT or bool(failures))


def tell(what: str, times: list[float]) -> float:
    p50, p95 = percentiles(times)
    say(f"{what:<28}{len(times):>8}{p50:>8.1f}{p95:>8.1f}{max(times):>8.1f}")
    return p95


if __name__ == "__main__":
    sys.exit(main())
