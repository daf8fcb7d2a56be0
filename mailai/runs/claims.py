"""The claim: a due run becomes one worker's own, in one statement by the database's clock.

Only where a cap counts are there more: the places are then counted behind a lock (see caps).
"""

from __future__ import annotations

import json
import os
from typing import Any

from django.conf import settings

from mailai.runs import caps
from mailai.runs.broker import PULSE
from mailai.runs.kinds import KINDS
from mailai.runs.models import TaskRun

# A queued run is due at once: its run_at is by the clock of whoever pressed, which may be ahead. A kind without a lease
# is another version's.
DUE = """
    run.id = %(id)s
    AND (run.status = 'queued' OR run.status = 'retrying' AND run.run_at <= statement_timestamp())
    AND run.deadline_at > statement_timestamp()
    AND run.attempt < run.max_attempts
    AND EXISTS (SELECT FROM auth_user AS owner WHERE owner.id = run.user_id AND owner.is_active)
    AND jsonb_exists(%(leases)s, run.kind)"""
LOOK = f"SELECT run.* FROM runs_taskrun AS run WHERE {DUE}"
TAKE = f"""
    UPDATE runs_taskrun AS run
    SET status = 'running', attempt = run.attempt + 1, message = 'reading', progress = 0, partial = '',
        done = 0, total = 0, error_code = '', error_message = '', worker = %(worker)s,
        lease_until = statement_timestamp() + make_interval(secs => (%(leases)s::jsonb ->> run.kind)::float),
        started_at = COALESCE(run.started_at, statement_timestamp())
    WHERE {DUE} AND (%(has_room)s OR NOT EXISTS (
        SELECT FROM ai_servicetoken AS token
        WHERE token.id = run.token_id
          AND (token.concurrency IS NOT NULL OR jsonb_exists(%(caps)s, token.provider))
    ))
    RETURNING run.*"""


def claim(run_id: str) -> TaskRun | None:
    """Make a due run this worker's own: queued or retrying → running, attempt + 1.

    None: there is nothing to do, its user was deactivated, or a cap has been reached; then the run's ring goes back
    into the queue.
    """
    if (run := _first(TAKE, run_id)) is not None:
        return run
    if (waiting := _first(LOOK, run_id)) is None:
        return None
    with caps.kept(waiting) as has_room:
        if has_room:
            return _first(TAKE, run_id, has_room=True)
        TaskRun.objects.filter(pk=run_id, status=waiting.status, attempt=waiting.attempt).update(
            queue_id=waiting.ring()
        )
    return None


def _first(statement: str, run_id: str, has_room: bool = False) -> TaskRun | None:
    values: dict[str, Any] = {
        "id": run_id,
        "has_room": has_room,
        "worker": os.environ.get(PULSE, ""),
        "leases": json.dumps(
            {name: kind.lease + settings.MAILAI_LEASE_MARGIN for name, kind in KINDS.items()}
        ),
        "caps": json.dumps(settings.MAILAI_CONCURRENCY),
    }
    return next(iter(TaskRun.objects.raw(statement, values)), None)
