"""The users: they press, press twice, cancel, hurry a retry and look at their runs, whatever happens behind."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import chain
from typing import Any, TypeVar
from uuid import UUID

from django.db import Error, InterfaceError, OperationalError, connection
from django.db.models import Count

from emails.models import Email
from mailai.ai.models import ServiceToken
from mailai.postgres.patience import persistently
from mailai.runs.models import TaskRun
from mailai.runs.rescue import rescue_one
from mailai.runs.transitions import cancel, hurry
from tests.chaos.mail import KINDS as MAIL_KINDS
from tests.chaos.mail import Mail
from tests.chaos.plan import MESSAGES, MODELS, USERS, Press
from tests.factories import make_analysis, make_email, make_token, make_user

T = TypeVar("T")
MOST = 24  # runs under way; beyond, nobody presses


class Crowd:
    def __init__(self, presses: Iterator[Press], mail: Mail) -> None:
        self.presses = presses
        self.mail = mail
        self.users = [make_user(f"user{number}") for number in range(USERS)]
        self.messages: list[list[Email]] = [
            [make_email(user) for _ in range(MESSAGES)] for user in self.users
        ]
        for user in self.users:
            mail.open_account(user)
        for message in chain.from_iterable(self.messages):
            make_analysis(message)  # optimize starts from one
        self.tokens: dict[tuple[int, str], ServiceToken] = {
            (number, model): make_token(user, model)
            for number, user in enumerate(self.users)
            for model in MODELS
        }
        self.pressed: set[UUID] = set()
        self.cancelled: set[UUID] = set()
        self.hurried: set[UUID] = set()
        self.found = 0  # presses that found a run under way
        self.problems: list[str] = []
        self.stop = threading.Event()
        self._pool = ThreadPoolExecutor(24)
        self._deeds: list[Future[None]] = []
        self._threads = [threading.Thread(target=self._press), threading.Thread(target=self._look)]

    def __enter__(self) -> Crowd:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()

    def leave(self) -> None:
        self.stop.set()
        for thread in self._threads:
            thread.join()
        self._pool.shutdown()
        for deed in self._deeds:
            if error := deed.exception():
                self.problems.append(f"a press or what followed it failed: {error!r}")
        self._deeds.clear()

    def _press(self) -> None:
        try:
            for press in self.presses:
                if self.stop.wait(press.gap):
                    break
                with self._turned_away():
                    if persistently(TaskRun.objects.active().count) < MOST:
                        self._deeds.append(self._pool.submit(self._do, press))
        except Exception as error:
            self.problems.append(f"the crowd stopped pressing: {error!r}")
        finally:
            connection.close()

    def _do(self, press: Press) -> None:
        try:
            with self._turned_away():
                run = self._start(press)
                if press.then == "twice" and not press.after > 1:
                    self._start(press)
                elif press.then and not self.stop.wait(press.after):
                    DEEDS[press.then](self, press, run)
        finally:
            connection.close()

    @contextmanager
    def _turned_away(self) -> Iterator[None]:
        """A database that is away for longer than a request waits for it: the user is told, and presses again later."""
        try:
            yield
        except (OperationalError, InterfaceError):
            connection.close()

    def _start(self, press: Press) -> TaskRun:
        user, token = self.users[press.user], self.tokens[press.user, press.model]
        message = self.messages[press.user][press.message]
        if press.kind in MAIL_KINDS:
            start = partial(self.mail.start, press.kind, user, message)
        else:
            about = None if press.kind == "token_test" else message
            start = partial(TaskRun.objects.start, user, press.kind, about, token)
        run, created = persistently(start)
        self.pressed.add(run.pk)
        self.found += not created
        return run

    def _cancel(self, press: Press, run: TaskRun) -> None:
        """In mid-flight, if a worker takes it on in time."""
        at_work = TaskRun.objects.filter(pk=run.pk, status="running").exists
        for _look in range(20):
            if persistently(at_work) or self.stop.wait(0.1):
                break
        if persistently(partial(cancel, run)):
            self.cancelled.add(run.pk)

    def _hurry(self, press: Press, run: TaskRun) -> None:
        for _look in range(20):
            if persistently(partial(hurry, run)):
                self.hurried.add(run.pk)
                break
            if self.stop.wait(0.3):
                break

    def _look(self) -> None:
        """As the pages do, which end what is overdue; and nobody may ever see two of one kind under way."""
        dice = random.Random(0)
        while not self.stop.wait(0.25):
            try:
                active = TaskRun.objects.active()
                for run in dice.sample(found := list(active), min(3, len(found))):
                    rescue_one(run)
                twins = (
                    active.exclude(email=None).values("email", "kind").annotate(n=Count("pk")).filter(n__gt=1)
                )
                self.problems += [f"two runs under way at once: {twin}" for twin in twins]
            except Error:
                connection.close()
            except Exception as error:
                self.problems.append(f"a look at a run failed: {error!r}")
        connection.close()


DEEDS: dict[str, Callable[[Crowd, Press, TaskRun], Any]] = {
    "cancel": Crowd._cancel,
    "hurry": Crowd._hurry,
    "twice": lambda crowd, press, run: crowd._start(press),
}
