"""A mailbox of any size, made by the database itself: messages, analyses of most, some read, answered or done."""

from __future__ import annotations

from typing import Any

from django.db import connection

# "Nachricht" is in every message and "Lieferung" in one of ten; "Sonderposten" is in 60 of 1,000 and in 1,000 of more,
# "Zwieback" in 60 of any number. Senders, scores and dates are spread evenly.
MESSAGES = """
    INSERT INTO emails_email (user_id, raw, content_hash, dedupe_key, message_id, in_reply_to, "references", thread_key,
        subject_key, answers_by_subject, subject, sender_name, sender_address, reply_to, "to", cc, headers, received_at,
        text, html, mine, size, unreadable, trouble, parser_version, language, imported_at, seen_at, done_at,
        answered_at, user_tags, rank_score, rank_category, rank_spam, rank_questions, rank_asks)
    SELECT %(user)s, convert_to('Subject: x', 'UTF8'), key, key, key || '@example.com', '', '{}', key, '', false,
        'Angebot ' || n || CASE WHEN n * hits %% %(count)s < hits THEN ' Sonderposten' ELSE '' END
            || CASE WHEN n * 60 %% %(count)s < 60 THEN ' Zwieback' ELSE '' END,
        'Sender ' || n %% 15, 'sender' || n %% 15 || '@example.com', '[]', '[]', '[]', '{}',
        now() - n * interval '7 minutes',
        'Guten Tag, hier ist Nachricht ' || n || CASE WHEN n %% 10 = 0 THEN ' mit Lieferung' ELSE '' END
            || repeat(' und noch ein Satz mit Wort' || n %% 1000 || ' darin.', 40),
        '', false, 2000, false, '', 1, 'de', now(), CASE WHEN n %% 3 = 0 THEN now() END,
        CASE WHEN n %% 50 = 0 THEN now() END, CASE WHEN n %% 20 = 0 THEN now() END, '{}', -1, '', false, 0, false
    FROM generate_series(1::bigint, %(count)s) AS n
    CROSS JOIN LATERAL (SELECT md5(%(user)s || '.' || n) || md5(n::text) AS key) AS named
    CROSS JOIN (SELECT least(60 * %(count)s / 1000, 1000) AS hits) AS seldom
"""
ANALYSES = """
    INSERT INTO emails_analysis (email_id, kind, urgency, importance, category, summary, reasoning, tags, is_spam,
        language, confidence, questions, deadlines, suggestions, read_ids, provider, model, prompt_version,
        duration_ms, created_at)
    SELECT id, 'base', 1 + id %% 3, 1 + id / 3 %% 3,
        (ARRAY['action_required', 'needs_attention', 'info_only'])[1 + id %% 3], 'A summary.', 'Reasons.', '{}',
        id %% 40 = 0, 'de', 0.8, CASE WHEN id %% 4 = 0 THEN '{When?}'::text[] ELSE '{}' END, '[]', '{}', '{}', 'local',
        'rules', 'base-1', 5, now()
    FROM emails_email WHERE user_id = %(user)s AND id %% 10 > 0
"""
RANKS = """
    UPDATE emails_email AS email SET analysis_id = analysis.id, rank_urgency = urgency, rank_importance = importance,
        rank_score = 2 * urgency + importance - 3, rank_category = category, rank_spam = is_spam,
        rank_questions = cardinality(questions),
        rank_asks = NOT is_spam AND (cardinality(questions) > 0 OR category = 'action_required')
    FROM emails_analysis AS analysis WHERE analysis.email_id = email.id AND email.user_id = %(user)s
"""


def make_mailbox(user: Any, count: int) -> None:
    with connection.cursor() as cursor:
        for statement in (MESSAGES, ANALYSES, RANKS):
            cursor.execute(statement, {"user": user.pk, "count": count})
        cursor.execute("ANALYZE emails_email; ANALYZE emails_analysis")
