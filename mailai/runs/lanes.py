"""Lanes: whose turn it is in the queue. Users take turns, and what has reached its cap is left waiting.

The key of a ring names its lane, `<list key>:<queue>:<user>:<token>`. Rings of one lane are taken in the order in which
they fell due. Between lanes, the user with the fewest runs at work comes first, so that one user's bulk does not hold
up another's single press; a lane whose token or provider has as many calls under way as it may have is passed over, so
that no worker waits for it. The lanes are found by skipping through an index: it costs what there are lanes, not rings.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.conf import settings

DEFAULT = "default"
SPARE = 8  # rings looked at beyond those wanted: others may be taking the first ones at this moment

# One statement, so that a look at an idle queue is one transaction. It gives the rows taken, and one row without a
# payload that says what is left: seconds until the next ring falls due, and whether due ones had to be left.
TAKE = """
    WITH RECURSIVE lane AS (
        SELECT first.key, span.stop
        FROM unnest(%(starts)s::text[], %(stops)s::text[]) AS span (start, stop)
        CROSS JOIN LATERAL (
            SELECT key FROM django_q_ormq
            WHERE key COLLATE "C" >= span.start AND key COLLATE "C" < span.stop ORDER BY key COLLATE "C" LIMIT 1
        ) AS first
        UNION ALL
        SELECT next.key, lane.stop
        FROM lane CROSS JOIN LATERAL (
            SELECT key FROM django_q_ormq
            WHERE key COLLATE "C" > lane.key AND key COLLATE "C" < lane.stop ORDER BY key COLLATE "C" LIMIT 1
        ) AS next
    ), named AS MATERIALIZED (
        SELECT key, owner.user_id, token.id AS token_id,
            token.provider, token.concurrency, (%(caps)s::jsonb ->> token.provider)::int AS provider_cap,
            (SELECT started_at FROM runs_taskrun WHERE user_id = owner.user_id AND started_at IS NOT NULL
             ORDER BY started_at DESC LIMIT 1) AS served_at
        FROM lane
        CROSS JOIN LATERAL (SELECT substring(key FROM ':([0-9]+):[0-9]*$')::bigint AS user_id) AS owner
        LEFT JOIN ai_servicetoken AS token ON token.id = substring(key FROM ':([0-9]+)$')::bigint
    ), busy AS MATERIALIZED (
        SELECT run.user_id, run.token_id, token.provider
        FROM runs_taskrun AS run LEFT JOIN ai_servicetoken AS token ON token.id = run.token_id
        WHERE run.status = 'running' AND EXISTS (SELECT FROM lane)
    ), due AS (
        SELECT named.*, ring.id, ring.lock,
            row_number() OVER (PARTITION BY token_id ORDER BY ring.lock, ring.id) AS token_turn,
            row_number() OVER (PARTITION BY provider ORDER BY ring.lock, ring.id) AS provider_turn
        FROM named CROSS JOIN LATERAL (
            SELECT id, lock FROM django_q_ormq
            WHERE key COLLATE "C" = named.key AND lock <= now() ORDER BY lock, id
            LIMIT 1 + %(looked_at)s / (SELECT count(*) FROM named)
        ) AS ring
    ), free AS (
        SELECT id, lock, served_at, (user_id IS NULL) AS nobodys,
            row_number() OVER (PARTITION BY user_id ORDER BY lock, id)
                + (SELECT count(*) FROM busy WHERE busy.user_id = due.user_id) AS turn
        FROM due
        WHERE (concurrency IS NULL
               OR token_turn + (SELECT count(*) FROM busy WHERE busy.token_id = due.token_id) <= concurrency)
          AND (provider_cap IS NULL
               OR provider_turn + (SELECT count(*) FROM busy WHERE busy.provider = due.provider) <= provider_cap)
    ), next AS MATERIALIZED (
        SELECT * FROM free ORDER BY nobodys DESC, turn, served_at NULLS FIRST, lock, id LIMIT %(looked_at)s
    ), taken AS (
        UPDATE django_q_ormq SET lock = now() + make_interval(secs => %(retry)s)
        WHERE id = ANY(ARRAY(
            SELECT ring.id FROM next JOIN django_q_ormq AS ring ON ring.id = next.id
            WHERE ring.lock <= now()
            ORDER BY next.nobodys DESC, next.turn, next.served_at NULLS FIRST, next.lock, next.id
            LIMIT %(wanted)s FOR UPDATE OF ring SKIP LOCKED
        ))
        RETURNING id, payload
    )
    SELECT id, payload, NULL::float AS due_in, false AS left_over FROM taken
    UNION ALL
    SELECT NULL, NULL,
        (SELECT extract(epoch FROM min(later.lock) - now())::float
         FROM named CROSS JOIN LATERAL (
             SELECT lock FROM django_q_ormq
             WHERE key COLLATE "C" = named.key AND lock > now() ORDER BY lock LIMIT 1
         ) AS later),
        (SELECT count(*) FROM due) > (SELECT count(*) FROM taken)"""


# The one ring that a notification named, for a queue that was empty until then: a third of the time of a look at all
# lanes. What is not due, falls under a cap or belongs to another queue is left to that look.
TAKE_ONE = """
    UPDATE django_q_ormq SET lock = now() + make_interval(secs => %(retry)s)
    WHERE id = ANY(ARRAY(
        SELECT ring.id FROM django_q_ormq AS ring
        WHERE ring.id = %(id)s AND ring.lock <= now() AND EXISTS (
            SELECT FROM unnest(%(starts)s::text[], %(stops)s::text[]) AS span (start, stop)
            WHERE ring.key COLLATE "C" >= span.start AND ring.key COLLATE "C" < span.stop
        ) AND NOT EXISTS (
            SELECT FROM ai_servicetoken AS token
            WHERE token.id = substring(ring.key FROM ':([0-9]+)$')::bigint
              AND (token.concurrency IS NOT NULL OR jsonb_exists(%(caps)s::jsonb, token.provider))
        )
        FOR UPDATE OF ring SKIP LOCKED
    ))
    RETURNING id, payload"""


def lane_of(list_key: str, queue: str, user_id: int, token_id: int | None) -> str:
    return f"{list_key}:{queue}:{user_id}:{token_id or ''}"


def spans(list_key: str, queues: Iterable[str], own: str | None) -> tuple[list[str], list[str]]:
    """The ranges of keys, from and up to, that a cluster takes rings from: its queues (none: all), and its own key."""
    found = [(f"{list_key}:{queue}:", f"{list_key}:{queue};") for queue in queues]
    found = found or [(list_key, list_key + "\x01"), (f"{list_key}:", f"{list_key};")]
    if own:
        found.append((own, own + "\x01"))
    return [start for start, _stop in found], [stop for _start, stop in found]


def take(wanted: int, retry: float, starts: list[str], stops: list[str]) -> dict[str, Any]:
    """The parameters of TAKE: so many rings at most, locked for `retry` seconds, out of these spans."""
    return _from(retry, starts, stops) | {"wanted": wanted, "looked_at": wanted + SPARE}


def take_one(ring: int, retry: float, starts: list[str], stops: list[str]) -> dict[str, Any]:
    """The parameters of TAKE_ONE."""
    return _from(retry, starts, stops) | {"id": ring}


def _from(retry: float, starts: list[str], stops: list[str]) -> dict[str, Any]:
    caps = json.dumps(settings.MAILAI_CONCURRENCY)
    return {"retry": retry, "starts": starts, "stops": stops, "caps": caps}
