"""What the search looks in, and what counts of the messages that are there already.

The column is no field of the model: nothing reads it, it is only asked. Each message carries its owner's mark, so that
the index finds nothing of another user's. 60,000 characters of text stay far below the 1 MB that a tsvector may have,
also where every character takes four bytes.
"""

from django.db import migrations

SEARCH = """
    ALTER TABLE emails_email ADD COLUMN search tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector('german'::regconfig, subject), 'A')
        || setweight(to_tsvector('english'::regconfig, subject), 'A')
        || setweight(to_tsvector('german'::regconfig, sender_name || ' ' || sender_address), 'B')
        || setweight(to_tsvector('english'::regconfig, sender_name || ' ' || translate(sender_address, '@.-_+', '     ')), 'B')
        || setweight(to_tsvector('german'::regconfig, left(text, 60000)), 'C')
        || setweight(to_tsvector('english'::regconfig, left(text, 60000)), 'C')
        || array_to_tsvector(ARRAY['@user ' || user_id::text])
    ) STORED;
    CREATE INDEX email_search ON emails_email USING gin (search);
"""

# At most so many that match, through the index whatever the planner believes: it knows little of how rare the beginning
# of a word is, and would rather read through the whole mailbox.
FOUND = """
    CREATE FUNCTION emails_found(wanted tsquery, most integer) RETURNS SETOF bigint
    LANGUAGE sql STABLE SET enable_seqscan = off SET enable_indexscan = off
    AS 'SELECT id FROM emails_email WHERE search @@ wanted LIMIT most';
"""

# Mail that was there before counts as seen: nobody wants to find years of it unread.
FILL = """
    UPDATE emails_email AS email SET
        seen_at = email.imported_at,
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
        ) AS one
    ) AS said
    WHERE email.id = said.id;
"""


class Migration(migrations.Migration):
    dependencies = [("emails", "0008_inbox")]

    operations = [
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RunSQL(SEARCH, "ALTER TABLE emails_email DROP COLUMN search"),
        migrations.RunSQL(FOUND, "DROP FUNCTION emails_found"),
    ]
