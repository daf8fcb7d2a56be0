"""An open email page, as the web server sees it: its requests, in an event loop with those of all the others.

One process can stand for hundreds of browsers in this way and take little of the processors that are measured.
"""

from __future__ import annotations

import asyncio
import html
import re
import time
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

POLL = re.compile(r' hx-get="(/tasks/[^"]+)" hx-trigger="([^"]+)"')
AT_ONCE = re.compile(r"load delay:(\d+)ms")
ELSEWHERE = re.compile(r' hx-get="(/notifications[^"]*)"')
LOOKS = 1.0  # seconds; so long at least somebody looks at what came of a press before the next one
EVERY = 1.0  # seconds; htmx asks so often while a run is young, and here it goes on so
SELDOM = 30.0  # seconds; so often a page whose panel polls asks what ended elsewhere (toasts.js)


@dataclass
class Times:
    """Milliseconds of the answers, by what they were."""

    unchanged: list[float] = field(default_factory=list)
    changed: list[float] = field(default_factory=list)
    elsewhere: list[float] = field(default_factory=list)
    press: list[float] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)


class Page:
    """Presses its button, polls the panel that it got, and presses again when the run has ended."""

    def __init__(
        self, site: str, login: dict[str, str], email_id: int, action: str, form: dict[str, str]
    ) -> None:
        self.times = Times()
        self.path = f"/email/{email_id}/"
        self._action, self._form = action, urlencode(form)
        self._panel, self._rest = (Connection(site, login, self.path) for _ in range(2))
        self._polls: tuple[str, float] | None = None  # what to ask, and in how many seconds
        self._ended: asyncio.Queue[str] = asyncio.Queue()

    @property
    def under_way(self) -> bool:
        return self._polls is not None

    async def stay(self, delay: float) -> None:
        """Until it is cancelled."""
        await asyncio.sleep(delay)
        await self._panel.ask("GET", self.path)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._press_and_poll())
            group.create_task(self._ask_elsewhere())

    async def _press_and_poll(self) -> None:
        while True:
            if self._polls is None:
                await asyncio.sleep(LOOKS)
                await self._press()
            else:
                path, wait = self._polls
                await asyncio.sleep(wait)
                await self._poll(path)

    async def _ask_elsewhere(self) -> None:
        path = "/notifications/"
        while True:
            try:
                async with asyncio.timeout(SELDOM):
                    seen = await self._ended.get()
            except TimeoutError:
                status, body, took = await self._rest.ask("GET", path)
            else:
                status, body, took = await self._rest.ask("POST", "/notifications/seen", f"key={seen}")
            self.times.elsewhere.append(took)
            if status == 200 and (asks_on := ELSEWHERE.search(body)):
                path = html.unescape(asks_on[1])
            elif status not in (200, 204):
                self.times.failures[f"a question what ended elsewhere: {status}"] += 1

    async def _press(self) -> None:
        status, body, took = await self._panel.ask("POST", self._action, self._form)
        self.times.press.append(took)
        self._swap(body)
        if status != 200 or self._polls is None:
            self.times.failures[f"a press: {status}"] += 1
            await asyncio.sleep(EVERY)

    async def _poll(self, path: str) -> None:
        status, body, took = await self._panel.ask("GET", path)
        if status == 204:
            self.times.unchanged.append(took)
            self._polls = path, max(0, EVERY - took / 1000)
        elif status == 200:
            self.times.changed.append(took)
            self._swap(body)
        else:
            self.times.failures[f"a poll: {status}"] += 1
            self._polls = path, EVERY

    def _swap(self, fragment: str) -> None:
        """The panel asks again while its run is under way, and soon while that is young."""
        polls = POLL.search(fragment)
        if polls is None:
            if self._polls is not None:
                self._ended.put_nowait(self._polls[0].split("/")[2])
            self._polls = None
        else:
            soon = AT_ONCE.search(polls[2])
            self._polls = html.unescape(polls[1]), int(soon[1]) / 1000 if soon else EVERY


class Connection:
    """One of a browser's to the web server, kept alive."""

    def __init__(self, site: str, login: dict[str, str], page: str) -> None:
        self._host, self._port = urlsplit(site).hostname, urlsplit(site).port
        self._headers = login | {
            "Host": f"{self._host}:{self._port}",
            "Accept": "*/*",
            "Accept-Encoding": "gzip, deflate, br",
            "Accept-Language": "de,en;q=0.8",
            "HX-Request": "true",
            "HX-Current-URL": f"{site}{page}",
        }
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, body: str = "") -> tuple[int, str, float]:
        """The status, the answer and the milliseconds that it took."""
        began = time.perf_counter()
        try:
            status, answer = await self._ask_once(method, path, body)
        except (OSError, asyncio.IncompleteReadError):
            self._streams = None  # the server ended an idle connection; a browser would connect anew
            status, answer = await self._ask_once(method, path, body)
        return status, answer, 1000 * (time.perf_counter() - began)

    async def _ask_once(self, method: str, path: str, body: str) -> tuple[int, str]:
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port)
        reader, writer = self._streams
        headers = self._headers
        if body:
            form = "application/x-www-form-urlencoded"
            headers = headers | {"Content-Type": form, "Content-Length": str(len(body))}
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        writer.write("\r\n".join([*lines, "", body]).encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = re.search(r"\r\ncontent-length: (\d+)", head)
        answer = await reader.readexactly(int(length[1]) if length else 0)
        if "\r\nconnection: close" in head:
            writer.close()
            self._streams = None
        return int(head.split(" ", 2)[1]), answer.decode()
