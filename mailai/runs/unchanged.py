"""Whether a page has seen all there is to see of a run: what open pages ask once a second.

Statement and check stand here as they are sent. To compose them anew each time, and to read all columns of the row,
would take ten times as long as to answer them.
"""

from __future__ import annotations

import uuid

from django.db import connection

from mailai.runs.models import VERSION, TaskRun

COLUMNS = {"received": "char_length(partial)"}
# A lease or a deadline that is over is something new: the run has to be rescued.
VERSION_NOW = f"""
    SELECT concat_ws('.', {", ".join(COLUMNS.get(name, name) for name in VERSION)}) FROM {TaskRun._meta.db_table}
    WHERE id = %s AND user_id = %s
        AND CASE status WHEN 'running' THEN lease_until ELSE deadline_at END > now()"""


def is_unchanged(run_id: uuid.UUID, user_id: int, seen: str) -> bool:
    """Whether the user's run is at the version that was `seen`, and in time."""
    with connection.cursor() as cursor:
        cursor.execute(VERSION_NOW, [run_id, user_id])
        return cursor.fetchone() == (seen,)
