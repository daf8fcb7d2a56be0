"""The run layer in figures, for operators: what waits, who works, what fails, and how long it all takes."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.db import connection
from django.utils import timezone

from mailai import __version__
from mailai.ai.models import AiCall
from mailai.runs.hosts import ALIVE, WorkerHost
from mailai.runs.models import TaskRun

Overview = dict[str, Any]
"""What --json prints. Keys may be added, none is renamed; durations are seconds, null where there is none."""

NOW = "statement_timestamp()"  # of the database
LATEST = 5  # calls of a provider, by which it is judged
OVERDUE = 60  # seconds that a lease may have been over before it shows that no reaper is at work
RUNS, CALLS, WORKERS = (model._meta.db_table for model in (TaskRun, AiCall, WorkerHost))

# A retry that is due waits like a new run does. A run whose ring is gone has no queue until it is rung again.
ACTIVE = f"""
    SELECT run.kind,
        CASE WHEN run.status = 'running' THEN 'running'
            WHEN run.status = 'retrying' AND run.run_at > {NOW} THEN 'retrying' ELSE 'waiting' END AS state,
        CASE WHEN ring.id IS NULL THEN '' ELSE coalesce(nullif(split_part(ring.key, ':', 2), ''), 'default') END
            AS queue,
        count(*) AS runs,
        extract(epoch FROM {NOW} - min(CASE run.status WHEN 'queued' THEN run.created_at ELSE run.run_at END))::float
            AS oldest,
        extract(epoch FROM min(run.run_at) - {NOW})::float AS next,
        count(*) FILTER (WHERE run.lease_until < {NOW} - make_interval(secs => %s)) AS overdue
    FROM {RUNS} run LEFT JOIN django_q_ormq ring ON ring.id = run.queue_id
    WHERE run.status IN ('queued', 'running', 'retrying')
    GROUP BY 1, 2, 3"""
LATELY = (
    f"status IN ('succeeded', 'failed', 'cancelled') AND finished_at > {NOW} - make_interval(hours => %s)"
)
ENDED = (
    f"SELECT kind, status, error_code AS code, count(*) AS runs FROM {RUNS} WHERE {LATELY} GROUP BY 1, 2, 3"
)
QUANTILES = "percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP"
RUN_TIMES = f"""
    SELECT run.kind, coalesce(last.model, '') AS model, count(*) AS runs,
        {QUANTILES} (ORDER BY greatest(0, extract(epoch FROM run.started_at - run.created_at))::float)
            FILTER (WHERE run.started_at IS NOT NULL) AS waited,
        {QUANTILES} (ORDER BY extract(epoch FROM run.finished_at - run.created_at)::float)
            FILTER (WHERE run.status = 'succeeded') AS whole
    FROM {RUNS} run
    LEFT JOIN LATERAL (SELECT model FROM {CALLS} WHERE run_id = run.id ORDER BY started_at DESC LIMIT 1) last ON true
    WHERE run.{LATELY}
    GROUP BY 1, 2"""
MODEL_TIMES = f"""
    SELECT kind, model, {QUANTILES} (ORDER BY duration_ms / 1000.0) AS answer
    FROM {CALLS} WHERE started_at > {NOW} - make_interval(hours => %s) AND error_code = ''
    GROUP BY 1, 2"""
# Of each provider the latest calls that somebody waited for to their end.
LATEST_CALLS = f"""
    SELECT provider, count(*) AS calls, count(*) FILTER (WHERE error_code <> '') AS failed,
        array_agg(DISTINCT error_code ORDER BY error_code) AS codes
    FROM (
        SELECT provider, error_code, row_number() OVER (PARTITION BY provider ORDER BY started_at DESC) AS nth
        FROM {CALLS} WHERE started_at > {NOW} - make_interval(hours => %s) AND error_code <> 'cancelled'
    ) AS latest
    WHERE nth <= {LATEST} AND provider <> 'local'
    GROUP BY 1 ORDER BY 1"""
SEEN = f"""
    SELECT name AS host, pid, slots, queues, version,
        extract(epoch FROM {NOW} - seen_at)::float AS seen, extract(epoch FROM {NOW} - started_at)::float AS up
    FROM {WORKERS} ORDER BY name, started_at"""


def overview(hours: int = 24) -> Overview:
    """Now, and of what ended in the last `hours`."""
    active = rows(ACTIVE, OVERDUE)
    ended = rows(ENDED, hours)
    waiting = [row for row in active if row["state"] == "waiting"]
    retrying = [row for row in active if row["state"] == "retrying"]
    return {
        "at": timezone.localtime().isoformat(timespec="seconds"),
        "version": __version__,
        "hours": hours,
        "waiting": total(waiting),
        "oldest": max((row["oldest"] for row in waiting), default=None),
        "running": total([row for row in active if row["state"] == "running"]),
        "overdue": sum(row["overdue"] for row in active),
        "retrying": total(retrying),
        "next_retry": min((row["next"] for row in retrying), default=None),
        "queues": queues_of(waiting),
        "kinds": kinds_of(active, ended),
        "failures": [
            {"kind": row["kind"], "code": row["code"], "runs": row["runs"]}
            for row in sorted(ended, key=lambda row: -row["runs"])
            if row["status"] == "failed"
        ],
        "workers": [row | {"alive": row["seen"] < ALIVE.total_seconds()} for row in rows(SEEN)],
        "providers": rows(LATEST_CALLS, hours),
        "times": times(hours),
    }


def queues_of(waiting: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in waiting:
        found[row["queue"]].append(row)
    return [
        {"queue": queue, "waiting": total(rows), "oldest": max(row["oldest"] for row in rows)}
        for queue, rows in sorted(found.items())
    ]


def kinds_of(active: list[dict[str, Any]], ended: list[dict[str, Any]]) -> list[dict[str, Any]]:
    states = ("waiting", "running", "retrying", "succeeded", "failed", "cancelled")
    found: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(states, 0))
    for row in active:
        found[row["kind"]][row["state"]] += row["runs"]
    for row in ended:
        found[row["kind"]][row["status"]] += row["runs"]
    return [{"kind": kind} | counts for kind, counts in sorted(found.items())]


def times(hours: int) -> list[dict[str, Any]]:
    """By kind and model: from press to start, of one answer of the model, and from press to a result."""
    answers = {(row["kind"], row["model"]): row["answer"] for row in rows(MODEL_TIMES, hours)}
    return [
        {
            "kind": row["kind"],
            "model": row["model"],
            "runs": row["runs"],
            "waited": quantiles(row["waited"]),
            "answer": quantiles(answers.get((row["kind"], row["model"]))),
            "whole": quantiles(row["whole"]),
        }
        for row in sorted(rows(RUN_TIMES, hours), key=lambda row: (row["kind"], row["model"]))
    ]


def quantiles(found: list[float] | None) -> dict[str, float | None]:
    p50, p95 = (None, None) if found is None else (round(value, 3) for value in found)
    return {"p50": p50, "p95": p95}


def total(rows: list[dict[str, Any]]) -> int:
    return sum(row["runs"] for row in rows)


def rows(query: str, *values: Any) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
