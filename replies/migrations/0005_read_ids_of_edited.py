"""What was read for a draft stands on the versions that a person made of it, too."""

from __future__ import annotations

from django.db import migrations

EDITED = """
    UPDATE replies_draft AS edited SET read_ids = written.read_ids
    FROM replies_draft AS written
    WHERE edited.edited AND edited.read_ids = '{}' AND edited.model <> ''
        AND written.id = (
            SELECT id FROM replies_draft AS earlier
            WHERE earlier.email_id = edited.email_id AND NOT earlier.edited AND earlier.version < edited.version
                AND earlier.provider = edited.provider AND earlier.model = edited.model
            ORDER BY cardinality(earlier.read_ids) DESC, earlier.version DESC LIMIT 1
        )
"""


class Migration(migrations.Migration):
    dependencies = [("replies", "0004_defaults")]
    operations = [migrations.RunSQL(EDITED, migrations.RunSQL.noop)]
