from django.db import migrations

# The next ids, of which those that have ended lose the text that had streamed in. By the primary key, so that no
# batch reads the table from its beginning; each is a transaction of its own, so none is locked for long.
CLEAR = """
    WITH page AS MATERIALIZED (
        SELECT id FROM runs_taskrun WHERE id > %s ORDER BY id LIMIT 2000
    ), cleared AS (
        UPDATE runs_taskrun SET partial = '' FROM page
        WHERE runs_taskrun.id = page.id AND status IN ('succeeded', 'failed', 'cancelled') AND partial <> ''
    )
    SELECT id FROM page ORDER BY id DESC LIMIT 1"""


def clear(apps, schema_editor):
    last = "00000000-0000-0000-0000-000000000000"
    with schema_editor.connection.cursor() as cursor:
        while last:
            cursor.execute(CLEAR, [last])
            row = cursor.fetchone()
            last = row and row[0]


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("runs", "0011_defaults"),
    ]

    operations = [migrations.RunPython(clear, migrations.RunPython.noop)]
