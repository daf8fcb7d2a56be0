"""What counts of a message, kept beside it as columns `rank_…`, so that the inbox sorts and filters by an index.

It is emails.effective in SQL, and more: whoever changes what counts calls `rank` in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

RANK = """
    UPDATE emails_email AS email SET
        rank_urgency = CASE WHEN said.whole THEN said.urgency END,
        rank_importance = CASE WHEN said.whole THEN said.importance END,
        rank_score = CASE WHEN said.whole THEN 2 * said.urgency + said.importance - 3 ELSE -1 END,
        rank_category = CASE WHEN said.whole THEN said.category ELSE '' END,
        rank_spam = said.whole AND said.is_spam,
        rank_questions = said.questions,
        rank_deadline = said.deadline,
        rank_asks = said.whole AND NOT said.is_spam AND NOT email.mine
            AND (said.questions > 0 OR said.category = 'action_required')
    FROM (
        SELECT one.*, urgency IS NOT NULL AND importance IS NOT NULL AND category IS NOT NULL AS whole
        FROM (
            SELECT email.id,
                coalesce(correction.urgency, analysis.urgency) AS urgency,
                coalesce(correction.importance, analysis.importance) AS importance,
                coalesce(nullif(correction.category, ''), analysis.category) AS category,
                coalesce(correction.is_spam, analysis.is_spam, false) AS is_spam,
                least(coalesce(cardinality(analysis.questions), 0), 999) AS questions,
                (SELECT coalesce(min(day) FILTER (WHERE day >= analysis.created_at::date), max(day))
                 FROM (SELECT (deadline ->> 'date')::date AS day
                       FROM jsonb_array_elements(analysis.deadlines) AS deadline
                       WHERE deadline ->> 'date' ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$') AS days
                ) AS deadline
            FROM emails_email AS email
            LEFT JOIN emails_analysis AS analysis ON analysis.id = email.analysis_id
            LEFT JOIN emails_correction AS correction ON correction.email_id = email.id
            WHERE email.id = ANY(%s)
        ) AS one
    ) AS said
    WHERE email.id = said.id"""


def rank(email_ids: Iterable[int]) -> None:
    """Inside the transaction that changed an analysis or a correction, and with the message's row locked by it."""
    with connection.cursor() as cursor:
        cursor.execute(RANK, [list(email_ids)])
