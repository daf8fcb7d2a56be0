"""How long one press waits while another user has hundreds of runs queued: in lengths of one run."""

from __future__ import annotations

import time
from statistics import mean, median
from typing import Any

from django.db.models import Avg, F

from mailai.runs.models import TaskRun
from tests.bench.scene import say
from tests.bench.verdicts import Verdicts
from tests.factories import make_email, make_token, make_user
from tests.processes import wait_until

LENGTH = 0.5  # seconds that one answer takes
PRESSES = 10
WORKERS = 4
MODEL = f"fake:latency={LENGTH}"


def measure(bulk: int, verdicts: Verdicts) -> None:
    crowded, single = make_user("crowded"), make_user("single")
    runs = start(crowded, bulk)
    every = bulk * LENGTH / WORKERS * 0.8 / PRESSES
    token, presses = make_token(single, MODEL), []
    for _ in range(PRESSES):
        time.sleep(every)  # noqa: TID251 - spread over the time that the others take
        presses.append(TaskRun.objects.start(single, "base", make_email(single), token)[0].pk)
    pressed = TaskRun.objects.filter(pk__in=presses)
    wait_until(lambda: not pressed.filter(started_at=None).exists(), 60 + bulk * LENGTH, every=0.2)
    ended = TaskRun.objects.filter(pk__in=runs, status="succeeded")
    length = ended.aggregate(length=Avg(F("finished_at") - F("started_at")))["length"].total_seconds()
    waits = [(run.started_at - run.created_at).total_seconds() / length for run in pressed]
    TaskRun.objects.active().update(status="cancelled", lease_until=None, finished_at=F("created_at"))
    say(
        f"fairness: {bulk} runs of {length:.2f} s queued by one user, {PRESSES} presses of another: they wait "
        f"{min(waits):.2f} to {max(waits):.2f} lengths, mean {mean(waits):.2f}, median {median(waits):.2f}"
    )
    verdicts.value("longest wait of a press behind a crowd", "runs", max(waits), most=1.0)
    verdicts.value("median wait of a press behind a crowd", "runs", median(waits))


def start(user: Any, bulk: int) -> list[Any]:
    token = make_token(user, MODEL)
    return [TaskRun.objects.start(user, "base", make_email(user), token)[0].pk for _ in range(bulk)]
