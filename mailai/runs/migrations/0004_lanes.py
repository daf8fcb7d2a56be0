from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Which cluster claimed a run, and the index by which a dequeue skips from lane to lane."""

    dependencies = [
        ("runs", "0003_account"),
        ("emails", "0003_accounts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="taskrun",
            name="worker",
            field=models.CharField(blank=True, default="", editable=False, max_length=40),
        ),
        migrations.AddIndex(
            model_name="taskrun",
            index=models.Index(
                condition=models.Q(("started_at__isnull", False)),
                fields=["user", "-started_at"],
                name="run_user_started",
            ),
        ),
        migrations.RunSQL(
            'DROP INDEX queue_due; CREATE INDEX queue_lane ON django_q_ormq (key COLLATE "C", lock, id)',
            "DROP INDEX queue_lane; CREATE INDEX queue_due ON django_q_ormq (key, lock, id)",
        ),
    ]
