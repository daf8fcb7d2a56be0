"""How long it takes until a cluster works again: all its parts are there, and a task that only it can take was run and
acknowledged. After PostgreSQL was killed it counts from when that runs again."""

from __future__ import annotations

import threading
import time

import psutil
from django.db import Error, connection
from django_q.models import OrmQ
from django_q.tasks import async_task

from mailai.runs.broker import PostgresBroker
from mailai.runs.pulse import BEAT
from tests.chaos.host import WHOLE, Host

LONGEST = 150.0  # seconds after which it counts as never


class Healing:
    """Watched in a thread of its own from the harm on. `seconds` is None until it is healed.

    `keys` are those of the clusters before a harm that is none to them: whether they are others at its end, is then
    told by `restarted`.
    """

    def __init__(self, target: str, hosts: list[Host], keys: list[str | None] | None = None) -> None:
        self.target = target
        self.hosts = hosts
        self.hits = [host.hits for host in hosts]
        self.seconds: float | None = None
        self.restarted = False
        self._keys = keys
        # By another harm to the same cluster, so that the time says nothing.
        self.overtaken = any(host.ill for host in hosts)
        self._began = time.monotonic()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def wait(self) -> bool:
        self._thread.join()
        return self.seconds is not None

    def _watch(self) -> None:
        for host in self.hosts:
            host.ill += 1
        watches = [_Beat(host, self.target in WHOLE) for host in self.hosts]
        while time.monotonic() - self._began < LONGEST:
            watches = [watch for watch in watches if not watch.is_back()]
            if not watches:
                self.seconds = time.monotonic() - self._began
                break
            time.sleep(0.1)  # noqa: TID251 - between looks, up to LONGEST
        keys = [host.pulse_key() for host in self.hosts]
        self.overtaken |= [host.hits for host in self.hosts] != self.hits
        self.restarted = not self.overtaken and self._keys is not None and keys != self._keys
        for host in self.hosts:
            host.ill -= 1
        connection.close()


class _Beat:
    def __init__(self, host: Host, anew: bool) -> None:
        self.host = host
        self.dead = host.key_before if anew else None  # orphans of a dead cluster go on working for a moment
        self.key: str | None = None
        self.row: int | None = None

    def is_back(self) -> bool:
        key = self.host.pulse_key()
        if key is None or key == self.dead:
            return False
        try:
            if key != self.key and not self.host.has_all_parts():
                return False
            if key != self.key:
                broker = PostgresBroker(key)
                async_task(BEAT, timeout=10, broker=broker, task_name="chaos")
                self.key, self.row = key, broker.enqueued
                return False
            return not OrmQ.objects.filter(pk=self.row).exists()
        except (Error, psutil.Error):
            connection.close()
            return False
