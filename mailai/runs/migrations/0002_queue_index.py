from django.db import migrations


class Migration(migrations.Migration):
    """The index that a dequeue reads from; django-q2 itself brings none for it."""

    dependencies = [
        ("runs", "0001_initial"),
        ("django_q", "0019_alter_task_options_alter_ormq_key_alter_ormq_lock_and_more"),
    ]

    operations = [
        migrations.RunSQL(
            "CREATE INDEX queue_due ON django_q_ormq (key, lock, id)",
            "DROP INDEX queue_due",
        ),
    ]
